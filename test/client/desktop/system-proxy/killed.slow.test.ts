// Processes that die at each step of changing the system's proxy, and what the next one makes of that: on a file of settings for every step, and on the
// genuine gsettings for each setting that is written.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGnome } from '../../../../client/desktop/system-proxy/gnome.ts'
import { JOURNAL_FILE } from '../../../../client/desktop/system-proxy/journal.ts'
import { recover } from '../../../../client/desktop/system-proxy/recover.ts'
import type { Adapter } from '../../../../client/desktop/system-proxy/settings.ts'
import { SystemProxy } from '../../../../client/desktop/system-proxy/system-proxy.ts'
import { Program } from '../../../e2e/program.ts'
import { needs } from '../../../needs.ts'
import { FileAdapter } from './file-adapter.ts'
import { DesktopSession } from './session-bus.ts'

const ACTOR = join(import.meta.dirname, 'actor.ts')
const STEPS_MAX = 200
const AT_ONCE = 4

/** Runs an actor; `done` is how many steps it took, or undefined where it was killed. */
async function act(folder: string, kind: string, verb: string, step: number, env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const actor = new Program([process.execPath, ACTOR, folder, kind, verb, String(step)], { env: env as Record<string, string> })
  const { code, signal } = await actor.ended
  if (signal === 'SIGKILL') return undefined
  if (code !== 0) throw new Error(`the actor failed: ${actor.stderr}`)
  return Number(/^done (\d+)/.exec(actor.stdout)?.[1])
}

describe('a process that is killed at any step', () => {
  const COMPANY = new Map([
    ['ignore', undefined],
    ['host', 'proxy.example'],
    ['port', '3128'],
    ['mode', 'manual'],
  ])
  let place: string
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), 'culvert-killed-'))
  })
  afterAll(() => rmSync(place, { recursive: true }))

  /** Kills `verb` at its first step, its second, and so on to its end, a few at once; after each the next start must have put all right. Says how many. */
  async function killAtEach(verb: string, isApplied: boolean): Promise<number> {
    for (let first = 1; first < STEPS_MAX; first += AT_ONCE) {
      const done = await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => killAt(first + index, verb, isApplied)))
      const steps = done.find((one) => one !== undefined)
      if (steps !== undefined) return steps
    }
    throw new Error('it never came to its end')
  }

  async function killAt(step: number, verb: string, isApplied: boolean): Promise<number | undefined> {
    const folder = mkdtempSync(join(place, 'app-'))
    const adapter = new FileAdapter(join(folder, 'settings.json'))
    adapter.replace(COMPANY)
    if (isApplied) await new SystemProxy({ folder, adapters: [adapter] }).apply({ httpPort: 4001, direct: [] }, { hold: false })
    const done = await act(folder, 'file', verb, step, {})
    await recover(new SystemProxy({ folder, adapters: [adapter] }))
    expect([step, adapter.settings, existsSync(join(folder, JOURNAL_FILE))]).toEqual([step, COMPANY, false])
    return done
  }

  test('while it sets the proxy leaves what the next start puts right', async () => {
    expect(await killAtEach('apply', false)).toBeGreaterThan(10)
  })

  test('while it puts the proxy back leaves what the next start puts right', async () => {
    expect(await killAtEach('restore', true)).toBeGreaterThan(5)
  })

  test('while it moves the proxy to another port leaves what the next start puts right', async () => {
    expect(await killAtEach('move', true)).toBeGreaterThan(8)
  })
})

const TAKEN = { host: "host='proxy.company.example'", exceptions: "ignore-hosts=['intranet', '*.company.example']" }
const BEFORE = `[/]\nautoconfig-url='http://192.0.2.1/proxy.pac'\n${TAKEN.exceptions}\nmode='auto'\n\n[http]\n${TAKEN.host}\nport=3128\n`

describe.runIf(needs('dbus', 'gsettings', 'dconf'))('on the genuine gsettings', () => {
  let session: DesktopSession
  let adapter: Adapter
  let folder: string
  beforeAll(async () => {
    session = await DesktopSession.open('GNOME')
    adapter = createGnome(session.run)
    folder = join(session.folder, 'app')
  })
  afterAll(() => session.close())

  function fresh(settings: string): string {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    session.load(settings)
    return folder
  }
  const proxy = (): SystemProxy => new SystemProxy({ folder, adapters: [adapter] })

  test('a process killed at any step of a whole round leaves what the next start puts right, to the letter', async () => {
    const written = await act(fresh(BEFORE), 'gnome', 'apply', 0, session.env)
    expect(session.proxySettings).toContain("mode='manual'")
    await proxy().restore()
    expect(session.proxySettings).toBe(BEFORE)
    // The steps at which gsettings is called come last; those of the journal are the same on every system.
    for (let step = (written as number) - 10; step <= (written as number); step += 5) {
      expect(await act(fresh(BEFORE), 'gnome', 'apply', step, session.env)).toBeUndefined()
      expect(await recover(proxy())).not.toBe('left')
      expect([step, session.proxySettings]).toEqual([step, BEFORE])
    }
    for (let step = 2; step <= 12; step += 5) {
      await act(fresh(BEFORE), 'gnome', 'apply', 0, session.env)
      await act(folder, 'gnome', 'restore', step, session.env)
      await recover(proxy())
      expect([step, session.proxySettings]).toEqual([step, BEFORE])
    }
  })

  test('what a person set meanwhile stays', async () => {
    await act(fresh(BEFORE), 'gnome', 'apply', 0, session.env)
    await session.run('gsettings', ['set', 'org.gnome.system.proxy', 'mode', 'none'])
    expect(await recover(proxy())).toBe('left')
    expect(session.proxySettings).toBe(BEFORE.replace("mode='auto'", "mode='none'"))
  })

  test('the guard puts the proxy back when the app is killed', async () => {
    const app = spawn(process.execPath, [ACTOR, fresh(''), 'gnome', 'guarded-apply'], {
      env: session.env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => app.stdout.once('data', resolve))
    expect(session.proxySettings).toContain("mode='manual'")
    const gone = whenGone(join(folder, JOURNAL_FILE))
    app.kill('SIGKILL')
    await gone
    expect(session.proxySettings).toBe('')
  })

  test('the guard lets nothing out when the app is killed with the kill switch on', async () => {
    const app = spawn(process.execPath, [ACTOR, fresh(''), 'gnome', 'guarded-apply-and-hold'], {
      env: session.env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => app.stdout.once('data', resolve))
    const held = new Promise<void>((resolve) => {
      const watcher = spawn('dconf', ['watch', '/system/proxy/'], { env: session.env, stdio: ['ignore', 'pipe', 'ignore'] })
      watcher.stdout.on('data', (text) => {
        if (!/\b9\b/.test(String(text)) || !session.proxySettings.includes("[https]\nhost='127.0.0.1'\nport=9")) return
        watcher.kill()
        resolve()
      })
      watcher.once('spawn', () => app.kill('SIGKILL'))
    })
    await held
    expect(session.proxySettings).toContain("mode='manual'")
    expect(await proxy().restore()).toBe('restored')
    expect(session.proxySettings).toBe('')
  })

  test('the guard ends with an app that has put the proxy back itself', async () => {
    const app = new Program([process.execPath, ACTOR, fresh(''), 'gnome', 'guarded-apply-and-restore'], {
      env: session.env as Record<string, string>,
    })
    expect((await app.ended).code).toBe(0)
    expect(session.proxySettings).toBe('')
  })
})

function whenGone(file: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (existsSync(file)) return
      watcher.close()
      resolve()
    }
    const watcher = watch(join(file, '..'), look)
    look()
  })
}
