// What the makers of vectors share: bytes in the shapes of SPEC.md §0, written apart from the code that they test.
import { createCipheriv, createHash, createHmac } from 'node:crypto'

export type Bytes = Buffer

/** Bytes that look random and depend on their label only. */
export function draw(label: string, length: number): Bytes {
  const blocks: Buffer[] = []
  for (let i = 0; i * 32 < length; i++) blocks.push(createHash('sha256').update(`culvert vectors ${label} ${i}`).digest())
  return Buffer.concat(blocks).subarray(0, length)
}

export function hex(...parts: readonly string[]): Bytes {
  return Buffer.from(parts.join('').replaceAll(' ', ''), 'hex')
}

export function join(...parts: readonly Uint8Array[]): Bytes {
  return Buffer.concat(parts)
}

export function u8(value: number): Bytes {
  return Buffer.of(value)
}

export function u16(value: number): Bytes {
  return Buffer.of(value >> 8, value & 255)
}

export function u32(value: number): Bytes {
  return Buffer.of(value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255)
}

export function u64(value: number | bigint): Bytes {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

export function text8(text: string): Bytes {
  const bytes = Buffer.from(text)
  return join(u8(bytes.length), bytes)
}

/** A copy with some bits turned. */
export function turn(bytes: Uint8Array, offset: number, bits = 1): Bytes {
  const copy = Buffer.from(bytes)
  const at = offset < 0 ? copy.length + offset : offset
  copy[at] = (copy[at] as number) ^ bits
  return copy
}

export function sha256(...parts: readonly Uint8Array[]): Bytes {
  return createHash('sha256')
    .update(join(...parts))
    .digest()
}

export function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Bytes {
  return createHmac('sha256', key)
    .update(join(...parts))
    .digest()
}

/** HKDF-Expand, first block. */
export function expand(key: Uint8Array, info: string): Bytes {
  return hmac(key, Buffer.from(info), u8(1))
}

export function aes256ctr(key: Uint8Array, counter: Uint8Array, bytes: Uint8Array): Bytes {
  return createCipheriv('aes-256-ctr', key, counter).update(bytes)
}

export function aes256block(key: Uint8Array, block: Uint8Array): Bytes {
  return createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(block)
}
