// The handshake: Noise_NKhfs+psk0_25519+MLKEM768_AESGCM_SHA256 (SPEC.md §5). The letters are those of the Noise specification, revision 34.
//
// 1. both: h, ck from the name, the prologue and the relay's static key            mixName
// 2. client → relay: psk, e, es, e1, payload                                       write / read
// 3. relay → client: e, ee, ekem1, payload                                         write / read
// 4. both: two keys, one a direction                                               split
import { concatBytes, utf8 } from './bytes.ts'
import { type Aead, Cipher, type Crypto, type KeyPair, type Random } from './crypto.ts'
import { assert, ProtocolError } from './errors.ts'

export type Token = 'psk' | 'e' | 'es' | 'ee' | 'e1' | 'ekem1'

/** A Noise pattern with the relay's static key known beforehand: the tokens of each message. */
export interface Pattern {
  readonly name: string
  readonly cipher: Cipher
  readonly messages: readonly (readonly Token[])[]
}

export const CULVERT_PATTERN: Pattern = {
  name: 'Noise_NKhfs+psk0_25519+MLKEM768_AESGCM_SHA256',
  cipher: Cipher.aes256gcm,
  messages: [
    ['psk', 'e', 'es', 'e1'],
    ['e', 'ee', 'ekem1'],
  ],
}

const DH_BYTES = 32
const TAG_BYTES = 16
const MLKEM_KEY_BYTES = 1184
const MLKEM_CIPHERTEXT_BYTES = 1088
const EMPTY = new Uint8Array()

/** What both sides hold in the end. */
export interface HandshakeResult {
  /** Client to relay. */
  readonly up: Uint8Array
  /** Relay to client. */
  readonly down: Uint8Array
  /** A third output, independent of the two. */
  readonly attach: Uint8Array
  /** Binds the whole transcript. */
  readonly hash: Uint8Array
}

export interface HandshakeOptions {
  readonly crypto: Crypto
  readonly random: Random
  readonly role: 'client' | 'relay'
  readonly prologue: Uint8Array
  /** The relay's static key: all of it at the relay, the public half at the client. */
  readonly relayStatic: { readonly publicKey: Uint8Array; readonly secretKey?: Uint8Array }
  readonly psk: Uint8Array
  readonly pattern?: Pattern
}

/** One side of one handshake. A failed read ends it: make another. */
export class Handshake {
  readonly #options: HandshakeOptions
  readonly #crypto: Crypto
  readonly #pattern: Pattern
  #h: Uint8Array
  #ck: Uint8Array
  #k: Aead | undefined
  #n = 0
  #messageIndex = 0
  #e: KeyPair | undefined
  #re: Uint8Array | undefined
  #e1: { readonly publicKey: Uint8Array; readonly secret: unknown } | undefined
  #re1: Uint8Array | undefined

