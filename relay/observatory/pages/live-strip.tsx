// On the first page of a demonstration only: what the reader's own app carries, as it happens, and why a real observatory would never show it.
import type { VNode } from 'preact'
import { LIVE_FILE, type LiveTraffic, liveWords } from '../demo/live.ts'
import { DELAYS, FAMILIES } from '../privacy/parameters.ts'
import { linkTo, type View } from './view.ts'

export function LiveStrip({ view, live }: { view: View; live: LiveTraffic }): VNode {
  const { voice } = view
  const { state, down, up } = liveWords(live, voice)
  const sessions = voice.write('count', FAMILIES.sessions.threshold)
  const days = voice.write('count', DELAYS.releaseDays)
  return (
    <section class="live" data-live={linkTo(view, LIVE_FILE)}>
      <h2>{voice.say('liveTitle')}</h2>
      <dl>
        <div>
          <dt>{voice.say('liveApp')}</dt>
          <dd data-live="state">{state}</dd>
        </div>
        <div>
          <dt>{voice.say('liveDown')}</dt>
          <dd data-live="down">{down}</dd>
        </div>
        <div>
          <dt>{voice.say('liveUp')}</dt>
          <dd data-live="up">{up}</dd>
        </div>
      </dl>
      <p class="sentence">{voice.say('liveSays')}</p>
      <p class="quiet">{voice.say('liveNever', { sessions, days })}</p>
    </section>
  )
}
