// Cases for SPEC.md §2.5: bodies, and the messages of further requests. Written out, or computed from the page with node:crypto alone.
import { draw, hmac, join, turn, u8, u32 } from './write.ts'

export interface HttpBodyCase {
  readonly name: string
  readonly reader: 'body'
  readonly bytes: string
  /** `end` and `close`: whole, and how it ended. `incomplete`: cut short. */
  readonly expect: 'end' | 'close' | 'incomplete' | 'bad-body'
  /** Those before what is wrong count. */
  readonly messages: readonly string[]
}

export interface HttpRequestCase {
  readonly name: string
  /** A relay that has the carrier of `keys`. */
  readonly reader: 'request'
  readonly message: string
  readonly expect: 'taken' | 'refused'
  readonly sequence?: number
}

const ID = draw('http carrier id', 8)
const KEY = draw('http carrier key', 32)

export const httpKeys: Readonly<Record<string, unknown>> = { carrierId: ID.toString('hex'), carrierKey: KEY.toString('hex') }

function body(name: string, bytes: string, expect: HttpBodyCase['expect'], ...messages: readonly string[]): HttpBodyCase {
  return { name, reader: 'body', bytes: bytes.replaceAll(' ', ''), expect, messages }
}

const LONG = 'ab'.repeat(300)

const bodies: readonly HttpBodyCase[] = [
  body('nothing but the end', '000001', 'end'),
  body('a message', '0002 abcd 000001', 'end', 'abcd'),
  body('two messages and fillers', '000000 0001 aa 000000 012c' + LONG + '000001', 'end', 'aa', LONG),
  body('a close', '0001 aa 000002', 'close', 'aa'),
  body('no byte', '', 'incomplete'),
  body('half a length', '00', 'incomplete'),
  body('a length alone', '0002', 'incomplete'),
  body('half a message', '0002 ab', 'incomplete'),
  body('a message without an end', '0002 abcd', 'incomplete', 'abcd'),
  body('a filler alone', '000000', 'incomplete'),
  body('half an end', '0001 aa 0000', 'incomplete', 'aa'),
  body('a byte behind the end', '0001 aa 000001 00', 'bad-body', 'aa'),
  body('a filler behind the end', '000001 000000', 'bad-body'),
  body('a second end', '000001 000001', 'bad-body'),
  body('a message behind a close', '000002 0001 aa', 'bad-body'),
  body('mark 3', '000003', 'bad-body'),
  body('mark 255, behind a message', '0001 aa 0000ff', 'bad-body', 'aa'),
]

interface Parts {
  readonly id?: Buffer
  readonly sequence?: number
  readonly key?: Buffer
}

function message({ id = ID, sequence = 4, key = KEY }: Parts = {}): Buffer {
  const asked = join(id, u32(sequence))
  return join(asked, hmac(key, asked).subarray(0, 16))
}

function taken(name: string, sequence: number): HttpRequestCase {
  return { name, reader: 'request', message: message({ sequence }).toString('hex'), expect: 'taken', sequence }
}

function refused(name: string, bytes: Buffer): HttpRequestCase {
  return { name, reader: 'request', message: bytes.toString('hex'), expect: 'refused' }
}

const requests: readonly HttpRequestCase[] = [
  taken('the first POST', 0),
  taken('the first poll', 5),
  taken('a late stream', 0xfffffffe),
  refused('nothing', Buffer.alloc(0)),
  refused('cut short by a byte', message().subarray(0, -1)),
  refused('a byte more', join(message(), u8(0))),
  refused('another carrier', message({ id: draw('another http carrier id', 8) })),
  refused('another key', message({ key: draw('another http carrier key', 32) })),
  refused('the proof of another sequence', join(message({ sequence: 8 }).subarray(0, 12), message({ sequence: 4 }).subarray(12))),
  refused('a bit of the id turned', turn(message(), 0)),
  refused('a bit of the sequence turned', turn(message(), 11)),
  refused('a bit of the proof turned', turn(message(), 27)),
]

export const httpCases: readonly (HttpBodyCase | HttpRequestCase)[] = [...bodies, ...requests]
