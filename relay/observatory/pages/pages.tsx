// The pages behind the first one: countries, shutdowns, ways, preparedness, a comparison, costs, privacy, reports, the API, and what went wrong.
import type { VNode } from 'preact'
import { hoursOf } from '../almanac.ts'
import { METRICS, SPANS } from '../api.ts'
import type { Figure } from '../charts/figure.ts'
import { eventName, MEASURES, placeName } from '../figures/asked.ts'
import { fewerDays, lastCosts, otherCosts } from '../figures/costs.ts'
import { monthAsked, ranking } from '../figures/countries.ts'
import { FIGURE_NAMES } from '../figures/figures.ts'
import type { Cost } from '../published.ts'
import { reportFiles } from '../report/names.ts'
import type { Key } from '../words/en.ts'
import { TRAITS } from '../words/languages.ts'
import { signerOf } from '../words/voice.ts'
import { CountryTable } from './country-table.tsx'
import { EventList } from './event-list.tsx'
import { FigureView } from './figure-view.tsx'
import { DaysForm, PlaceSelect } from './forms.tsx'
import { Frame } from './frame.tsx'
import { Fund } from './fund.tsx'
import { VerifyNote } from './verify-note.tsx'
import { figureFor, linkTo, type View } from './view.ts'

/** The newest; the file has all. More would be long on a telephone. */
const COSTS_SHOWN = 12

export function CountriesPage({ view }: { view: View }): VNode {
  const { voice, almanac, asked } = view
  const figure = figureFor(view, 'countries')
  const ranked = ranking(almanac, monthAsked(almanac, asked))
  return (
    <Frame view={view} title={figure.title}>
      <h1>{figure.title}</h1>
      <p class="sentence">{figure.sentence}</p>
      <p class="note">{voice.say('withheldHint')}</p>
      <DaysForm view={view} />
      {ranked.length > 0 && <CountryTable view={view} rows={ranked} />}
      <FigureView view={view} figure={figureFor(view, 'map')} />
    </Frame>
  )
}

export function CountryPage({ view }: { view: View }): VNode {
  const { voice, almanac, asked } = view
  const events = almanac.records.events.filter(({ country }) => country === asked.country)
  return (
    <Frame view={view} title={voice.country(asked.country)}>
      <h1>{voice.country(asked.country)}</h1>
      <DaysForm view={view} />
      {(['people', 'hours', 'gigabytes', 'way-times'] as const).map((name) => (
        <FigureView view={view} figure={figureFor(view, name)} />
      ))}
      <div class="pair">
        <FigureView view={view} figure={figureFor(view, 'verdicts')} />
        <FigureView view={view} figure={figureFor(view, 'connect')} />
      </div>
      <h2>{voice.say('eventsTitle')}</h2>
      <EventList view={view} events={events} />
    </Frame>
  )
}

export function ShutdownsPage({ view }: { view: View }): VNode {
  const { voice, almanac } = view
  return (
    <Frame view={view} title={voice.say('eventsTitle')}>
      <h1>{voice.say('eventsTitle')}</h1>
      <p class="sentence">{voice.say('eventsLead')}</p>
      <EventList view={view} events={almanac.records.events.slice(0, 200)} />
    </Frame>
  )
}

export function ShutdownPage({ view }: { view: View }): VNode {
  const { voice, asked } = view
  const { event } = asked
  if (event === undefined) throw new Error('this page is of a shutdown')
  return (
    <Frame view={view} title={eventName(event, voice)}>
      <h1>{eventName(event, voice)}</h1>
      {event.isWithdrawn && <p class="synthetic">{voice.say('eventWithdrawn')}</p>}
      <p dir="auto">{event.note}</p>
      <dl class="facts">
        <Fact
          name={voice.say('country')}
          value={<a href={linkTo(view, `/countries/${event.country}`)}>{voice.country(event.country)}</a>}
        />
        <Fact name={voice.say('eventBegan')} value={voice.moment(event.startedAt)} />
        <Fact name={voice.say('eventEnded')} value={event.endedAt === undefined ? voice.say('eventGoesOn') : voice.moment(event.endedAt)} />
        <Fact name={voice.say('eventLasted')} value={voice.lasting('hour', hoursOf(event, asked.asOf))} />
      </dl>
      <p class="quiet">
        {voice.say('eventSigned', {
          name: voice.apart(signerOf(event, voice)),
          time: voice.apart(voice.moment(event.signedAt)),
          revision: voice.write('count', event.revision),
        })}
      </p>
      <h2>{voice.say('eventEvidence')}</h2>
      <ul>
        {event.evidence.slice(0, 50).map(({ kind, says, url, seenAt, isSample }) => (
          <li>
            <b>{voice.say(`evidence_${kind}` as Key)}</b>: <bdi>{says}</bdi>{' '}
            {isSafeLink(url) && (
              <a href={url} rel="noopener noreferrer nofollow">
                {new URL(url).host}
              </a>
            )}{' '}
            <span class="quiet">
              {voice.apart(voice.day(seenAt.slice(0, 10)))}
              {isSample && ` · ${voice.say('eventSample')}`}
            </span>
          </li>
        ))}
      </ul>
      <FigureView view={view} figure={figureFor(view, 'demand', { event })} />
      <FigureView view={view} figure={figureFor(view, 'economy', { event })} />
    </Frame>
  )
}

