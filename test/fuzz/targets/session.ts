// A whole session, given frames that are sealed with the right keys: what an admitted peer can do to us.
//
// The input is plaintexts with a mark between them, so that what is put into one leaves the others as they are. A plaintext of two bytes, fd and an
// id, stands for a data frame as large as they come, so that small inputs reach the limits; one of three, fc, how many records before and which bytes,
// for a part of such a record as it was sealed.
import { Cipher, type Lane, parseTarget, ResetCode, Session, type Stream, type StreamHandler } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import {
  PART_UNIT_BYTES,
  PARTED_MAX,
  RECORD_BYTES_MAX,
  RETAINED_BYTES_MAX,
  SESSION_UNCONSUMED_BYTES_MAX,
} from '../../../protocol/limits.ts'
import { RecordSealer } from '../../../protocol/record.ts'
import { Dice } from '../../sim/dice.ts'
import { type FuzzTarget, must, outcome } from '../target.ts'
import { FRAMES } from './wire.ts'

const SECRETS = { up: new Uint8Array(32).fill(1), down: new Uint8Array(32).fill(2) }
const STREAMS_MAX = 20
const PRODUCED_COUNT_MAX = 8_192
const LANES_MAX = 4
const CODES = ['bad-frame', 'bad-target', 'bad-ack', 'bad-stream', 'over-credit', 'limit', 'bad-record', 'record-gap'] as const

const MARK = Uint8Array.of(0xfe, 0xff)
const PLAINTEXT_BYTES_MAX = 65_000
const LARGE_BYTES = 60_000
const RECORDS_MAX = 300

function plaintexts(...all: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(all.flatMap((one) => [one, MARK]))
}

function expand(plaintext: Uint8Array): Uint8Array {
  if (plaintext.length !== 2 || plaintext[0] !== 0xfd) return plaintext
  return Buffer.concat([Uint8Array.of(5, (plaintext[1] as number) & 0x3f, ...varint(LARGE_BYTES)), new Uint8Array(LARGE_BYTES)])
}

/** A genuine part of one of the records before. */
function expandPart(plaintext: Uint8Array, sealed: readonly Uint8Array[]): Uint8Array {
  const [kind, back = 0, which = 0] = plaintext
  const number = sealed.length - 1 - back
  const record = sealed[number]
  if (plaintext.length !== 3 || kind !== 0xfc || record === undefined) return expand(plaintext)
  const units = Math.ceil(record.length / PART_UNIT_BYTES)
  const first = Math.floor(((which >> 4) * units) / 16)
  const last = (which & 15) === 15 ? units : Math.min(units, first + 1 + (which & 15) * 8)
  const bytes = record.subarray(first * PART_UNIT_BYTES, last * PART_UNIT_BYTES)
  const size = [record.length >> 8, record.length & 0xff]
  return Buffer.concat([Uint8Array.of(13, ...varint(number), ...size, first, ...varint(bytes.length)), bytes])
}

function split(input: Uint8Array): Uint8Array[] {
  const [bytes, parts] = [Buffer.from(input), [] as Uint8Array[]]
  for (let start = 0; start < bytes.length && parts.length < RECORDS_MAX; ) {
    const mark = bytes.indexOf(MARK, start)
    const end = mark < 0 ? bytes.length : mark
    parts.push(bytes.subarray(start, Math.min(end, start + PLAINTEXT_BYTES_MAX)))
    start = end + MARK.length
  }
  return parts
}

/** One of each frame, for some streams. */
const WORDS = [1, 2, 3, 4].flatMap((id) =>
  FRAMES.map((frame) => (isForStream(frame) ? Uint8Array.of(frame[0] as number, id, ...frame.subarray(2)) : frame)),
)

function isForStream(frame: Uint8Array): boolean {
  return (frame[0] as number) >= 3 && (frame[0] as number) <= 9
}

/** The record before, in halves and a middle; some unit of the second before; all of the third. */
const PARTS = [0x8f, 0x0f, 0x48]
  .map((which) => Uint8Array.of(0xfc, 0, which))
  .concat([Uint8Array.of(0xfc, 1, 0x30), Uint8Array.of(0xfc, 2, 0x0f)])
const LARGE = [1, 2, 3].map((id) => Uint8Array.of(0xfd, id))
const seeds = [
  plaintexts(...WORDS),
  plaintexts(Buffer.concat(FRAMES)),
  plaintexts(FRAMES[2] as Uint8Array, ...new Array<Uint8Array>(8).fill(LARGE[0] as Uint8Array)),
  plaintexts(FRAMES[2] as Uint8Array, LARGE[0] as Uint8Array, ...PARTS),
]
const words = [
  ...WORDS,
  MARK,
  ...LARGE,
  ...PARTS.flatMap((part) => [part, Buffer.concat([MARK, part, MARK])]),
  ...LARGE.map((large) => Buffer.concat([MARK, large, MARK, large, MARK, large, MARK])),
]

export const sessionAtRelay: FuzzTarget = { name: 'session-at-relay', seeds, words, run: (input) => run('relay', input) }
export const sessionAtClient: FuzzTarget = {
  name: 'session-at-client',
  seeds,
  words: [...WORDS, MARK],
  run: (input) => run('client', input),
}

