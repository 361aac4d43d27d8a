// The desktop app under test: built from its sources, run by a real Electron on a screen that nobody sees, in a home of its own, and driven as a person
// would. What the shell tells the screens is listened to on its way.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ElectronApplication, _electron as electron, type Page } from 'playwright-core'
import type { AppStatus } from '../../client/contract/app-status.ts'
import type { Bridge } from '../../client/contract/bridge.ts'
import { buildApp } from '../../client/desktop/build/build.ts'
import { testRuntime } from '../../client/desktop/build/test-runtime.ts'
import { type Display, openDisplay } from './display.ts'

export interface Stage {
  readonly display: Display
  readonly executable: string
  /** Of the app. */
  readonly folder: string
}

/** Fetching the runtime takes a while, once for each machine. */
export const STAGE_MS = 300_000

/** Letters of what an app said, kept for a failure. */
const STDERR_MAX = 4_000

/** What all apps of a test file share. */
export async function openStage(): Promise<Stage> {
  const executable = await testRuntime()
  const folder = await buildApp(join(mkdtempSync(join(tmpdir(), 'culvert-app-')), 'app'))
  return { display: await openDisplay(), executable, folder }
}

export interface Launch {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** An existing one, for a second start. */
  readonly home?: string
}

export class TestApp {
  readonly home: string
  readonly electron: ElectronApplication
  readonly page: Page
  readonly pid: number
  #stderr = ''

  private constructor(home: string, app: ElectronApplication, page: Page) {
    this.home = home
    this.electron = app
    this.page = page
    this.pid = app.process().pid as number
    app.process().stderr?.on('data', (bytes) => {
      this.#stderr = `${this.#stderr}${bytes}`.slice(-STDERR_MAX)
    })
  }

  /** Resolves once its screens have their first status. */
  static async start(stage: Stage, { args = [], env = {}, home = newHome() }: Launch = {}): Promise<TestApp> {
    const app = await electron.launch({
      executablePath: stage.executable,
      args: [stage.folder, `--user-data-dir=${home}`, ...args],
      env: environment(stage, home, env),
      chromiumSandbox: process.getuid?.() !== 0,
    })
    const page = await app.firstWindow()
    page.setDefaultTimeout(20_000)
    await app.evaluate(listen)
    const test = new TestApp(home, app, page)
    await page.locator('main').waitFor()
    return test
  }

  /** The first status, from now on, that `holds`; a function of the status alone. */
  status(holds: (status: AppStatus) => boolean = () => true): Promise<AppStatus> {
    return this.electron.evaluate(
      (_electron, text) =>
        new Promise<AppStatus>((resolve, reject) => {
          const { heard } = globalThis as unknown as Listening
          // The page's policy forbids it; this process has none.
          const accept = new Function(`return (${text})`)() as (status: AppStatus) => boolean
          const look = (status: AppStatus): void => {
            if (!accept(status)) return
            heard.delete(look)
            clearTimeout(late)
            resolve(status)
          }
          const late = setTimeout(() => {
            const { link, systemProxy, notices } = (globalThis as unknown as Listening).last ?? {}
            reject(new Error(`the status stayed ${JSON.stringify({ link, systemProxy, notices })}`))
          }, 40_000)
          heard.add(look)
          const { last } = globalThis as unknown as Listening
          if (last !== undefined) look(last)
        }),
      holds.toString(),
    )
  }

  /** How things stand, for whoever has to understand a failure; the processes' own last words with it. */
  async account(): Promise<Readonly<Record<string, unknown>> & { readonly stderr: string }> {
    const { link, systemProxy, finding, notices }: Partial<AppStatus> = await this.status().catch(() => ({}))
    return { link, systemProxy, finding, notices, stderr: this.#stderr }
  }

  /** What a page can do: the bridge's own call, with anything. */
  send(name: string, payload?: unknown): Promise<Awaited<ReturnType<Bridge['send']>>> {
    return this.page.evaluate(([name, payload]) => (globalThis as unknown as { culvert: Bridge }).culvert.send(name as string, payload), [
      name,
      payload,
    ] as const)
  }

  async join(inviteFile: string): Promise<void> {
    await this.send('addInvite', { text: readFileSync(inviteFile, 'utf8') })
    await this.send('connect')
    await this.status((status) => status.link.state === 'connected')
  }

  /** All processes of this app, the first included, by what they were started with. */
  processes(): readonly { readonly pid: number; readonly line: string }[] {
    return processesOf(this.home, this.pid)
  }

  /** Of the engine. */
  get enginePid(): number {
    const engine = this.processes().find(({ line }) => line.includes('node.mojom.NodeService'))
    if (engine === undefined) throw new Error('the engine does not run')
    return engine.pid
  }

  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.electron.process().once('exit', resolve))
    if (this.electron.process().exitCode !== null || this.electron.process().signalCode !== null) return
    process.kill(this.pid, 'SIGKILL')
    await gone
  }

  /** As a person quits it; resolves with its exit status. */
  async quit(): Promise<number | undefined> {
    const child = this.electron.process()
    const gone = new Promise<number | undefined>((resolve) => child.once('exit', (code) => resolve(code ?? undefined)))
    // The page goes away while it waits for an answer.
    this.send('quit').catch(() => undefined)
    return gone
  }
}

export function newHome(): string {
  return mkdtempSync(join(tmpdir(), 'culvert-home-'))
}

/** Nothing of the machine's own desktop: no bus, no settings, no keyring, English. */
export function environment({ display }: Stage, home: string, env: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    DISPLAY: display.name,
    HOME: home,
    LANG: 'en_US.UTF-8',
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_RUNTIME_DIR: home,
    ...env,
  }
}

/** Those that descend from `pid` or name `home`. */
export function processesOf(home: string, pid?: number): readonly { readonly pid: number; readonly line: string }[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8', maxBuffer: 2 ** 24 }).split('\n')
  const all = lines.flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)
    return match === null ? [] : [{ pid: Number(match[1]), parent: Number(match[2]), line: match[3] as string }]
  })
  const found = new Set(all.filter((one) => one.line.includes(home) || one.pid === pid).map((one) => one.pid))
  for (const one of all) if (found.has(one.parent)) found.add(one.pid)
  return all.filter((one) => found.has(one.pid) && one.pid !== process.pid && !one.line.startsWith('ps '))
}

interface Listening {
  last: AppStatus | undefined
  heard: Set<(status: AppStatus) => void>
}

/** Runs in the app's main process: hears each status that goes to a page. */
function listen({ BrowserWindow }: typeof import('electron')): void {
  const listening = globalThis as unknown as Listening
  listening.heard = new Set()
  const window = BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL().startsWith('culvert-app:'))
  const prototype = Object.getPrototypeOf(window?.webContents) as { send(channel: string, ...words: unknown[]): void }
  const { send } = prototype
  prototype.send = function hear(channel, ...words) {
    if (channel === 'culvert:status') {
      listening.last = words[0] as AppStatus
      for (const look of [...listening.heard]) look(listening.last)
    }
    send.call(this, channel, ...words)
  }
  window?.webContents.reload()
}
