// Setting the system's proxy so that it can always be put back: by us, by the next start, by the guard process, by hand, whatever happens at whatever step.
//
//   apply    1 lock   2 read what stands there   3 guards and journal   4 write what differs   5 read again: has it been taken?
//   restore  1 lock   2 read what stands there   3 write what was before, where ours still stands   4 read again   5 remove the journal
//
// A setting that another program or a person changed meanwhile is theirs: restore leaves it, and the next apply takes it for what was before.
import { join } from 'node:path'
import { type Held, lockSoon } from '../../folder/lock.ts'
import { APP_FILES } from '../app-files.ts'
import { systemProxyLimits } from '../limits.ts'
import { type Entry, type Journal, JournalFile } from './journal.ts'
import { type Adapter, type ProxyWish, type Settings, SystemProxyError } from './settings.ts'

export const LOCK: string = APP_FILES.systemProxyLock

/** What came of putting back. `left`: some settings had been changed by others, and are as those left them. */
export type Restored = 'nothing' | 'restored' | 'left'

/** Whether programs still go where Culvert sent them. `incomplete`: a network adapter came up that the last apply did not know. */
export type Standing = 'none' | 'ours' | 'changed' | 'incomplete'

/** What repairs when this process can't any more: told that it is needed from now on, or no longer. Neither rejects. */
export interface Guard {
  arm(): Promise<void>
  disarm(): Promise<void>
}

export interface SystemProxyOptions {
  /** Where the journal is kept: the app's own folder, which exists. */
  readonly folder: string
  /** All that this operating system may have: a journal may be of another desktop than today's. */
  readonly adapters: readonly Adapter[]
  readonly guards?: readonly Guard[]
}

