// A running site: compiled pages over a store, listening, and reading anew when something was published.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { transform } from 'esbuild'
import { Room } from '#protocol/room'
import { bind } from '../bind.ts'
import { formatHostPort, type HostPort } from '../host-port.ts'
import type { Almanac } from './almanac.ts'
import { readAlmanac } from './almanac.ts'
import { Answers } from './answers.ts'
import { commitOf } from './commit.ts'
import type { LiveApp } from './demo/live.ts'
import type { SiteFacts } from './pages/view.ts'
import { Painter } from './png.ts'
import { Publication } from './publication.ts'
import type { PublishedDb } from './published.ts'
import { reportFiles, reportOf } from './report/names.ts'
import { createSite } from './site.ts'
import { siteLimits } from './site-limits.ts'
import { compilePages } from './tsx.ts'
import { LANGUAGES, type Language } from './words/languages.ts'

export interface ServeOptions {
  readonly db: PublishedDb
  readonly listen: HostPort
  /** Where reports lie. */
  readonly reportsDir: string | undefined
  readonly reportKey: string | undefined
  readonly origin: string | undefined
  /** Left out wherever there is a store. */
  readonly live?: LiveApp | undefined
  readonly onBug: (error: unknown) => void
}

export interface RunningSite {
  readonly listen: string
  readonly almanac: () => Almanac
  /** Languages whose letters no font here has: their PNG speak English. */
  readonly unpainted: Promise<readonly Language[]>
  /** Looks whether anything was published, and reads it. */
  readonly refresh: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function serve(options: ServeOptions): Promise<RunningSite> {
  await compilePages()
  const { render } = await import('./pages/render.tsx')
  const { STYLE } = await import('./pages/style.ts')
  const script = await browserScript()
  const publication = new Publication(options.db)
  const answers = new Answers()
  const painter = new Painter()
  const facts = {
    styleFile: `/style.css?v=${hashOf(STYLE)}`,
    scriptFile: `/enhance.js?v=${hashOf(script)}`,
    commit: commitOf(),
    reportKey: options.reportKey,
    paintedFor: (language: Language) => painter.languageFor(language),
  }
  let almanac = await readAlmanac(publication)
  const site = createSite({
    publication,
    almanac: () => almanac,
    answers,
    painter,
    facts: (): SiteFacts => ({ ...facts, reports: reportsIn(options.reportsDir) }),
    render,
    style: STYLE,
    script,
    reportsDir: options.reportsDir,
    origin: options.origin,
    live: options.live,
    nowMs: () => Date.now(),
    onBug: options.onBug,
  })
  const server = createServer(
    { headersTimeout: siteLimits.headersMs, requestTimeout: siteLimits.requestMs },
    getRequestListener(site.fetch),
  )
  new Room(server, siteLimits.socketsMax)
  await bind(server, options.listen)
  const unpainted = painter.look().then((lacking) => {
    if (lacking.length > 0) answers.clear()
    return lacking
  })
  let reading: Promise<void> | undefined
  const read = async (): Promise<void> => {
    if ((await publication.version()) === almanac.records.version) return
    almanac = await readAlmanac(publication)
    answers.clear()
  }
  return {
    listen: formatHostPort({ host: options.listen.host, port: (server.address() as AddressInfo).port }),
    almanac: () => almanac,
    unpainted,
    refresh: () => {
      reading ??= read().finally(() => {
        reading = undefined
      })
      return reading
    },
    close: () => closeServer(server),
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  setTimeout(() => server.closeAllConnections(), siteLimits.lastAnswersMs).unref()
  await closed
}

/** The script that browsers get, from its TypeScript. */
async function browserScript(): Promise<string> {
  const source = readFileSync(join(import.meta.dirname, 'browser', 'enhance.ts'), 'utf8')
  const { code } = await transform(source, { loader: 'ts', target: 'es2022', minify: true, format: 'iife' })
  return code
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 12)
}

/** Those that are whole, since their manifest is written last; the newest first. */
function reportsIn(folder: string | undefined): SiteFacts['reports'] {
  if (folder === undefined || !existsSync(folder)) return []
  const names = readdirSync(folder)
  return names
    .flatMap((name) => reportOf(name) ?? [])
    .sort((a, b) => b.month.localeCompare(a.month) || LANGUAGES.indexOf(a.language) - LANGUAGES.indexOf(b.language))
    .map(({ month, language }) => ({ month, language, hasPdf: names.includes(reportFiles(month, language).pdf) }))
}
