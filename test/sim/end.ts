// One end of a stream, an app or a destination: sends known bytes, checks the bytes and the order of events that it gets.
import { ResetCode, type Stream, type StreamHandler } from '#protocol'
import { HEADROOM_BYTES } from '../../protocol/outgoing.ts'
import { claim, isPattern, patternBytes } from './check.ts'
import type { Clock } from './clock.ts'
import type { Dice } from './dice.ts'
import type { Side } from './side.ts'

export interface EndPlan {
  /** What it sends before its fin; an echo sends what it got instead. */
  readonly sends: number | 'echo'
  readonly begins: 'at-once' | 'on-first-byte' | 'on-fin'
  /** Largest write. */
  readonly chunkBytes: number
  /** Longest pause between two writes. */
  readonly pauseMs: number
  /** How fast it consumes. */
  readonly readBytesPerMs: number
  /** It resets once it has sent and received so much. */
  readonly resetsAfter: number | undefined
}

export interface EndOptions {
  readonly clock: Clock
  readonly dice: Dice
  readonly plan: EndPlan
  /** Of what it sends and of what it gets; see patternBytes. */
  readonly sendKey: number
  readonly receiveKey: number
  /** How many bytes the other end is to send in all, as far as that is known. */
  readonly expects: () => number | undefined
  /** Whether somebody may have reset the stream with this code. */
  readonly mayBeReset: (code: ResetCode) => boolean
}

const scratch = new Uint8Array(HEADROOM_BYTES + 65_536)

export class End implements StreamHandler {
  readonly #options: EndOptions
  readonly #clock: Clock
  readonly #side: Side
  readonly #stream: Stream
  /** Whether it is to be told that the relay has dialled; then nothing may come before. */
  readonly #awaitsOpened: boolean
  sentBytes = 0
  receivedBytes = 0
  #consumedBytes = 0
  firstByteMs: number | undefined
  hasReset = false
  hasFin = false
  #isWaitingForRoom = false
  #isOpened = false
  #wasReset = false
  #hasBegun = false
  #isSending = false
  #isConsuming = false

  constructor(options: EndOptions, side: Side, stream: Stream, awaitsOpened: boolean) {
    this.#options = options
    this.#clock = options.clock
    this.#side = side
    this.#stream = stream
    this.#awaitsOpened = awaitsOpened
    stream.handler = this
  }

  /** It may send and consume from now on: the app is there, or the dial has succeeded. */
  begin(): void {
    this.#hasBegun = true
    this.#send()
    this.#consume()
    this.#maybeReset()
  }

  get isOver(): boolean {
    return this.#stream.isOver
  }

  get sent(): number | undefined {
    return this.#stream.finQueued ? this.sentBytes : undefined
  }

  onOpened(): void {
    this.#legal('opened')
    claim(this.#awaitsOpened && !this.#isOpened, 'an end is told once that the relay has dialled, and only if it asked')
    this.#isOpened = true
  }

  onData(bytes: Uint8Array): void {
    this.#legal('data')
    claim(!this.hasFin, 'nothing comes after fin')
    claim(!this.#awaitsOpened || this.#isOpened, 'no byte comes before the dial is reported')
    claim(isPattern(this.#options.receiveKey, this.receivedBytes, bytes), `byte ${this.receivedBytes} and on are those that were sent`)
    this.receivedBytes += bytes.length
    this.firstByteMs ??= this.#clock.nowMs
    this.#send()
    this.#consume()
    this.#maybeReset()
  }

  onFin(): void {
    this.#legal('fin')
    claim(!this.hasFin, 'fin comes once')
    this.hasFin = true
    claim(
      this.receivedBytes === this.#options.expects(),
      `fin comes behind the last byte (${this.receivedBytes} of ${this.#options.expects()})`,
    )
    this.#send()
  }

  onReset(code: ResetCode): void {
    this.#legal('reset')
    claim(this.#options.mayBeReset(code), `nobody reset the stream with code ${code}`)
    this.#wasReset = true
  }

  onRoom(): void {
    this.#legal('room')
    claim(this.#isWaitingForRoom, 'room is announced to those who wait for it')
    this.#isWaitingForRoom = false
    this.#send()
  }

  onDatagram(): void {
    claim(false, 'no datagram comes on a stream of bytes')
  }

  reset(code: ResetCode): void {
    if (this.#stream.isOver) return
    this.hasReset = true
    this.#stream.reset(code)
  }

  #legal(what: string): void {
    claim(!this.#wasReset && !this.hasReset, `nothing comes after a reset, but ${what} did`)
  }

  #maybeReset(): void {
    const { resetsAfter } = this.#options.plan
    if (resetsAfter !== undefined && this.sentBytes + this.receivedBytes >= resetsAfter) this.reset(ResetCode.cancelled)
  }

  /** Plans the next write, unless it is planned, there is no room, or nothing is left. */
  #send(): void {
    const { plan, dice } = this.#options
    const isTurn = plan.begins === 'at-once' || (plan.begins === 'on-first-byte' && this.receivedBytes > 0) || this.hasFin
    if (!this.#hasBegun || !isTurn || this.#isSending || this.#isWaitingForRoom || this.#stream.isOver || this.#stream.finQueued) return
    if (plan.sends === 'echo' && this.sentBytes === this.receivedBytes && !this.hasFin) return
    this.#isSending = true
    this.#clock.after(dice.fraction() * plan.pauseMs, () => {
      this.#isSending = false
      if (!this.#stream.isOver) this.#write()
    })
  }

  #write(): void {
    const { plan, dice, sendKey } = this.#options
    const isEcho = plan.sends === 'echo'
    const left = (isEcho ? this.receivedBytes : plan.sends) - this.sentBytes
    if (left > 0) {
      const length = Math.min(left, dice.chance(0.5) ? plan.chunkBytes : dice.skewed(1, plan.chunkBytes))
      scratch.set(patternBytes(sendKey, this.sentBytes, length), HEADROOM_BYTES)
      const hasRoom = this.#side.write(this.#stream, scratch, HEADROOM_BYTES, HEADROOM_BYTES + length)
      this.sentBytes += length
      this.#isWaitingForRoom = !hasRoom && !this.#stream.isOver
      if (isEcho) this.#consumed(length)
    }
    if (this.sentBytes === (isEcho ? this.receivedBytes : plan.sends) && (!isEcho || this.hasFin)) this.#stream.fin()
    this.#maybeReset()
    this.#send()
  }

  #consume(): void {
    const { plan, dice } = this.#options
    if (plan.sends === 'echo' || !this.#hasBegun) return
    if (plan.readBytesPerMs === Number.POSITIVE_INFINITY && dice.chance(0.7))
      return this.#consumed(this.receivedBytes - this.#consumedBytes)
    if (this.#isConsuming || this.#consumedBytes === this.receivedBytes) return
    this.#isConsuming = true
    const length = dice.between(1, this.receivedBytes - this.#consumedBytes)
    this.#clock.after(length / plan.readBytesPerMs, () => {
      this.#isConsuming = false
      this.#consumed(Math.min(length, this.receivedBytes - this.#consumedBytes))
      this.#consume()
    })
  }

  #consumed(bytes: number): void {
    this.#consumedBytes += bytes
    this.#stream.consumed(bytes)
  }
}
