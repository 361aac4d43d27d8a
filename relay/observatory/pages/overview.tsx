// The first page: what a funder wants to know, above the fold, and then why it may be believed.
import type { VNode } from 'preact'
import type { Range } from '../charts/figure.ts'
import { placeName, rangeOf, standing } from '../figures/asked.ts'
import { fewerDays, lastCosts, otherCosts } from '../figures/costs.ts'
import { monthAsked, ranking } from '../figures/countries.ts'
import { UNKNOWN_COUNTRY, WORLD } from '../published.ts'
import { CountryTable } from './country-table.tsx'
import { FigureView } from './figure-view.tsx'
import { Frame } from './frame.tsx'
import { fundState } from './fund.tsx'
import { LiveStrip } from './live-strip.tsx'
import { QualityStrip } from './quality.tsx'
import { VerifyNote } from './verify-note.tsx'
import { figureFor, linkTo, type View } from './view.ts'

/** The last ones; the page of shutdowns has all. More would make the first page too large in Burmese. */
const EVENTS_SHOWN = 2
const COUNTRIES_SHOWN = 12
/** Named beside the number of people. */
const FIRST_SHOWN = 3

export function Overview({ view }: { view: View }): VNode {
  const { voice } = view
  return (
    <Frame view={view} title={voice.say('site')} hasLive={view.live !== undefined}>
      <h1 class="visually-hidden">{voice.say('site')}</h1>
      <p class="lead">{voice.say('tagline')}</p>
      {view.live && <LiveStrip view={view} live={view.live} />}
      <KeyNumbers view={view} />
      <QualityStrip view={view} />
      <FigureView view={view} figure={figureFor(view, 'people')} />
      <Held view={view} />
      <Countries view={view} />
      <FigureView view={view} figure={figureFor(view, 'map')} />
      <section>
        <FigureView view={view} figure={topOf(view, 'ways')} />
        <p>
          <a class="more" href={linkTo(view, '/ways')}>
            {voice.say('navWays')}
          </a>
        </p>
      </section>
      <section>
        <FigureView view={view} figure={topOf(view, 'preparedness')} />
        <p>
          <a class="more" href={linkTo(view, '/preparedness')}>
            {voice.say('navPreparedness')}
          </a>
        </p>
      </section>
      {standing(view.almanac).length > 0 && <FigureView view={view} figure={figureFor(view, 'economy')} />}
      <FigureView view={view} figure={figureFor(view, 'left-out')} />
      <FigureView view={view} figure={topOf(view, 'privacy')} />
      <VerifyNote view={view} />
    </Frame>
  )
}

/** The page names the first rows; its own page and the files have all. */
function topOf(view: View, name: string): ReturnType<typeof figureFor> {
  const figure = figureFor(view, name)
  const { rows, drawing } = figure
  return {
    ...figure,
    rows: rows.slice(0, COUNTRIES_SHOWN),
    drawing: drawing.shape === 'grid' ? { ...drawing, rows: drawing.rows.slice(0, COUNTRIES_SHOWN) } : drawing,
  }
}

