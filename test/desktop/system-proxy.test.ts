// The system's proxy and the kill switch, on a desktop of GNOME's settings, however the app ends: killed, its power lost, quit, or beyond help.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DesktopSession } from '../client/desktop/system-proxy/session-bus.ts'
import { type Relay, World } from '../e2e/world.ts'
import { needs } from '../needs.ts'
import { environment, openStage, processesOf, STAGE_MS, type Stage, TestApp } from './app.ts'

const COMPANY = "[/]\nignore-hosts=['intranet.example']\nmode='manual'\n\n[http]\nhost='proxy.company.example'\nport=3128\n"
const world = new World()
let stage: Stage
let relay: Relay
let session: DesktopSession
let app: TestApp

describe.runIf(needs('electron', 'dbus', 'gsettings', 'dconf', 'curl'))('the system’s proxy', () => {
  beforeAll(async () => {
    ;[stage, relay, session] = await Promise.all([openStage(), world.relay(), DesktopSession.open('GNOME')])
    session.load(COMPANY)
    app = await start()
    await app.send('storePlainly', { isOn: true })
    await app.join(relay.inviteFile)
  }, STAGE_MS)
  afterAll(async () => {
    await app?.kill()
    for (const { pid } of app ? processesOf(app.home) : []) await end(pid)
    await session?.close()
    await stage?.display.close()
    await world.close()
    for (const folder of [app?.home, stage && join(stage.folder, '..')]) if (folder) rmSync(folder, { recursive: true, force: true })
  })

  test('is put back at once by the guard when the app is killed', async () => {
    await app.send('useSystemProxy', { isOn: true })
    await app.status(({ systemProxy }) => systemProxy.state === 'on')
    expect(session.proxySettings).not.toContain('company')
    const back = settings((now) => now === COMPANY)
    await app.kill()
    await back
  })

  test('is put back when the app is quit, which leaves no process and no file for the next login', async () => {
    app = await start(app.home)
    await app.send('connect')
    await app.status(({ systemProxy }) => systemProxy.state === 'on')
    expect(existsSync(atLogin())).toBe(true)
    expect(await app.quit()).toBe(0)
    expect(session.proxySettings).toBe(COMPANY)
    expect(processesOf(app.home)).toEqual([])
    expect([existsSync(atLogin()), existsSync(join(app.home, 'system-proxy.json'))]).toEqual([false, false])
  })

  test('lets nothing out when the app is killed with the kill switch on, and is released by hand while the app comes back', async () => {
    app = await start(app.home)
    await app.send('useKillSwitch', { isOn: true })
    await app.status(({ systemProxy }) => systemProxy.state === 'refusing')
    const alive = httpPort()
    const held = settings(() => httpPort() !== alive && session.proxySettings.includes("mode='manual'"))
    await app.kill()
    await held
    expect(await getsOut()).toBe(false)
    // The guard has the app come back meanwhile: it hears of the repair however far it is.
    expect(release()).toBe(0)
    await whenGone()
    expect(session.proxySettings).toBe(COMPANY)
  })

  test('is as it was, with the switch off, at the next start after that', async () => {
    app = await start(app.home)
    const { settings, systemProxy } = await app.status()
    expect([settings.killSwitch, settings.systemProxy, systemProxy.state]).toEqual([false, false, 'off'])
    expect(session.proxySettings).toBe(COMPANY)
  })

  test('still lets nothing out at the next start when app and guard were lost together, and one button releases it', async () => {
    await app.send('useKillSwitch', { isOn: true })
    await app.status(({ systemProxy }) => systemProxy.state === 'refusing')
    await loseAll()
    expect(await getsOut()).toBe(false)
    app = await start(app.home)
    await app.status(({ systemProxy }) => systemProxy.state === 'refusing')
    expect(await getsOut()).toBe(false)
    await app.page.getByRole('button', { name: 'Turn the kill switch off' }).click()
    await app.status(({ systemProxy }) => systemProxy.state === 'off')
    expect(session.proxySettings).toBe(COMPANY)
  })

  // Of a person who has not agreed that anything is stored: all that the app knows then is how it finds the computer.
  test('still lets nothing out where nothing was stored, though the engine of the next start dies before it has begun', async () => {
    await app.quit()
    const stored = app.home
    app = await start()
    await app.send('useKillSwitch', { isOn: true })
    await app.status(({ systemProxy }) => systemProxy.state === 'refusing')
    await loseAll()
    const dying = join(world.folder, 'dying.cjs')
    writeFileSync(dying, FIRST_ENGINE_DIES)
    app = await TestApp.start(stage, { env: session.place, home: app.home, args: ['-r', dying] })
    await app.status(({ systemProxy, settings }) => systemProxy.state === 'refusing' && settings.killSwitch)
    expect(await getsOut()).toBe(false)
    await app.send('repairInternet')
    expect(await app.quit()).toBe(0)
    expect(session.proxySettings).toBe(COMPANY)
    rmSync(app.home, { recursive: true })
    app = await start(stored)
  })

  // An AppImage is a program in a folder that is gone when it ends: what is to be started again is the image.
  test('an AppImage that the guard has come back is started by the image, as it was', async () => {
    const [image, started] = [join(world.folder, 'Culvert.AppImage'), join(world.folder, 'started')]
    writeFileSync(image, `#!/bin/sh\necho "$@" >> '${started}'\nexec '${stage.executable}' "$@"\n`, { mode: 0o755 })
    await app.quit()
    app = await TestApp.start(stage, { env: { ...session.place, APPIMAGE: image }, home: app.home })
    await app.send('useKillSwitch', { isOn: true })
    await app.status(({ systemProxy }) => systemProxy.state === 'refusing')
    await app.kill()
    const starts = (): readonly string[] => (existsSync(started) ? readFileSync(started, 'utf8').trim().split('\n') : [])
    await expect.poll(starts, { timeout: 20_000 }).toHaveLength(2)
    const [repair = '', again = ''] = starts()
    expect(again).toBe(repair.replace(' --after-crash', ''))
    expect(release()).toBe(0)
    await whenGone()
    app = await start(app.home)
  })

  test('is released without a screen, too, as an uninstaller does it; and the app does not shut it again', async () => {
    await app.send('useKillSwitch', { isOn: true })
    await app.status(({ systemProxy }) => systemProxy.state === 'refusing')
    await loseAll()
    expect(release({ DISPLAY: '' })).toBe(0)
    expect(session.proxySettings).toBe(COMPANY)
    app = await start(app.home)
    const { settings, notices } = await app.status(({ systemProxy }) => systemProxy.state === 'off')
    expect(settings.killSwitch).toBe(false)
    expect(notices.map(({ code }) => code)).toContain('internet-repaired')
  })

  test('is released by “Repair my Internet” even when the engine is beyond help', async () => {
    await app.send('useKillSwitch', { isOn: true })
    await app.status(({ systemProxy }) => systemProxy.state === 'refusing')
    for (let crashes = 1; crashes <= 6; crashes++) {
      const ended = app.status((now) => now.link.state === 'off' && now.link.fault?.startsWith('engine-') === true)
      process.kill(app.enginePid, 'SIGKILL')
      const status = await ended
      if ('fault' in status.link && status.link.fault === 'engine-failed') break
      await app.status((now) => now.link.state === 'off' && !('fault' in now.link))
    }
    expect(await getsOut()).toBe(false)
    expect(await app.send('repairInternet')).toEqual({ ok: true, value: undefined })
    expect(session.proxySettings).toBe(COMPANY)
    await app.status(({ systemProxy }) => systemProxy.state === 'off')
  })
})

