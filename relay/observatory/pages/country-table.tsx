// Countries by rank, each with its range as numbers and as a bar.
import type { VNode } from 'preact'
import type { Range } from '../charts/figure.ts'
import { rangeOf } from '../figures/asked.ts'
import type { Ranked } from '../figures/countries.ts'
import { linkTo, type View } from './view.ts'

export function CountryTable({ view, rows }: { view: View; rows: readonly Ranked[] }): VNode {
  const { voice } = view
  const highest = Math.max(1, ...rows.map(({ told }) => rangeOf(told)?.high ?? 0))
  return (
    <section class="scroll" tabindex={0} aria-label={voice.say('navCountries')}>
      <table class="ranked">
        <thead>
          <tr>
            <th scope="col" class="n">
              {voice.say('rank')}
            </th>
            <th scope="col">{voice.say('country')}</th>
            <th scope="col" class="n">
              {voice.say('estimate')}
            </th>
            <th scope="col" class="n">
              {voice.say('low')} – {voice.say('high')}
            </th>
            <th scope="col" class="drawn">
              {voice.say('people')}
            </th>
            <th scope="col" class="n">
              {voice.say('per100k')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ country, told, per100k }, index) => (
            <CountryRow view={view} country={country} range={rangeOf(told)} per100k={per100k} rank={index + 1} highest={highest} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

interface CountryRowProps {
  readonly view: View
  readonly country: string
  readonly range: Range | undefined
  readonly per100k: Range | undefined
  readonly rank: number
  readonly highest: number
}

function CountryRow({ view, country, range, per100k, rank, highest }: CountryRowProps): VNode {
  const { voice } = view
  const share = (value: number): string => `${Math.round((value / highest) * 1000) / 10}%`
  return (
    <tr>
      <td class="n quiet">{range && voice.write('count', rank)}</td>
      <th scope="row">
        {view.isAlone ? voice.country(country) : <a href={linkTo(view, `/countries/${country}`)}>{voice.country(country)}</a>}
      </th>
      <td class="n">{range ? voice.short('count', range.estimate) : voice.say('withheld')}</td>
      <td class="n">{voice.range('count', range)}</td>
      <td class="drawn">
        {range && (
          <svg width="100%" height="12" aria-hidden="true">
            <rect class="bar s0" x={share(range.low)} width={share(range.high - range.low)} y="2" height="8" />
            <circle class="mark s0" cx={share(range.estimate)} cy="6" r="4" />
          </svg>
        )}
      </td>
      <td class="n">{voice.range('count', per100k)}</td>
    </tr>
  )
}
