// Cases for SPEC.md §5: one handshake with all its randomness, and messages that must be refused. The transcript is made by the plain-JS crypto,
// which takes its randomness from outside; that the Noise machine is right is shown by vectors of others (test/protocol/noise.test.ts).
import {
  Cipher,
  type Crypto,
  consumeHandshake,
  createClientHandshake,
  deriveAdmissionKeys,
  EnvelopeKind,
  openEnvelope,
  type Random,
  sealEnvelope,
} from '#protocol'
import { pureCrypto } from '#protocol/pure'
import { Handshake } from '../../../protocol/handshake.ts'
import { draw, join, turn } from './write.ts'

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const NOW_S = 1_800_000_000

/** Hands out the stated bytes, in this order; asking for anything else is a change of the wire. */
function scripted(...parts: readonly Uint8Array[]): Random {
  const left = [...parts]
  return (length) => {
    const part = left.shift()
    if (part?.length !== length)
      throw new Error(`the handshake asked for ${length} random bytes where ${part?.length ?? 'none'} were expected`)
    return part
  }
}

const STATIC = pureCrypto.x25519KeyPair(draw('handshake relay secret', 32))
const PSK = draw('handshake psk', 32)
const ADMISSION = deriveAdmissionKeys(pureCrypto, PSK, STATIC.publicKey)
const CLIENT = {
  e: draw('handshake client e', 32),
  e1: draw('handshake client e1', 64),
  paddingBytes: Buffer.of(0, 5),
  counter: draw('handshake client counter', 16),
}
const RELAY = {
  e: draw('handshake relay e', 32),
  encapsulation: draw('handshake relay encapsulation', 32),
  paddingBytes: Buffer.of(0, 7),
  counter: draw('handshake relay counter', 16),
}

function side(
  role: 'client' | 'relay',
  random: Random,
  more: { readonly crypto?: Crypto; readonly psk?: Uint8Array; readonly prologue?: string } = {},
): Handshake {
  const { crypto = pureCrypto, psk = PSK, prologue = 'culvert v1' } = more
  return new Handshake({
    crypto,
    random,
    role,
    prologue: Buffer.from(prologue),
    relayStatic: role === 'relay' ? STATIC : { publicKey: STATIC.publicKey },
    psk,
  })
}

const clientSide = (more?: Parameters<typeof side>[2]): Handshake => side('client', scripted(CLIENT.e, CLIENT.e1), more)
const relaySide = (more?: Parameters<typeof side>[2]): Handshake => side('relay', scripted(RELAY.e, RELAY.encapsulation), more)

const both = createClientHandshake(
  pureCrypto,
  scripted(CLIENT.e, CLIENT.e1, CLIENT.paddingBytes, CLIENT.counter),
  { relayKey: STATIC.publicKey, psk: PSK },
  NOW_S,
)
const envelope = Buffer.from(both.cookie.slice(both.cookie.indexOf('=') + 1), 'base64url')
const message1 = Buffer.from(openEnvelope(pureCrypto, ADMISSION, [EnvelopeKind.handshake], envelope)?.message ?? [])
const answer = consumeHandshake(
  pureCrypto,
  scripted(RELAY.e, RELAY.encapsulation, RELAY.paddingBytes, RELAY.counter),
  { keyPair: STATIC, psk: PSK, admission: ADMISSION },
  message1,
  NOW_S,
)
const message2 = Buffer.from(openEnvelope(pureCrypto, ADMISSION, [EnvelopeKind.reply], answer.reply)?.message ?? [])

/** Everything that goes in, and everything that comes out. */
export const handshakeTranscript: Readonly<Record<string, unknown>> = {
  relaySecretKey: hexOf(STATIC.secretKey),
  relayKey: hexOf(STATIC.publicKey),
  psk: hexOf(PSK),
  nowS: NOW_S,
  client: {
    e: hexOf(CLIENT.e),
    e1Seed: hexOf(CLIENT.e1),
    envelopePaddingDraw: hexOf(CLIENT.paddingBytes),
    envelopeCounter: hexOf(CLIENT.counter),
  },
  relay: {
    e: hexOf(RELAY.e),
    encapsulationSeed: hexOf(RELAY.encapsulation),
    envelopePaddingDraw: hexOf(RELAY.paddingBytes),
    envelopeCounter: hexOf(RELAY.counter),
  },
  payload1: '018302',
  message1: hexOf(message1),
  cookie: both.cookie,
  payload2: '0182',
  message2: hexOf(message2),
  reply: hexOf(answer.reply),
  cipher: answer.keys.cipher,
  takesParts: answer.keys.takesParts,
  up: hexOf(answer.keys.up),
  down: hexOf(answer.keys.down),
  attach: hexOf(answer.keys.attach),
}

export interface HandshakeCase {
  readonly name: string
  /** Who reads it: the relay a message 1, or the client, which has sent the transcript's message 1, a message 2. */
  readonly reader: 'relay' | 'client'
  readonly message: string
  readonly expect: 'session' | 'bad-handshake'
  /** The chosen cipher, and whether records may come in parts, where there is a session. */
  readonly cipher?: number
  readonly takesParts?: boolean
}

function session(reader: HandshakeCase['reader'], name: string, message: Uint8Array, cipher: number, takesParts = false): HandshakeCase {
  return { name, reader, message: hexOf(message), expect: 'session', cipher, takesParts }
}

function refused(reader: HandshakeCase['reader'], name: string, message: Uint8Array): HandshakeCase {
  return { name, reader, message: hexOf(message), expect: 'bad-handshake' }
}

function first(payload: readonly number[], more?: Parameters<typeof side>[2]): Buffer {
  return Buffer.from(clientSide(more).write(Buffer.from(payload)))
}

