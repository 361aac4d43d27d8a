// The emergency fund: its public rule, what it says of each shutdown that goes on and why, and what was decided.
import type { VNode } from 'preact'
import { EMERGENCY_RULE, judgedShutdowns } from '../emergency-rule.ts'
import { eventName } from '../figures/asked.ts'
import type { RuleOutcome } from '../published.ts'
import type { Key } from '../words/en.ts'
import { signerOf } from '../words/voice.ts'
import { linkTo, type View } from './view.ts'

const DECISIONS_SHOWN = 50

export function Fund({ view }: { view: View }): VNode {
  const { voice, almanac } = view
  const { isMet, judged } = fundState(view)
  return (
    <section id="fund">
      <h2>{voice.say('fund')}</h2>
      <p class={`state ${isMet ? 'poor' : 'good'}`}>{voice.say(isMet ? 'fundTriggered' : 'fundQuiet')}</p>
      <h3>{voice.say('fundRuleVersion', { version: voice.write('count', EMERGENCY_RULE.version) })}</h3>
      <p>
        {voice.say('fundRuleText', {
          kinds: voice.write('count', EMERGENCY_RULE.evidenceKindsMin),
          hours: voice.write('count', EMERGENCY_RULE.hoursMin),
          people: voice.write('count', EMERGENCY_RULE.peopleMin),
          days: voice.write('count', EMERGENCY_RULE.beforeDays),
        })}
      </p>
      {judged.length > 0 && <h3>{voice.say('fundSays')}</h3>}
      {judged.length > 0 && (
        <ul class="log">
          {judged.map(({ event, outcome }) => (
            <li>
              <a href={linkTo(view, `/shutdowns/${event.id}`)}>{eventName(event, voice)}</a>: <Said view={view} rule={outcome} />
            </li>
          ))}
        </ul>
      )}
      <h3>{voice.say('fundLog')}</h3>
      {almanac.records.decisions.length === 0 && <p>{voice.say('fundNone')}</p>}
      {almanac.records.decisions.length > 0 && (
        <ul class="log">
          {almanac.records.decisions.slice(0, DECISIONS_SHOWN).map((decision) => {
            const event = almanac.records.events.find(({ id }) => id === decision.eventId)
            return (
              <li>
                <b>{voice.say(`decision_${decision.outcome}` as Key)}</b>
                {decision.amountCents > 0 && ` ${voice.write('count', decision.amountCents / 100)} ${decision.currency}`} ·{' '}
                {event && <a href={linkTo(view, `/shutdowns/${event.id}`)}>{eventName(event, voice)}</a>} ·{' '}
                <span class="quiet">
                  {voice.day(decision.signedAt.slice(0, 10))}, {signerOf(decision, voice)}
                </span>
                <p>
                  <Said view={view} rule={decision.rule} />
                </p>
                <p dir="auto">{decision.reason}</p>
              </li>
            )
          })}
        </ul>
      )}
    </section>
  )
}

/** What the rule said, and every figure that it looked at. */
function Said({ view: { voice }, rule }: { view: View; rule: RuleOutcome }): VNode {
  return (
    <>
      <b>{voice.say(rule.isMet ? 'decisionRuleMet' : 'decisionRuleNotMet')}</b>{' '}
      <span class="quiet">
        {voice.say('fundInputs', {
          kinds: voice.write('count', rule.evidenceKinds),
          hours: voice.write('count', rule.hours),
          people: rule.peopleDays === 0 ? '–' : voice.write('count', rule.peopleLow),
          days: voice.write('count', rule.peopleDays),
        })}
      </span>
    </>
  )
}

/** What the public rule says now: yes, if it does of any shutdown that goes on. */
export function fundState({ almanac, asked }: View): { readonly isMet: boolean; readonly judged: ReturnType<typeof judgedShutdowns> } {
  const judged = judgedShutdowns(almanac, asked.asOf)
  return { isMet: judged.some(({ outcome }) => outcome.isMet), judged }
}
