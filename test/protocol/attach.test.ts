// What an attach proves, and to whom it looks like anything else.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AttachKeys,
  consumeAttach,
  consumeAttached,
  createAdmissionCookie,
  createAttach,
  createAttached,
  deriveAdmissionKeys,
  deriveAttachKeys,
  EnvelopeKind,
  equalBytes,
  sealEnvelope,
} from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { codeOf, flipBit } from './fixtures.ts'

const OURS = deriveAttachKeys(nodeCrypto, new Uint8Array(32).fill(1))
const THEIRS = deriveAttachKeys(nodeCrypto, new Uint8Array(32).fill(2))
const ADMISSION = deriveAdmissionKeys(nodeCrypto, new Uint8Array(32).fill(3), new Uint8Array(32).fill(4))
const ATTACH = { counter: 3, expected: 77, gone: [1, 2] }

/** A relay with both sessions. */
function read(message: Uint8Array): ReturnType<typeof consumeAttach> {
  return consumeAttach(nodeCrypto, message, (id) => [OURS, THEIRS].find(({ sessionId }) => equalBytes(sessionId, id)))
}

describe('an attach', () => {
  test('says which session, which carrier, what is expected and what is gone', () => {
    const attach = read(createAttach(nodeCrypto, OURS, ATTACH))
    expect(attach).toMatchObject(ATTACH)
    expect(equalBytes(attach?.sessionId ?? new Uint8Array(), OURS.sessionId)).toBe(true)
  })

  test('is nothing with any bit turned, cut anywhere, or longer than it was', () => {
    const message = createAttach(nodeCrypto, OURS, ATTACH)
    for (let i = 0; i < message.length; i++) {
      expect(read(flipBit(message, i))).toBeUndefined()
      expect(read(message.subarray(0, i))).toBeUndefined()
    }
    expect(read(new Uint8Array([...message, 0]))).toBeUndefined()
  })

  test('of one session does not open another, whoever made it', () => {
    const crossed: AttachKeys = { sessionId: THEIRS.sessionId, proof: OURS.proof }
    expect(read(createAttach(nodeCrypto, crossed, ATTACH))).toBeUndefined()
    const unknown = deriveAttachKeys(nodeCrypto, new Uint8Array(32).fill(9))
    expect(read(createAttach(nodeCrypto, unknown, ATTACH))).toBeUndefined()
  })

  test('is not made of bytes that anyone chose', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => read(bytes) === undefined))
  })

  test('is as long as a handshake in its cookie, and as varied', () => {
    const lengths = (kind: typeof EnvelopeKind.attach | typeof EnvelopeKind.handshake, message: Uint8Array): number[] =>
      Array.from({ length: 400 }, () => createAdmissionCookie(nodeCrypto, ADMISSION, nodeRandom, 0, message, kind).length)
    const attaches = lengths(EnvelopeKind.attach, createAttach(nodeCrypto, OURS, ATTACH))
    const handshakes = lengths(EnvelopeKind.handshake, new Uint8Array(1_251))
    for (const extreme of [Math.min, Math.max]) {
      expect(Math.abs(extreme(...attaches) - extreme(...handshakes))).toBeLessThan(40)
    }
  })
})

describe('the answer to an attach', () => {
  test('says what the relay expects, to the client of that session and carrier only', () => {
    const message = createAttached(nodeCrypto, OURS, 3, 1_234)
    expect(consumeAttached(nodeCrypto, OURS, 3, message)).toBe(1_234)
    expect(codeOf(() => consumeAttached(nodeCrypto, OURS, 4, message))).toBe('bad-handshake')
    expect(codeOf(() => consumeAttached(nodeCrypto, THEIRS, 3, message))).toBe('bad-handshake')
    for (let i = 0; i < message.length; i++)
      expect(codeOf(() => consumeAttached(nodeCrypto, OURS, 3, flipBit(message, i)))).toBe('bad-handshake')
  })

  test('is not an attach sent back', () => {
    const attach = createAttach(nodeCrypto, OURS, { counter: 3, expected: 0, gone: [] })
    expect(codeOf(() => consumeAttached(nodeCrypto, OURS, 3, attach))).toBe('bad-handshake')
  })

  test('is as long as a reply to a handshake', () => {
    const message = createAttached(nodeCrypto, OURS, 3, 1_234)
    const length = (): number => sealEnvelope(nodeCrypto, ADMISSION, nodeRandom, EnvelopeKind.attached, 0, message).length
    const lengths = Array.from({ length: 400 }, length)
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(1_154 + 39)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1_154 + 39 + 700)
  })
})
