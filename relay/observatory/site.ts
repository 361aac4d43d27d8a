// The public site: which address gives what. All of it can be read without a script, nothing is fetched from anybody else, nobody is remembered.
//
// 1. the address is bounded, the visitor's network is within its share                              createSite
// 2. the language, then all that is asked for, is checked                                          languageAsked, readAsked
// 3. what was made before is given again, else it is made and kept until something is published    answered
// 4. an address that is there can only be read: another method is told so                           otherwise
// 5. what is wrong is said on a page (or as JSON, to programs), with its status                     fail
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { getConnInfo } from '@hono/node-server/conninfo'
import { type Context, Hono } from 'hono'
import type { Almanac } from './almanac.ts'
import { type Answer, type Answers, answerOf, give } from './answers.ts'
import { answerApi } from './api.ts'
import { AskedError, languageAsked, readAsked } from './asked-of.ts'
import { figureCsv, figureJson } from './charts/files.ts'
import { LIVE_FILE, type LiveApp, liveWords } from './demo/live.ts'
import { atomFeed } from './feed.ts'
import { type Asked, defaultAsked } from './figures/asked.ts'
import { monthAsked, ranking } from './figures/countries.ts'
import { figureOf } from './figures/figures.ts'
import { isTerritory } from './figures/territories.ts'
import type { PageName, Render } from './pages/render.tsx'
import { ICON } from './pages/style.ts'
import { linkTo, type SiteFacts, type View } from './pages/view.ts'
import { BusyError, type Painter } from './png.ts'
import type { Publication } from './publication.ts'
import { WORLD } from './published.ts'
import { REPORT_FILE } from './report/names.ts'
import { type SiteLimits, siteLimits } from './site-limits.ts'
import { dayOf } from './spans.ts'
import { Visitors, visitorOf } from './visitors.ts'
import { type Language, preferredLanguage } from './words/languages.ts'
import { voiceOf } from './words/voice.ts'

export interface SiteOptions {
  readonly publication: Publication
  readonly almanac: () => Almanac
  /** Cleared by whoever swaps the almanac. */
  readonly answers: Answers
  readonly facts: () => SiteFacts
  readonly painter: Painter
  readonly render: Render
  readonly style: string
  readonly script: string
  /** Where reports lie; undefined where there are none. */
  readonly reportsDir: string | undefined
  /** As others reach it, such as https://observatory.example; undefined: as they asked. */
  readonly origin: string | undefined
  /** Where the site is a demonstration's. */
  readonly live: LiveApp | undefined
  readonly nowMs: () => number
  /** Told of a bug, without who asked for what. */
  readonly onBug: (error: unknown) => void
  readonly limits?: SiteLimits
}

const HTML = 'text/html; charset=utf-8'
const YEAR_SECONDS = 31_536_000

/** Nothing from elsewhere, no script or style inside a page, no frame around one but where it is meant to be embedded. */
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'"

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': `${POLICY}; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'browsing-topics=(), interest-cohort=()',
}

export function createSite(options: SiteOptions): Hono {
  const app = new Hono()
  const limits = options.limits ?? siteLimits
  const visitors = new Visitors(limits)
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value)
    if (context.req.url.length > limits.addressBytesMax) throw new AskedError('error_notfound', {}, 404)
    const visitor = visitorOf(remoteOf(context), context.req.header('x-forwarded-for'))
    if (visitors.isTooMany(visitor, options.nowMs())) return fail(context, options, new TooManyError())
    return next()
  })
  addPages(app, options)
  addFigures(app, options)
  addFiles(app, options)
  app.notFound((context) => otherwise(context, app, options))
  app.onError((error, context) => fail(context, options, error))
  return app
}

class TooManyError extends Error {}

const METHODS = 'GET, HEAD, OPTIONS'

