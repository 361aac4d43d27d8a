// What a relay may use of its machine's line, as its operator says it: rate, volume of a month, hours of the day. And when, by that, it has to rest.
import { checked, type Fields } from '../fields.ts'
import { capLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'

/** undefined: no cap. Bytes are those of carriers, both directions together, which is about what leaves the machine: what comes in at one end goes out at the other. */
export interface Caps {
  readonly bytesPerSecond: number | undefined
  /** Of one session, however many others there are. */
  readonly sessionBytesPerSecond: number | undefined
  /** Of a calendar month, by UTC. */
  readonly bytesPerMonth: number | undefined
  readonly hours: Hours | undefined
}

/** Minutes of the day by UTC; from 22:00 to 06:00 goes past midnight. */
export interface Hours {
  readonly fromMinute: number
  readonly toMinute: number
}

export const NO_CAPS: Caps = {
  bytesPerSecond: undefined,
  sessionBytesPerSecond: undefined,
  bytesPerMonth: undefined,
  hours: undefined,
}

/** Why a relay rests: lets nobody new in, and asks those who are inside to go elsewhere. */
export type RestReason = 'month' | 'hours'

export function restReason({ bytesPerMonth, hours }: Caps, monthBytes: number, nowMs: number): RestReason | undefined {
  if (bytesPerMonth !== undefined && monthBytes >= bytesPerMonth) return 'month'
  return hours !== undefined && !isWithin(hours, nowMs) ? 'hours' : undefined
}

/** `2026-11`, by UTC. */
export function monthOf(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 7)
}

function isWithin({ fromMinute, toMinute }: Hours, nowMs: number): boolean {
  const now = new Date(nowMs)
  const minute = now.getUTCHours() * 60 + now.getUTCMinutes()
  return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute
}

/** Throws OperatorError. No field at all: no caps. */
export function parseCaps(fields: Fields | undefined): Caps {
  if (fields === undefined) return NO_CAPS
  const text = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const given = fields.optionalText(name)
    return given === undefined ? undefined : checked(`caps.${name}`, () => parse(given))
  }
  const caps = {
    bytesPerSecond: text('rate', parseRate),
    sessionBytesPerSecond: text('sessionRate', parseRate),
    bytesPerMonth: text('month', parseVolume),
    hours: text('hours', parseHours),
  }
  fields.end()
  return caps
}

/** The value of “caps” in config.json; parseCaps reads it back to the same. undefined: there are none. */
export function encodeCaps({ bytesPerSecond, sessionBytesPerSecond, bytesPerMonth, hours }: Caps): Record<string, string> | undefined {
  const fields = {
    ...(bytesPerSecond !== undefined && { rate: formatBytes(bytesPerSecond) }),
    ...(sessionBytesPerSecond !== undefined && { sessionRate: formatBytes(sessionBytesPerSecond) }),
    ...(bytesPerMonth !== undefined && { month: formatBytes(bytesPerMonth) }),
    ...(hours !== undefined && { hours: formatHours(hours) }),
  }
  return Object.keys(fields).length === 0 ? undefined : fields
}

const UNITS = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 } as const
type Unit = keyof typeof UNITS

/** Bytes a second: `2M`, `500k`. Throws OperatorError in words that fit after “--rate ”; so do the others here. */
export function parseRate(text: string): number {
  const bytes = parseBytes(text)
  if (!(bytes >= capLimits.rateMin && bytes <= capLimits.rateMax))
    throw new OperatorError(
      `must be bytes a second, from ${formatBytes(capLimits.rateMin)} to ${formatBytes(capLimits.rateMax)}, such as 2M or 500k, but is “${text}”`,
    )
  return bytes
}

/** Bytes a month: `500G`, `2T`. */
export function parseVolume(text: string): number {
  const bytes = parseBytes(text)
  if (!(bytes >= capLimits.monthMin && bytes <= capLimits.monthMax))
    throw new OperatorError(
      `must be bytes a month, from ${formatBytes(capLimits.monthMin)} to ${formatBytes(capLimits.monthMax)}, such as 500G or 2T, but is “${text}”`,
    )
  return bytes
}

/** `18:00-06:00`, by UTC. */
export function parseHours(text: string): Hours {
  const [, fromHour, from, toHour, to] = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/.exec(text) ?? []
  const minute = (hour = '', minutes = ''): number =>
    Number(hour) < 24 && Number(minutes) < 60 ? Number(hour) * 60 + Number(minutes) : Number.NaN
  const hours = { fromMinute: minute(fromHour, from), toMinute: minute(toHour, to) }
  if (from === undefined || Number.isNaN(hours.fromMinute + hours.toMinute) || hours.fromMinute === hours.toMinute)
    throw new OperatorError(`must be FROM-TO by UTC, such as 18:00-06:00, but is “${text}”`)
  return hours
}

export function formatHours({ fromMinute, toMinute }: Hours): string {
  const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
  return `${clock(fromMinute)}-${clock(toMinute)}`
}

/** In the largest unit that says it exactly: 1500000 is 1500k. */
export function formatBytes(bytes: number): string {
  const units = (Object.keys(UNITS) as Unit[]).reverse()
  const unit = units.find((one) => bytes >= UNITS[one] && bytes % UNITS[one] === 0) ?? ''
  return `${bytes / UNITS[unit]}${unit}`
}

function parseBytes(text: string): number {
  const [, digits = '', letter = ''] = /^(\d{1,6}(?:\.\d{1,3})?|\d{1,15})([kMGT]?)$/.exec(text) ?? []
  return digits === '' ? Number.NaN : Math.round(Number(digits) * UNITS[letter as Unit])
}
