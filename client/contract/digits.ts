// Numbers as people type them: a Persian, Arabic, Burmese or Chinese keyboard has digits of its own.

/** The zeros of the digits that our languages, and the keyboards of their countries, have; the other nine follow each. */
const ZEROS = [
  0x0030, // Latin
  0x0660, // Arabic-Indic
  0x06f0, // Persian
  0x1040, // Burmese
  0x1090, // Shan
  0xff10, // full width
] as const

/** The number that a text without anything else says, in any of these digits; undefined for what is none, or has more digits than asked for. */
export function readNumber(text: string, digitsMax: number): number | undefined {
  const digits = [...text.trim()].map(digitOf)
  if (digits.length === 0 || digits.length > digitsMax || digits.includes(-1)) return undefined
  return Number(digits.join(''))
}

function digitOf(letter: string): number {
  const code = letter.codePointAt(0) ?? 0
  const zero = ZEROS.find((one) => code >= one && code < one + 10)
  return zero === undefined ? -1 : code - zero
}
