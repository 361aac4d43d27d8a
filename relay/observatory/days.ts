// Days by number, remembered: a page asks for some ten thousand days, all of a few years, and reading and writing dates was most of its time.
import { addDays, startMsOf } from './spans.ts'

const DAY_MS = 86_400_000
/** Ten years and what hostile visitors ask for; then it begins anew. */
const KEPT_MAX = 20_000
const numbers = new Map<string, number>()
const lists = new Map<string, readonly string[]>()
const LISTS_MAX = 64

/** Days since 1970-01-01. */
export function dayNumber(day: string): number {
  const known = numbers.get(day)
  if (known !== undefined) return known
  if (numbers.size >= KEPT_MAX) numbers.clear()
  const number = Math.round(startMsOf(day) / DAY_MS)
  numbers.set(day, number)
  return number
}

/** Every day from the first to the last, both included. */
export function daysFrom(first: string, last: string): readonly string[] {
  const name = `${first} ${last}`
  const known = lists.get(name)
  if (known !== undefined) return known
  if (lists.size >= LISTS_MAX) lists.clear()
  const days = Array.from({ length: Math.max(0, dayNumber(last) - dayNumber(first) + 1) }, (_, n) => addDays(first, n))
  lists.set(name, days)
  return days
}