/** Nothing here takes that address by that method. */
function otherwise(context: Context, app: Hono, options: SiteOptions): Response | Promise<Response> {
  const { method, path } = context.req
  // The guard above takes every address.
  const isThere = app.router.match('GET', path)[0].length > 1
  if (!isThere || method === 'GET' || method === 'HEAD') return fail(context, options, new AskedError('error_notfound', {}, 404))
  context.header('Allow', METHODS)
  return method === 'OPTIONS' ? context.body(null, 204) : fail(context, options, new AskedError('error_method', {}, 405))
}

/** Where a test asks without a socket, there is none. */
function remoteOf(context: Context): string | undefined {
  try {
    return getConnInfo(context).remote.address
  } catch {
    return undefined
  }
}

function viewOf(context: Context, options: SiteOptions, asked?: Asked): View {
  const url = new URL(context.req.url)
  const chosen = languageAsked(url.searchParams)
  const query = new URLSearchParams(url.searchParams)
  query.delete('lang')
  const almanac = options.almanac()
  const today = dayOf(options.nowMs())
  return {
    almanac,
    asked: asked ?? readAsked(url.searchParams, almanac, today),
    voice: voiceOf(chosen ?? preferredLanguage(context.req.header('accept-language'))),
    path: url.pathname,
    query: query.toString(),
    isLanguageChosen: chosen !== undefined,
    origin: options.origin ?? url.origin,
    today,
    live: options.live?.last,
    isAlone: false,
    site: options.facts(),
  }
}

/** Made once for each address, language, day, list of reports and state of what is published. */
async function answered(context: Context, options: SiteOptions, view: View, make: () => Answer | Promise<Answer>): Promise<Answer> {
  const reports = view.site.reports.map(({ month, language, hasPdf }) => `${month}${language}${hasPdf}`).join()
  const name = [view.voice.language, view.isLanguageChosen, view.today, reports, view.origin, context.req.path, view.query].join(' ')
  return kept(options, view.almanac, name, make)
}

async function kept(options: SiteOptions, almanac: Almanac, name: string, make: () => Answer | Promise<Answer>): Promise<Answer> {
  const { answers } = options
  const known = answers.get(name) ?? answers.underWay.get(name)
  if (known !== undefined) return known
  // A month of all rows takes a while: a thousand who ask meanwhile wait for the same one.
  const making = Promise.resolve().then(make)
  answers.underWay.set(name, making)
  try {
    const answer = await making
    // What was asked of an almanac that is no longer the one is given, and not kept.
    if (almanac === options.almanac()) answers.keep(name, answer)
    return answer
  } finally {
    answers.underWay.delete(name)
  }
}

const PAGES: readonly (readonly [string, PageName])[] = [
  ['/', 'overview'],
  ['/countries', 'countries'],
  ['/shutdowns', 'shutdowns'],
  ['/ways', 'ways'],
  ['/preparedness', 'preparedness'],
  ['/compare', 'compare'],
  ['/costs', 'costs'],
  ['/privacy', 'privacy'],
  ['/reports', 'reports'],
  ['/api', 'api'],
]

/** Where two are to be compared and nobody said which: the two countries with the most people. */
function comparable(view: View, name: string): View {
  const { almanac, asked } = view
  if (name !== 'compare') return view
  const [first, second] = ranking(almanac, monthAsked(almanac, asked)).map(({ country }) => country)
  if (first === undefined || second === undefined || asked.country !== WORLD || new URLSearchParams(view.query).has('country')) return view
  return { ...view, asked: { ...asked, country: first, other: new URLSearchParams(view.query).has('other') ? asked.other : second } }
}

function addPages(app: Hono, options: SiteOptions): void {
  const page = async (context: Context, name: PageName, change: (view: View) => View = (view) => view): Promise<Response> => {
    const view = change(viewOf(context, options))
    return give(context, await answered(context, options, view, () => answerOf(HTML, options.render(name, view))))
  }
  if (options.live !== undefined) addLive(app, options, options.live)
  for (const [path, name] of PAGES) app.get(path, (context) => page(context, name, (view) => comparable(view, name)))
  app.get('/countries/:country', (context) => {
    const country = context.req.param('country')
    if (!isTerritory(country)) throw new AskedError('error_notfound', {}, 404)
    return page(context, 'country', (view) => ({ ...view, asked: { ...view.asked, country } }))
  })
  app.get('/shutdowns/:id', (context) => {
    const event = options.almanac().records.events.find(({ id }) => id === context.req.param('id'))
    if (event === undefined) throw new AskedError('error_event', {}, 404)
    return page(context, 'shutdown', (view) => ({ ...view, asked: { ...view.asked, event, country: event.country } }))
  })
}

