// Sessions whose place another has taken, since their relay was gone or is going to restart: their streams wait for a while, and every way to their relay is
// tried for them.
import type { Way } from './control/way.ts'
import type { RelaySession } from './relay-session.ts'

export interface OrphansOptions {
  readonly ways: () => readonly Way[]
  /** Dials that way for the session, unless something else is being dialled. */
  readonly adopt: (session: RelaySession, way: Way) => void
  /** Without a carrier for so long, its streams are reset. */
  readonly orphanMs: number
}

export class Orphans {
  readonly #options: OrphansOptions
  readonly #sinceMs = new Map<RelaySession, number>()
  #turn = 0

  constructor(options: OrphansOptions) {
    this.#options = options
  }

  add(session: RelaySession, nowMs: number): void {
    this.#sinceMs.set(session, nowMs)
  }

  delete(session: RelaySession): void {
    this.#sinceMs.delete(session)
  }

  look(nowMs: number): void {
    for (const session of [...this.#sinceMs.keys()]) this.tend(session, nowMs)
  }

  /** Stops it when it has nothing to do any more or has waited in vain; else dials for it, if it has no carrier. */
  tend(session: RelaySession, nowMs: number): void {
    const { ways, adopt, orphanMs } = this.#options
    const sinceMs = this.#sinceMs.get(session) ?? nowMs
    const isIdle = session.drive.session.streamCount === 0 && session.drive.session.isSettled
    if (isIdle || (session.legs.size === 0 && nowMs - sinceMs > orphanMs)) return session.drive.stop()
    if (session.legs.size > 0) return
    const those = ways().filter(({ relayIndex }) => relayIndex === session.relayIndex)
    const way = those[this.#turn++ % those.length]
    if (way !== undefined) adopt(session, way)
  }
}
