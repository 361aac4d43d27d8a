import { describe, expect, test } from 'vitest'
import {
  Cipher,
  type ClientHandshake,
  type Crypto,
  concatBytes,
  consumeHandshake,
  createClientHandshake,
  decodeBase64url,
  deriveAdmissionKeys,
  EnvelopeKind,
  openEnvelope,
  type RelayAnswer,
  type SessionKeys,
  sealEnvelope,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { pureCrypto } from '#protocol/pure'
import { CULVERT_PATTERN, Handshake } from '../../protocol/handshake.ts'
import { CRYPTOS, codeOf, flipBit, seededRandom, toHex } from './fixtures.ts'

const NOW_S = 1_800_000_000
const random = seededRandom('handshake')
const psk = random(32)
const keyPair = nodeCrypto.x25519KeyPair(random(32))
const invite = { relayKey: keyPair.publicKey, psk }

function begin(crypto: Crypto): { readonly client: ClientHandshake; readonly message: Uint8Array } {
  const client = createClientHandshake(crypto, random, invite, NOW_S)
  const envelope = decodeBase64url(client.cookie.slice(client.cookie.indexOf('=') + 1)) as Uint8Array
  const opened = openEnvelope(crypto, deriveAdmissionKeys(crypto, psk, keyPair.publicKey), [EnvelopeKind.handshake], envelope)
  return { client, message: opened?.message as Uint8Array }
}

function answer(crypto: Crypto, message: Uint8Array): RelayAnswer {
  return consumeHandshake(crypto, random, { keyPair, psk, admission: deriveAdmissionKeys(crypto, psk, keyPair.publicKey) }, message, NOW_S)
}

function plain({ up, down, cipher }: SessionKeys): readonly [string, string, number] {
  return [toHex(up), toHex(down), cipher]
}

describe.each(
  CRYPTOS.flatMap((client) =>
    CRYPTOS.map((relay) => ({ clientName: client.name, client: client.crypto, relayName: relay.name, relay: relay.crypto })),
  ),
)('a client with $clientName and a relay with $relayName', ({ client: clientCrypto, relay: relayCrypto }) => {
  test('have the same two keys and cipher, the one that the client prefers', () => {
    const { client, message } = begin(clientCrypto)
    const { reply, keys } = answer(relayCrypto, message)
    const clientKeys = client.consumeReply(reply)
    expect(plain(clientKeys)).toEqual(plain(keys))
    expect(keys.cipher).toBe(clientCrypto.ciphers[0])
    expect(plain(keys)[0]).not.toBe(plain(keys)[1])
  })
})

test('two handshakes of one invite share no key, no cookie and no message', () => {
  const [one, two] = [begin(nodeCrypto), begin(nodeCrypto)]
  expect(toHex(one.message)).not.toBe(toHex(two.message))
  expect(one.client.cookie).not.toBe(two.client.cookie)
  expect(plain(answer(nodeCrypto, one.message).keys)[0]).not.toBe(plain(answer(nodeCrypto, two.message).keys)[0])
})

test('a message that is answered twice gives two sessions with different keys', () => {
  const { message } = begin(nodeCrypto)
  expect(plain(answer(nodeCrypto, message).keys)[0]).not.toBe(plain(answer(nodeCrypto, message).keys)[0])
})

test('messages and cookies have the sizes that the specification says', () => {
  const lengths = Array.from({ length: 40 }, () => {
    const { client, message } = begin(nodeCrypto)
    expect(message.length).toBe(1_251)
    const { reply } = answer(nodeCrypto, message)
    expect(reply.length).toBeGreaterThanOrEqual(1_193)
    expect(reply.length).toBeLessThanOrEqual(1_893)
    return client.cookie.slice(client.cookie.indexOf('=') + 1).length
  })
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(1_720)
  expect(Math.max(...lengths)).toBeLessThanOrEqual(2_654)
  expect(new Set(lengths).size).toBeGreaterThan(20)
  expect(Handshake.overheadBytes(CULVERT_PATTERN.messages[0] ?? []) + 3).toBe(1_251)
  expect(Handshake.overheadBytes(CULVERT_PATTERN.messages[1] ?? []) + 2).toBe(1_154)
})

describe('the cipher', () => {
  const only = (crypto: Crypto, ...ciphers: Cipher[]): Crypto => ({ ...crypto, ciphers })

  test.each([
    ['the client has one only', only(nodeCrypto, Cipher.chacha20poly1305), nodeCrypto, Cipher.chacha20poly1305],
    ['the relay lacks what the client prefers', pureCrypto, only(nodeCrypto, Cipher.aes256gcm), Cipher.aes256gcm],
    ['both have both', nodeCrypto, pureCrypto, Cipher.aes256gcm],
  ])('is one that both have where %s', (_where, clientCrypto, relayCrypto, cipher) => {
    const { client, message } = begin(clientCrypto)
    const { reply } = answer(relayCrypto, message)
    expect(client.consumeReply(reply).cipher).toBe(cipher)
  })

  test('without one in common there is no session', () => {
    const { message } = begin(only(nodeCrypto, Cipher.chacha20poly1305))
    expect(codeOf(() => answer(only(nodeCrypto, Cipher.aes256gcm), message))).toBe('bad-handshake')
  })

  test('that was not offered is not taken', () => {
    const { client, message } = begin(only(nodeCrypto, Cipher.aes256gcm))
    const relay = new Handshake({
      crypto: nodeCrypto,
      random,
      role: 'relay',
      prologue: Buffer.from('culvert v1'),
      relayStatic: keyPair,
      psk,
    })
    relay.read(message)
    const reply = relay.write(Uint8Array.of(1, Cipher.chacha20poly1305))
    const envelope = sealEnvelope(
      nodeCrypto,
      deriveAdmissionKeys(nodeCrypto, psk, keyPair.publicKey),
      random,
      EnvelopeKind.reply,
      NOW_S,
      reply,
    )
    expect(codeOf(() => client.consumeReply(envelope))).toBe('bad-handshake')
  })
})

describe('a relay refuses', () => {
  const { message } = begin(nodeCrypto)

  test('a message with a bit turned in any of its parts', () => {
    for (const offset of [0, 31, 32, 700, 1_215, 1_216, 1_231, 1_232, 1_250])
      expect(codeOf(() => answer(nodeCrypto, flipBit(message, offset)))).toBe('bad-handshake')
  })

  test('a message of any other length', () => {
    for (const length of [0, 1, 31, 32, 1_231, 1_232, 1_250])
      expect(codeOf(() => answer(nodeCrypto, message.subarray(0, length)))).toBe('bad-handshake')
    expect(codeOf(() => answer(nodeCrypto, concatBytes(message, Uint8Array.of(0))))).toBe('bad-handshake')
  })

  test('a message for another relay, or with another psk', () => {
    const other = nodeCrypto.x25519KeyPair(random(32))
    const admission = deriveAdmissionKeys(nodeCrypto, psk, keyPair.publicKey)
    expect(codeOf(() => consumeHandshake(nodeCrypto, random, { keyPair: other, psk, admission }, message, NOW_S))).toBe('bad-handshake')
    expect(codeOf(() => consumeHandshake(nodeCrypto, random, { keyPair, psk: random(32), admission }, message, NOW_S))).toBe(
      'bad-handshake',
    )
  })

  test.each(CRYPTOS)('an ephemeral key of low order ($name)', ({ crypto }) => {
    for (const point of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))]) {
      const lowOrder = { ...crypto, x25519KeyPair: (secretKey: Uint8Array) => ({ secretKey, publicKey: point }) }
      expect(codeOf(() => answer(crypto, begin(lowOrder).message))).toBe('bad-handshake')
    }
  })

  test.each(CRYPTOS)('a malformed ML-KEM key ($name)', ({ crypto }) => {
    const malformed = { ...crypto, mlkemKeyPair: () => ({ publicKey: new Uint8Array(1_184).fill(0xff), secret: undefined }) }
    expect(codeOf(() => answer(crypto, begin(malformed).message))).toBe('bad-handshake')
  })
})