/** Read by the app's main process before its own program. */
const FIRST_ENGINE_DIES = `const { utilityProcess } = require('electron')
const { fork } = utilityProcess
utilityProcess.fork = (...words) => {
  utilityProcess.fork = fork
  const child = fork(...words)
  child.once('spawn', () => process.kill(child.pid, 'SIGKILL'))
  return child
}
`

function start(home?: string): Promise<TestApp> {
  return TestApp.start(stage, { env: session.place, ...(home === undefined ? {} : { home }) })
}

/** What a person runs when the app itself is of no help; returns its exit status. */
function release(env: Readonly<Record<string, string>> = {}): number | undefined {
  const args = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), stage.folder, `--user-data-dir=${app.home}`, '--repair-internet']
  return (
    spawnSync(stage.executable, args, { env: environment(stage, app.home, { ...session.place, ...env }), timeout: 60_000 }).status ??
    undefined
  )
}

/** The app and its guard at once, as when the power goes out. */
async function loseAll(): Promise<void> {
  for (const { pid, line } of processesOf(app.home)) if (line.includes('culvert-guard')) await end(pid)
  await app.kill()
}

/** The app that the guard has brought back is ended as a desktop ends its programs, and gone. */
async function whenGone(): Promise<void> {
  for (const { pid, line } of processesOf(app.home)) if (!line.includes('--type=')) await end(pid, 'SIGTERM')
}

/** Resolves when that process is gone. */
async function end(pid: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const watch = spawn('tail', ['--pid', String(pid), '-f', '/dev/null'])
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself.
  }
  await once(watch, 'close')
}

function atLogin(): string {
  return join(session.env['XDG_CONFIG_HOME'] as string, 'autostart', 'culvert-repair.desktop')
}

function httpPort(): string {
  return execFileSync('gsettings', ['get', 'org.gnome.system.proxy.http', 'port'], { env: session.env, encoding: 'utf8' }).trim()
}

/** Whether a program that follows the desktop's settings reaches a server of this machine. */
async function getsOut(): Promise<boolean> {
  const curl = world.run([
    'curl',
    '-sf',
    '-m',
    '10',
    '--noproxy',
    '',
    '-x',
    `http://127.0.0.1:${httpPort()}`,
    `http://127.0.0.1:${relay.port}/`,
  ])
  const { code } = await curl.ended
  // 7: nobody listens; 22: told no.
  expect([0, 7, 22]).toContain(code)
  return code === 0
}

/** Resolves once the desktop's settings are so. */
async function settings(hold: (text: string) => boolean): Promise<void> {
  const watch = spawn('dconf', ['watch', '/system/proxy/'], { env: session.env, stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    for await (const _line of createInterface({ input: watch.stdout })) if (hold(session.proxySettings)) return
  } finally {
    watch.kill()
  }
}
