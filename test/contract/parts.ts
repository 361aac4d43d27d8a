// The processes of `npm run cuts`, as their parent sees them.
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { CutTried } from './cuts.ts'
import type { Job, Told } from './part.ts'

/** Thousands of sockets and of short lives: a larger nursery for them, and no stack for each error of a cut socket. */
const NODE_OPTIONS = ['--max-semi-space-size=64', '--stack-trace-limit=1']

export class Part {
  readonly #child: ChildProcess
  /** Resolves when the process is gone, with how. */
  readonly ended: Promise<string>

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'part.ts'), { execArgv: NODE_OPTIONS })
    this.ended = new Promise((resolve) => this.#child.once('exit', (code, signal) => resolve(`a process ended with ${signal ?? code}`)))
    // A process that is gone can't be told.
    this.#child.on('error', () => undefined)
  }

  /** Resolves when no place is left, or it was stopped; with what went wrong, if the process is gone. */
  async try(job: Job, onTried: (tried: CutTried) => void): Promise<string | undefined> {
    const done = Promise.withResolvers<undefined>()
    const listener = (told: Told): void => (told === 'done' ? done.resolve(undefined) : onTried(told))
    this.#child.on('message', listener)
    this.#child.send(job)
    const failure = await Promise.race([done.promise, this.ended])
    this.#child.off('message', listener)
    return failure
  }

  /** Begins no further place. */
  stop(): void {
    if (this.#child.connected) this.#child.send('stop')
  }

  /** Ends it, with what is under way. */
  drop(): void {
    if (this.#child.connected) this.#child.disconnect()
  }
}
