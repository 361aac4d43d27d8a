// From the engine's codes to sentences: ways, verdicts, evidence, what the doctor and the rehearsal found.
import type { WayFault, WayReport, WayStep } from '../contract/doctor.ts'
import type { Missing, StepName, StepOutcome } from '../contract/rehearsal.ts'
import { type Evidence, type Finding, isDoubtful } from '../contract/verdict.ts'
import type { WayName } from '../contract/way-name.ts'
import type { Key } from '../words/en.ts'
import type { Words } from '../words/words.ts'
import { keyOf } from './context.ts'

export function wayText(words: Words, name: WayName): string {
  const way = words.say(name.carrier === 'websocket' ? 'wayWebsocket' : 'wayHttp', { place: spotText(words, name) })
  return name.relay === undefined ? way : words.say('wayOfRelay', { relay: name.relay, way })
}

/** Where all ways are of one relay, and it is said already. */
export function wayTextInRelay(words: Words, { relay: _, ...name }: WayName): string {
  return wayText(words, name)
}

function placeText(words: Words, place: Omit<WayName, 'carrier'>): string {
  const spot = spotText(words, place)
  return place.relay === undefined ? spot : words.say('wayOfRelay', { relay: place.relay, way: spot })
}

function spotText(words: Words, { place, number }: Omit<WayName, 'carrier'>): string {
  if (place === 'edge') return words.say('placeEdge', { number: number ?? 1 })
  return number === undefined ? words.say('placeDirect') : words.say('placeDirectNumber', { number })
}

const OF: Readonly<Record<Evidence['of'], Key>> = { relay: 'ofRelay', edge: 'ofEdge', network: 'ofNetwork' }

export function verdictText(words: Words, finding: Finding): string {
  return words.say(isDoubtful(finding) ? 'verdict_doubtful' : keyOf('verdict', finding.verdict))
}

/** Some languages begin it with the place. */
export function evidenceText(words: Words, { code, of, count, bytes, ms, bytesPerS }: Evidence): string {
  const text = words.say(keyOf('evidence', code), {
    place: words.say(OF[of]),
    count,
    bytes: words.bytes(bytes ?? 0),
    time: words.duration(ms ?? 0),
    rate: rateText(words, bytesPerS ?? 0),
  })
  return `${text.slice(0, 1).toLocaleUpperCase(words.tag)}${text.slice(1)}`
}

export function rateText(words: Words, bytesPerS: number): string {
  return words.say('perSecond', { bytes: words.bytes(bytesPerS) })
}

/** Said in this way wherever it happens. */
const ALWAYS: Readonly<Partial<Record<WayFault, Key>>> = {
  'no-network': 'fail_no_network',
  upstream: 'fail_upstream',
  'no-name': 'fail_no_name',
  certificate: 'fail_certificate',
  clock: 'reason_wrong_clock',
  expired: 'reason_expired_certificate',
  'not-admitted': 'fail_not_admitted',
  answer: 'fail_answer',
  closed: 'fail_closed',
  refused: 'fail_refused',
}

export function wayReportText(words: Words, { works, ms, failed, isLiedAbout }: WayReport): string {
  const how = works || failed === undefined ? words.say('doctorWorks', { ms: words.ms(ms ?? 0) }) : failureText(words, failed)
  return isLiedAbout ? words.say('doctorLied', { how }) : how
}

function failureText(
  words: Words,
  { step, fault, bytes }: { readonly step: WayStep; readonly fault: WayFault; readonly bytes?: number },
): string {
  const always = ALWAYS[fault]
  if (always !== undefined) return words.say(always)
  if (step === 'carry') return words.say(fault === 'reset' ? 'fail_cut_after' : 'fail_silent_after', { bytes: words.bytes(bytes ?? 0) })
  const isEarly = step === 'dns' || step === 'tcp'
  if (fault === 'reset') return words.say(isEarly ? 'fail_cut_early' : 'fail_cut')
  return words.say(isEarly ? 'fail_silent_early' : 'fail_silent')
}

export function stepText(words: Words, { kind, edge, ms }: StepName): string {
  const place = edge === undefined ? words.say('ofEdge') : placeText(words, edge)
  return words.say(keyOf('step', kind), { place, time: words.duration(ms ?? 0) })
}

export function outcomeText(words: Words, outcome: StepOutcome): string {
  switch (outcome.outcome) {
    case 'survived': {
      const ways = words.list(outcome.carriedBy.map((way) => wayText(words, way)))
      return words.say(outcome.kept ? 'outcomeKept' : 'outcomeLost', { time: words.ms(outcome.standstillMs), ways })
    }
    case 'cut-off':
      return words.say('outcomeCutOff', { time: words.duration(outcome.waitedMs) })
    case 'nothing-left':
      return words.say('outcomeNothingLeft')
    case 'not-there':
      return words.say('outcomeNotThere')
  }
}

export function missingText(words: Words, missing: Missing): string {
  return words.say(keyOf('missing', missing.code), missing.code === 'edge-carries-nothing' ? { place: placeText(words, missing.edge) } : {})
}
