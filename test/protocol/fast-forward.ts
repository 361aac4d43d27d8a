// Crypto that does nothing for record numbers below a bound, so that a test gets to a rekey without sealing 65,536 records.
import { type Aead, type Crypto, concatBytes } from '#protocol'
import type { RecordOpener, RecordSealer } from '../../protocol/record.ts'

/** What every skipped record has: its mask is computed once. */
const ZERO_TAG = new Uint8Array(16)

/** As `crypto`, but seals and opens nothing for nonces below `number`. */
export function fastForward(crypto: Crypto, number: number): Crypto {
  const isBefore = (nonce: Uint8Array): boolean => Number(new DataView(nonce.buffer, nonce.byteOffset).getBigUint64(4)) < number
  return {
    ...crypto,
    blockMask(key) {
      const real = crypto.blockMask(key)
      const maskOfZeroTag = real(ZERO_TAG).slice()
      return (sample) => (sample.every((byte) => byte === 0) ? maskOfZeroTag : real(sample))
    },
    aead(cipher, key): Aead {
      const real = crypto.aead(cipher, key)
      return {
        seal: (nonce, plaintext) => (isBefore(nonce) ? { body: new Uint8Array(), tag: ZERO_TAG } : real.seal(nonce, plaintext)),
        open: (nonce, body, tag) => (isBefore(nonce) ? new Uint8Array() : real.open(nonce, body, tag)),
      }
    },
  }
}

/** Brings a sealer that was made with fastForward(crypto, number) to `number`. */
export function skipSealing(sealer: RecordSealer, number: number): void {
  while (sealer.next < number) sealer.seal(ZERO_TAG)
}

/** The same for an opener. `maskOfZeroTag` is the first 8 bytes of AES of 16 zero bytes under the mask key. */
export function skipOpening(opener: RecordOpener, number: number, maskOfZeroTag: Uint8Array): void {
  const header = new Uint8Array(8)
  const view = new DataView(header.buffer)
  while (opener.expected < number) {
    view.setBigUint64(0, BigInt(opener.expected))
    opener.open(
      concatBytes(
        header.map((byte, i) => byte ^ (maskOfZeroTag[i] as number)),
        ZERO_TAG,
      ),
    )
    opener.take()
  }
}
