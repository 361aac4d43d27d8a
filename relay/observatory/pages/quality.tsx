// The strip that says how far the numbers can be trusted: each measure, its value, and whether that is good.
import type { VNode } from 'preact'
import { days, rangeOf } from '../figures/asked.ts'
import { monthAsked, ranking } from '../figures/countries.ts'
import { type QualityName, WORLD } from '../published.ts'
import { daysBetween } from '../spans.ts'
import type { View } from './view.ts'

type Grade = 'good' | 'watch' | 'poor'

interface Measured {
  readonly label: string
  readonly value: string
  readonly grade: Grade | undefined
}

export function QualityStrip({ view }: { view: View }): VNode {
  const { voice } = view
  return (
    <section class="quality">
      <h2>{voice.say('quality')}</h2>
      <ul>
        {measures(view).map(({ label, value, grade }) => (
          <li>
            <span class="quiet">{label}</span> <b>{value}</b> {grade && <span class={`state ${grade}`}>{voice.say(grade)}</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}

function measures(view: View): readonly Measured[] {
  const { voice, almanac } = view
  // What is withheld of the last day is not told by an earlier one.
  const lastDay = almanac.extent('people', 'day')?.last
  const last = (name: QualityName): number | undefined =>
    almanac.records.quality.find((one) => one.name === name && one.day === lastDay)?.value
  const [reporting, expected, cross] = [last('relays-reporting'), last('relays-expected'), last('cross-check')]
  const share = (label: string, value: number | undefined, good: number, watch: number): Measured => ({
    label,
    value: voice.write('share', value),
    grade: gradeOf(value, good, watch),
  })
  const age = last('geoip-age-days')
  return [
    freshness(view),
    completeness(view),
    {
      label: voice.say('qualityRelays'),
      value:
        reporting === undefined
          ? '–'
          : voice.say('qualityRelaysOf', { reporting: voice.write('count', reporting), expected: voice.write('count', expected) }),
      grade: reporting === undefined || !expected ? undefined : gradeOf(1 - reporting / expected, 0.1, 0.3),
    },
    {
      label: voice.say('qualityCross'),
      value: voice.write('share', cross),
      // Twice as many either way is as far off.
      grade: cross === undefined ? undefined : gradeOf(Math.abs(Math.log2(Math.max(cross, 1e-9))), 0.32, 1),
    },
    share(voice.say('qualityUnknown'), last('unknown-share'), 0.05, 0.15),
    {
      label: voice.say('qualityGeoip'),
      value: age === undefined ? '–' : voice.lasting('day', age),
      grade: gradeOf(age, 45, 120),
    },
    share(voice.say('qualityWithheld'), withheldShare(view), 0.35, 0.6),
  ]
}

/** Held against the reader's day: where nothing comes any more, what was last said grows old. */
function freshness({ voice, almanac, today }: View): Measured {
  const day = almanac.extent('people', 'day')?.last
  if (day === undefined) return { label: voice.say('qualityFresh'), value: '–', grade: undefined }
  return { label: voice.say('qualityFresh'), value: voice.day(day), grade: gradeOf(daysBetween(day, today), 4, 10) }
}

/** Of the days that are shown, since there is a network: a hole is otherwise seen in the chart alone. */
function completeness({ voice, almanac, asked }: View): Measured {
  const first = almanac.extent('people', 'day')?.first
  const all = days(asked).filter((day) => first !== undefined && day >= first)
  const told = all.filter((day) => rangeOf(almanac.told('people', 'day', WORLD, 'all', day)) !== undefined).length
  const label = voice.say('qualityDays')
  if (all.length === 0) return { label, value: '–', grade: undefined }
  const value = voice.say('qualityDaysOf', { told: voice.write('count', told), all: voice.write('count', all.length) })
  return { label, value, grade: gradeOf(1 - told / all.length, 0.03, 0.1) }
}

function withheldShare({ almanac, asked }: View): number | undefined {
  const all = ranking(almanac, monthAsked(almanac, asked))
  return all.length === 0 ? undefined : all.filter(({ told }) => told === 'withheld').length / all.length
}

/** The less, the better. */
function gradeOf(value: number | undefined, good: number, watch: number): Grade | undefined {
  return value === undefined ? undefined : value <= good ? 'good' : value <= watch ? 'watch' : 'poor'
}