/** The first page of a demonstration, and what its script asks for: new each time, and kept by nobody. */
function addLive(app: Hono, options: SiteOptions, live: LiveApp): void {
  app.get('/', (context) => {
    context.header('Content-Security-Policy', `${POLICY}; connect-src 'self'; frame-ancestors 'none'`)
    return give(context, answerOf(HTML, options.render('overview', viewOf(context, options))), { isPassing: true })
  })
  app.get(LIVE_FILE, (context) => {
    const { voice } = viewOf(context, options)
    return give(context, answerOf('application/json; charset=utf-8', JSON.stringify(liveWords(live.last, voice))), { isPassing: true })
  })
}

function addFigures(app: Hono, options: SiteOptions): void {
  app.get('/embed/:name', async (context) => {
    const view = comparable(viewOf(context, options), context.req.param('name'))
    const figure = figureOf(context.req.param('name'), view.almanac, view.voice, view.asked)
    if (figure === undefined) throw new AskedError('error_notfound', {}, 404)
    context.header('Content-Security-Policy', `${POLICY}; frame-ancestors *`)
    return give(context, await answered(context, options, view, () => answerOf(HTML, options.render('embed', view, figure))))
  })
  app.get('/figures/:file', async (context) => {
    const [, name = '', kind] = /^([a-z-]{1,40})(?:\.(csv|json|svg|png))?$/.exec(context.req.param('file')) ?? []
    const query = new URL(context.req.url).searchParams
    const view = comparable(
      viewOf(context, options, readAsked(query, options.almanac(), dayOf(options.nowMs()), kind === 'svg' ? ['bare'] : [])),
      name,
    )
    const figure = figureOf(name, view.almanac, view.voice, view.asked)
    if (figure === undefined) throw new AskedError('error_notfound', {}, 404)
    const { isSynthetic, asOf, records } = view.almanac
    const answer = await answered(context, options, view, async () => {
      switch (kind) {
        case 'csv':
          return answerOf('text/csv; charset=utf-8', figureCsv(figure, isSynthetic))
        case 'json':
          return answerOf(
            'application/json; charset=utf-8',
            JSON.stringify(figureJson(figure, { isSynthetic, asOf, version: records.version })),
          )
        case 'svg':
          return answerOf('image/svg+xml', options.render.svg(figure, view, query.has('bare')))
        case 'png':
          return answerOf('image/png', await painted(options, view, name))
        default:
          return answerOf(HTML, options.render('figure', view, figure))
      }
    })
    if (kind !== undefined) {
      context.header('Access-Control-Allow-Origin', '*')
      // An SVG that is opened by itself is a document, and its style is inside; it may do nothing else.
      if (kind === 'svg') context.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
    }
    return give(context, answer)
  })
}

async function painted(options: SiteOptions, view: View, name: string): Promise<Uint8Array> {
  const picture = await options.painter.paint(view.voice.language, (language) => {
    const voice = voiceOf(language)
    const figure = figureOf(name, view.almanac, voice, view.asked)
    return figure === undefined ? '' : options.render.svg(figure, { ...view, voice }, false)
  })
  if (picture === undefined) throw new AskedError('error_fonts', {}, 503)
  return picture
}

