// One process at a time: a lock that a process which was killed holds up for nobody, on any file system, with nothing of the operating system but its files.
//
// A lock is a folder. Who wants it puts a file of its own into it, whose name no other file ever has:
//   1 look    whoever has a file there and lives is waited for; the files of those who are gone are removed, each by its own name
//   2 claim   a file of one's own is put there
//   3 check   it stands there alone: the lock is ours. Of two that claim at once, one at least sees the other's file, and who does takes its own away
// No step removes or moves what another may have put there meanwhile, so it does not matter who is killed, or held up, between which.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { briefLimits, heldLimits, type LockLimits } from './limits.ts'

export interface Held {
  release(): void
}

/** Who holds it. */
export interface Holder {
  readonly pid: number
}

/** Of a folder in one that exists. Waits for its turn without doing anything else. Throws what the file system says, or that it never came. */
export function lockNow(lock: string, limits: LockLimits = briefLimits): Held {
  const still = new Int32Array(new SharedArrayBuffer(4))
  const waiting = new Waiting(lock, limits)
  for (;;) {
    const held = waiting.try()
    if (held !== undefined) return held
    Atomics.wait(still, 0, 0, waiting.nextMs())
  }
}

/** Resolves when it is our turn. Rejects with what the file system says, or that it never came. */
export async function lockSoon(lock: string, limits: LockLimits): Promise<Held> {
  const waiting = new Waiting(lock, limits)
  for (;;) {
    const held = waiting.try()
    if (held !== undefined) return held
    await new Promise((resolve) => setTimeout(resolve, waiting.nextMs()))
  }
}

/** For as long as this process lives or until it releases it; or who holds it already. Rejects with what the file system says. */
export async function lockForLong(lock: string, limits: typeof heldLimits = heldLimits): Promise<Held | Holder> {
  const waiting = new Waiting(lock, limits)
  for (;;) {
    const held = waiting.try()
    if (held !== undefined) return withSigns(held, limits.signMs)
    if (waiting.living !== undefined) return waiting.living
    await new Promise((resolve) => setTimeout(resolve, waiting.nextMs()))
  }
}

/** What this process itself has put somewhere: another of the same number has died, as happens in containers, where numbers are few. */
const own = new Set<string>()

class Claim implements Held {
  readonly file: string
  readonly #name: string

  constructor(lock: string) {
    this.#name = `${process.pid}-${randomBytes(8).toString('hex')}`
    this.file = join(lock, this.#name)
    own.add(this.#name)
    try {
      writeFileSync(this.file, '', { flag: 'wx', mode: 0o600 })
    } catch (error) {
      own.delete(this.#name)
      throw error
    }
  }

  isAlone(names: readonly string[]): boolean {
    return names.length === 1 && names[0] === this.#name
  }

  /** The folder goes with it, unless others are waiting in it. */
  release(): void {
    rmSync(this.file, { force: true })
    own.delete(this.#name)
    try {
      rmdirSync(dirname(this.file))
    } catch {
      // It is for the last to remove.
    }
  }
}

/** One process's wait for one lock. */
class Waiting {
  readonly #lock: string
  readonly #limits: LockLimits
  readonly #beganMs = performance.now()
  /** The last sign of each file that stands in the way, and since when that is the last. */
  readonly #signs = new Map<string, { readonly sign: number; readonly sinceMs: number }>()
  #living: Holder | undefined

  constructor(lock: string, limits: LockLimits) {
    this.#lock = lock
    this.#limits = limits
  }

  /** Who has given a sign while we watched. */
  get living(): Holder | undefined {
    return this.#living
  }

  try(): Held | undefined {
    // Whoever came in between may be gone, or killed, too: then for its time, and no longer.
    if (performance.now() - this.#beganMs > 4 * this.#limits.silentMs)
      throw new Error('The folder is in use all the time, or can’t be written to.')
    makeFolder(this.#lock)
    try {
      if (this.#namesInTheWay().length > 0) return undefined
      const claim = new Claim(this.#lock)
      if (claim.isAlone(readdirSync(this.#lock))) return claim
      claim.release()
    } catch (error) {
      // Its last holder has just removed the folder.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    return undefined
  }

  nextMs(): number {
    return this.#limits.lookMs * (0.5 + Math.random())
  }

  #namesInTheWay(): string[] {
    return readdirSync(this.#lock).filter((name) => {
      if (!this.#isGone(name)) return true
      rmSync(join(this.#lock, name), { recursive: true, force: true })
      return false
    })
  }

  #isGone(name: string): boolean {
    const pid = Number(/^(\d+)-/.exec(name)?.[1] ?? Number.NaN)
    if (Number.isNaN(pid) || (pid === process.pid ? !own.has(name) : !isAlive(pid))) return true
    const sign = statSync(join(this.#lock, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
    const nowMs = performance.now()
    const last = this.#signs.get(name)
    if (last?.sign === sign) return nowMs - last.sinceMs > this.#limits.silentMs
    this.#signs.set(name, { sign, sinceMs: nowMs })
    if (last !== undefined && sign !== 0) this.#living = { pid }
    return false
  }
}

/** Something else of this name, such as the file that a lock was in an older version, is no lock, and is not waited for. */
function makeFolder(lock: string): void {
  if (statSync(lock, { throwIfNoEntry: false })?.isFile() === true) rmSync(lock, { force: true })
  try {
    mkdirSync(lock, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function withSigns(held: Held, everyMs: number): Held {
  const { file } = held as Claim
  const timer = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date())
    } catch {
      // Forgotten, or on a disk that is gone: there is nothing left to hold.
    }
  }, everyMs)
  timer.unref()
  return {
    release: () => {
      clearInterval(timer)
      held.release()
    },
  }
}
