// The dialer in a real Electron under Xvfb, for suites that run the engine's half themselves: its ports come over the IPC channel of child_process.
import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { testRuntime } from '../../../client/desktop/build/test-runtime.ts'
import type { Port } from '../../../client/engine/chromium/port.ts'
import { type Display, openDisplay } from '../display.ts'
import type { FromApp, ToApp } from './messages.ts'

const ROOT = join(import.meta.dirname, '../../..')
const OLD_RUNTIME = join(ROOT, 'client/desktop/build/old-runtime.ts')
const CJS = { '.js': '.cjs' }
const PAGE = join(ROOT, 'client/desktop/chromium-dialer/page/main.ts')

/** Bundles what runs in Electron 25, whose Node is 18, into a folder; returns the page's file. */
export async function bundleFor(folder: string, entryPoints: Readonly<Record<string, string>>): Promise<string> {
  const shared: BuildOptions = {
    bundle: true,
    format: 'cjs',
    external: ['electron'],
    logLevel: 'silent',
    outdir: folder,
    outExtension: CJS,
  }
  await build({ ...shared, entryPoints, platform: 'node', target: 'node18', inject: [OLD_RUNTIME] })
  await build({ ...shared, entryPoints: { page: PAGE }, platform: 'browser', target: 'chrome114' })
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'culvert-test', productName: 'Culvert', version: '0.0.0', main: 'main.cjs' }),
  )
  return join(folder, 'page.cjs')
}

/** Switches for a machine without a graphics card, where root may be who runs it. */
export const SWITCHES: readonly string[] = ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])]

export class Electron {
  readonly folder: string
  readonly #pageFile: string
  readonly #display: Display
  readonly #child: ChildProcess
  readonly #ports = new Map<number, IpcPort>()
  readonly #answers = new EventEmitter()
  stderr = ''

  private constructor(folder: string, pageFile: string, display: Display, child: ChildProcess) {
    this.folder = folder
    this.#pageFile = pageFile
    this.#display = display
    this.#child = child
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    child.on('message', (message) => this.#hear(message as FromApp))
    child.on('exit', () => {
      for (const port of this.#ports.values()) port.emit('close')
    })
  }

  /** `switches`: more of Chromium's. */
  static async start(...switches: readonly string[]): Promise<Electron> {
    const folder = mkdtempSync(join(tmpdir(), 'culvert-dialer-'))
    const [executable, display, pageFile] = await Promise.all([
      testRuntime(),
      openDisplay(),
      bundleFor(folder, { main: join(import.meta.dirname, 'app.ts') }),
    ])
    const child = spawn(executable, [folder, `--user-data-dir=${join(folder, 'user')}`, ...SWITCHES, ...switches], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      env: { ...process.env, DISPLAY: display.name, ELECTRON_DISABLE_SECURITY_WARNINGS: '1' },
    })
    const electron = new Electron(folder, pageFile, display, child)
    const ended = once(child, 'exit').then(() => {
      throw new Error(`Electron ended: ${electron.stderr.slice(-2_000)}`)
    })
    await Promise.race([electron.#answer('ready'), ended])
    ended.catch(() => undefined)
    return electron
  }

  /** The engine's end of a new dialer's port pair. */
  async attach(): Promise<Port> {
    this.#send({ kind: 'attach', pageFile: this.#pageFile })
    const { id } = (await this.#answer('attached')) as { readonly id: number }
    return this.#portOf(id)
  }

  crashWindows(): void {
    this.#send({ kind: 'crash' })
  }

  async visit(order: Omit<Extract<ToApp, { kind: 'visit' }>, 'kind'>): Promise<unknown> {
    this.#send({ kind: 'visit', ...order })
    return ((await this.#answer('visited')) as { readonly result: unknown }).result
  }

  async lead(partitions: number, port: number): Promise<readonly string[]> {
    this.#send({ kind: 'lead', partitions, port })
    return ((await this.#answer('led')) as { readonly outcomes: readonly string[] }).outcomes
  }

  async count(): Promise<{ readonly windows: number; readonly all: number }> {
    this.#send({ kind: 'count' })
    return (await this.#answer('counted')) as { readonly windows: number; readonly all: number }
  }

  async close(): Promise<void> {
    const child = this.#child
    if (child.exitCode === null && child.signalCode === null) {
      this.#send({ kind: 'quit' })
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await once(child, 'exit')
      clearTimeout(late)
    }
    await this.#display.close()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }

  #send(message: ToApp): void {
    this.#child.send(message)
  }

  async #answer(kind: FromApp['kind']): Promise<FromApp> {
    const [message] = (await once(this.#answers, kind)) as [FromApp]
    return message
  }

  #hear(message: FromApp): void {
    if (message.kind === 'port') this.#portOf(message.id).give(message.data)
    else if (message.kind === 'port-closed') this.#portOf(message.id).emit('close')
    else this.#answers.emit(message.kind, message)
  }

  #portOf(id: number): IpcPort {
    const port = this.#ports.get(id) ?? new IpcPort((message) => this.#send(message), id)
    this.#ports.set(id, port)
    return port
  }
}

/** One end of a MessagePort pair whose real end is in Electron. Keeps what comes before start(), as a real one does. */
class IpcPort extends EventEmitter implements Port {
  readonly #send: (message: ToApp) => void
  readonly #id: number
  #early: unknown[] | undefined = []

  constructor(send: (message: ToApp) => void, id: number) {
    super()
    this.#send = send
    this.#id = id
  }

  give(data: unknown): void {
    if (this.#early !== undefined) this.#early.push(data)
    else this.emit('message', { data })
  }

  postMessage(data: unknown): void {
    this.#send({ kind: 'port', id: this.#id, data })
  }

  start(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const data of early) this.emit('message', { data })
  }

  close(): void {
    this.#send({ kind: 'port-close', id: this.#id })
  }
}
