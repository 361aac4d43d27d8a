// The public rule of the emergency fund: when a shutdown may call for it. The rule says yes or no; people decide, and their decision is published with it.
import { type Almanac, hoursOf } from './almanac.ts'
import { meanOf, rangeOf, standing } from './figures/asked.ts'
import type { ShutdownEvent } from './published.ts'
import { addDays } from './spans.ts'

export const EMERGENCY_RULE = {
  /** Kinds of evidence that agree: one kind alone may be wrong, or forged. */
  evidenceKindsMin: 2,
  /** Shorter ones end before money could help. */
  hoursMin: 24,
  /** People served there on an average day of the fortnight before, by the low estimate, so that doubt never releases money. */
  peopleMin: 100,
  beforeDays: 14,
} as const

export function isRuleMet(almanac: Almanac, event: ShutdownEvent, asOf: string): boolean {
  const kinds = new Set(event.evidence.map(({ kind }) => kind))
  const start = event.startedAt.slice(0, 10)
  const before = Array.from({ length: EMERGENCY_RULE.beforeDays }, (_, n) => addDays(start, -n - 1))
  const people = meanOf(before.map((day) => rangeOf(almanac.told('people', 'day', event.country, 'all', day))))
  return (
    !event.isWithdrawn &&
    kinds.size >= EMERGENCY_RULE.evidenceKindsMin &&
    hoursOf(event, asOf) >= EMERGENCY_RULE.hoursMin &&
    (people?.low ?? 0) >= EMERGENCY_RULE.peopleMin
  )
}

/** The shutdowns that go on and meet the rule. */
export function callingEvents(almanac: Almanac, asOf: string): readonly ShutdownEvent[] {
  return standing(almanac).filter((event) => event.endedAt === undefined && isRuleMet(almanac, event, asOf))
}
