// The emergency fund: its public rule, whether it is met now, and what was decided.
import type { VNode } from 'preact'
import { callingEvents, EMERGENCY_RULE } from '../emergency-rule.ts'
import { eventName } from '../figures/asked.ts'
import type { Key } from '../words/en.ts'
import { linkTo, type View } from './view.ts'

export function Fund({ view }: { view: View }): VNode {
  const { voice, almanac } = view
  const { isMet } = fundState(view)
  return (
    <section>
      <h2>{voice.say('fund')}</h2>
      <p class={`state ${isMet ? 'poor' : 'good'}`}>{voice.say(isMet ? 'fundTriggered' : 'fundQuiet')}</p>
      <h3>{voice.say('fundRule')}</h3>
      <p>
        {voice.say('fundRuleText', {
          kinds: voice.write('count', EMERGENCY_RULE.evidenceKindsMin),
          hours: voice.write('count', EMERGENCY_RULE.hoursMin),
          people: voice.write('count', EMERGENCY_RULE.peopleMin),
          days: voice.write('count', EMERGENCY_RULE.beforeDays),
        })}
      </p>
      <h3>{voice.say('fundLog')}</h3>
      {almanac.records.decisions.length === 0 && <p>{voice.say('fundNone')}</p>}
      <ol class="log">
        {almanac.records.decisions.slice(0, 50).map((decision) => {
          const event = almanac.records.events.find(({ id }) => id === decision.eventId)
          return (
            <li>
              <b>{voice.say(`decision_${decision.outcome}` as Key)}</b>
              {decision.amountCents > 0 && ` ${voice.write('count', decision.amountCents / 100)} ${decision.currency}`} ·{' '}
              {event && <a href={linkTo(view, `/shutdowns/${event.id}`)}>{eventName(event, voice)}</a>} ·{' '}
              <span class="quiet">
                {voice.say(decision.isRuleMet ? 'decisionRuleMet' : 'decisionRuleNotMet')} · {voice.day(decision.signedAt.slice(0, 10))},{' '}
                {decision.signedBy}
              </span>
              <p>{decision.reason}</p>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

/** Whether the public rule says yes of any shutdown that goes on. */
export function fundState({ almanac, asked }: View): { readonly isMet: boolean } {
  return { isMet: callingEvents(almanac, asked.asOf).length > 0 }
}
