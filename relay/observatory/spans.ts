// Days, weeks and months, UTC, as text: what counts are kept by and published for.

export type Span = 'day' | 'week' | 'month'

const DAY_MS = 86_400_000

/** YYYY-MM-DD, in UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** Whether it is a day that exists. */
export function isDay(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) && dayOf(Date.parse(`${text}T00:00:00Z`)) === text
  )
}

export function startMsOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`)
}

export function addDays(day: string, count: number): string {
  return dayOf(startMsOf(day) + count * DAY_MS)
}

/** The first day of the span that holds this one. */
export function startOf(span: Span, day: string): string {
  if (span === 'month') return `${day.slice(0, 8)}01`
  if (span === 'day') return day
  return addDays(day, -((new Date(startMsOf(day)).getUTCDay() + 6) % 7))
}

/** The first day after the span that begins with this one. */
export function endOf(span: Span, start: string): string {
  if (span === 'day') return addDays(start, 1)
  if (span === 'week') return addDays(start, 7)
  return startOf('month', addDays(start, 31))
}

export function daysBetween(from: string, until: string): number {
  return Math.round((startMsOf(until) - startMsOf(from)) / DAY_MS)
}

/** Every day from the first up to, and without, the last. */
export function daysOf(from: string, until: string): readonly string[] {
  return Array.from({ length: Math.max(0, daysBetween(from, until)) }, (_, index) => addDays(from, index))
}
