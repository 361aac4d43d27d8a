// One peer's programs, running in one place: where they are started, what they have cost so far, and how they end.

import type { ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Place, Side } from './place.ts'
import { cpuSeconds, freePort, hasEnded, memoryKib, start, stop, waitForLine } from './run.ts'

export interface Cost {
  readonly client: number
  readonly server: number
}

export class Stage {
  readonly place: Place
  /** This peer's own scratch folder, removed when the stage is. */
  readonly folder: string
  readonly #programs: { readonly side: Side; readonly child: ChildProcess; readonly name: string }[] = []

  constructor(place: Place, name: string) {
    this.place = place
    this.folder = join(place.workshop.folder, `${place.name}-${name}`)
    rmSync(this.folder, { recursive: true, force: true })
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
  }

  port(): Promise<number> {
    return freePort()
  }

  /** Starts a program on one side; what it says goes to a log in the folder. */
  start(side: Side, argv: readonly string[], env: Readonly<Record<string, string>> = {}): void {
    this.#keep(side, argv, start(this.place.on(side, argv), { env, folder: this.folder, log: this.#logFile(side) }))
  }

  /** Starts a program that prints a JSON line `{"event":"ready",…}` once it can be used; returns that line. */
  async startReady(
    side: Side,
    argv: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const child = start(this.place.on(side, argv), { env, folder: this.folder, log: this.#logFile(side), stdout: 'pipe' })
    this.#keep(side, argv, child)
    return parseLine(await waitForLine(child, (line) => parseLine(line)['event'] === 'ready'))
  }

  /** Names a program that has ended by itself, if any. */
  get casualty(): string | undefined {
    return this.#programs.find(({ child }) => hasEnded(child))?.name
  }

  /** CPU seconds so far. */
  cpuSeconds(): Cost {
    return { client: cpuSeconds(this.#pids('client')), server: cpuSeconds(this.#pids('server')) }
  }

  /** Resident memory now. */
  rssKib(): Cost {
    return { client: memoryKib(this.#pids('client'), 'Rss'), server: memoryKib(this.#pids('server'), 'Rss') }
  }

  /** Ends the programs, clients first; their folder stays. */
  async stop(): Promise<void> {
    for (const { child } of this.#programs.toReversed()) await stop(child)
  }

  #logFile(side: Side): string {
    return join(this.folder, `${this.#programs.length}-${side}.log`)
  }

  #keep(side: Side, argv: readonly string[], child: ChildProcess): void {
    this.#programs.push({ side, child, name: argv[0] ?? '' })
  }

  #pids(side: Side): number[] {
    return this.#programs.flatMap(({ side: own, child }) => (own === side && child.pid !== undefined ? [child.pid] : []))
  }
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line)
  } catch {
    return {} // not every line a program prints is for us
  }
}
