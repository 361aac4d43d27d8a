// The desktop app, from its first start to its end, as a person and as an attacker meets it.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../client/contract/commands.ts'
import { DOMAIN, NAME, type Relay, World } from '../e2e/world.ts'
import { IS_ROOT } from '../lab/spaces.ts'
import { needs } from '../needs.ts'
import { findProgram } from '../programs.ts'
import { attack, CARELESS, isNothing } from '../ui/attacker.ts'
import { environment, openStage, processesOf, STAGE_MS, type Stage, TestApp } from './app.ts'
import { holdBeforeCamera } from './camera.ts'

const world = new World()
let stage: Stage
let relay: Relay
let app: TestApp

describe.runIf(needs('electron', 'chromium', 'namespaces'))('the desktop app', () => {
  beforeAll(async () => {
    ;[stage, relay] = await Promise.all([openStage(), world.relay()])
    app = await TestApp.start(stage, { args: holdBeforeCamera(invitation(), join(world.folder, 'film.y4m')) })
  }, STAGE_MS)
  afterAll(async () => {
    await app?.kill()
    await stage?.display.close()
    await world.close()
    for (const folder of [app?.home, stage && join(stage.folder, '..')]) if (folder) rmSync(folder, { recursive: true, force: true })
  })

  test('asks for an invite at its first start, and says what is wrong with a bad one', async () => {
    await askForInvite()
    const text = invitation()
    const bad = [
      ['hello', 'There is no invite in this'],
      [`${text.slice(0, 40)}x${text.slice(41)}`, 'This invite is damaged'],
      [`culvert:${'A'.repeat(9_000)}`, 'This is too long for an invite'],
      ['culvert:<script>alert(1)</script>', 'This invite has letters that don’t belong'],
    ] as const
    for (const [pasted, words] of bad) {
      await app.page.getByRole('textbox').fill(pasted)
      await app.page.getByRole('button', { name: 'Add', exact: true }).click()
      await app.page.getByText(words).waitFor()
    }
    expect((await app.status()).relays).toEqual([])
  })

  test('reads the QR code of an invite from the camera', async () => {
    await app.page.getByRole('button', { name: 'QR code by camera' }).click()
    const { relays } = await app.status((status) => status.relays.length === 1)
    await app.page.getByText('The invite was added.').waitFor()
    await app.send('removeInvite', { id: relays[0]?.inviteId })
    await app.status((status) => status.relays.length === 0)
  })

  test('takes an invite out of a whole message, and connects by one button', async () => {
    await askForInvite()
    await app.page.getByRole('textbox').fill(`Hi! Here it is: ${invitation()}. See you`)
    await app.page.getByRole('button', { name: 'Add', exact: true }).click()
    await app.status((status) => status.relays.length === 1)
    await app.page.getByRole('link', { name: 'Home' }).click()
    await app.page.getByRole('button', { name: 'Connect', exact: true }).click()
    await app.status((status) => status.link.state === 'connected')
    await app.page.getByText('Connected', { exact: true }).first().waitFor()
  })

  // Desktops keep what a program says: Chromium would say whose certificate it doubts, which a relay's own always is.
  test('names its relay in nothing that it says', async () => {
    const { stderr } = await app.account()
    expect(stderr).not.toContain(DOMAIN)
    expect(stderr).not.toContain(String(relay.port))
  })

  test('carries what a browser loads through it', async () => {
    const server = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('<title>through</title>'))
    const origin = `http://${NAME}:${await world.serve(server)}`
    const { ports } = await app.status()
    const context = await chromium.launchPersistentContext(join(world.folder, 'profile'), {
      executablePath: findProgram('chromium') as string,
      args: ['--no-sandbox', '--proxy-bypass-list=<-loopback>', `--proxy-server=http://${ports?.http}`],
    })
    try {
      const tab = await context.newPage()
      await tab.goto(origin)
      expect(await tab.title()).toBe('through')
      await app.status((status) => status.traffic.downBytes > 0)
    } finally {
      await context.close()
    }
  })

  test('tells a hostile page in a browser nothing by its local ports, does nothing for it, and goes on', async () => {
    const asked: string[] = []
    const treasure = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end('treasure')
    })
    const wanted = `http://${NAME}:${await world.serve(treasure)}/treasure`
    const home = `http://127.0.0.1:${await world.serve(createServer((_request, response) => response.end('<!doctype html>')))}/`
    // What the page can do where nobody minds.
    const open = await world.serve(
      createServer((_request, response) => response.setHeader('Access-Control-Allow-Origin', '*').end('read by all')),
    )
    const before = await app.status()
    const context = await chromium.launchPersistentContext(join(world.folder, 'attacked'), {
      executablePath: findProgram('chromium') as string,
      args: ['--no-sandbox', ...CARELESS],
    })
    try {
      const find = async (port: number): Promise<readonly string[]> =>
        Object.entries(await attack(context, { home, port, wanted })).flatMap(([how, what]) => (isNothing(what) ? [] : [how]))
      for (const address of [before.ports?.http, before.ports?.socks]) expect(await find(Number(address?.split(':').at(-1)))).toEqual([])
      expect(await find(open)).toEqual(expect.arrayContaining(['stranger: reads the first page', 'rebound: reads the first page']))
    } finally {
      await context.close()
    }
    expect(asked).toEqual([])
    const { link, settings, systemProxy, ports, relays } = await app.status()
    expect([link.state, settings, systemProxy, ports, relays.length]).toEqual([
      'connected',
      before.settings,
      before.systemProxy,
      before.ports,
      1,
    ])
    await accepts(ports?.http)
  })

  test('speaks Persian from right to left as soon as it is chosen', async () => {
    await app.send('changeSettings', { language: 'fa' })
    await app.page.locator('html[dir=rtl][lang^=fa]').waitFor({ state: 'attached' })
    await app.send('changeSettings', { language: 'en' })
    await app.page.locator('html[dir=ltr][lang^=en]').waitFor({ state: 'attached' })
  })

  test('shows larger letters, and the usual ones again, by the keys that browsers have for it', async () => {
    const usual = await scale()
    for (const key of ['=', '=', '=']) await press(key)
    await expect.poll(scale, { timeout: 15_000 }).toBeCloseTo(usual * 1.2 ** 1.5)
    await press('-')
    await expect.poll(scale, { timeout: 15_000 }).toBeCloseTo(usual * 1.2)
    await press('0')
    await expect.poll(scale, { timeout: 15_000 }).toBe(usual)
  })

  test('a second start shows the first one’s window, and asks before it takes an invite that a link brought', async () => {
    const start = (...args: readonly string[]) =>
      spawnSync(stage.executable, ['--no-sandbox', stage.folder, `--user-data-dir=${app.home}`, ...args], {
        env: environment(stage, app.home, {}),
        timeout: 20_000,
      }).status
    expect(start('culvert:AAAA')).toBe(0)
    await app.page.getByRole('dialog').getByText('Close', { exact: true }).click()
    const file = join(world.folder, 'friend.culvert')
    writeFileSync(file, readFileSync(relay.inviteFile))
    expect(start(file)).toBe(0)
    await app.page.getByRole('dialog').getByRole('button', { name: 'Don’t add it' }).click()
    const status = await app.status(({ offer }) => offer === undefined)
    expect(status.relays).toHaveLength(1)
  })

  test('refuses whatever a hostile page sends, and goes on', async () => {
    const names = [...Object.keys(COMMANDS), 'toString', '__proto__', 'constructor', '']
    const payloads = hostilePayloads()
    const isValid = (name: string, payload: unknown): boolean =>
      Object.hasOwn(COMMANDS, name) && COMMANDS[name as keyof typeof COMMANDS](payload) !== undefined
    const pairs = names.flatMap((name) => payloads.map((_, index) => [name, index] as const))
    const hostile = pairs.filter(([name, index]) => !isValid(name, payloads[index]))
    expect(hostile.length).toBeGreaterThan(300)
    // Made in the page: what crosses to it by the test's own channel is not what a page could hold.
    const script = `Promise.all(${JSON.stringify(hostile)}.map(([name, index]) => culvert.send(name, (${hostilePayloads})()[index])))`
    const outcomes = (await app.page.evaluate(script)) as readonly unknown[]
    expect(outcomes.filter((outcome) => JSON.stringify(outcome) !== '{"ok":false,"fault":"bad-command"}')).toEqual([])
    expect(await app.page.evaluate('typeof require + typeof process + typeof ipcRenderer')).toBe('undefinedundefinedundefined')
    expect(await app.page.evaluate('Object.keys(culvert).join()')).toBe('send,watch')
    expect((await app.status()).link.state).toBe('connected')
  })

  test('answers no other page on its channels', async () => {
    const answer = await app.electron.evaluate(async ({ BrowserWindow }) => {
      const window = new BrowserWindow({ show: false, webPreferences: { nodeIntegration: true, contextIsolation: false, sandbox: false } })
      await window.loadURL('data:text/html,hostile')
      const script = "require('electron').ipcRenderer.invoke('culvert:command', 'disconnect', undefined)"
      const outcome = (await window.webContents.executeJavaScript(script)) as unknown
      window.destroy()
      return outcome
    })
    expect(answer).toEqual({ ok: false, fault: 'bad-command' })
    expect((await app.status()).link.state).toBe('connected')
  })

  test('its page can go nowhere, open nothing, load nothing and be granted nothing', async () => {
    const before = app.page.url()
    await app.page.evaluate('void (location.href = "https://site.example/")')
    expect(await app.page.evaluate('window.open("https://site.example/")')).toBeNull()
    const fetched = app.page.evaluate('fetch("https://site.example/").then(() => "loaded", () => "refused")')
    expect(await fetched).toBe('refused')
    expect(await app.page.evaluate('Notification.requestPermission()')).toBe('denied')
    expect(app.page.url()).toBe(before)
    expect(
      await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().filter((window) => window.isVisible()).length),
    ).toBe(1)
  })

  test('survives the death of its engine: settings stay, and it connects again', async () => {
    const ended = app.status((status) => status.link.state === 'off' && status.link.fault === 'engine-ended')
    process.kill(app.enginePid, 'SIGKILL')
    await ended
    const status = await app.status((now) => now.link.state === 'connected')
    expect(status.settings.language).toBe('en')
    expect(status.notices.map(({ code }) => code)).toContain('engine-restarted')
  })

  // One engine dies as it is told, before it has begun, and the next with the question on the screen.
  test('keeps an invite that it was opened with, whenever its engine dies, until the person has answered', async () => {
    await app.electron.evaluate(openAtNextEngine, invitation())
    process.kill(app.enginePid, 'SIGKILL')
    await app.status(({ offer }) => offer?.kind === 'invite')
    const ended = app.status(({ link }) => link.state === 'off' && link.fault === 'engine-ended')
    process.kill(app.enginePid, 'SIGKILL')
    await ended
    await app.status(({ link, offer }) => link.state === 'connected' && offer?.kind === 'invite')
    await app.send('answerOffer', { isWanted: false })
    await app.status(({ offer }) => offer === undefined)
  })

  test('stays connected when its window is closed, and leaves nothing when it is quit', async () => {
    const { ports } = await app.status()
    await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()
        .find((window) => window.isVisible())
        ?.close(),
    )
    await accepts(ports?.socks)
    const child = app.electron.process()
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    expect(await gone).toBe(0)
    await expect(accepts(ports?.socks)).rejects.toThrow('ECONNREFUSED')
    expect(processesOf(app.home)).toEqual([])
    expect(existsSync(join(app.home, 'system-proxy.json'))).toBe(false)
    // Nothing was agreed to be stored in clear text, and there is no keyring here.
    expect(readdirSync(app.home)).not.toContain('state')
  })

  test('starts again with letters as large as they were left', async () => {
    app = await TestApp.start(stage, { home: app.home })
    await press('=')
    await expect.poll(scale, { timeout: 15_000 }).toBeCloseTo(1.2 ** 0.5)
    await app.quit()
    app = await TestApp.start(stage, { home: app.home })
    await expect.poll(scale, { timeout: 15_000 }).toBeCloseTo(1.2 ** 0.5)
    await press('0')
    await expect.poll(scale, { timeout: 15_000 }).toBe(1)
    expect(existsSync(join(app.home, 'zoom'))).toBe(false)
  })

  test('that can store nothing says so, where it would end without a word', async () => {
    const unshare = ['unshare', ...(IS_ROOT ? [] : ['--user', '--map-root-user']), '--mount']
    const onReadOnly = ['sh', '-c', 'mount -t tmpfs -o ro none "$0" && exec "$@" 2>&1', world.folder]
    const start = [stage.executable, '--no-sandbox', stage.folder, `--user-data-dir=${world.folder}`]
    await saysThatNothingCanBeStored([...unshare, ...onReadOnly, ...start], {})
  })

  test('that can’t even have a folder says so, where Chromium would end by a signal', async () => {
    const start = ['sh', '-c', 'exec "$@" 2>&1', 'sh', stage.executable, '--no-sandbox', stage.folder]
    await saysThatNothingCanBeStored(start, { XDG_CONFIG_HOME: '/proc/nowhere' })
  })
})

