// A desktop session of its own for a test: a private D-Bus and an empty folder of settings, so that nothing of the machine's is read or changed.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRun, type Run } from '../../../../client/desktop/system-proxy/run.ts'

/** Settings are synced to the disk each time; memory spares the tests that wait. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export class DesktopSession {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly run: Run
  readonly #bus: ChildProcess

  private constructor(folder: string, env: NodeJS.ProcessEnv, bus: ChildProcess) {
    this.folder = folder
    this.env = env
    this.run = createRun(env)
    this.#bus = bus
  }

  static async open(desktop: 'GNOME' | 'KDE'): Promise<DesktopSession> {
    const folder = mkdtempSync(join(PLACE, 'culvert-desktop-'))
    const within = (name: string): string => {
      mkdirSync(join(folder, name), { mode: 0o700 })
      return join(folder, name)
    }
    const env = {
      PATH: process.env['PATH'],
      HOME: within('home'),
      XDG_CONFIG_HOME: within('home/.config'),
      XDG_CACHE_HOME: within('cache'),
      XDG_RUNTIME_DIR: within('run'),
      XDG_CURRENT_DESKTOP: desktop,
      ...(desktop === 'KDE' ? { KDE_SESSION_VERSION: '5' } : {}),
    }
    const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address=1'], { env, stdio: ['ignore', 'pipe', 'ignore'] })
    const [said] = (await once(bus.stdout, 'data')) as [Buffer]
    return new DesktopSession(folder, { ...env, DBUS_SESSION_BUS_ADDRESS: String(said).trim() }, bus)
  }

  /** Of the environment, what has a program follow this desktop whatever its home is. */
  get place(): Readonly<Record<string, string>> {
    const { DBUS_SESSION_BUS_ADDRESS = '', XDG_CONFIG_HOME = '', XDG_CURRENT_DESKTOP = '', XDG_RUNTIME_DIR = '' } = this.env
    return { DBUS_SESSION_BUS_ADDRESS, XDG_CONFIG_HOME, XDG_CURRENT_DESKTOP, XDG_RUNTIME_DIR }
  }

  /** All that is set of the proxy, as text. */
  get proxySettings(): string {
    return spawnSync('dconf', ['dump', '/system/proxy/'], { env: this.env, encoding: 'utf8' }).stdout
  }

  load(settings: string): void {
    spawnSync('dconf', ['reset', '-f', '/system/proxy/'], { env: this.env })
    spawnSync('dconf', ['load', '/system/proxy/'], { env: this.env, input: settings })
  }

  async close(): Promise<void> {
    this.#bus.kill()
    if (this.#bus.exitCode === null && this.#bus.signalCode === null) await once(this.#bus, 'exit')
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
