// Turns bytes that mean something into bytes that mean something else.
import type { Dice } from '../sim/dice.ts'

/** Inputs do not grow without end; twice the largest record is more than any decoder is given at once. */
const INPUT_BYTES_MAX = 131_072
/** Ends of ranges, signs of varints and lengths, letters that structure text. */
const TELLING_BYTES = [
  0, 1, 2, 4, 7, 8, 0x0a, 0x0d, 0x20, 0x22, 0x2e, 0x2f, 0x3a, 0x3b, 0x3d, 0x3f, 0x40, 0x5b, 0x7b, 0x7f, 0x80, 0xbf, 0xc0, 0xef, 0xfe, 0xff,
]

/** A mutant of `input`; pieces of `other` and of `words` may be in it. */
export function mutate(dice: Dice, input: Uint8Array, other: Uint8Array, words: readonly Uint8Array[]): Uint8Array {
  let bytes = input
  for (let rounds = dice.skewed(1, 8); rounds > 0; rounds--) bytes = mutateOnce(dice, bytes, other, words)
  return bytes.slice(0, INPUT_BYTES_MAX)
}

function mutateOnce(dice: Dice, bytes: Uint8Array, other: Uint8Array, words: readonly Uint8Array[]): Uint8Array {
  const at = dice.between(0, bytes.length)
  const length = Math.min(dice.skewed(1, 1 + bytes.length), bytes.length - at)
  switch (dice.pick(['flip', 'telling', 'telling', 'insert', 'word', 'remove', 'cut', 'repeat', 'splice', 'swap', 'number'] as const)) {
    case 'flip':
      return replaced(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << dice.between(0, 7))))
    case 'telling':
      return replaced(bytes, at, 1, Uint8Array.of(dice.pick(TELLING_BYTES)))
    case 'insert':
      return replaced(bytes, at, 0, dice.bytes(dice.skewed(1, 40)))
    case 'word':
      return words.length === 0 ? bytes : replaced(bytes, at, dice.chance(0.5) ? 0 : length, dice.pick(words))
    case 'remove':
      return replaced(bytes, at, length, new Uint8Array())
    case 'cut':
      return bytes.slice(0, at)
    case 'repeat':
      return repeated(dice, bytes, at, length)
    case 'splice':
      return Buffer.concat([bytes.subarray(0, at), other.subarray(dice.between(0, other.length))])
    case 'swap':
      return Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)])
    case 'number':
      return replaced(bytes, at, 4, telling32(dice))
  }
}

function replaced(bytes: Uint8Array, at: number, length: number, by: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + length)])
}

function repeated(dice: Dice, bytes: Uint8Array, at: number, length: number): Uint8Array {
  const piece = bytes.subarray(at, at + length)
  const times = dice.skewed(1, Math.max(1, Math.min(1_000, INPUT_BYTES_MAX / Math.max(1, length))))
  return Buffer.concat([bytes.subarray(0, at), ...new Array<Uint8Array>(times).fill(piece), bytes.subarray(at)])
}

/** Four bytes at a power of two, or one beside it. */
function telling32(dice: Dice): Uint8Array {
  const value = (2 ** dice.between(0, 32) + dice.between(-1, 1)) >>> 0
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}
