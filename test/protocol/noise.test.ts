// The handshake's Noise machine against vectors that others made: every NK pattern with X25519 and SHA-256 of the cacophony set.
// Goal: our names for tokens, hashes and nonces are Noise's own. Method: the same class, with the vector's pattern given as data.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Cipher, type Crypto } from '#protocol'
import { Handshake, type Pattern, type Token } from '../../protocol/handshake.ts'
import { needs, SHARED_VECTORS } from '../needs.ts'
import { CRYPTOS, fromHex, toHex } from './fixtures.ts'

interface NoiseVector {
  readonly protocol_name: string
  readonly init_prologue: string
  readonly init_psks?: readonly string[]
  readonly init_ephemeral: string
  readonly init_remote_static: string
  readonly resp_static: string
  readonly resp_ephemeral: string
  readonly handshake_hash: string
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[]
}

const TOKENS: Readonly<Record<string, readonly (readonly Token[])[]>> = {
  NK: [
    ['e', 'es'],
    ['e', 'ee'],
  ],
  NKpsk0: [
    ['psk', 'e', 'es'],
    ['e', 'ee'],
  ],
  NKpsk2: [
    ['e', 'es'],
    ['e', 'ee', 'psk'],
  ],
  NK1: [['e'], ['e', 'ee', 'es']],
}

function patternOf(name: string): Pattern {
  const [, pattern = '', , cipher] = name.split('_')
  const messages = TOKENS[pattern]
  if (messages === undefined) throw new Error(`no tokens for ${pattern}`)
  return { name, cipher: cipher === 'AESGCM' ? Cipher.aes256gcm : Cipher.chacha20poly1305, messages }
}

function sides(vector: NoiseVector, crypto: Crypto): { readonly client: Handshake; readonly relay: Handshake } {
  const common = {
    crypto,
    pattern: patternOf(vector.protocol_name),
    prologue: fromHex(vector.init_prologue),
    psk: fromHex(vector.init_psks?.[0] ?? ''),
  }
  const publicKey = fromHex(vector.init_remote_static)
  const client = new Handshake({ ...common, role: 'client', random: () => fromHex(vector.init_ephemeral), relayStatic: { publicKey } })
  const relayStatic = { publicKey, secretKey: fromHex(vector.resp_static) }
  const relay = new Handshake({ ...common, role: 'relay', random: () => fromHex(vector.resp_ephemeral), relayStatic })
  return { client, relay }
}

/** A transport message by Noise's own rules: the counter, big-endian for AESGCM and little-endian for ChaChaPoly. */
function transport(crypto: Crypto, cipher: Cipher, key: Uint8Array, counter: number, payload: Uint8Array): string {
  const nonce = new Uint8Array(12)
  nonce[cipher === Cipher.aes256gcm ? 11 : 4] = counter
  const { body, tag } = crypto.aead(cipher, key).seal(nonce, payload)
  return toHex(body) + toHex(tag)
}

const areThere = needs('shared-vectors')

describe.runIf(areThere)('noise', () => {
  const text = areThere ? readFileSync(`${SHARED_VECTORS}noise-nk.json`, 'utf8') : '{"vectors":[]}'
  const { vectors } = JSON.parse(text) as { readonly vectors: readonly NoiseVector[] }

  test('all eight NK vectors are there', () => {
    expect(vectors.length).toBe(8)
  })

  describe.each(CRYPTOS)('with $name', ({ crypto }) => {
    test.each(vectors)('$protocol_name: every message, the hash and both keys are as published', (vector) => {
      const { client, relay } = sides(vector, crypto)
      for (const [i, { payload, ciphertext }] of vector.messages.slice(0, 2).entries()) {
        const [writer, reader] = i === 0 ? [client, relay] : [relay, client]
        expect(toHex(writer.write(fromHex(payload)))).toBe(ciphertext)
        expect(toHex(reader.read(fromHex(ciphertext)))).toBe(payload)
      }
      const keys = client.split()
      const relayKeys = relay.split()
      expect([keys.up, keys.down, keys.hash].map(toHex)).toEqual([relayKeys.up, relayKeys.down, relayKeys.hash].map(toHex))
      expect(toHex(keys.hash)).toBe(vector.handshake_hash)
      const { cipher } = patternOf(vector.protocol_name)
      for (const [i, { payload, ciphertext }] of vector.messages.slice(2).entries()) {
        const key = i % 2 === 0 ? keys.up : keys.down
        expect(transport(crypto, cipher, key, Math.floor(i / 2), fromHex(payload))).toBe(ciphertext)
      }
    })

    test.each(vectors)('$protocol_name: a message with any part altered is refused', (vector) => {
      const sealed = vector.messages[1]?.ciphertext ?? ''
      for (const offset of [0, 31, 32, sealed.length / 2 - 1]) {
        const { client, relay } = sides(vector, crypto)
        relay.read(client.write(fromHex(vector.messages[0]?.payload ?? '')))
        const altered = fromHex(sealed)
        altered[offset] = (altered[offset] as number) ^ 1
        expect(() => client.read(altered)).toThrow('not for this key')
      }
    })
  })
})