function second(payload: readonly number[], more?: Parameters<typeof side>[2]): Buffer {
  const relay = relaySide(more)
  relay.read(message1)
  return Buffer.from(relay.write(Buffer.from(payload)))
}

const withPoint = (point: Uint8Array): Crypto => ({
  ...pureCrypto,
  x25519KeyPair: (secretKey) => ({ secretKey, publicKey: point }),
  x25519: (secretKey, publicKey) => pureCrypto.x25519(secretKey, publicKey) ?? new Uint8Array(32),
})
const withMlkemKey = (key: Uint8Array): Crypto => ({ ...pureCrypto, mlkemKeyPair: () => ({ publicKey: key, secret: undefined }) })
const ZERO_POINT = new Uint8Array(32)
const ORDER_8 = Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex')

/** Another client's session with the same relay: its message 2 is for nobody else. */
function strangersSecond(): Buffer {
  const stranger = side('client', scripted(draw('handshake stranger e', 32), draw('handshake stranger e1', 64)))
  const relay = relaySide()
  relay.read(stranger.write(Buffer.of(1, 3, 2)))
  return Buffer.from(relay.write(Buffer.of(1, 2)))
}

const { aes256gcm, chacha20poly1305 } = Cipher

export const handshakeCases: readonly HandshakeCase[] = [
  session('relay', 'the transcript’s message 1', message1, chacha20poly1305, true),
  session('relay', 'AES preferred', first([1, 3, 1]), aes256gcm),
  session('relay', 'ChaCha20 only', first([1, 2, 2]), chacha20poly1305),
  session('relay', 'AES only, and a preference for what is not offered', first([1, 1, 2]), aes256gcm),
  session('relay', 'unknown ciphers beside a known one', first([1, 0x7d, 0x40]), aes256gcm),
  session('relay', 'parts, and unknown ciphers beside a known one', first([1, 0xfd, 0x40]), aes256gcm, true),
  session('relay', 'parts, and a preference for them', first([1, 0x83, 0x80]), chacha20poly1305, true),
  session('relay', 'more payload than is known', first([1, 3, 2, 9, 9]), chacha20poly1305),
  session('client', 'the transcript’s message 2', message2, chacha20poly1305, true),
  session('client', 'AES chosen', second([1, 1]), aes256gcm),
  session('client', 'AES chosen, and parts', second([1, 0x81]), aes256gcm, true),
  session('client', 'more payload than is known', second([1, 2, 9, 9]), chacha20poly1305),
  refused('relay', 'nothing', new Uint8Array()),
  refused('relay', 'e alone', message1.subarray(0, 32)),
  refused('relay', 'cut before the payload', message1.subarray(0, 1_232)),
  refused('relay', 'the last byte missing', message1.subarray(0, -1)),
  refused('relay', 'a byte more', join(message1, Buffer.of(0))),
  refused('relay', 'a bit turned in e', turn(message1, 0)),
  refused('relay', 'a bit turned in e1', turn(message1, 32)),
  refused('relay', 'a bit turned in the tag of e1', turn(message1, 1_231)),
  refused('relay', 'a bit turned in the payload', turn(message1, 1_232)),
  refused('relay', 'a bit turned in the last tag', turn(message1, -1)),
  refused('relay', 'another psk', first([1, 3, 2], { psk: draw('handshake other psk', 32) })),
  refused('relay', 'another prologue', first([1, 3, 2], { prologue: 'culvert v2' })),
  refused('relay', 'e of zeros', first([1, 3, 2], { crypto: withPoint(ZERO_POINT) })),
  refused('relay', 'e of low order', first([1, 3, 2], { crypto: withPoint(ORDER_8) })),
  refused(
    'relay',
    'e1 with coefficients that are not reduced',
    first([1, 3, 2], { crypto: withMlkemKey(new Uint8Array(1_184).fill(0xff)) }),
  ),
  refused('relay', 'no payload', first([])),
  refused('relay', 'a payload of two bytes', first([1, 3])),
  refused('relay', 'version 0', first([0, 3, 2])),
  refused('relay', 'version 2', first([2, 3, 2])),
  refused('relay', 'no cipher', first([1, 0, 0])),
  refused('relay', 'unknown ciphers only', first([1, 0x7c, 4])),
  refused('relay', 'parts, and no cipher', first([1, 0x80, 0x80])),
  refused('client', 'nothing', new Uint8Array()),
  refused('client', 'cut before the payload', message2.subarray(0, 1_136)),
  refused('client', 'a bit turned in e', turn(message2, 31)),
  refused('client', 'a bit turned in ekem1', turn(message2, 32)),
  refused('client', 'a bit turned in the tag of ekem1', turn(message2, 1_135)),
  refused('client', 'a bit turned in the last tag', turn(message2, -1)),
  refused('client', 'the answer to another client', strangersSecond()),
  refused('client', 'its own message', message1),
  refused('client', 'e of low order', second([1, 2], { crypto: withPoint(ZERO_POINT) })),
  refused('client', 'version 2', second([2, 2])),
  refused('client', 'a cipher of neither', second([1, 4])),
  refused('client', 'both ciphers at once', second([1, 3])),
  refused('client', 'parts, and no cipher', second([1, 0x80])),
  refused('client', 'an answer that is neither cipher nor parts', second([1, 0x42])),
  refused('client', 'no payload', second([])),
]

/** An envelope of kind 1 around a message 2, for the tests: the client reads nothing else. */
export function replyAround(crypto: Crypto, message: Uint8Array): Uint8Array {
  return sealEnvelope(crypto, ADMISSION, (length) => draw('handshake reply around', length), EnvelopeKind.reply, NOW_S, message)
}