function run(role: 'relay' | 'client', input: Uint8Array): string {
  const dice = new Dice(input.length)
  const onOpen = (stream: Stream): void => {
    must(role === 'relay', 'no relay opens a stream')
    stream.handler = new Handler(stream, dice)
  }
  const session: Session = new Session(
    {
      crypto: nodeCrypto,
      cipher: Cipher.aes256gcm,
      role,
      ...SECRETS,
      takesParts: true,
      random: (length) => dice.bytes(length),
      nowMs: 0,
      streamsMax: STREAMS_MAX,
    },
    {
      onWake: () => undefined,
      onGoaway: () => undefined,
      onRetire: () => must(role === 'relay', 'no relay retires a carrier'),
      onOpen,
    },
  )
  const sealer = new RecordSealer(nodeCrypto, Cipher.aes256gcm, role === 'relay' ? SECRETS.up : SECRETS.down)
  const carriers = new Carriers(session, dice)
  if (role === 'client') openStreams(session, carriers, dice)
  const parts = split(input)
  const all: Uint8Array[] = []
  const waiting: Uint8Array[] = []
  let nowMs = 0
  for (const [i, part] of parts.entries()) {
    const { header, body, tag } = sealer.seal(expandPart(part, all))
    all.push(Buffer.concat([header, body, tag]))
    waiting.push(all[i] as Uint8Array)
    nowMs += dice.between(0, 50)
    // Several carriers bring them in any order.
    while (waiting.length > 0 && (i === parts.length - 1 || dice.chance(0.6))) {
      const [sealed] = waiting.splice(dice.between(0, waiting.length - 1), 1) as [Uint8Array]
      const received = outcome(CODES, () => session.receive(carriers.any(nowMs), sealed, nowMs))
      if ('code' in received) return received.message
    }
    if (dice.chance(0.7)) produceAll(session, carriers, nowMs)
    checkBounds(session)
  }
  must(session.expected === parts.length, 'every record is taken')
  session.end(ResetCode.broken)
  must(session.streamCount === 0 && session.unconsumedBytes <= PARTED_MAX * RECORD_BYTES_MAX, 'an ended session holds nothing but parts')
  return `ok after ${Math.min(parts.length, 50)} records`
}

function openStreams(session: Session, carriers: Carriers, dice: Dice): void {
  for (let i = 0; i < 3; i++) {
    const stream = session.open(parseTarget('x.example', 80), { datagrams: i === 2, reportDial: i === 1 })
    stream.handler = new Handler(stream, dice)
    stream.write(new Uint8Array(100))
  }
  produceAll(session, carriers, 10)
}

/** Lanes that come and go, one of which can always be used. */
class Carriers {
  readonly #session: Session
  readonly #dice: Dice
  #counter = 0

  constructor(session: Session, dice: Dice) {
    this.#session = session
    this.#dice = dice
  }

  any(nowMs: number): Lane {
    const { lanes } = this.#session
    if (lanes.length > 0 && this.#dice.chance(0.05)) this.#session.lose(this.#dice.pick(lanes))
    if (lanes.some(({ state }) => state === 'live') && (lanes.length >= LANES_MAX || this.#dice.chance(0.9))) return this.#dice.pick(lanes)
    const gone = lanes.filter(({ state }) => state !== 'live' || this.#dice.chance(0.1)).map(({ counter }) => counter)
    return this.#session.attach(this.#counter++, 0, gone, nowMs)
  }
}

function produceAll(session: Session, carriers: Carriers, nowMs: number): void {
  session.tick(nowMs)
  const lane = carriers.any(nowMs)
  let count = 0
  while (session.produce(lane, nowMs) !== undefined) must(++count < PRODUCED_COUNT_MAX, 'a session falls silent')
}

function checkBounds(session: Session): void {
  must(session.streamCount <= STREAMS_MAX, 'streams are within their limit')
  must(session.unconsumedBytes >= 0 && session.unconsumedBytes <= SESSION_UNCONSUMED_BYTES_MAX, 'unconsumed bytes are within their limit')
  must(session.retainedBytes >= 0 && session.retainedBytes <= 2 * RETAINED_BYTES_MAX, 'retained bytes are within their limit')
}

/** Reads now or never, answers, resets or opens its own end, as the dice fall. */
class Handler implements StreamHandler {
  readonly #stream: Stream
  readonly #dice: Dice
  #isFinished = false
  #isOver = false

  constructor(stream: Stream, dice: Dice) {
    this.#stream = stream
    this.#dice = dice
  }

  onData(bytes: Uint8Array): void {
    must(!this.#isFinished, 'no data comes after fin')
    must(this.#stream.receivedBytes <= this.#stream.receiveLimit, 'no more comes than was granted')
    this.#act()
    if (this.#dice.chance(0.5)) this.#stream.consumed(Math.min(bytes.length, this.#stream.unconsumedBytes))
    if (this.#dice.chance(0.3) && !this.#stream.finQueued) this.#stream.write(bytes.slice())
  }

  onOpened(): void {
    this.#act()
  }

  onFin(): void {
    must(!this.#isFinished, 'fin comes once')
    this.#isFinished = true
    this.#act()
    if (this.#dice.chance(0.5)) this.#stream.fin()
    if (this.#dice.chance(0.5)) this.#stream.consumed(this.#stream.unconsumedBytes)
  }

  onReset(): void {
    must(!this.#isOver, 'a stream is reset once')
    this.#isOver = true
  }

  onRoom(): void {
    this.#act()
  }

  onDatagram(): void {
    this.#act()
  }

  #act(): void {
    must(!this.#isOver, 'nothing comes after a reset')
    if (this.#dice.chance(0.05)) this.#stream.opened()
    if (!this.#dice.chance(0.05)) return
    this.#isOver = true
    this.#stream.reset(ResetCode.cancelled)
  }
}

function varint(value: number): number[] {
  return [0x80 | (value >>> 24), (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}