function addFiles(app: Hono, options: SiteOptions): void {
  const { style, script, reportsDir } = options
  const fixed: readonly (readonly [string, Answer])[] = [
    ['/style.css', answerOf('text/css; charset=utf-8', style)],
    ['/enhance.js', answerOf('text/javascript; charset=utf-8', script)],
    ['/icon.svg', answerOf('image/svg+xml', ICON)],
    ['/robots.txt', answerOf('text/plain; charset=utf-8', 'User-agent: *\nDisallow: /figures/\nDisallow: /embed/\nDisallow: /api/v1/\n')],
  ]
  for (const [path, answer] of fixed)
    app.get(path, (context) => give(context, answer, { maxAgeSeconds: context.req.query('v') ? YEAR_SECONDS : 300 }))
  app.get('/feed.atom', async (context) => {
    const view = viewOf(context, options)
    const make = (): Answer =>
      answerOf(
        'application/atom+xml; charset=utf-8',
        atomFeed(view.almanac, view.voice, view.origin, `${view.origin}${linkTo(view, '/feed.atom')}`),
      )
    return give(context, await answered(context, options, view, make))
  })
  const api = async (context: Context, path: string): Promise<Response> => {
    context.header('Access-Control-Allow-Origin', '*')
    const almanac = options.almanac()
    const url = new URL(context.req.url)
    languageAsked(url.searchParams)
    const answer = await kept(options, almanac, `${context.req.path} ${url.searchParams}`, async () => {
      const found = await answerApi(path, url.searchParams, almanac, options.publication)
      if (found === undefined) throw new AskedError('error_notfound', {}, 404)
      return answerOf(found.type, found.body)
    })
    return give(context, answer)
  }
  app.get('/api/v1', (context) => api(context, ''))
  app.get('/api/v1/:path{.*}', (context) => api(context, context.req.param('path')))
  app.get('/reports/:file', async (context) => {
    const [file, kind] = REPORT_FILE.exec(context.req.param('file')) ?? []
    if (file === undefined || reportsDir === undefined) throw new AskedError('error_notfound', {}, 404)
    const path = join(reportsDir, file)
    const stats = await stat(path).catch(() => undefined)
    if (stats === undefined) throw new AskedError('error_notfound', {}, 404)
    const type = kind === 'html' ? HTML : kind === 'pdf' ? 'application/pdf' : 'application/json; charset=utf-8'
    // A report is one file, so its style is in it; it may load nothing and run nothing.
    if (kind === 'html')
      context.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'")
    const name = `${file} ${stats.mtimeMs} ${stats.size}`
    return give(context, await kept(options, options.almanac(), name, async () => answerOf(type, await readFile(path))))
  })
}

/** In words to a person, as JSON to a program; never with what a stranger sent in it unescaped, never with a stack. */
function fail(context: Context, options: SiteOptions, error: unknown): Response {
  const status = error instanceof AskedError ? error.status : error instanceof TooManyError || error instanceof BusyError ? 429 : 500
  if (status === 500) options.onBug(error)
  const key = error instanceof AskedError ? error.key : status === 429 ? 'error_toomany' : 'error_internal'
  const chosen = languageOrNone(context)
  const voice = voiceOf(chosen ?? preferredLanguage(context.req.header('accept-language')))
  const said = Object.entries(error instanceof AskedError ? error.values : {})
  const text = voice.say(key, Object.fromEntries(said.map(([name, value]) => [name, voice.write('count', value)])))
  if (status === 429) context.header('Retry-After', '60')
  if (/^\/api\/v\d|\.(?:json|csv)$/.test(context.req.path)) {
    const body = JSON.stringify({ version: 1, error: { code: key.replace('error_', ''), message: text } })
    return give(context, answerOf('application/json; charset=utf-8', body), { status })
  }
  const almanac = options.almanac()
  const today = dayOf(options.nowMs())
  const view: View = {
    almanac,
    asked: defaultAsked(almanac, (options.limits ?? siteLimits).daysShown, today),
    voice,
    path: '/',
    query: '',
    isLanguageChosen: chosen !== undefined,
    origin: options.origin ?? '',
    today,
    live: undefined,
    isAlone: false,
    site: options.facts(),
  }
  return give(context, answerOf(HTML, options.render('error', view, text)), { status })
}

function languageOrNone(context: Context): Language | undefined {
  try {
    return languageAsked(new URL(context.req.url).searchParams)
  } catch {
    return undefined
  }
}
