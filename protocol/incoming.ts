// The receiving half of a session: sealed records in, by whatever carrier and in any order; plaintexts out, in the order of their numbers.
//
// 1. a record is opened, once                                             RecordOpener.open
// 2. what its front tells takes effect though its turn has not come       #peek
// 3. parts in that front may make another record whole: that one is opened too   #takePart
// 4. what is due now is handed out                                        take
import { ProtocolError } from './errors.ts'
import { type Part, peekFront, type SessionFrames } from './frame.ts'
import { Parts } from './parts.ts'
import type { Opened, RecordOpener } from './record.ts'

/** What `receive` has to say: the record came before, or something in it asks for an answer (as far as its front tells), or nothing does. */
export type Came = 'again' | 'eliciting' | 'quiet'

export class Incoming {
  readonly #opener: RecordOpener
  readonly #parts = new Parts()
  readonly #takesParts: boolean
  readonly #onAck: SessionFrames['onAck']

  constructor(opener: RecordOpener, takesParts: boolean, onAck: SessionFrames['onAck']) {
    this.#opener = opener
    this.#takesParts = takesParts
    this.#onAck = onAck
  }

  /** The number of the next record: the cumulative acknowledgement and the resume point. */
  get expected(): number {
    return this.#opener.expected
  }

  aheadBitmap(): Uint8Array | undefined {
    return this.#opener.aheadBitmap()
  }

  /** What waits for records before it, or for the rest of itself. */
  get waitingBytes(): number {
    return this.#opener.aheadBytes + this.#parts.bytes
  }

  /** Throws ProtocolError as RecordOpener.open does; and as frames do, which ends the session. */
  receive(sealed: Uint8Array): Came {
    const opened = this.#opener.open(sealed)
    if (opened === undefined) return 'again'
    this.#parts.drop(opened.number)
    return this.#peek(opened, this.#takesParts) ? 'eliciting' : 'quiet'
  }

  take(): Uint8Array | undefined {
    return this.#opener.take()
  }

  /** A part in the record that was taken last: that which it is of has come, if it is an earlier one, as it must be. */
  partInTurn({ number }: Part): void {
    if (!this.#takesParts || number >= this.expected - 1) throw new ProtocolError('bad-frame', 'a part is not of an earlier record')
  }

  /** Acks and parts of what came out of turn count at once, lest what they tell waits for what is missing; where there is nothing else, nothing is kept.
   *  No parts are taken from a record that itself came in parts, so that nobody can nest them. */
  #peek({ number, plaintext }: Opened, takesParts: boolean): boolean {
    if (number === this.expected) return false
    const onPart = takesParts ? (part: Part): void => this.#takePart(part, number) : undefined
    const { elicits, isAll } = peekFront(plaintext, { onAck: this.#onAck, onPart })
    if (isAll) this.#opener.empty(number)
    return elicits
  }

  #takePart(part: Part, inside: number): void {
    if (part.number >= inside) throw new ProtocolError('bad-frame', 'a part is not of an earlier record')
    if (this.#opener.hasCome(part.number)) return
    const sealed = this.#parts.add(part)
    if (sealed === undefined) return
    this.#parts.drop(part.number)
    const opened = this.#opener.open(sealed)
    if (opened === undefined) return
    if (opened.number !== part.number) throw new ProtocolError('bad-frame', 'parts are not of the record that they name')
    this.#peek(opened, false)
  }
}
