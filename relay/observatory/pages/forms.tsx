// Forms that work without a script: which days, which place.
import type { ComponentChildren, VNode } from 'preact'
import { WORLD } from '../published.ts'
import type { View } from './view.ts'

export function DaysForm({ view, children }: { view: View; children?: ComponentChildren }): VNode {
  const { voice, asked, almanac } = view
  // Both ends are free within what is published: a bound that hung on the other end would forbid to move both.
  const extent = almanac.extent('people', 'day')
  return (
    <form class="asked" method="get" action={view.path}>
      {view.isLanguageChosen && <input type="hidden" name="lang" value={voice.language} />}
      {children}
      <label>
        {voice.say('from')}
        <input type="date" name="from" value={asked.from} min={extent?.first} max={extent?.last} />
      </label>
      <label>
        {voice.say('to')}
        <input type="date" name="to" value={asked.to} min={extent?.first} max={extent?.last} />
      </label>
      <button type="submit">{voice.say('show')}</button>
    </form>
  )
}

export function PlaceSelect({ view, name, chosen }: { view: View; name: 'country' | 'other'; chosen: string }): VNode {
  const { voice, almanac } = view
  const places = almanac.countries
    .map((code) => ({ code, text: voice.country(code) }))
    .sort((a, b) => a.text.localeCompare(b.text, voice.language))
  return (
    <label>
      {voice.say('country')}
      <select name={name}>
        <option value={WORLD} selected={chosen === WORLD}>
          {voice.say('world')}
        </option>
        {places.map(({ code, text }) => (
          <option value={code} selected={code === chosen}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}
