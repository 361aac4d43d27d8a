// The end of the log: it holds an entry for each directory, and once it is full there is none after the last (SPEC.md §14.5).
import { LOG_LEAVES_MAX, type Times } from '#protocol'
import { authorityLimits } from './limits.ts'

/** A sentence for whoever runs an authority, once the log has room for a year or less; empty before. `number`: of the last directory. */
export function describeLogEnd(number: number, { periodS }: Pick<Times, 'periodS'>): string {
  const left = Math.max(0, LOG_LEAVES_MAX - number)
  if (left * periodS > authorityLimits.logEndS) return ''
  const days = Math.floor((left * periodS) / 86_400)
  return `The log has room for ${left} more directories, which is ${days} days, and there are none after them: see “The log ends” in docs/DIRECTORY.md.`
}
