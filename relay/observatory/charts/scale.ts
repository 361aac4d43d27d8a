// Days and values to places on a drawing, with ticks that people would have chosen.
import { scaleLinear } from 'd3-scale'
import { dayNumber, daysFrom } from '../days.ts'
import type { Day } from './figure.ts'

export interface DayScale {
  /** The middle of a day, as a share of the width from 0 to 1. */
  readonly middle: (day: Day) => number
  readonly start: (day: Day) => number
  readonly end: (day: Day) => number
  readonly ticks: readonly Day[]
}

const TICKS_AIM = 5

export function dayScale(from: Day, to: Day): DayScale {
  const first = dayNumber(from)
  const count = dayNumber(to) - first + 1
  const place = (offset: number) => (day: Day) => Math.min(1, Math.max(0, (dayNumber(day) - first + offset) / count))
  return { middle: place(0.5), start: place(0), end: place(1), ticks: dayTicks(daysFrom(from, to)) }
}

/** Firsts of months where the stretch is long, else every so many days. */
function dayTicks(days: readonly Day[]): Day[] {
  const count = days.length
  if (count > 70) {
    const months = days.filter((day) => day.endsWith('-01'))
    const every = [1, 2, 3, 6, 12, 24, 60].find((step) => months.length / step <= TICKS_AIM + 1) ?? 120
    return months.filter((day) => (Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1) % every === 0)
  }
  const every = Math.max(1, Math.ceil(count / TICKS_AIM))
  return days.filter((_, n) => n % every === Math.floor(every / 2))
}

export interface ValueScale {
  /** As a share of the height from 0 at the top to 1 at the bottom; what is higher than the top is at the top. */
  readonly place: (value: number) => number
  readonly ticks: readonly number[]
  /** What is at the top. */
  readonly top: number
}

/** Fewer points say nothing of what is common. */
const POINTS_LEAST = 10
const COMMON_PART = 0.9
const OUTLYING_TIMES = 3

/** What a scale must hold: the highest, or, where few values stand far above nearly all others and would press those flat, the highest of the others. */
export function scaledTo(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const common = sorted[Math.ceil(sorted.length * COMMON_PART) - 1] ?? 0
  const isToBeCut = sorted.length >= POINTS_LEAST && common > 0
  return (isToBeCut ? sorted.findLast((value) => value <= common * OUTLYING_TIMES) : sorted.at(-1)) ?? 0
}

/** From zero: a chart of people that starts elsewhere makes small changes look large. */
export function valueScale(highest: number): ValueScale {
  const scale = scaleLinear()
    .domain([0, highest > 0 ? highest : 1])
    .nice(4)
    .range([1, 0])
  return { place: (value) => Math.min(1, Math.max(0, scale(value))), ticks: scale.ticks(4), top: scale.domain()[1] ?? 1 }
}
