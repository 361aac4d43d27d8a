// On which days of a month an opted-in client tells anything: eight, drawn by a secret that never leaves the device, so that nobody can tell who will.
import { createHmac } from 'node:crypto'
import { type ReportLimits, reportLimits } from './limits.ts'

export interface DrawnDays {
  /** YYYY-MM-DD, in order. */
  readonly days: readonly string[]
  /** The one of them on which a coarse report goes along. */
  readonly coarseDay: string
}

/** `month`: YYYY-MM. Every day is as likely as any other, and the same secret draws the same days of a month each time. */
export function drawDays(secret: Uint8Array, month: string, limits: ReportLimits = reportLimits): DrawnDays {
  const count = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate()
  const ranked = Array.from({ length: count }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`)
    .map((day) => ({ day, rank: createHmac('sha256', secret).update(`culvert report day ${day}`).digest('hex') }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, limits.daysPerMonth)
    .map(({ day }) => day)
  return { days: [...ranked].sort(), coarseDay: ranked[0] as string }
}
