// How numbers are rounded before anyone sees them, the operator included: no single person shows in them.

/** As Snowflake does it: up to the next multiple of eight, so that one is as many as eight. */
const COUNT_STEP = 8
/** A page or two, and a short film. */
const BYTES_STEP = 67_108_864

export function roundCount(count: number): number {
  return Math.ceil(Math.max(0, count) / COUNT_STEP) * COUNT_STEP
}

export function roundBytes(bytes: number): number {
  return Math.ceil(Math.max(0, bytes) / BYTES_STEP) * BYTES_STEP
}

/** `up to 8`; `none`. */
export function sayCount(count: number): string {
  return count === 0 ? 'none' : `up to ${count}`
}

/** `1.3 GB`, for people. */
export function sayBytes(bytes: number): string {
  if (bytes === 0) return 'none'
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const number = bytes / 1_000 ** power
  return `${number < 10 ? number.toFixed(1) : Math.round(number)} ${units[power]}`
}
