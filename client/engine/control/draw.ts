// Chance for plan and probes, from random bytes that come in.
import type { Random } from '#protocol'

/** From 0 up to and without 1. */
export function fraction(random: Random): number {
  const [a = 0, b = 0, c = 0, d = 0] = random(4)
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 2 ** 32
}

export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * fraction(random)
}

/** Each order of magnitude is as likely as the next; `low` is above 0. */
export function skewed(random: Random, low: number, high: number): number {
  return low * (high / low) ** fraction(random)
}

/** Up to `count` different ones, in any order. */
export function pickSome<T>(random: Random, list: readonly T[], count: number): T[] {
  const left = [...list]
  const picked: T[] = []
  while (picked.length < count && left.length > 0) picked.push(...left.splice(Math.floor(fraction(random) * left.length), 1))
  return picked
}
