// What the protocol's tests share: both cryptos, random bytes that repeat, and short ways to write bytes.
import { createHash } from 'node:crypto'
import { type Crypto, concatBytes, ProtocolError, type ProtocolErrorCode, type Random } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { pureCrypto } from '#protocol/pure'

/** For describe.each: whatever holds for one must hold for the other. */
export const CRYPTOS: readonly { readonly name: string; readonly crypto: Crypto }[] = [
  { name: 'node:crypto', crypto: nodeCrypto },
  { name: 'plain JS', crypto: pureCrypto },
]

/** Bytes that look random and depend on the seed only: SHA-256 of seed and block number. */
export function seededRandom(seed: string): Random {
  let block = 0
  let rest = new Uint8Array()
  return (length) => {
    while (rest.length < length)
      rest = concatBytes(rest, createHash('sha256').update(`${seed} ${block++}`).digest()) as Uint8Array<ArrayBuffer>
    const taken = rest.slice(0, length)
    rest = rest.slice(length)
    return taken
  }
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** A copy with one bit turned. */
export function flipBit(bytes: Uint8Array, offset: number, bit = 0): Uint8Array {
  const copy = bytes.slice()
  const at = offset < 0 ? copy.length + offset : offset
  copy[at] = (copy[at] as number) ^ (1 << bit)
  return copy
}

/** The code of the ProtocolError that `act` throws, or undefined when it throws none. Any other error is passed on: it is a bug. */
export function codeOf(act: () => unknown): ProtocolErrorCode | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}
