// The public rule of the emergency fund: when a shutdown may call for it. It looks at what is published and at nothing else, so that anyone may check what it
// says, also of a moment gone by. It only calls: a person decides, and signs that under what the rule said.
import { type Almanac, hoursOf } from './almanac.ts'
import type { Range } from './charts/figure.ts'
import { meanOf, rangeOf, standing } from './figures/asked.ts'
import type { Publication } from './publication.ts'
import type { RuleOutcome, ShutdownEvent } from './published.ts'
import { addDays } from './spans.ts'

export const EMERGENCY_RULE = {
  /** One more whenever anything below changes, or how it is looked at. */
  version: 1,
  /** Kinds of evidence that agree: one kind alone may be wrong, or forged. */
  evidenceKindsMin: 2,
  /** Shorter ones end before money could help. */
  hoursMin: 24,
  /** People served there on an average day before, by the low estimate, so that doubt never releases money. */
  peopleMin: 100,
  /** Of so many days: the last before the shutdown that are published … */
  beforeDays: 14,
  /** … and none further back, since countries at risk are told of four weeks late. */
  lookBackDays: 60,
} as const

/** `people`: what is published of a day there. `asOf`: ISO 8601, the moment of which it is said. */
export function judgeShutdown(event: ShutdownEvent, people: (day: string) => Range | undefined, asOf: string): RuleOutcome {
  const { version, evidenceKindsMin, hoursMin, peopleMin, beforeDays, lookBackDays } = EMERGENCY_RULE
  const start = event.startedAt.slice(0, 10)
  // What was recorded to try an import is evidence of nothing, but where all is made up.
  const evidenceKinds = new Set(event.evidence.filter(({ isSample }) => !isSample || event.isSynthetic).map(({ kind }) => kind)).size
  const isOver = event.endedAt !== undefined && event.endedAt <= asOf
  const hours = hoursOf({ ...event, endedAt: isOver ? event.endedAt : undefined }, asOf)
  const before = Array.from({ length: lookBackDays }, (_, n) => people(addDays(start, -n - 1)))
    .filter((range) => range !== undefined)
    .slice(0, beforeDays)
  const peopleLow = Math.floor(meanOf(before)?.low ?? 0)
  const isMet =
    !event.isWithdrawn && !isOver && evidenceKinds >= evidenceKindsMin && hours >= hoursMin && before.length > 0 && peopleLow >= peopleMin
  return { version, asOf, isMet, isGoingOn: !isOver && !event.isWithdrawn, evidenceKinds, hours, peopleLow, peopleDays: before.length }
}

/** Of what is published last. */
export function judgeNow(almanac: Almanac, event: ShutdownEvent, asOf: string): RuleOutcome {
  return judgeShutdown(event, (day) => rangeOf(almanac.told('people', 'day', event.country, 'all', day)), asOf)
}

/** The shutdowns that go on, and what the rule says of each. */
export function judgedShutdowns(
  almanac: Almanac,
  asOf: string,
): readonly { readonly event: ShutdownEvent; readonly outcome: RuleOutcome }[] {
  return standing(almanac)
    .map((event) => ({ event, outcome: judgeNow(almanac, event, asOf) }))
    .filter(({ outcome }) => outcome.isGoingOn)
}

/** Of what was published at that moment, whatever was published later. undefined: there was no such event. */
export async function judgeAt(publication: Publication, eventId: string, asOf: string): Promise<RuleOutcome | undefined> {
  const event = (await publication.events(true)).filter(({ id, releasedAt }) => id === eventId && releasedAt <= asOf).at(-1)
  if (event === undefined) return undefined
  const start = event.startedAt.slice(0, 10)
  const cells = await publication.cells({
    metric: 'people',
    span: 'day',
    country: event.country,
    from: addDays(start, -EMERGENCY_RULE.lookBackDays),
    until: start,
    withEarlier: true,
  })
  // By revision within a day, so that the last one that was out holds.
  const told = new Map(cells.filter(({ releasedAt }) => releasedAt <= asOf).map((cell) => [cell.start, cell]))
  const people = (day: string): Range | undefined => {
    const cell = told.get(day)
    return cell === undefined || cell.isSuppressed ? undefined : { low: cell.low, estimate: cell.estimate, high: cell.high }
  }
  return judgeShutdown(event, people, asOf)
}