  constructor(options: HandshakeOptions) {
    this.#options = options
    this.#crypto = options.crypto
    this.#pattern = options.pattern ?? CULVERT_PATTERN
    const name = utf8(this.#pattern.name)
    this.#h = name.length <= 32 ? concatBytes(name, new Uint8Array(32 - name.length)) : this.#crypto.sha256(name)
    this.#ck = this.#h
    this.#mixHash(options.prologue)
    this.#mixHash(options.relayStatic.publicKey)
  }

  /** How many bytes a message has beyond its payload. */
  static overheadBytes(tokens: readonly Token[]): number {
    let bytes = TAG_BYTES
    for (const token of tokens) {
      if (token === 'e') bytes += DH_BYTES
      if (token === 'e1') bytes += MLKEM_KEY_BYTES + TAG_BYTES
      if (token === 'ekem1') bytes += MLKEM_CIPHERTEXT_BYTES + TAG_BYTES
    }
    return bytes
  }

  write(payload: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = []
    for (const token of this.#nextTokens('write')) {
      if (token === 'e') {
        this.#e = this.#crypto.x25519KeyPair(this.#options.random(32))
        parts.push(this.#e.publicKey)
        this.#mixEphemeral(this.#e.publicKey)
      } else if (token === 'e1') {
        this.#e1 = this.#crypto.mlkemKeyPair(this.#options.random(64))
        parts.push(this.#encryptAndHash(this.#e1.publicKey))
      } else if (token === 'ekem1') {
        assert(this.#re1 !== undefined, 'e1 comes before ekem1')
        const sent = this.#crypto.mlkemEncapsulate(this.#re1, this.#options.random(32))
        if (sent === undefined) throw new ProtocolError('bad-handshake', 'the ML-KEM key is malformed')
        parts.push(this.#encryptAndHash(sent.ciphertext))
        this.#mixKey(sent.shared)
      } else this.#mixToken(token)
    }
    parts.push(this.#encryptAndHash(payload))
    return concatBytes(...parts)
  }

  /** The payload. Throws ProtocolError('bad-handshake') whatever is wrong with the message. */
  read(message: Uint8Array): Uint8Array {
    let rest = message
    const take = (length: number): Uint8Array => {
      if (rest.length < length) throw new ProtocolError('bad-handshake', 'the message is too short')
      const part = rest.subarray(0, length)
      rest = rest.subarray(length)
      return part
    }
    for (const token of this.#nextTokens('read')) {
      if (token === 'e') {
        this.#re = take(DH_BYTES)
        this.#mixEphemeral(this.#re)
      } else if (token === 'e1') this.#re1 = this.#decryptAndHash(take(MLKEM_KEY_BYTES + TAG_BYTES))
      else if (token === 'ekem1') {
        assert(this.#e1 !== undefined, 'e1 comes before ekem1')
        const ciphertext = this.#decryptAndHash(take(MLKEM_CIPHERTEXT_BYTES + TAG_BYTES))
        this.#mixKey(this.#crypto.mlkemDecapsulate(this.#e1.secret, ciphertext))
      } else this.#mixToken(token)
    }
    return this.#decryptAndHash(rest)
  }

  split(): HandshakeResult {
    assert(this.#messageIndex === this.#pattern.messages.length, 'the handshake is complete')
    const [up, down, attach] = this.#hkdf(EMPTY, 3)
    return { up: up as Uint8Array, down: down as Uint8Array, attach: attach as Uint8Array, hash: this.#h }
  }

  #nextTokens(act: 'write' | 'read'): readonly Token[] {
    const tokens = this.#pattern.messages[this.#messageIndex]
    const clientWrites = this.#messageIndex % 2 === 0
    assert(
      tokens !== undefined && clientWrites === ((this.#options.role === 'client') === (act === 'write')),
      'messages come in their order',
    )
    this.#messageIndex++
    return tokens
  }

  #mixToken(token: 'psk' | 'es' | 'ee'): void {
    const client = this.#options.role === 'client'
    const { publicKey, secretKey } = this.#options.relayStatic
    if (token === 'psk') {
      const [ck, hash, key] = this.#hkdf(this.#options.psk, 3) as [Uint8Array, Uint8Array, Uint8Array]
      this.#ck = ck
      this.#mixHash(hash)
      this.#setKey(key)
    } else if (token === 'ee') this.#mixKey(this.#dh(this.#e?.secretKey, this.#re))
    else this.#mixKey(client ? this.#dh(this.#e?.secretKey, publicKey) : this.#dh(secretKey, this.#re))
  }

  #mixEphemeral(publicKey: Uint8Array): void {
    this.#mixHash(publicKey)
    if (this.#pattern.messages.some((tokens) => tokens.includes('psk'))) this.#mixKey(publicKey)
  }

  #dh(secretKey: Uint8Array | undefined, publicKey: Uint8Array | undefined): Uint8Array {
    assert(secretKey !== undefined && publicKey !== undefined, 'both keys of a DH are there')
    const shared = this.#crypto.x25519(secretKey, publicKey)
    if (shared === undefined) throw new ProtocolError('bad-handshake', 'a public key is of low order')
    return shared
  }

  #mixHash(bytes: Uint8Array): void {
    this.#h = this.#crypto.sha256(this.#h, bytes)
  }

  #mixKey(input: Uint8Array): void {
    const [ck, key] = this.#hkdf(input, 2) as [Uint8Array, Uint8Array]
    this.#ck = ck
    this.#setKey(key)
  }

  #setKey(key: Uint8Array): void {
    this.#k = this.#crypto.aead(this.#pattern.cipher, key)
    this.#n = 0
  }

  /** Noise's own HKDF: chained blocks, no info. */
  #hkdf(input: Uint8Array, count: 2 | 3): Uint8Array[] {
    const temp = this.#crypto.hmacSha256(this.#ck, input)
    const blocks: Uint8Array[] = []
    for (let i = 1; i <= count; i++) blocks.push(this.#crypto.hmacSha256(temp, blocks.at(-1) ?? EMPTY, Uint8Array.of(i)))
    return blocks
  }

  #encryptAndHash(plaintext: Uint8Array): Uint8Array {
    let bytes = plaintext
    if (this.#k !== undefined) {
      const sealed = this.#k.seal(noiseNonce(this.#pattern.cipher, this.#n++), plaintext, this.#h)
      bytes = concatBytes(sealed.body, sealed.tag)
    }
    this.#mixHash(bytes)
    return bytes
  }

  #decryptAndHash(bytes: Uint8Array): Uint8Array {
    let plaintext: Uint8Array | undefined = bytes
    if (this.#k !== undefined) {
      if (bytes.length < TAG_BYTES) throw new ProtocolError('bad-handshake', 'the message is too short')
      const cut = bytes.length - TAG_BYTES
      plaintext = this.#k.open(noiseNonce(this.#pattern.cipher, this.#n++), bytes.subarray(0, cut), bytes.subarray(cut), this.#h)
      if (plaintext === undefined) throw new ProtocolError('bad-handshake', 'the message is not for this key')
    }
    this.#mixHash(bytes)
    return plaintext
  }
}

/** Four zero bytes and the counter: big-endian for AESGCM, little-endian for ChaChaPoly (Noise §12). A handshake never counts past 255. */
function noiseNonce(cipher: Cipher, counter: number): Uint8Array {
  assert(counter < 256, 'a handshake has few messages')
  const nonce = new Uint8Array(12)
  nonce[cipher === Cipher.aes256gcm ? 11 : 4] = counter
  return nonce
}
