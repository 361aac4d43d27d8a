// Shutdowns, one a line.
import type { VNode } from 'preact'
import { hoursOf } from '../almanac.ts'
import { eventName } from '../figures/asked.ts'
import type { ShutdownEvent } from '../published.ts'
import { linkTo, type View } from './view.ts'

export function EventList({ view, events }: { view: View; events: readonly ShutdownEvent[] }): VNode {
  const { voice, asked } = view
  if (events.length === 0) return <p>{voice.say('eventNone')}</p>
  return (
    <ul class="events">
      {events.map((event) => (
        <li>
          {view.isAlone ? eventName(event, voice) : <a href={linkTo(view, `/shutdowns/${event.id}`)}>{eventName(event, voice)}</a>}{' '}
          <span class="quiet">
            {event.isWithdrawn
              ? voice.say('withdrawn')
              : event.endedAt === undefined
                ? voice.say('eventGoesOn')
                : voice.lasting('hour', hoursOf(event, asked.asOf))}
          </span>
        </li>
      ))}
    </ul>
  )
}