/** Only https, so that no record can put a script into a link. */
function isSafeLink(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'https:'
}

function Fact({ name, value }: { name: string; value: VNode | string }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

export function WaysPage({ view }: { view: View }): VNode {
  return (
    <Frame view={view} title={view.voice.say('navWays')}>
      <h1 class="visually-hidden">{view.voice.say('navWays')}</h1>
      <DaysForm view={view} />
      <FigureView view={view} figure={figureFor(view, 'ways')} />
      <FigureView view={view} figure={figureFor(view, 'way-times')} />
      <div class="pair">
        <FigureView view={view} figure={figureFor(view, 'verdicts')} />
        <FigureView view={view} figure={figureFor(view, 'connect')} />
      </div>
    </Frame>
  )
}

export function PreparednessPage({ view }: { view: View }): VNode {
  return (
    <Frame view={view} title={view.voice.say('navPreparedness')}>
      <h1 class="visually-hidden">{view.voice.say('navPreparedness')}</h1>
      <FigureView view={view} figure={figureFor(view, 'preparedness')} />
      <FigureView view={view} figure={figureFor(view, 'left-out')} />
    </Frame>
  )
}

export function ComparePage({ view }: { view: View }): VNode {
  const { voice, asked } = view
  const [a, b] = [placeName(asked.country, voice), placeName(asked.other, voice)]
  return (
    <Frame view={view} title={voice.say('compareTitle', { a, b })}>
      <h1>{voice.say('compareTitle', { a, b })}</h1>
      <p class="sentence">{voice.say('compareLead')}</p>
      <DaysForm view={view}>
        <PlaceSelect view={view} name="country" chosen={asked.country} />
        <PlaceSelect view={view} name="other" chosen={asked.other} />
        <label>
          {voice.say('measure')}
          <select name="measure">
            {MEASURES.map((measure) => (
              <option value={measure} selected={measure === asked.measure}>
                {voice.say(`measure_${measure}`)}
              </option>
            ))}
          </select>
        </label>
      </DaysForm>
      <FigureView view={view} figure={figureFor(view, 'compare')} />
    </Frame>
  )
}

export function CostsPage({ view }: { view: View }): VNode {
  const { voice, almanac, asked } = view
  const month = monthAsked(almanac, asked)
  const [costs, others] = [lastCosts(almanac, month), otherCosts(almanac, voice, month)]
  return (
    <Frame view={view} title={voice.say('navCosts')}>
      <h1>{voice.say('costsTitle')}</h1>
      <p class="sentence">
        {costs === undefined
          ? others === '' && voice.say('costNone')
          : voice.say('costSentence', {
              month: voice.month(costs.month),
              total: voice.write('money', costs.total),
              hour: voice.range('cost', costs.hour),
              gigabyte: voice.range('cost', costs.gigabyte),
              person: voice.range('cost', costs.person),
            })}{' '}
        {fewerDays(costs, voice)} {others}
      </p>
      <FigureView view={view} figure={figureFor(view, 'cost-months')} />
      <Fund view={view} />
      {almanac.records.costs.length > 0 && <CostTable view={view} costs={almanac.records.costs.slice(-COSTS_SHOWN).reverse()} />}
    </Frame>
  )
}

function CostTable({ view, costs }: { view: View; costs: readonly Cost[] }): VNode {
  const { voice } = view
  return (
    <>
      <h2>{voice.say('costWhat')}</h2>
      <section class="scroll" tabindex={0} aria-label={voice.say('costsTitle')}>
        <table class="ledger">
          <thead>
            <tr>
              <th scope="col">{voice.say('costWhat')}</th>
              <th scope="col">{voice.say('from')}</th>
              <th scope="col">{voice.say('to')}</th>
              <th scope="col" class="n">
                {voice.say('costAmount')}
              </th>
              <th scope="col">{voice.say('costEvidence')}</th>
            </tr>
          </thead>
          <tbody>
            {costs.map((cost) => (
              <tr class={cost.isWithdrawn ? 'quiet' : undefined}>
                <th scope="row">
                  {voice.say(`cost_${cost.kind}` as Key)}
                  {cost.note !== '' && ': '}
                  <bdi>{cost.note}</bdi>
                  {cost.isWithdrawn && ` (${voice.say('withdrawn')})`}
                </th>
                <td>{voice.day(cost.from)}</td>
                <td>{voice.day(cost.until)}</td>
                <td class="n">
                  {voice.write('count', cost.amountCents / 100)} {cost.currency}
                </td>
                <td>
                  <code class="hash">{cost.evidenceSha256.slice(0, 16)}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="quiet">
        {voice.say('download')} <a href="/api/v1/costs">JSON</a>
      </p>
    </>
  )
}

export function PrivacyPage({ view }: { view: View }): VNode {
  const { voice } = view
  return (
    <Frame view={view} title={voice.say('privacyTitle')}>
      <h1 class="visually-hidden">{voice.say('privacyTitle')}</h1>
      <p class="lead">{voice.say('privacyLead')}</p>
      <FigureView view={view} figure={figureFor(view, 'privacy')} />
      <h2>{voice.say('method')}</h2>
      <p>{voice.say('peopleMethod')}</p>
      <p>{voice.say('withheldHint')}</p>
    </Frame>
  )
}

export function ReportsPage({ view }: { view: View }): VNode {
  const { voice, site } = view
  return (
    <Frame view={view} title={voice.say('reportsTitle')}>
      <h1>{voice.say('reportsTitle')}</h1>
      {site.reports.length === 0 && <p>{voice.say('reportsNone')}</p>}
      {site.reports.length > 0 && (
        <ul class="events">
          {site.reports.map(({ month, language, hasPdf }) => {
            const { html, pdf, manifest, input } = reportFiles(month, language)
            return (
              <li>
                <a href={`/reports/${html}`} hreflang={language}>
                  {voice.say('reportTitle', { month: voice.month(month) })} (<bdi lang={language}>{TRAITS[language].name}</bdi>)
                </a>{' '}
                · {hasPdf && <a href={`/reports/${pdf}`}>PDF</a>}
                {hasPdf && ' · '}
                <a href={`/reports/${manifest}`}>JSON</a> · <a href={`/reports/${input}`}>{voice.say('reportInputHash')}</a>
              </li>
            )
          })}
        </ul>
      )}
      <VerifyNote view={view} />
    </Frame>
  )
}

export function FigurePage({ view, figure }: { view: View; figure: Figure }): VNode {
  return (
    <Frame view={view} title={figure.title}>
      <FigureView view={view} figure={figure} level={1} />
    </Frame>
  )
}

export function ApiPage({ view }: { view: View }): VNode {
  const { voice } = view
  return (
    <Frame view={view} title={voice.say('apiTitle')}>
      <h1>{voice.say('apiTitle')}</h1>
      <p class="lead">{voice.say('apiLead')}</p>
      <ul>
        {API_ADDRESSES.map((address) => (
          <li>
            {isWhole(address) ? (
              <a href={address}>
                <code dir="ltr">{address}</code>
              </a>
            ) : (
              <code dir="ltr">{address}</code>
            )}
          </li>
        ))}
      </ul>
      <p>
        <a href="/api/v1/openapi.json">OpenAPI 3.1</a> · <a href={linkTo(view, '/feed.atom')}>{voice.say('apiFeed')}</a>
      </p>
      <p>{voice.say('apiHooks')}</p>
      <h2>{voice.say('download')}</h2>
      <ul>
        {FIGURE_NAMES.map((name) => (
          <li>
            <a href={linkTo(view, `/figures/${name}`)}>
              <code dir="ltr">/figures/{name}</code>
            </a>{' '}
            .csv .json .svg .png
          </li>
        ))}
      </ul>
    </Frame>
  )
}

const API_ADDRESSES = [
  '/api/v1/cells?metric=people&span=month&country=IR&from=2026-01-01&to=2026-12-31',
  '/api/v1/cells?metric=hours&span=day&country=001&format=csv',
  '/api/v1/cells?…&revisions=all',
  `metric=${METRICS.join(' | ')}`,
  `span=${SPANS.join(' | ')}`,
  '/api/v1/events',
  '/api/v1/events/ID',
  '/api/v1/costs',
  '/api/v1/decisions',
  '/api/v1/ledger',
  '/api/v1/indicators',
  '/api/v1/quality',
  '/api/v1/countries',
  '/api/v1/rows',
]

/** It can be asked for as it stands. */
function isWhole(address: string): boolean {
  return address.startsWith('/') && !/…|ID$/.test(address)
}

export function ErrorPage({ view, text }: { view: View; text: string }): VNode {
  return (
    <Frame view={view} title={view.voice.say('errorTitle')}>
      <h1>{view.voice.say('errorTitle')}</h1>
      <p class="sentence">{text}</p>
      <p>
        <a href={linkTo(view, '/')}>{view.voice.say('navOverview')}</a> · <a href={linkTo(view, '/api')}>{view.voice.say('navApi')}</a>
      </p>
      <p class="quiet">{view.voice.say('errorHint')}</p>
    </Frame>
  )
}
