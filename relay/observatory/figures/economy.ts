// What a shutdown cost a country's economy, by three published methods. They disagree by an order of magnitude, so it is always a range.
//
// Each is a share of a day's GDP, times days. None of them knows how many people are online there: we have no source of that which anyone
// may pass on, so each range runs over all of what the method foresees.
import { type Almanac, hoursOf } from '../almanac.ts'
import type { Column, Figure, Range, Rows } from '../charts/figure.ts'
import type { ShutdownEvent } from '../published.ts'
import type { Key } from '../words/en.ts'
import type { Voice } from '../words/voice.ts'
import { type Asked, eventName, queryOf, standing } from './asked.ts'
import { rangeCells, rangeColumns } from './served.ts'
import { CLDR_VERSION, gdpOf, populationOf } from './territories.ts'

interface Method {
  readonly id: string
  readonly label: Key
  /** Share of a day's GDP that a day of blackout takes. */
  readonly share: Range
  readonly published: string
  readonly source: string
}

export const METHODS: readonly Method[] = [
  {
    id: 'deloitte',
    label: 'economyDeloitte',
    // 0.4 % of daily GDP where few are online, 1 % where some, 1.9 % where most are.
    share: { low: 0.004, estimate: 0.01, high: 0.019 },
    published: '2016-10',
    source: 'Deloitte for Facebook, The economic impact of disruptions to Internet connectivity (Global Network Initiative, October 2016)',
  },
  {
    id: 'brookings',
    label: 'economyBrookings',
    // What of GDP rests on the internet, for which the paper took BCG's figures: 1.4 % in Indonesia to 12.4 % in the United Kingdom; 5.3 % in all of the G20.
    share: { low: 0.014, estimate: 0.053, high: 0.124 },
    published: '2016-10',
    source: 'D. M. West, Internet shutdowns cost countries $2.4 billion last year (Brookings, October 2016)',
  },
  {
    id: 'itu',
    label: 'economyItu',
    // Mobile broadband up by 10 % brings 1.5 % of GDP; turned around for 40, 65 and 90 % of it that a blackout takes away.
    share: { low: 0.06, estimate: 0.0975, high: 0.135 },
    published: '2018',
    source: 'R. Katz and F. Callorda, The economic contribution of broadband, digitization and ICT regulation (ITU, 2018)',
  },
]

export interface EconomicCost {
  readonly id: string
  readonly label: Key
  readonly range: Range
}

/** US dollars of purchasing power. undefined where the country's GDP is not known. */
export function economicCosts(event: ShutdownEvent, asOf: string): readonly EconomicCost[] | undefined {
  const gdp = gdpOf(event.country)
  if (gdp === undefined) return undefined
  const days = hoursOf(event, asOf) / 24
  const cost = (share: number): number => (gdp / 365) * share * days
  return METHODS.map(({ id, label, share }) => ({
    id,
    label,
    range: {
      // Throttled and blocked networks still carry some business; nobody has measured how much.
      low: event.kind === 'blackout' ? cost(share.low) : 0,
      estimate: event.kind === 'blackout' ? cost(share.estimate) : cost(share.estimate) / 2,
      high: cost(share.high),
    },
  }))
}

export function economyFigure(almanac: Almanac, voice: Voice, asked: Asked): Figure {
  const event = asked.event ?? standing(almanac)[0]
  const costs = event === undefined ? undefined : economicCosts(event, asked.asOf)
  return {
    name: 'economy',
    query: queryOf(event === undefined ? {} : { event: event.id }),
    title: voice.say('economyTitle', { event: event === undefined ? '–' : eventName(event, voice) }),
    sentence: costs === undefined ? voice.say('economyNone') : economySentence(costs, voice),
    note: event === undefined || costs === undefined ? '' : inputsOf(event, asked.asOf, voice),
    columns: [{ key: 'method', label: voice.say('method'), kind: 'text' }, ...rangeColumns(voice, 'money').slice(0, 3)],
    rows: (costs ?? []).map(({ id, range }) => [id, ...rangeCells(range)]),
    files: withMethods(costs ?? [], voice),
    drawing: {
      shape: 'ranges',
      kind: 'money',
      items: (costs ?? []).map(({ label, range }) => ({ label: voice.say(label), range })),
    },
  }
}

/** With what each method rests on, for whoever reckons again: its shares of a day's GDP, when and by whom it was published. */
function withMethods(costs: readonly EconomicCost[], voice: Voice): Rows {
  const text = (key: string): Column => ({ key, label: key, kind: 'text' })
  const shares = ['share_low', 'share_estimate', 'share_high'].map((key): Column => ({ key, label: key, kind: 'share' }))
  return {
    columns: [text('method'), ...rangeColumns(voice, 'money').slice(0, 3), ...shares, text('published'), text('source')],
    rows: costs.map(({ id, range }) => {
      const method = METHODS.find((one) => one.id === id)
      return [id, ...rangeCells(range), ...rangeCells(method?.share), method?.published, method?.source]
    }),
  }
}

function economySentence(costs: readonly EconomicCost[], voice: Voice): string {
  const low = Math.min(...costs.map(({ range }) => range.low))
  const high = Math.max(...costs.map(({ range }) => range.high))
  return voice.say('economySentence', { low: voice.short('money', low), high: voice.short('money', high) })
}

function inputsOf(event: ShutdownEvent, asOf: string, voice: Voice): string {
  const inputs = voice.say('economyInputs', {
    gdp: voice.short('money', gdpOf(event.country) ?? 0),
    population: voice.short('count', populationOf(event.country) ?? 0),
    version: CLDR_VERSION,
    days: voice.write('decimal', hoursOf(event, asOf) / 24),
  })
  return event.kind === 'blackout' ? inputs : `${inputs} ${voice.say('economyPartial')}`
}
