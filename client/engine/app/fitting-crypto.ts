// The crypto of the runtime that we are in: Node's own, with plain JS for what it lacks. Electron's Node stands on BoringSSL, which in Node's interface has
// neither ML-KEM nor ChaCha20-Poly1305; each is tried once, since a newer Electron may have them.
import type { Crypto } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { pureCrypto } from '#protocol/pure'

export function fittingCrypto(): Crypto {
  const { mlkemKeyPair, mlkemEncapsulate, mlkemDecapsulate } = works(tryMlkem) ? nodeCrypto : pureCrypto
  const ciphers = nodeCrypto.ciphers.filter((cipher) =>
    works(() => nodeCrypto.aead(cipher, nodeRandom(32)).seal(nodeRandom(12), nodeRandom(1))),
  )
  return { ...nodeCrypto, ciphers, mlkemKeyPair, mlkemEncapsulate, mlkemDecapsulate }
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
