// Cases for SPEC.md §12.2: attaches as a relay reads them, and its answers as a client does. Computed here from the page with node:crypto alone.
import { draw, expand, hmac, join, turn, u8, u32, u64 } from './write.ts'

export interface AttachCase {
  readonly name: string
  /** Who reads it: a relay that has the session, or the client that has sent an attach with counter 7. */
  readonly reader: 'relay' | 'client'
  readonly message: string
  readonly expect: 'attach' | 'attached' | 'refused'
  /** Where it is read. */
  readonly counter?: number
  readonly expected?: number
  readonly gone?: readonly number[]
}

const ATTACH = draw('attach secret', 32)
const SESSION_ID = hmac(ATTACH, Buffer.from('culvert v1 session id')).subarray(0, 16)
const PROOF = expand(ATTACH, 'culvert v1 attach proof')
const OTHERS = draw('attach secret of another session', 32)
const OTHERS_PROOF = expand(OTHERS, 'culvert v1 attach proof')
const ANSWERED = 7

function carrierKeys(counter: number): Readonly<Record<string, string | number>> {
  return {
    counter,
    id: hmac(ATTACH, Buffer.from('culvert v1 carrier id'), u32(counter)).subarray(0, 8).toString('hex'),
    key: hmac(ATTACH, Buffer.from('culvert v1 carrier key'), u32(counter)).toString('hex'),
  }
}

export const attachKeys: Readonly<Record<string, unknown>> = {
  attach: ATTACH.toString('hex'),
  sessionId: SESSION_ID.toString('hex'),
  proof: PROOF.toString('hex'),
  carriers: [carrierKeys(0), carrierKeys(ANSWERED), carrierKeys(0xffff_ffff)],
}

interface Parts {
  readonly sessionId?: Buffer
  readonly counter?: number
  /** As a varint. */
  readonly expected?: Buffer
  readonly gone?: readonly number[]
  readonly count?: number
  readonly tail?: Buffer
  readonly key?: Buffer
  readonly direction?: string
}

function attach({
  sessionId = SESSION_ID,
  counter = ANSWERED,
  expected = u8(5),
  gone = [],
  count = gone.length,
  tail = Buffer.alloc(0),
  key = PROOF,
  direction = 'up',
}: Parts): Buffer {
  return proven(join(sessionId, u32(counter), expected, u8(count), ...gone.map(u32), tail), key, direction)
}

function attached({ counter = ANSWERED, expected = u8(5), tail = Buffer.alloc(0), key = PROOF, direction = 'down' }: Parts): Buffer {
  return proven(join(u32(counter), expected, tail), key, direction)
}

function proven(body: Buffer, key: Buffer, direction: string): Buffer {
  return join(body, hmac(key, Buffer.from(direction), body).subarray(0, 16))
}

function reads(name: string, message: Buffer, counter: number, expected: number, gone: readonly number[]): AttachCase {
  return { name, reader: 'relay', message: message.toString('hex'), expect: 'attach', counter, expected, gone }
}

function answers(name: string, message: Buffer, expected: number): AttachCase {
  return { name, reader: 'client', message: message.toString('hex'), expect: 'attached', counter: ANSWERED, expected }
}

function refused(reader: AttachCase['reader'], name: string, message: Buffer): AttachCase {
  return { name, reader, message: message.toString('hex'), expect: 'refused' }
}

const GOOD = attach({ gone: [0, 6] })
const ANSWER = attached({})

export const attachCases: readonly AttachCase[] = [
  reads('with none given up', attach({}), 7, 5, []),
  reads('with two given up', GOOD, 7, 5, [0, 6]),
  reads('with seven given up', attach({ gone: [0, 1, 2, 3, 4, 5, 6] }), 7, 5, [0, 1, 2, 3, 4, 5, 6]),
  reads('the largest numbers', attach({ counter: 0xffff_ffff, expected: u64(0xc01fffffffffffffn), gone: [0xffff_fffe] }), 0xffff_ffff, 2 ** 53 - 1, [
    0xffff_fffe,
  ]),
  reads('a varint longer than needed', attach({ expected: Buffer.from('80000005', 'hex') }), 7, 5, []),
  answers('the answer', ANSWER, 5),
  answers('the answer, with the largest number', attached({ expected: u64(0xc01fffffffffffffn) }), 2 ** 53 - 1),
  refused('relay', 'nothing', Buffer.alloc(0)),
  refused('relay', 'a session id alone', SESSION_ID),
  refused('relay', '15 bytes', GOOD.subarray(0, 15)),
  refused('relay', 'the last byte missing', GOOD.subarray(0, -1)),
  refused('relay', 'a byte more', join(GOOD, u8(0))),
  refused('relay', 'a bit turned in the session id', turn(GOOD, 0)),
  refused('relay', 'a bit turned in the counter', turn(GOOD, 19)),
  refused('relay', 'a bit turned in expected', turn(GOOD, 20)),
  refused('relay', 'a bit turned in the count', turn(GOOD, 21)),
  refused('relay', 'a bit turned in a counter that is gone', turn(GOOD, 25)),
  refused('relay', 'a bit turned in the proof', turn(GOOD, -1)),
  refused('relay', 'another session’s id', attach({ sessionId: hmac(OTHERS, Buffer.from('culvert v1 session id')).subarray(0, 16) })),
  refused('relay', 'another session’s proof', attach({ key: OTHERS_PROOF })),
  refused('relay', 'another session’s attach', attach({ sessionId: hmac(OTHERS, Buffer.from('culvert v1 session id')).subarray(0, 16), key: OTHERS_PROOF })),
  refused('relay', 'a proof of the other direction', attach({ direction: 'down' })),
  refused('relay', 'a proof without direction', attach({ direction: '' })),
  refused('relay', 'a proof by the attach secret itself', attach({ key: ATTACH })),
  refused('relay', 'eight given up', attach({ gone: [0, 1, 2, 3, 4, 5, 6, 8] })),
  refused('relay', 'fewer given up than the count says', attach({ gone: [0], count: 2 })),
  refused('relay', 'more given up than the count says', attach({ gone: [0, 1], count: 1 })),
  refused('relay', 'a byte before the proof', attach({ tail: u8(0) })),
  refused('relay', 'expected of 2^53', attach({ expected: u64(0xc020000000000000n) })),
  refused('relay', 'an answer', ANSWER),
  refused('client', 'nothing', Buffer.alloc(0)),
  refused('client', 'the last byte missing', ANSWER.subarray(0, -1)),
  refused('client', 'a bit turned in the counter', turn(ANSWER, 3)),
  refused('client', 'a bit turned in expected', turn(ANSWER, 4)),
  refused('client', 'a bit turned in the proof', turn(ANSWER, -1)),
  refused('client', 'the answer to another carrier', attached({ counter: 6 })),
  refused('client', 'another session’s answer', attached({ key: OTHERS_PROOF })),
  refused('client', 'a proof of the other direction', attached({ direction: 'up' })),
  refused('client', 'a byte before the proof', attached({ tail: u8(0) })),
  refused('client', 'without expected', attached({ expected: Buffer.alloc(0) })),
  refused('client', 'expected of 2^53', attached({ expected: u64(0xc020000000000000n) })),
  refused('client', 'its own attach', GOOD),
]
