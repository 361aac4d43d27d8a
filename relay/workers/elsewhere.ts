// What a process of a relay knows of sessions and carriers that live in its siblings: enough to tell whose a request is, and to hand it over.
//
// A request arrives where the kernel or a balancer put it. Its cookie is opened there, its proof checked there, and a copy of it refused there, so that a
// stranger meets one and the same process; only then does it go on, as it came, to the socket of the process that has the session.
import { type AttachKeys, consumeAttach, encodeHex } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { workerLimits } from '../limits.ts'

/** What processes tell each other; all of it is secret. */
export type Announcement =
  | { readonly kind: 'session'; readonly id: string; readonly keys: AttachKeys; readonly at: string }
  | { readonly kind: 'carrier'; readonly id: string; readonly key: Uint8Array; readonly at: string }
  | { readonly kind: 'gone'; readonly id: string }
  /** A process has ended, with all that it had. */
  | { readonly kind: 'lost'; readonly at: string }

/** Told by whoever has sessions and carriers. */
export interface Registry {
  sessionBegan(keys: AttachKeys): void
  sessionEnded(keys: AttachKeys): void
  carrierBegan(id: string, key: Uint8Array): void
  carrierEnded(id: string): void
}

/** at: where to reach this process. */
export function registryOf(at: string, announce: (one: Announcement) => void): Registry {
  return {
    sessionBegan: (keys) => announce({ kind: 'session', id: encodeHex(keys.sessionId), keys, at }),
    sessionEnded: (keys) => announce({ kind: 'gone', id: encodeHex(keys.sessionId) }),
    carrierBegan: (id, key) => announce({ kind: 'carrier', id, key, at }),
    carrierEnded: (id) => announce({ kind: 'gone', id }),
  }
}

export class Elsewhere {
  /** By session id in hex. */
  readonly #sessions = new Map<string, { readonly keys: AttachKeys; readonly at: string }>()
  readonly #carriers = new Map<string, { readonly key: Uint8Array; readonly at: string }>()

  /** All that is known, for a process that begins. */
  get all(): Announcement[] {
    return [
      ...[...this.#sessions].map(([id, one]) => ({ kind: 'session' as const, id, ...one })),
      ...[...this.#carriers].map(([id, one]) => ({ kind: 'carrier' as const, id, ...one })),
    ]
  }

  take(one: Announcement): void {
    if (one.kind === 'session' && this.#sessions.size < workerLimits.sessionsMax) this.#sessions.set(one.id, one)
    else if (one.kind === 'carrier' && this.#carriers.size < workerLimits.carriersMax) this.#carriers.set(one.id, one)
    else if (one.kind === 'gone') {
      this.#sessions.delete(one.id)
      this.#carriers.delete(one.id)
    } else if (one.kind === 'lost') {
      for (const map of [this.#sessions, this.#carriers]) for (const [id, { at }] of map) if (at === one.at) map.delete(id)
    }
  }

  /** Where a session is whose own key has proved this attach. */
  placeOf(attach: Uint8Array): string | undefined {
    const found = consumeAttach(nodeCrypto, attach, (id) => this.#sessions.get(encodeHex(id))?.keys)
    return found && this.#sessions.get(encodeHex(found.sessionId))?.at
  }

  /** For `consumeRequest`. */
  carrierOf(id: string): { readonly key: Uint8Array; readonly at: string } | undefined {
    return this.#carriers.get(id)
  }
}
