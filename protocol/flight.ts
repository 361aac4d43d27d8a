// What is sealed and not yet acknowledged: the retained window. A record is kept until the peer has it, whatever became of the carrier that it went out on.
import { assert, ProtocolError } from './errors.ts'
import type { Lane, Retained } from './lane.ts'
import { RETAINED_BYTES_MAX, RETAINED_RECORDS_MAX } from './limits.ts'
import { letGo, type SealedRecord, sealedBytes } from './record.ts'

export class Flight {
  #retained: Retained[] = []
  #head = 0
  #nextUnacked = 0
  #bytes = 0
  /** When the latest went out of those that are acknowledged. */
  #latestAckedMs = Number.NEGATIVE_INFINITY
  /** Numbers of records whose lane is gone, in order, from #againHead on. */
  #again: number[] = []
  #againHead = 0

  get bytes(): number {
    return this.#bytes
  }

  get records(): number {
    return this.#retained.length - this.#head
  }

  /** The oldest record that the peer has not acknowledged. */
  get nextUnacked(): number {
    return this.#nextUnacked
  }

  /** Whether a record with stream data may be sealed; acknowledgements always may, up to the window's own bound. */
  get hasRoom(): boolean {
    return this.#bytes < RETAINED_BYTES_MAX && this.records < RETAINED_RECORDS_MAX / 2
  }

  get isFull(): boolean {
    return this.records >= RETAINED_RECORDS_MAX
  }

  /** A record goes out for the first time. */
  add(record: SealedRecord, elicits: boolean, lane: Lane, nowMs: number): void {
    assert(!this.isFull, 'the window has room')
    const retained: Retained = { record, elicits, lane, sentMs: nowMs, deliveredBytes: 0, deliveredMs: 0, turn: 0, isRepeated: false }
    this.#retained.push(retained)
    this.#bytes += sealedBytes(record)
    lane.sent(retained, record, nowMs)
  }

  /** The peer has everything before `next`, and of what follows the records whose bits are set (bit i: next + 1 + i). The caller lets `lanes` measure.
   *  Throws ProtocolError('bad-ack') for what was never sent; an older ack changes nothing. */
  acknowledge(next: number, ahead: Uint8Array | undefined, lanes: Iterable<Lane>, sealedNext: number, nowMs: number): void {
    if (next > sealedNext) throw new ProtocolError('bad-ack', 'a record was acknowledged that was never sent')
    let newest = Math.max(this.#nextUnacked, next)
    while (this.#nextUnacked < next) {
      this.#give(this.#retained[this.#head++] as Retained)
      this.#nextUnacked++
    }
    if (ahead !== undefined) newest = Math.max(newest, this.#acknowledgeAhead(next, ahead, sealedNext))
    for (const lane of lanes) lane.measure(newest, sealedNext, nowMs)
    this.#findOutrun()
    if (this.#head > 64 && this.#head * 2 > this.#retained.length) {
      this.#retained = this.#retained.slice(this.#head)
      this.#head = 0
    }
  }

  /** A lane is gone: what went out on it and was not acknowledged is to be sent again. */
  lose(lane: Lane): void {
    const numbers = this.#again.slice(this.#againHead)
    for (let i = this.#head; i < this.#retained.length; i++) {
      const retained = this.#retained[i] as Retained
      if (retained.lane !== lane || retained.record === undefined) continue
      lane.lost(retained, retained.record)
      numbers.push(retained.record.number)
    }
    this.#again = numbers.sort((a, b) => a - b)
    this.#againHead = 0
  }

  /** Whether something waits to be sent again. */
  get isRepeating(): boolean {
    while (this.#againHead < this.#again.length && this.#at(this.#again[this.#againHead] as number)?.record === undefined) this.#againHead++
    return this.#againHead < this.#again.length
  }

  /** The next record to send again, the same sealed bytes as before. */
  repeat(lane: Lane, nowMs: number): SealedRecord {
    assert(this.isRepeating, 'there is a record to repeat')
    const retained = this.#at(this.#again[this.#againHead++] as number) as Retained
    const record = retained.record as SealedRecord
    retained.isRepeated = true
    lane.sent(retained, record, nowMs)
    return record
  }

  /** The lane of the oldest record that is awaited, if others brought what went out so much later that it must be stuck. */
  #findOutrun(): void {
    const oldest = this.#retained[this.#head]
    if (oldest?.lane !== undefined && this.#latestAckedMs - oldest.sentMs > oldest.lane.outrunMs) oldest.lane.isOutrun = true
  }

  #acknowledgeAhead(next: number, ahead: Uint8Array, sealedNext: number): number {
    let newest = 0
    for (let i = 0; i < ahead.length * 8; i++) {
      if (((ahead[i >> 3] as number) & (1 << (i & 7))) === 0) continue
      const number = next + 1 + i
      if (number >= sealedNext) throw new ProtocolError('bad-ack', 'a record was acknowledged that was never sent')
      const retained = this.#at(number)
      if (retained !== undefined) this.#give(retained)
      newest = number + 1
    }
    return newest
  }

  #at(number: number): Retained | undefined {
    return number < this.#nextUnacked ? undefined : this.#retained[this.#head + number - this.#nextUnacked]
  }

  #give(retained: Retained): void {
    const { record, lane } = retained
    if (record === undefined) return
    this.#bytes -= sealedBytes(record)
    if (lane !== undefined && !retained.isRepeated) this.#latestAckedMs = Math.max(this.#latestAckedMs, retained.sentMs)
    lane?.acknowledged(retained, record)
    retained.record = undefined
    letGo(record)
  }
}
