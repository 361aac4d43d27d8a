// The relay's side of carriers that come: who is let in to the session, by the rules of relay/sessions.ts.
import { type AttachKeys, consumeAttach, createAttached } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { Counters } from '../../relay/counters.ts'
import { sessionLimits } from '../../relay/limits.ts'
import { giveUp } from '../../relay/sessions.ts'
import type { CarrierEnd } from './carrier.ts'
import type { Clock } from './clock.ts'
import type { Side } from './side.ts'

export class Door {
  readonly #clock: Clock
  readonly #relay: Side
  readonly #keys: AttachKeys
  readonly #counters = new Counters()
  refusals = 0

  constructor(clock: Clock, relay: Side, keys: AttachKeys) {
    this.#clock = clock
    this.#relay = relay
    this.#keys = keys
    this.#sweep()
  }

  /** A carrier's first message decides whether it joins. Whoever is not let in meets the end of the carrier, as the cover site would have it. */
  open(end: CarrierEnd): void {
    end.events = {
      onMessage: (message) => this.#relay.turn(() => this.#admit(end, message)),
      onRoom: () => undefined,
      onClosed: () => undefined,
    }
  }

  /** As Sessions.claim and Sessions.join. */
  #admit(end: CarrierEnd, message: Uint8Array): void {
    const { drive } = this.#relay
    const attach = consumeAttach(nodeCrypto, message, (id) => (Buffer.compare(id, this.#keys.sessionId) === 0 ? this.#keys : undefined))
    const stays = drive.live.filter((counter) => !attach?.gone.includes(counter)).length
    if (attach === undefined || stays >= sessionLimits.carriersMax || !this.#counters.take(attach.counter)) {
      this.refusals++
      return end.close()
    }
    end.sendMessage(createAttached(nodeCrypto, this.#keys, attach.counter, drive.session.expected))
    end.events = this.#relay.attach(end, attach.counter, attach.expected, attach.gone)
    for (const counter of drive.live) if (drive.isLate(counter)) giveUp(drive, counter)
    if (end.isClosed) end.events.onClosed()
  }

  #sweep(): void {
    this.#relay.turn(() => this.#relay.drive.dropSilent(this.#clock.nowMs - sessionLimits.silenceMs))
    this.#clock.after(sessionLimits.sweepMs, () => this.#sweep())
  }
}
