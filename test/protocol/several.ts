// Two production sessions over several carriers, which a test delivers from as it likes.
import type { Lane } from '#protocol'
import type { SealedRecord } from '../../protocol/record.ts'
import { End, type Recorder, wireBytes } from './pair.ts'

export interface Sent {
  readonly record: SealedRecord
  /** As it went out. */
  readonly bytes: Uint8Array
}

/** One carrier: its two lanes, and what is under way on it. */
export interface Way {
  readonly client: Lane
  readonly relay: Lane
  readonly toRelay: Sent[]
  readonly toClient: Sent[]
}

export class Several {
  nowMs = 0
  readonly client: End
  readonly relay: End
  readonly ways: Way[] = []
  #counter = 0

  constructor(count: number, more: { readonly takesParts?: boolean } = {}) {
    this.client = new End({ role: 'client', ...more })
    this.relay = new End({ role: 'relay', ...more })
    this.ways.push(this.#way(this.client.lane, this.relay.lane))
    while (this.ways.length < count) this.attach()
  }

  /** Another carrier; those that are gone by then are lost to both. */
  attach(...gone: readonly Way[]): Way {
    const counter = ++this.#counter
    const [clientExpects, relayExpects] = [this.client.session.expected, this.relay.session.expected]
    const counters = gone.map(({ client }) => client.counter)
    const relay = this.relay.session.attach(counter, clientExpects, counters, this.nowMs)
    const way = this.#way(this.client.session.attach(counter, relayExpects, counters, this.nowMs), relay)
    for (const one of gone) this.ways.splice(this.ways.indexOf(one), 1)
    this.ways.push(way)
    return way
  }

  /** Takes what one side has to send on a carrier now. */
  produce(way: Way, from: 'client' | 'relay', countMax: number = Number.POSITIVE_INFINITY): Sent[] {
    const { session } = this[from]
    const produced: Sent[] = []
    while (produced.length < countMax) {
      const record = session.produce(way[from], this.nowMs)
      if (record === undefined) break
      produced.push({ record, bytes: wireBytes(record) })
    }
    way[from === 'client' ? 'toRelay' : 'toClient'].push(...produced)
    return produced
  }

  /** Brings what is under way on a carrier, in its order. */
  deliver(way: Way): void {
    for (const { bytes } of way.toRelay.splice(0)) this.relay.session.receive(way.relay, bytes, this.nowMs)
    for (const { bytes } of way.toClient.splice(0)) this.client.session.receive(way.client, bytes, this.nowMs)
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.client.session.tick(this.nowMs)
    this.relay.session.tick(this.nowMs)
  }

  /** Until neither has more to say: a millisecond a round trip. */
  settle(): void {
    for (let round = 0; round < 10_000; round++) {
      this.pass(1)
      let count = 0
      for (const way of this.ways) count += this.produce(way, 'client', 16).length + this.produce(way, 'relay', 16).length
      for (const way of this.ways) this.deliver(way)
      if (count > 0) continue
      const nextMs = Math.min(this.client.session.deadlineMs(), this.relay.session.deadlineMs())
      if (nextMs > this.nowMs + 100) return
      this.pass(Math.max(0, nextMs - this.nowMs))
    }
    throw new Error('the two never fall silent')
  }

  openStream(): { readonly near: Recorder; readonly far: Recorder } {
    const near = this.client.open()
    this.settle()
    return { near, far: this.relay.opened.at(-1) as Recorder }
  }

  #way(client: Lane, relay: Lane): Way {
    return { client, relay, toRelay: [], toClient: [] }
  }
}
