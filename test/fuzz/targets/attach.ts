// Attaches and their answers: what comes in the cookie of a further carrier, and what the relay says to it.
import { type AttachKeys, consumeAttach, consumeAttached, createAttach, createAttached, deriveAttachKeys } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { bytesOf, type FuzzTarget, must, outcome } from '../target.ts'

const keys = deriveAttachKeys(nodeCrypto, new Uint8Array(32).fill(7))
const PROOF_BYTES = 16
const COUNTER = 7
const attach = createAttach(nodeCrypto, keys, { counter: COUNTER, expected: 300, gone: [0, 3] })
const attached = createAttached(nodeCrypto, keys, COUNTER, 300)

/** The first byte says whether the rest is the whole message, or what a holder of the key puts in front of its proof. */
function messageOf(input: Uint8Array, direction: string): Uint8Array {
  const rest = input.subarray(1)
  if ((input[0] ?? 0) % 2 === 0) return rest
  return Buffer.concat([rest, nodeCrypto.hmacSha256(keys.proof, bytesOf(direction), rest).subarray(0, PROOF_BYTES)])
}

function seedsOf(message: Uint8Array): Uint8Array[] {
  return [Buffer.concat([Uint8Array.of(0), message]), Buffer.concat([Uint8Array.of(1), message.subarray(0, -PROOF_BYTES)])]
}

export const attachAtRelay: FuzzTarget = {
  name: 'attach-at-relay',
  seeds: seedsOf(attach),
  words: [keys.sessionId, Uint8Array.of(0, 0, 0, 1), Uint8Array.of(0xc0, 0, 0, 0, 0, 0, 0, 1), Uint8Array.of(8), Uint8Array.of(7)],
  run(input) {
    const message = messageOf(input, 'up')
    const isOurs = (id: Uint8Array): boolean => Buffer.compare(id, keys.sessionId) === 0
    const read = consumeAttach(nodeCrypto, message, (id): AttachKeys | undefined => (isOurs(id) ? keys : undefined))
    if (read === undefined) return 'refused'
    must(isOurs(read.sessionId) && read.gone.length <= 7 && Number.isSafeInteger(read.expected), 'an attach is within its bounds')
    const again = createAttach(nodeCrypto, keys, read)
    must(again.length <= message.length && read.counter <= 0xffff_ffff, 'an attach says no more than it is')
    return `attach of ${read.gone.length}`
  },
}

export const attachedAtClient: FuzzTarget = {
  name: 'attached-at-client',
  seeds: seedsOf(attached),
  words: [Uint8Array.of(0, 0, 0, COUNTER), Uint8Array.of(0x41, 0x2c), Uint8Array.of(0xc0, 0x20, 0, 0, 0, 0, 0, 0)],
  run(input) {
    const message = messageOf(input, 'down')
    const read = outcome(['bad-handshake'], () => consumeAttached(nodeCrypto, keys, COUNTER, message))
    if ('code' in read) return read.message
    must(Number.isSafeInteger(read.value) && read.value >= 0, 'what the relay expects is a number')
    must(message.length >= 4 + 1 + PROOF_BYTES, 'only a whole answer is taken')
    return 'attached'
  },
}
