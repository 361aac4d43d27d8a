// What is sealed and not yet acknowledged: the retained window. A record is kept until the peer has it, whatever became of the carrier that it went out on.
import { assert, ProtocolError } from './errors.ts'
import type { Lane, Retained } from './lane.ts'
import { PARTED_MAX, RECORD_BYTES_SLOW, RETAINED_BYTES_MAX, RETAINED_RECORDS_MAX } from './limits.ts'
import { letGo, type SealedRecord, sealedBytes } from './record.ts'

export class Flight {
  #retained: Retained[] = []
  #head = 0
  #nextUnacked = 0
  #bytes = 0
  /** When the latest went out of those that are acknowledged. */
  #latestAckedMs = Number.NEGATIVE_INFINITY
  /** Numbers of small records whose lane is gone, in order, from #againHead on. */
  #again: number[] = []
  #againHead = 0
  /** … and of larger ones. */
  readonly #largeAgain: number[] = []
  readonly #mayPart: boolean
  /** A second lane was lost with a large record: others like it are not given whole either to a lane that would be given less at once. */
  #isParting = false
  /** What goes out in parts now, and how much of it did. */
  #parting = { number: -1, bytes: 0 }
  /** Of which parts went out, and which are not acknowledged. */
  readonly #parted = new Set<number>()

  constructor(mayPart = false) {
    this.#mayPart = mayPart
  }

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

  /** Whether large records go out in parts, but on lanes that get them whole. */
  get isParting(): boolean {
    return this.#isParting && !this.isFull
  }

  /** A record goes out for the first time. */
  add(record: SealedRecord, elicits: boolean, lane: Lane, nowMs: number): void {
    assert(!this.isFull, 'the window has room')
    const retained: Retained = {
      record,
      elicits,
      lane,
      sentMs: nowMs,
      deliveredBytes: 0,
      deliveredMs: 0,
      deliveredSentMs: 0,
      turn: 0,
      isRepeated: false,
    }
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
    this.#findOutrun(lanes)
    if (this.#head > 64 && this.#head * 2 > this.#retained.length) {
      this.#retained = this.#retained.slice(this.#head)
      this.#head = 0
    }
  }

  /** A lane is gone: what went out on it and was not acknowledged is to be sent again. */
  lose(lane: Lane): void {
    const small = this.#again.slice(this.#againHead)
    for (let i = this.#head; i < this.#retained.length; i++) {
      const retained = this.#retained[i] as Retained
      if (retained.lane !== lane || retained.record === undefined) continue
      const isLarge = sealedBytes(retained.record) > RECORD_BYTES_SLOW
      if (isLarge && retained.isRepeated) this.#isParting = this.#mayPart
      lane.lost(retained, retained.record)
      if (isLarge) this.#largeAgain.push(retained.record.number)
      else small.push(retained.record.number)
    }
    this.#largeAgain.sort((a, b) => a - b)
    this.#again = small.sort((a, b) => a - b)
    this.#againHead = 0
  }

  /** Whether something waits to be sent again. */
  get isRepeating(): boolean {
    while (this.#againHead < this.#again.length && this.#recordAt(this.#again[this.#againHead] as number) === undefined) this.#againHead++
    while (this.#largeAgain.length > 0 && this.#recordAt(this.#largeAgain[0] as number) === undefined) this.#largeAgain.shift()
    return this.#againHead < this.#again.length || this.#largeAgain.length > 0
  }

  /** The next record to send again, the same sealed bytes as before. undefined: what is left goes out on this lane in parts. */
  repeat(lane: Lane, nowMs: number): SealedRecord | undefined {
    assert(this.isRepeating, 'there is a record to repeat')
    const small = this.#again[this.#againHead]
    const large = this.#largeFor(lane)
    const number = large === undefined || (small !== undefined && small < large) ? small : large
    if (number === undefined) return undefined
    if (number === large) this.#largeAgain.shift()
    else this.#againHead++
    const retained = this.#at(number) as Retained
    const record = retained.record as SealedRecord
    retained.isRepeated = true
    lane.sent(retained, record, nowMs)
    return record
  }

  /** The record whose next part is to go out, and how much of it did; undefined: none may. */
  get partDue(): { readonly record: SealedRecord; readonly sentBytes: number } | undefined {
    if (!this.isParting) return undefined
    const mayBegin = this.#parted.size < PARTED_MAX
    const number = this.#largeAgain.find((one) => (mayBegin || this.#parted.has(one)) && this.#recordAt(one) !== undefined)
    if (number === undefined) return undefined
    if (this.#parting.number !== number) this.#parting = { number, bytes: 0 }
    return { record: this.#recordAt(number) as SealedRecord, sentBytes: this.#parting.bytes }
  }

  /** So much more of it goes out. */
  parted(record: SealedRecord, bytes: number): void {
    this.#parted.add(record.number)
    this.#parting.bytes += bytes
    if (this.#parting.bytes === sealedBytes(record)) this.#largeAgain.splice(this.#largeAgain.indexOf(record.number), 1)
  }

  /** The next large record, if this lane gets it whole. */
  #largeFor(lane: Lane): number | undefined {
    const [number] = this.#largeAgain
    const record = number === undefined ? undefined : this.#recordAt(number)
    if (record === undefined || (this.isParting && sealedBytes(record) > lane.recordBytesMax)) return undefined
    return number
  }

  /** The lane of the oldest record that is awaited, if others brought what went out so much later that it must be stuck, or would bring all of it much sooner. */
  #findOutrun(lanes: Iterable<Lane>): void {
    let at = this.#head
    while (this.#isInParts(this.#retained[at])) at++
    const oldest = this.#retained[at]
    if (oldest?.lane === undefined || oldest.lane.isOutrun || oldest.sentMs >= this.#latestAckedMs) return
    const { lane } = oldest
    if (this.#latestAckedMs - oldest.sentMs > lane.outrunMs || lane.isSlowBeside(lanes, oldest, this.#latestAckedMs)) lane.outrun()
  }

  /** It is on no lane: what its parts are in is, some of it acknowledged. */
  #isInParts(retained: Retained | undefined): boolean {
    if (this.#parted.size === 0 || retained === undefined) return false
    return retained.record === undefined || (retained.lane === undefined && this.#parted.has(retained.record.number))
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

  /** undefined: acknowledged. */
  #recordAt(number: number): SealedRecord | undefined {
    return this.#at(number)?.record
  }

  #give(retained: Retained): void {
    const { record, lane } = retained
    if (record === undefined) return
    this.#bytes -= sealedBytes(record)
    if (lane !== undefined && !retained.isRepeated) {
      this.#latestAckedMs = Math.max(this.#latestAckedMs, retained.sentMs)
      if (sealedBytes(record) > RECORD_BYTES_SLOW) this.#isParting = false
    }
    lane?.acknowledged(retained, record)
    retained.record = undefined
    this.#parted.delete(record.number)
    letGo(record)
  }
}
