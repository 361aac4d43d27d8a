// From a page's name to its HTML.
import type { FunctionComponent, VNode } from 'preact'
import { renderToStaticMarkup } from 'preact-render-to-string'
import type { Figure } from '../charts/figure.ts'
import { bareSvg, standaloneSvg } from '../charts/standalone.tsx'
import { syntheticMark } from '../words/voice.ts'
import { FigureView } from './figure-view.tsx'
import { Head, localeOf, SyntheticNote } from './frame.tsx'
import { Overview } from './overview.tsx'
import {
  ApiPage,
  ComparePage,
  CostsPage,
  CountriesPage,
  CountryPage,
  ErrorPage,
  FigurePage,
  PreparednessPage,
  PrivacyPage,
  ReportsPage,
  ShutdownPage,
  ShutdownsPage,
  WaysPage,
} from './pages.tsx'
import { linkTo, type View } from './view.ts'

export type PageName =
  | 'overview'
  | 'countries'
  | 'country'
  | 'shutdowns'
  | 'shutdown'
  | 'ways'
  | 'preparedness'
  | 'compare'
  | 'costs'
  | 'privacy'
  | 'reports'
  | 'api'

const PAGES: Readonly<Record<PageName, FunctionComponent<{ view: View }>>> = {
  overview: Overview,
  countries: CountriesPage,
  country: CountryPage,
  shutdowns: ShutdownsPage,
  shutdown: ShutdownPage,
  ways: WaysPage,
  preparedness: PreparednessPage,
  compare: ComparePage,
  costs: CostsPage,
  privacy: PrivacyPage,
  reports: ReportsPage,
  api: ApiPage,
}

export interface Render {
  (page: PageName, view: View): string
  (page: 'figure' | 'embed', view: View, figure: Figure): string
  (page: 'error', view: View, text: string): string
  svg(figure: Figure, view: View, isBare: boolean): string
}

export const render: Render = Object.assign(
  (page: PageName | 'figure' | 'embed' | 'error', view: View, more?: Figure | string): string =>
    `<!doctype html>${renderToStaticMarkup(nodeOf(page, view, more))}`,
  {
    svg: (figure: Figure, view: View, isBare: boolean): string =>
      isBare
        ? bareSvg(figure, view.voice, view.almanac.isSynthetic ? syntheticMark(view.voice) : '')
        : standaloneSvg(figure, view.voice, sourceLine(view)),
  },
)

function nodeOf(page: PageName | 'figure' | 'embed' | 'error', view: View, more: Figure | string | undefined): VNode {
  if (page === 'error') return <ErrorPage view={view} text={String(more)} />
  if (page !== 'figure' && page !== 'embed') {
    const Page = PAGES[page]
    return <Page view={view} />
  }
  if (typeof more !== 'object') throw new Error(`${page} lacks its figure`)
  return page === 'figure' ? <FigurePage view={view} figure={more} /> : <Embedded view={view} figure={more} />
}

/** What is said of where a drawing comes from, inside it. */
export function sourceLine({ voice, almanac, origin }: View): string {
  const time = almanac.asOf === '' ? '–' : voice.day(almanac.asOf.slice(0, 10))
  const source = `${voice.say('site')} · ${voice.say('published', { time })}${origin === '' ? '' : ` · ${origin}`}`
  return almanac.isSynthetic ? `${syntheticMark(voice)} · ${source}` : source
}

/** One figure for a frame on another site. */
function Embedded({ view, figure }: { view: View; figure: Figure }): VNode {
  return (
    <html lang={localeOf(view)} dir={view.voice.direction}>
      <Head view={view} title={figure.title} />
      <body class="embedded">
        {view.almanac.isSynthetic && <SyntheticNote view={view} />}
        <main>
          <FigureView view={view} figure={figure} level={1} />
          <p class="quiet">
            <a href={linkTo(view, '/')} target="_blank" rel="noopener">
              {view.voice.say('site')}
            </a>
          </p>
        </main>
      </body>
    </html>
  )
}
