// The handshake as the two sides use it: what the Noise payloads say, and the envelopes around the messages (SPEC.md §5).
//
// client: createClientHandshake → cookie → … → consumeReply(first message) → keys
// relay:  consumeAdmission (the gate) → consumeHandshake → reply, keys
import { type AdmissionKeys, createAdmissionCookie, deriveAdmissionKeys, EnvelopeKind, openEnvelope, sealEnvelope } from './admission.ts'
import { Reader, utf8, Writer } from './bytes.ts'
import { Cipher, type Crypto, type KeyPair, type Random } from './crypto.ts'
import { assert, ProtocolError } from './errors.ts'
import { Handshake, type HandshakeResult } from './handshake.ts'

const VERSION = 1
const PROLOGUE = utf8('culvert v1')
/** Beside the ciphers in an offer, and in the answer to one: records may come in parts. */
const TAKES_PARTS = 128

/** What a Session is made of. */
export interface SessionKeys {
  readonly up: Uint8Array
  readonly down: Uint8Array
  /** What further carriers prove that they belong to this session by. */
  readonly attach: Uint8Array
  readonly cipher: Cipher
  /** Both sides take records in parts. */
  readonly takesParts: boolean
}

export interface ClientHandshake {
  /** `name=value` for the Cookie header of the first request. */
  readonly cookie: string
  /** Takes the relay's first message. Throws ProtocolError('bad-handshake') when it is not the invited relay's answer to this cookie. */
  consumeReply(message: Uint8Array): SessionKeys
}

/** Begins a handshake. `nowS` is the time by the relay's clock, as well as the client knows it. */
export function createClientHandshake(
  crypto: Crypto,
  random: Random,
  relay: { readonly relayKey: Uint8Array; readonly psk: Uint8Array },
  nowS: number,
): ClientHandshake {
  const keys = deriveAdmissionKeys(crypto, relay.psk, relay.relayKey)
  const handshake = new Handshake({
    crypto,
    random,
    role: 'client',
    prologue: PROLOGUE,
    relayStatic: { publicKey: relay.relayKey },
    psk: relay.psk,
  })
  const offer = crypto.ciphers.reduce((bits, cipher) => bits | cipher, TAKES_PARTS)
  const first = crypto.ciphers[0] as Cipher
  const message = handshake.write(new Writer(new Uint8Array(3)).u8(VERSION).u8(offer).u8(first).done())
  return {
    cookie: createAdmissionCookie(crypto, keys, random, nowS, message),
    consumeReply: (reply) => consumeReply(crypto, keys, handshake, reply),
  }
}

function consumeReply(crypto: Crypto, keys: AdmissionKeys, handshake: Handshake, reply: Uint8Array): SessionKeys {
  const opened = openEnvelope(crypto, keys, [EnvelopeKind.reply], reply)
  if (opened === undefined) throw new ProtocolError('bad-handshake', 'the answer is not from the invited relay')
  const hello = new Reader(handshake.read(opened.message), 'bad-handshake')
  if (hello.u8() !== VERSION) throw new ProtocolError('bad-handshake', 'the relay speaks another version')
  const chosen = hello.u8()
  const cipher = chosen & ~TAKES_PARTS
  if (!crypto.ciphers.some((ours) => ours === cipher))
    throw new ProtocolError('bad-handshake', 'the relay chose a cipher that was not offered')
  return sessionKeys(handshake.split(), cipher as Cipher, cipher !== chosen)
}

export interface RelayAnswer {
  /** The first message on the carrier. */
  readonly reply: Uint8Array
  readonly keys: SessionKeys
}

/** Answers an admitted handshake message. Throws ProtocolError('bad-handshake'): only a holder of the invite can cause that. */
export function consumeHandshake(
  crypto: Crypto,
  random: Random,
  relay: { readonly keyPair: KeyPair; readonly psk: Uint8Array; readonly admission: AdmissionKeys },
  message: Uint8Array,
  nowS: number,
): RelayAnswer {
  const handshake = new Handshake({ crypto, random, role: 'relay', prologue: PROLOGUE, relayStatic: relay.keyPair, psk: relay.psk })
  const hello = new Reader(handshake.read(message), 'bad-handshake')
  if (hello.u8() !== VERSION) throw new ProtocolError('bad-handshake', 'the client speaks another version')
  const offered = hello.u8()
  const preferred = hello.u8()
  const cipher = [preferred, ...crypto.ciphers].find((one) => (offered & one) !== 0 && crypto.ciphers.some((ours) => ours === one))
  if (cipher === undefined) throw new ProtocolError('bad-handshake', 'no cipher in common')
  // Only to a client that offers it: any other takes this for a cipher that there is not.
  const takesParts = (offered & TAKES_PARTS) !== 0
  const answer = handshake.write(
    new Writer(new Uint8Array(2))
      .u8(VERSION)
      .u8(takesParts ? cipher | TAKES_PARTS : cipher)
      .done(),
  )
  assert(cipher === Cipher.aes256gcm || cipher === Cipher.chacha20poly1305, 'the cipher is one of ours')
  return {
    reply: sealEnvelope(crypto, relay.admission, random, EnvelopeKind.reply, nowS, answer),
    keys: sessionKeys(handshake.split(), cipher, takesParts),
  }
}

function sessionKeys({ up, down, attach }: HandshakeResult, cipher: Cipher, takesParts: boolean): SessionKeys {
  return { up, down, attach, cipher, takesParts }
}
