// The monthly report as one HTML file that needs nothing else: for a mail, a printer, an archive, and to be signed.
import type { VNode } from 'preact'
import { renderToStaticMarkup } from 'preact-render-to-string'
import { defaultAsked, rangeOf, standing } from '../figures/asked.ts'
import { fewerDays, otherCosts, unitCosts } from '../figures/costs.ts'
import { ranking } from '../figures/countries.ts'
import { CountryTable } from '../pages/country-table.tsx'
import { EventList } from '../pages/event-list.tsx'
import { FigureView } from '../pages/figure-view.tsx'
import { localeOf, markedTitle, SyntheticNote } from '../pages/frame.tsx'
import { QualityStrip } from '../pages/quality.tsx'
import { STYLE } from '../pages/style.ts'
import { figureFor, type View } from '../pages/view.ts'
import { WORLD } from '../published.ts'
import { addDays, daysBetween, endOf } from '../spans.ts'
import type { Language } from '../words/languages.ts'
import { voiceOf } from '../words/voice.ts'
import { almanacFrom, type ReportInput } from './input.ts'
import { reportFiles } from './names.ts'

export interface ReportFacts {
  readonly language: Language
  readonly commit: string
  readonly inputSha256: string
}

/** A function of what it is given and of nothing else: no clock, no chance, no place. */
export function renderReport(input: ReportInput, facts: ReportFacts): string {
  return `<!doctype html>\n${renderToStaticMarkup(<Report view={viewOf(input, facts)} input={input} facts={facts} />)}\n`
}

function viewOf(input: ReportInput, { language, commit }: ReportFacts): View {
  const almanac = almanacFrom(input)
  const from = `${input.month}-01`
  const to = addDays(endOf('month', from), -1)
  return {
    almanac,
    asked: { ...defaultAsked(almanac, daysBetween(from, to) + 1, to), from, to, asOf: input.asOf },
    voice: voiceOf(language),
    path: '/',
    query: '',
    isLanguageChosen: true,
    origin: '',
    // Nothing after the month is in it, so its numbers are as old as they were at the month's end.
    today: to,
    live: undefined,
    isAlone: true,
    site: { styleFile: '', scriptFile: '', commit, reportKey: undefined, paintedFor: (one) => one, reports: [] },
  }
}

function Report({ view, input, facts }: { view: View; input: ReportInput; facts: ReportFacts }): VNode {
  const { voice, almanac } = view
  const title = voice.say('reportTitle', { month: voice.month(input.month) })
  return (
    <html lang={localeOf(view)} dir={voice.direction}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{markedTitle(view, title)}</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        {almanac.isSynthetic && <SyntheticNote view={view} />}
        <main>
          <h1>{title}</h1>
          <p class="lead">{voice.say('reportMade', { time: voice.moment(input.asOf) })}</p>
          <Summary view={view} month={input.month} />
          <QualityStrip view={view} />
          <FigureView view={view} figure={figureFor(view, 'people')} />
          <FigureView view={view} figure={figureFor(view, 'hours')} />
          <section>
            <h2>{voice.say('eventsTitle')}</h2>
            <EventList view={view} events={almanac.records.events} />
          </section>
          {standing(almanac).map((event) => (
            <FigureView view={view} figure={figureFor(view, 'demand', { event })} />
          ))}
          {standing(almanac).map((event) => (
            <FigureView view={view} figure={figureFor(view, 'economy', { event })} />
          ))}
          <section>
            <h2>{figureFor(view, 'countries').title}</h2>
            <p class="sentence">{figureFor(view, 'countries').sentence}</p>
            <CountryTable view={view} rows={ranking(almanac, input.month)} />
          </section>
          <FigureView view={view} figure={figureFor(view, 'ways')} />
          <FigureView view={view} figure={figureFor(view, 'verdicts')} />
          <FigureView view={view} figure={figureFor(view, 'connect')} />
          <FigureView view={view} figure={figureFor(view, 'preparedness')} />
          <FigureView view={view} figure={figureFor(view, 'left-out')} />
          <FigureView view={view} figure={figureFor(view, 'privacy')} />
          <Colophon view={view} facts={facts} month={input.month} />
        </main>
      </body>
    </html>
  )
}

function Summary({ view, month }: { view: View; month: string }): VNode {
  const { voice, almanac } = view
  const people = rangeOf(almanac.told('people', 'month', WORLD, 'all', `${month}-01`))
  const [costs, others] = [unitCosts(almanac, month), otherCosts(almanac, voice, month)]
  return (
    <section>
      <h2>{voice.say('reportSummary')}</h2>
      <p class="sentence">
        {people === undefined
          ? voice.say('peopleUnknown', { month: voice.month(month) })
          : voice.say('peopleSentence', {
              month: voice.month(month),
              low: voice.short('count', people.low),
              estimate: voice.short('count', people.estimate),
              high: voice.short('count', people.high),
            })}
      </p>
      <p class="sentence">
        {costs === undefined
          ? others === '' && voice.say('costNone')
          : voice.say('costSentence', {
              month: voice.month(month),
              total: voice.write('money', costs.total),
              hour: voice.range('cost', costs.hour),
              gigabyte: voice.range('cost', costs.gigabyte),
              person: voice.range('cost', costs.person),
            })}{' '}
        {fewerDays(costs, voice)} {others}
      </p>
      <p class="note">{voice.say('peopleMethod')}</p>
    </section>
  )
}

function Colophon({ view, facts, month }: { view: View; facts: ReportFacts; month: string }): VNode {
  const { voice } = view
  return (
    <section>
      <h2>{voice.say('verifyTitle')}</h2>
      <p>{voice.say('verifyLead')}</p>
      <pre>
        <code>{`culvert-relay observatory verify ${reportFiles(month, facts.language).manifest}`}</code>
      </pre>
      <p>
        {voice.say('reportCommit')}: <code>{facts.commit}</code>
      </p>
      <p>
        {voice.say('reportInputHash')}: <code>{facts.inputSha256}</code>
      </p>
      <p class="quiet">{voice.say('footerGeoip')}</p>
      <p class="quiet">{voice.say('footerNames')}</p>
    </section>
  )
}
