// What a stranger can send before anything is known of them: cookies, envelopes, and the handshake messages inside.
import {
  type Crypto,
  consumeAdmission,
  consumeHandshake,
  createClientHandshake,
  deriveAdmissionKeys,
  EnvelopeKind,
  openEnvelope,
  type ReplayMemory,
  sealEnvelope,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { Handshake } from '../../../protocol/handshake.ts'
import { ENVELOPE_BYTES_MAX } from '../../../protocol/limits.ts'
import { Dice } from '../../sim/dice.ts'
import { bytesOf, type FuzzTarget, must, outcome, textOf } from '../target.ts'

const NOW_S = 1_800_000_000
const dice = new Dice(7)
const random = (length: number): Uint8Array => dice.bytes(length)
const psk = random(32)
const keyPair = nodeCrypto.x25519KeyPair(random(32))
const relay = { relayKey: keyPair.publicKey, psk }
const keys = deriveAdmissionKeys(nodeCrypto, psk, keyPair.publicKey)
const seen: ReplayMemory = { remember: () => true }
const PROLOGUE = bytesOf('culvert v1')

function freshCookie(): string {
  return createClientHandshake(nodeCrypto, random, relay, NOW_S).cookie
}

/** The client's first message with this payload, from a client that may be broken in its keys too. */
function firstMessage(payload: Uint8Array, crypto: Crypto = nodeCrypto): Uint8Array {
  return new Handshake({ crypto, random, role: 'client', prologue: PROLOGUE, relayStatic: { publicKey: keyPair.publicKey }, psk }).write(
    payload,
  )
}

export const cookie: FuzzTarget = {
  name: 'admission-cookie',
  seeds: [freshCookie(), `theme=dark; ${freshCookie()}; lang=fa`, `${keys.cookieName}=`, ''].map(bytesOf),
  words: [';', '; ', '=', `${keys.cookieName}=`, `${keys.cookieName}=AAAA; `, '"', '%00', '-', '_', '\u00ff'].map(bytesOf),
  run(input) {
    const admitted = consumeAdmission(nodeCrypto, keys, textOf(input), NOW_S, seen)
    must((admitted?.message.length ?? 0) <= ENVELOPE_BYTES_MAX, 'a message is no larger than its envelope')
    return admitted === undefined ? 'refused' : `admitted ${admitted.kind}`
  },
}

/** Sealed as only a holder of the invite can, around any plaintext: kind, time, length, message, padding. */
export const envelope: FuzzTarget = {
  name: 'envelope',
  seeds: Object.values(EnvelopeKind).map((kind) => Uint8Array.of(kind, 0, 0, 0, 1, 0, 3, 9, 9, 9, 0, 0)),
  words: [],
  run(input) {
    const counter = new Uint8Array(16).fill(3)
    const ciphertext = nodeCrypto.aes256ctr(keys.encrypt, counter, input)
    const tag = nodeCrypto.hmacSha256(keys.authenticate, counter, ciphertext).subarray(0, 16)
    const sealed = Buffer.concat([counter, ciphertext, tag])
    const opened = openEnvelope(nodeCrypto, keys, [EnvelopeKind.handshake, EnvelopeKind.attach], sealed)
    if (opened === undefined) return 'refused'
    must(sealed.length <= ENVELOPE_BYTES_MAX && input[0] === opened.kind, 'only what is of the right size and kind is opened')
    must(Buffer.compare(opened.message, input.subarray(7, 7 + opened.message.length)) === 0, 'the message is inside the envelope')
    return `opened ${opened.kind}`
  },
}

/** The first byte says which part the rest is: the whole message, its payload, or the ML-KEM key in it. */
export const handshakeAtRelay: FuzzTarget = {
  name: 'handshake-at-relay',
  seeds: [
    Buffer.concat([Uint8Array.of(0), firstMessage(Uint8Array.of(1, 3, 1))]),
    Uint8Array.of(1, 1, 3, 1),
    Uint8Array.of(1, 1, 2, 2),
    Buffer.concat([Uint8Array.of(2), nodeCrypto.mlkemKeyPair(random(64)).publicKey]),
  ],
  words: [],
  run(input) {
    const rest = input.subarray(1)
    const part = (input[0] ?? 0) % 3
    const broken: Crypto = { ...nodeCrypto, mlkemKeyPair: (seed) => ({ ...nodeCrypto.mlkemKeyPair(seed), publicKey: rest }) }
    const message = part === 0 ? rest : part === 1 ? firstMessage(rest) : firstMessage(Uint8Array.of(1, 3, 1), broken)
    const answer = outcome(['bad-handshake'], () => consumeHandshake(nodeCrypto, random, { keyPair, psk, admission: keys }, message, NOW_S))
    return `${part} ${'code' in answer ? answer.message : answer.value.keys.cipher}`
  },
}

/** As above, for the relay's answer: the bytes of the first message, the handshake message in an authentic envelope, or its payload. */
export const handshakeAtClient: FuzzTarget = {
  name: 'handshake-at-client',
  seeds: [Uint8Array.of(0, 1, 2, 3), Buffer.concat([Uint8Array.of(1), random(1_200)]), Uint8Array.of(2, 1, 1), Uint8Array.of(2, 1, 2)],
  words: [],
  run(input) {
    const rest = input.subarray(1)
    const part = (input[0] ?? 0) % 3
    const client = createClientHandshake(nodeCrypto, random, relay, NOW_S)
    const seal = (message: Uint8Array): Uint8Array =>
      sealEnvelope(nodeCrypto, keys, random, EnvelopeKind.reply, NOW_S, message.subarray(0, 2_000))
    const reply = part === 0 ? rest : part === 1 ? seal(rest) : seal(secondMessage(client.cookie, rest.subarray(0, 500)))
    const session = outcome(['bad-handshake'], () => client.consumeReply(reply))
    return `${part} ${'code' in session ? session.message : session.value.cipher}`
  },
}

/** A relay's answer to this cookie, with this payload. */
function secondMessage(clientCookie: string, payload: Uint8Array): Uint8Array {
  const admission = consumeAdmission(nodeCrypto, keys, clientCookie, NOW_S, seen)
  must(admission !== undefined, 'the client’s own cookie is admitted')
  const handshake = new Handshake({ crypto: nodeCrypto, random, role: 'relay', prologue: PROLOGUE, relayStatic: keyPair, psk })
  handshake.read(admission.message)
  return handshake.write(payload)
}
