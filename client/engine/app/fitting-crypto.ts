// The crypto of the runtime that we are in: Node's own, with plain JS for what it lacks, and the fastest cipher first. Electron's Node stands on BoringSSL,
// which in Node's interface has neither ML-KEM nor ChaCha20-Poly1305, and in a process of its own may do AES without the processor's help; so each is tried
// once, since a newer Electron may be another matter (docs/decisions/chromium-dialer.md has figures).
import type { Cipher, Crypto } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { pureCrypto } from '#protocol/pure'

/** A record of a download. */
const SAMPLE_BYTES = 65_536
/** For each cipher: some hundred records where it is fast; long enough for plain JS to be compiled. */
const MEASURE_MS = 40

export function fittingCrypto(): Crypto {
  const { mlkemKeyPair, mlkemEncapsulate, mlkemDecapsulate } = works(tryMlkem) ? nodeCrypto : pureCrypto
  const native = nodeCrypto.ciphers.filter((cipher) => works(() => seal(nodeCrypto, cipher, 1)))
  const aead: Crypto['aead'] = (cipher, key) => (native.includes(cipher) ? nodeCrypto : pureCrypto).aead(cipher, key)
  const crypto = { ...nodeCrypto, aead, mlkemKeyPair, mlkemEncapsulate, mlkemDecapsulate }
  const ciphers = nodeCrypto.ciphers
    .map((cipher) => ({ cipher, costMs: costOf(crypto, cipher) }))
    .sort((a, b) => a.costMs - b.costMs)
    .map(({ cipher }) => cipher)
  return { ...crypto, ciphers }
}

/** The least time that a record took: what else the computer did meanwhile is not the cipher's doing. */
function costOf(crypto: Crypto, cipher: Cipher): number {
  const untilMs = performance.now() + MEASURE_MS
  let leastMs = Number.POSITIVE_INFINITY
  for (let startedMs = performance.now(); startedMs < untilMs; startedMs = performance.now()) {
    seal(crypto, cipher, SAMPLE_BYTES)
    leastMs = Math.min(leastMs, performance.now() - startedMs)
  }
  return leastMs
}

function seal(crypto: Crypto, cipher: Cipher, bytes: number): void {
  crypto.aead(cipher, nodeRandom(32)).seal(nodeRandom(12), new Uint8Array(bytes))
}

function tryMlkem(): void {
  const { publicKey, secret } = nodeCrypto.mlkemKeyPair(nodeRandom(64))
  const sent = nodeCrypto.mlkemEncapsulate(publicKey, nodeRandom(32))
  if (sent === undefined) throw new Error('no ML-KEM')
  nodeCrypto.mlkemDecapsulate(secret, sent.ciphertext)
}

function works(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
