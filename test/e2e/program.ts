// A program under test: what it says, line by line, and its end. Everything that was started is ended by its process id.
import { type ChildProcess, spawn } from 'node:child_process'

/** What runs now: none of it outlives the tests, however they end. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** For a program that ends with its input. */
export const HELD_INPUT: unique symbol = Symbol('held input')

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly folder?: string
  /** Written to the program, whose input then ends. Without it there is none. */
  readonly input?: string | typeof HELD_INPUT
}

export interface Ending {
  /** undefined: ended by a signal. */
  readonly code: number | undefined
  readonly signal: string | undefined
}

export class Program {
  readonly pid: number
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #watchers = new Set<() => void>()
  #rest = ''
  #stdout = ''
  #stderr = ''
  #isOver = false

  constructor(argv: readonly string[], options: ProgramOptions = {}) {
    const [file = '', ...args] = argv
    const stdin = options.input === undefined ? 'ignore' : 'pipe'
    const env = { PATH: process.env['PATH'] ?? '', HOME: options.folder ?? '/nonexistent', LANG: 'C', ...options.env }
    const cwd = options.folder === undefined ? {} : { cwd: options.folder }
    this.#child = spawn(file, args, { stdio: [stdin, 'pipe', 'pipe'], env, ...cwd })
    running.add(this.#child)
    this.pid = this.#child.pid ?? -1
    this.#child.stdin?.on('error', () => undefined)
    if (options.input !== HELD_INPUT) this.#child.stdin?.end(options.input)
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk))
    this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderr += chunk
    })
    this.ended = new Promise((resolve) => {
      const finish = (code: number | undefined, signal: string | undefined): void => {
        this.#isOver = true
        running.delete(this.#child)
        resolve({ code, signal })
        for (const watcher of [...this.#watchers]) watcher()
      }
      this.#child.once('error', (error) => {
        this.#stderr += error.message
        finish(127, undefined)
      })
      this.#child.once('close', (code, signal) => finish(code ?? undefined, signal ?? undefined))
    })
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** The first line, of those said since `from`, that `accept` makes something of. Rejects when the program ends without one. */
  line<T>(accept: (line: string) => T | undefined, from = 0): Promise<T> {
    return new Promise((resolve, reject) => {
      let next = from
      const watch = (): void => {
        while (next < this.#lines.length) {
          const made = accept(this.#lines[next++] as string)
          if (made !== undefined) {
            this.#watchers.delete(watch)
            resolve(made)
            return
          }
        }
        if (!this.#isOver) return
        this.#watchers.delete(watch)
        reject(new Error(`the program ended before it said what was awaited; it said:\n${this.#stdout}${this.#stderr}`))
      }
      this.#watchers.add(watch)
      watch()
    })
  }

  /** How many lines it has said: a place to look from. */
  get lineCount(): number {
    return this.#lines.length
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#isOver) this.#child.kill(name)
  }

  /** Resolves when it is gone; SIGKILL, since what is left running is of no interest any more. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }

  #take(chunk: string): void {
    this.#stdout += chunk
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() ?? ''
    this.#lines.push(...lines)
    for (const watcher of [...this.#watchers]) watcher()
  }
}
