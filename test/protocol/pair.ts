// Two production sessions in one process, with a clock of their own and a carrier that is an array.
import {
  Cipher,
  type Crypto,
  concatBytes,
  type Lane,
  type ResetCode,
  Session,
  type SessionOptions,
  type Stream,
  type StreamHandler,
  type Target,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import type { SealedRecord } from '../../protocol/record.ts'
import { seededRandom } from './fixtures.ts'

export const UP: Uint8Array = new Uint8Array(32).fill(0x75)
export const DOWN: Uint8Array = new Uint8Array(32).fill(0x64)
export const TARGET: Target = { host: 'example.com', port: 443 }

/** Keeps what happens to one stream. */
export class Recorder implements StreamHandler {
  readonly stream: Stream
  readonly events: string[] = []
  readonly #parts: Uint8Array[] = []
  receivedBytes = 0
  /** Gives credit back for what comes, at once. */
  consumes: boolean

  constructor(stream: Stream, consumes = true) {
    this.stream = stream
    this.consumes = consumes
    stream.handler = this
  }

  get received(): Uint8Array {
    return concatBytes(...this.#parts)
  }

  /** A copy: the plaintext belongs to the handler, but tests compare long after. */
  onData(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice())
    this.receivedBytes += bytes.length
    if (this.consumes) this.stream.consumed(bytes.length)
  }
  onOpened(): void {
    this.events.push('opened')
  }
  onFin(): void {
    this.events.push('fin')
  }
  onReset(code: ResetCode): void {
    this.events.push(`reset ${code}`)
  }
  onRoom(): void {
    this.events.push('room')
  }
  onDatagram(target: Target, bytes: Uint8Array): void {
    this.events.push(`datagram ${target.host}:${target.port} ${bytes.length}`)
  }
}

export interface PairOptions {
  readonly crypto?: Crypto
  readonly cipher?: Cipher
  readonly relayStreamsMax?: number
}

/** One session, with what it was told. */
export class End {
  readonly session: Session
  /** Of the one carrier that there is, unless a test attaches more. */
  lane: Lane
  wakes = 0
  readonly goaways: ResetCode[] = []
  readonly retired: Lane[] = []
  /** At the relay: the streams that were opened, in order. */
  readonly opened: Recorder[] = []
  readonly targets: Target[] = []
  readonly flags: { readonly reportDial: boolean; readonly datagrams: boolean }[] = []
  /** Whether streams that are opened consume at once. */
  consumes = true

  constructor(options: Pick<SessionOptions, 'role'> & Partial<SessionOptions>) {
    this.session = new Session(
      {
        crypto: nodeCrypto,
        cipher: Cipher.aes256gcm,
        up: UP,
        down: DOWN,
        takesParts: true,
        random: seededRandom(options.role),
        nowMs: 0,
        ...options,
      },
      {
        onWake: () => this.wakes++,
        onRetire: (lane) => this.retired.push(lane),
        onGoaway: (code) => this.goaways.push(code),
        onOpen: (stream, target, flags) => {
          this.opened.push(new Recorder(stream, this.consumes))
          this.targets.push(target)
          this.flags.push(flags)
        },
      },
    )
    this.lane = this.session.attach(0, 0, [], options.nowMs ?? 0)
  }

  /** Opens a stream and records what happens to it. */
  open(flags: { readonly reportDial?: boolean; readonly datagrams?: boolean } = {}, consumes = true): Recorder {
    return new Recorder(this.session.open(TARGET, flags), consumes)
  }
}

export class Pair {
  nowMs = 0
  #carriers = 0
  readonly client: End
  readonly relay: End
  /** Produced and not yet delivered. */
  readonly toRelay: SealedRecord[] = []
  readonly toClient: SealedRecord[] = []

  constructor({ crypto = nodeCrypto, cipher = Cipher.aes256gcm, relayStreamsMax }: PairOptions = {}) {
    this.client = new End({ role: 'client', crypto, cipher })
    this.relay = new End({ role: 'relay', crypto, cipher, ...(relayStreamsMax === undefined ? {} : { streamsMax: relayStreamsMax }) })
  }

  /** Takes what both have to send now, as far as `countMax` records each. */
  produce(countMax: number = Number.POSITIVE_INFINITY): number {
    let count = 0
    for (const [end, wire] of [
      [this.client, this.toRelay],
      [this.relay, this.toClient],
    ] as const) {
      for (let i = 0; i < countMax; i++) {
        const record = end.session.produce(end.lane, this.nowMs)
        if (record === undefined) break
        wire.push(record)
        count++
      }
    }
    return count
  }

  deliver(): void {
    for (const record of this.toRelay.splice(0)) this.relay.session.receive(this.relay.lane, wireBytes(record), this.nowMs)
    for (const record of this.toClient.splice(0)) this.client.session.receive(this.client.lane, wireBytes(record), this.nowMs)
  }

  /** Until neither has anything more to say, letting time pass where one of them waits for it: a millisecond a round trip. */
  settle(roundsMax = 10_000): void {
    for (let round = 0; round < roundsMax; round++) {
      this.pass(1)
      const produced = this.produce(16)
      this.deliver()
      if (produced > 0) continue
      const nextMs = Math.min(this.client.session.deadlineMs(), this.relay.session.deadlineMs())
      if (nextMs > this.nowMs + 100) return
      this.pass(Math.max(0, nextMs - this.nowMs))
    }
    throw new Error('the two never fall silent')
  }

  /** Lets time pass, and both do what is due. */
  pass(ms: number): void {
    this.nowMs += ms
    this.client.session.tick(this.nowMs)
    this.relay.session.tick(this.nowMs)
  }

  /** The carrier dies with what is on it, and another lives: each tells the other what it expects. */
  cut(): void {
    this.toRelay.length = 0
    this.toClient.length = 0
    const [clientExpects, relayExpects] = [this.client.session.expected, this.relay.session.expected]
    this.#carriers++
    this.client.lane = this.client.session.attach(this.#carriers, relayExpects, [this.#carriers - 1], this.nowMs)
    this.relay.lane = this.relay.session.attach(this.#carriers, clientExpects, [this.#carriers - 1], this.nowMs)
  }

  /** An open stream, both ends. */
  openStream(
    flags: { readonly reportDial?: boolean; readonly datagrams?: boolean } = {},
    consumes = true,
  ): { near: Recorder; far: Recorder } {
    const near = this.client.open(flags, consumes)
    this.settle()
    return { near, far: this.relay.opened.at(-1) as Recorder }
  }
}

/** A record as one message. */
export function wireBytes({ header, body, tag }: SealedRecord): Uint8Array {
  return concatBytes(header, body, tag)
}

/** Bytes in which every offset is told from its neighbours. */
export function pattern(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + seed) & 0xff
  return bytes
}