describe('a client refuses', () => {
  test('a reply with any part altered, a record, its own cookie, and the reply to another', () => {
    const { client, message } = begin(nodeCrypto)
    const { reply } = answer(nodeCrypto, message)
    const other = answer(nodeCrypto, begin(nodeCrypto).message).reply
    const own = decodeBase64url(client.cookie.slice(client.cookie.indexOf('=') + 1)) as Uint8Array
    for (const bytes of [flipBit(reply, 0), flipBit(reply, 100), flipBit(reply, -1), new Uint8Array(24), new Uint8Array(), own]) {
      expect(codeOf(() => client.consumeReply(bytes))).toBe('bad-handshake')
    }
    expect(codeOf(() => client.consumeReply(other))).toBe('bad-handshake')
  })

  test.each(CRYPTOS)('a reply with an ephemeral key of low order ($name)', ({ crypto }) => {
    const { client, message } = begin(crypto)
    const lowOrder: Crypto = { ...crypto, x25519KeyPair: (secretKey) => ({ secretKey, publicKey: new Uint8Array(32) }) }
    const shared: Crypto = { ...lowOrder, x25519: (secretKey, publicKey) => crypto.x25519(secretKey, publicKey) ?? new Uint8Array(32) }
    const { reply } = answer(shared, message)
    expect(codeOf(() => client.consumeReply(reply))).toBe('bad-handshake')
  })
})