export class SystemProxy {
  readonly #folder: string
  readonly #adapters: readonly Adapter[]
  readonly #guards: readonly Guard[]
  readonly #journal: JournalFile
  /** One change after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor({ folder, adapters, guards = [] }: SystemProxyOptions) {
    this.#folder = folder
    this.#adapters = adapters
    this.#guards = guards
    this.#journal = new JournalFile(folder)
  }

  /** `hold`: if the app dies, nothing goes out until it is released. Throws SystemProxyError, and then all is as it was before Culvert. */
  apply(wish: ProxyWish, { hold }: { readonly hold: boolean }): Promise<void> {
    return this.#alone(async () => {
      try {
        await this.#apply(wish, hold)
      } catch (error) {
        // The first error says why; where putting back fails too, the journal stays for the next try.
        await this.#restore().catch(() => undefined)
        throw error
      }
    })
  }

  /** Throws SystemProxyError; the journal then stays, and a further call goes on where this one stopped. */
  restore(): Promise<Restored> {
    return this.#alone(() => this.#restore())
  }

  /** Throws SystemProxyError. */
  check(): Promise<Standing> {
    return this.#alone(async () => {
      const journal = this.#journal.load()
      if (journal === undefined) return 'none'
      let [isComplete, isInEffect] = [true, true]
      for (const adapter of this.#adapters) {
        const entries = journal.parts[adapter.name]
        if (entries === undefined) continue
        const now = await adapter.read()
        if (!stands(entries, now)) return 'changed'
        isInEffect &&= (await adapter.isInEffect?.()) !== false
        isComplete &&= [...now.keys()].every((name) => entries.some((entry) => entry.name === name))
      }
      // A new network adapter may well be the one that counts.
      if (!isComplete) return 'incomplete'
      return isInEffect ? 'ours' : 'changed'
    })
  }

  /** What a process that died has left; undefined when nothing. */
  leftOver(): Pick<Journal, 'hold'> | undefined {
    return this.#journal.load()
  }

  async #apply(wish: ProxyWish, hold: boolean): Promise<void> {
    const earlier = this.#journal.load()
    const changes: (readonly [Adapter, Settings])[] = []
    const parts = { ...earlier?.parts }
    for (const adapter of await this.#present()) {
      const now = await adapter.read()
      const wanted = adapter.express(wish, now)
      parts[adapter.name] = entriesOf(adapter, now, wanted, parts[adapter.name])
      changes.push([adapter, differing(wanted, now)])
    }
    if (changes.length === 0) throw new SystemProxyError('unsupported', 'This desktop has no proxy settings that can be set.')
    for (const guard of this.#guards) await guard.arm()
    this.#journal.save({ hold, parts })
    for (const [adapter, change] of changes) {
      if (change.size === 0) continue
      await adapter.write(change)
      verify(change, await adapter.read())
    }
  }

  async #restore(): Promise<Restored> {
    const journal = this.#journal.load()
    let outcome: Restored = 'nothing'
    for (const adapter of this.#adapters) {
      if (journal?.parts[adapter.name] === undefined && !(await adapter.isHere())) continue
      const now = await adapter.read()
      const entries = journal?.parts[adapter.name] ?? entriesOfMarked(adapter, now)
      const { change, left } = changeBack(adapter, entries, now)
      if (change.size > 0) {
        await adapter.write(change)
        verify(change, await adapter.read())
      }
      if (left) outcome = 'left'
      else if (change.size > 0 && outcome === 'nothing') outcome = 'restored'
    }
    this.#journal.remove()
    for (const guard of this.#guards) await guard.disarm()
    return outcome
  }

  async #present(): Promise<readonly Adapter[]> {
    const answers = await Promise.all(this.#adapters.map((adapter) => adapter.isHere()))
    return this.#adapters.filter((_, index) => answers[index])
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      const held = await this.#lock()
      try {
        return await work()
      } finally {
        held.release()
      }
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Against another process: the app, and the repair that runs when an app has died. */
  async #lock(): Promise<Held> {
    try {
      return await lockSoon(join(this.#folder, LOCK), systemProxyLimits.lock)
    } catch (cause) {
      throw new SystemProxyError('journal', 'The folder of this app cannot be written to, so nothing is changed.', { cause })
    }
  }
}

/** `earlier`: of a journal that is still open. What stands there and is not ours is what was before, even if that is new. */
function entriesOf(adapter: Adapter, now: Settings, wanted: Settings, earlier: readonly Entry[] | undefined): readonly Entry[] {
  const before = earlier === undefined && adapter.isMarked(now) ? new Map([...now, ...adapter.expressDirect(now)]) : now
  const known = new Map(earlier?.map((entry) => [entry.name, entry]))
  const names = new Set([...known.keys(), ...wanted.keys()])
  return [...names].map((name) => {
    const [present, entry] = [now.get(name), known.get(name)]
    const isOurs = entry?.ours.includes(present) === true
    const next = wanted.has(name) ? [wanted.get(name)] : (entry?.ours ?? [])
    return { name, before: entry !== undefined && isOurs ? entry.before : before.get(name), ours: isOurs ? [...next, present] : next }
  })
}

/** There is no journal, yet what stands there is ours: it was lost, or wiped. Then there is no proxy to go back to. */
function entriesOfMarked(adapter: Adapter, now: Settings): readonly Entry[] {
  if (!adapter.isMarked(now)) return []
  return [...adapter.expressDirect(now)].map(([name, before]) => ({ name, before, ours: [now.get(name)] }))
}

function changeBack(adapter: Adapter, entries: readonly Entry[], now: Settings): { readonly change: Settings; readonly left: boolean } {
  const byName = new Map(entries.map((entry) => [entry.name, entry]))
  // A setting that is gone, such as that of a network adapter that was pulled out, has nothing to put back.
  const isTheirs = (name: string): boolean => {
    const entry = byName.get(name)
    return entry !== undefined && now.has(name) && now.get(name) !== entry.before && !entry.ours.includes(now.get(name))
  }
  const isBack = ({ name, before }: Entry): boolean => !now.has(name) || now.get(name) === before
  const theirs = entries.filter(({ name }) => isTheirs(name) || adapter.leadsOf(name).some(isTheirs))
  const back = entries.filter((entry) => !theirs.includes(entry) && !isBack(entry))
  return { change: new Map(back.map(({ name, before }) => [name, before])), left: theirs.some((entry) => !isBack(entry)) }
}

function stands(entries: readonly Entry[], now: Settings): boolean {
  return entries.every(({ name, ours }) => !now.has(name) || now.get(name) === ours[0])
}

function differing(wanted: Settings, now: Settings): Settings {
  return new Map([...wanted].filter(([name, value]) => !now.has(name) || now.get(name) !== value))
}

function verify(change: Settings, now: Settings): void {
  for (const [name, value] of change) {
    if (now.get(name) !== value)
      throw new SystemProxyError('not-taken', 'The system did not take the setting: another program or a policy decides.')
  }
}