async function saysThatNothingCanBeStored(start: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const program = world.run(start, { env: environment(stage, world.folder, env) })
  await program.line((line) => (line.startsWith('Nothing could be stored') ? line : undefined))
  await program.kill()
}

/** Runs in the app's main process: the next engine dies as soon as it is there, and as the app is opened with this. */
function openAtNextEngine({ app, utilityProcess }: typeof import('electron'), text: string): void {
  const { fork } = utilityProcess
  utilityProcess.fork = (...words) => {
    utilityProcess.fork = fork
    const child = fork(...words)
    child.once('spawn', () => {
      app.emit('second-instance', {}, ['culvert', text], '/')
      process.kill(child.pid as number, 'SIGKILL')
    })
    return child
  }
}

function scale(): Promise<number> {
  return app.page.evaluate(() => devicePixelRatio)
}

/** As the keyboard gives it to the window, with Control: what Playwright presses reaches the page alone. */
function press(keyCode: string): Promise<void> {
  return app.electron.evaluate(
    ({ BrowserWindow }, keyCode) =>
      BrowserWindow.getAllWindows()
        .find(({ webContents }) => webContents.getURL().startsWith('culvert-app:'))
        ?.webContents.sendInputEvent({ type: 'keyDown', keyCode, modifiers: ['control'] }),
    keyCode,
  )
}

function invitation(): string {
  return readFileSync(relay.inviteFile, 'utf8').trim()
}

/** From Home, as a person without an invite. */
async function askForInvite(): Promise<void> {
  await app.page.getByText('To begin, you need an invite').waitFor()
  await app.page
    .getByRole('link', { name: 'Add an invite' })
    .or(app.page.getByRole('button', { name: 'Add an invite' }))
    .first()
    .click()
}

/** Of other types, too long, too deep, with fields too many or of another prototype. Holds all that it needs: it runs in the page, too. */
function hostilePayloads(): readonly unknown[] {
  const nested = (depth: number): object => (depth === 0 ? {} : { a: nested(depth - 1) })
  return [
    ...[undefined, 0, -1, '', 'x'.repeat(70_000), true, [], {}, nested(200)],
    ...[{ isOn: 'yes' }, { isOn: true, more: 1 }, { text: 5 }, { id: '../..' }, { language: 'xx' }, { constructor: 1 }],
    { ports: { socks: -1, http: 0, hasPassword: true } },
  ]
}

async function accepts(address = ''): Promise<void> {
  const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1')
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.destroy()
}
