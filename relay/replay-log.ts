// The memory of admissions, on disk and in every process of a relay: whoever comes first with an admission wins, wherever a copy of it is shown.
//
// All processes append to one file and read what the others appended. What the file system has put in order is in order for all, so no lock is needed:
// 1. not known here: append it with our mark       2. read on, past our own entry
// 3. ours only if no other's entry of it came before it, or stands in a neighbouring generation
//
// A generation is as long as an admission is fresh, so what two of them hold covers all that could be shown again; older files go, younger ones stay.
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { assert, type ReplayMemory } from '#protocol'
import { type GateLimits, gateLimits } from './limits.ts'

const ID_BYTES = 16
const MARK_BYTES = 8
const ENTRY_BYTES = ID_BYTES + MARK_BYTES
const READ_BYTES = 1_024 * ENTRY_BYTES
const PREFIX = 'admissions.'

/** alone: no other process writes here, so nothing has to be read after the start. */
export interface ReplayLogOptions {
  readonly dir: string
  readonly nowS: () => number
  readonly alone: boolean
}

export class ReplayLog implements ReplayMemory {
  readonly #options: ReplayLogOptions
  readonly #limits: GateLimits
  /** Of this process, or this life of it. */
  readonly #mark = randomBytes(MARK_BYTES)
  readonly #generations = new Map<number, Generation>()
  readonly #timer: NodeJS.Timeout | undefined
  /** Why nothing can be remembered; then nobody is let in. */
  fault: string | undefined

  /** Reads what is there, and goes on from it. */
  constructor(options: ReplayLogOptions, limits: GateLimits = gateLimits) {
    this.#options = options
    this.#limits = limits
    this.#turn()
    // So that a copy of what another process has seen is known before it is shown, and costs what every copy costs.
    if (!options.alone) this.#timer = setInterval(() => this.#readOn(), limits.readMs).unref()
  }

  remember(id: Uint8Array, expiresS: number): boolean {
    assert(id.length === ID_BYTES, 'an envelope has an id')
    // The clock was set back since it was found fresh: it would be so again when it is forgotten.
    if (expiresS - this.#options.nowS() > this.#limits.generationS) return false
    const key = Buffer.from(id.buffer, id.byteOffset, ID_BYTES).toString('latin1')
    try {
      const current = this.#turn()
      if (this.#isKnown(key) || current.count >= this.#limits.generationCountMax) return false
      current.append(key, this.#mark)
      if (!this.#options.alone) this.#readOn()
      this.fault = undefined
      return current.isFirst(key, this.#mark) && ![...this.#generations.values()].some((one) => one !== current && one.has(key))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      this.fault = `The memory of admissions can’t be written (${code}), so nobody is let in.`
      return false
    }
  }

  close(): void {
    clearInterval(this.#timer)
    for (const generation of this.#generations.values()) generation.close()
    this.#generations.clear()
  }

  /** The generation of this moment, with those beside it that exist: another process may be a moment ahead. */
  #turn(): Generation {
    const now = Math.floor(this.#options.nowS() / this.#limits.generationS)
    const known = this.#generations.get(now)
    if (known !== undefined && (this.#options.alone || this.#generations.has(now + 1) || !existsSync(this.#fileOf(now + 1)))) return known
    for (const [number, generation] of this.#generations) {
      if (Math.abs(number - now) <= 1) continue
      generation.close()
      this.#generations.delete(number)
    }
    for (const number of [now - 1, now, now + 1]) {
      if (this.#generations.has(number) || (number !== now && !existsSync(this.#fileOf(number)))) continue
      const generation = new Generation(this.#fileOf(number), this.#options.alone)
      generation.readOn()
      this.#generations.set(number, generation)
    }
    this.#removeStale(now)
    return this.#generations.get(now) as Generation
  }

  #isKnown(key: string): boolean {
    for (const generation of this.#generations.values()) if (generation.has(key)) return true
    return false
  }

  #readOn(): void {
    this.#turn()
    for (const generation of this.#generations.values()) generation.readOn()
  }

  /** A file of a time to come is from before the clock was set back, and what is in it will be fresh again. */
  #removeStale(now: number): void {
    for (const name of readdirSync(this.#options.dir)) {
      const number = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : Number.NaN
      if (number < now - 1) rmSync(join(this.#options.dir, name), { force: true })
    }
  }

  #fileOf(number: number): string {
    return join(this.#options.dir, `${PREFIX}${number}`)
  }
}

/** One file: entries in the order in which they came, each an admission's id and the mark of who wrote it. */
class Generation {
  readonly #file: number
  #offset = 0
  /** Who came first with an id. */
  readonly #first = new Map<string, string>()
  readonly #buffer = Buffer.alloc(READ_BYTES)

  /** isOurs: nobody else writes, so what an end in the middle of a write left can be filled up. */
  constructor(path: string, isOurs: boolean) {
    this.#file = openSync(path, 'a+', 0o600)
    const cut = fstatSync(this.#file).size % ENTRY_BYTES
    if (isOurs && cut > 0) writeSync(this.#file, Buffer.alloc(ENTRY_BYTES - cut))
  }

  get count(): number {
    return this.#first.size
  }

  has(key: string): boolean {
    return this.#first.has(key)
  }

  isFirst(key: string, mark: Buffer): boolean {
    return this.#first.get(key) === mark.toString('latin1')
  }

  /** One write of a few bytes at the end of a file is whole and in order, whoever else writes. */
  append(key: string, mark: Buffer): void {
    const entry = Buffer.concat([Buffer.from(key, 'latin1'), mark])
    const written = writeSync(this.#file, entry)
    // The rest of a cut entry would put all that follow out of step.
    if (written !== ENTRY_BYTES) throw Object.assign(new Error('a full disk'), { code: 'ENOSPC' })
    this.readOn()
  }

  readOn(): void {
    for (;;) {
      const count = readSync(this.#file, this.#buffer, 0, READ_BYTES, this.#offset)
      const whole = count - (count % ENTRY_BYTES)
      for (let at = 0; at < whole; at += ENTRY_BYTES) {
        const key = this.#buffer.toString('latin1', at, at + ID_BYTES)
        if (!this.#first.has(key)) this.#first.set(key, this.#buffer.toString('latin1', at + ID_BYTES, at + ENTRY_BYTES))
      }
      this.#offset += whole
      if (whole < READ_BYTES) return
    }
  }

  close(): void {
    closeSync(this.#file)
  }
}