function KeyNumbers({ view }: { view: View }): VNode {
  const { voice, almanac, asked } = view
  const month = monthAsked(almanac, asked)
  const people = rangeOf(almanac.told('people', 'month', WORLD, 'all', `${month}-01`))
  const told = ranking(almanac, month).filter((one) => rangeOf(one.told) !== undefined)
  const first = told.filter(({ country }) => country !== UNKNOWN_COUNTRY).slice(0, FIRST_SHOWN)
  const [costs, others] = [lastCosts(almanac, month), otherCosts(almanac, voice, month)]
  const now = standing(almanac).filter(({ endedAt }) => endedAt === undefined)
  const fund = fundState(view)
  const numbers = people && {
    low: voice.short('count', people.low),
    estimate: voice.short('count', people.estimate),
    high: voice.short('count', people.high),
  }
  return (
    <section class="key" aria-label={voice.say('navOverview')}>
      <div class="card wide">
        <h2>{voice.say('peopleServed', { month: voice.month(month) })}</h2>
        <p class="big">{people ? voice.short('count', people.estimate) : '–'}</p>
        {people && <RangeBar range={people} view={view} />}
        <p class="sentence">
          {numbers
            ? voice.say('peopleSentence', { ...numbers, month: voice.month(month) })
            : voice.say('peopleUnknown', { month: voice.month(month) })}
        </p>
        {first.length > 0 && (
          <p class="sentence">
            {voice.say(
              'peopleWhere',
              { list: voice.list(first.map(({ country }) => voice.country(country))), shown: voice.write('count', told.length) },
              told.length,
            )}
          </p>
        )}
        <details class="method">
          <summary>{voice.say('method')}</summary>
          <p>{voice.say('peopleMethod')}</p>
        </details>
      </div>
      <div class="card">
        <h2>{voice.say('costIn', { month: voice.month(costs?.month ?? month) })}</h2>
        <p class="big">{voice.write('money', costs?.total)}</p>
        {(costs === undefined || others !== '') && <p class="sentence">{others || voice.say('costNone')}</p>}
        {fewerDays(costs, voice) !== '' && <p class="sentence">{fewerDays(costs, voice)}</p>}
        <dl class="costs">
          <CostRow view={view} name={voice.say('costHour')} range={costs?.hour} />
          <CostRow view={view} name={voice.say('costGb')} range={costs?.gigabyte} />
          <CostRow view={view} name={voice.say('costPerson')} range={costs?.person} />
        </dl>
        <p>
          <a class="more" href={linkTo(view, '/costs')}>
            {voice.say('navCosts')}
          </a>
        </p>
      </div>
      <div class="card">
        <h2>{voice.say('shutdownsNow')}</h2>
        <p class="big">{voice.write('count', now.length)}</p>
        <p class="sentence">
          {now.length === 0
            ? voice.say('shutdownsNone')
            : voice.say('shutdownsNowList', { list: voice.list(now.map(({ country }) => placeName(country, voice))) })}
        </p>
        <h2>{voice.say('fund')}</h2>
        <p class={`state ${fund.isMet ? 'poor' : 'good'}`}>{voice.say(fund.isMet ? 'fundTriggered' : 'fundQuiet')}</p>
        <p class="quiet">
          <a href={`${linkTo(view, '/costs')}#fund`}>{voice.list([voice.say('fundRule'), voice.say('fundLog')])}</a>
        </p>
      </div>
    </section>
  )
}

function CostRow({ view, name, range }: { view: View; name: string; range: Range | undefined }): VNode {
  const { voice } = view
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <b>{voice.write('cost', range?.estimate)}</b> {range && <span class="quiet">{voice.range('cost', range)}</span>}
      </dd>
    </div>
  )
}

/** Low to high with a mark at the estimate, from zero. */
function RangeBar({ range, view }: { range: Range; view: View }): VNode {
  const { voice } = view
  const isMirrored = voice.direction === 'rtl'
  const at = (value: number): number => Math.round((value / range.high) * 1000) / 10
  const x = (value: number): string => `${isMirrored ? 100 - at(value) : at(value)}%`
  return (
    <div class="range">
      <svg width="100%" height="16" aria-hidden="true" direction="ltr">
        <line class="rule" x1="0" x2="100%" y1="8" y2="8" />
        <rect class="bar s0" x={x(isMirrored ? range.high : range.low)} width={`${100 - at(range.low)}%`} y="4" height="8" rx="2" />
        <circle class="mark s0" cx={x(range.estimate)} cy="8" r="6" />
      </svg>
      <p>
        <span>
          {voice.say('low')} <b>{voice.short('count', range.low)}</b>
        </span>{' '}
        <span>
          {voice.say('high')} <b>{voice.short('count', range.high)}</b>
        </span>
      </p>
    </div>
  )
}

function Held({ view }: { view: View }): VNode {
  const { voice } = view
  const events = standing(view.almanac).slice(0, EVENTS_SHOWN)
  return (
    <section>
      <h2>{voice.say('demandLead')}</h2>
      {events.length === 0 && <p>{voice.say('eventNone')}</p>}
      {events.length > 0 && (
        <div class="pair">
          {events.map((event) => (
            <FigureView view={view} figure={figureFor(view, 'demand', { event })} level={3} />
          ))}
        </div>
      )}
      <p>
        <a class="more" href={linkTo(view, '/shutdowns')}>
          {voice.say('navShutdowns')}
        </a>
      </p>
    </section>
  )
}

function Countries({ view }: { view: View }): VNode {
  const figure = figureFor(view, 'countries')
  const { voice, almanac, asked } = view
  const ranked = ranking(almanac, monthAsked(almanac, asked))
  return (
    <section>
      <h2>{figure.title}</h2>
      <p class="sentence">{figure.sentence}</p>
      {ranked.length > 0 && <CountryTable view={view} rows={ranked.slice(0, COUNTRIES_SHOWN)} />}
      <p>
        <a class="more" href={linkTo(view, '/countries')}>
          {voice.say('allCountries')}
        </a>
      </p>
    </section>
  )
}
