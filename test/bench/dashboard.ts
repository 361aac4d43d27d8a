// How large the observatory's pages are and how long they take, over three years of a hundred countries: npm run bench -- --only dashboard.
import { gzipSync } from 'node:zlib'
import { Almanac, AlmanacBuilder, TOLD } from '../../relay/observatory/almanac.ts'
import { readAsked } from '../../relay/observatory/asked-of.ts'
import { shapes } from '../../relay/observatory/charts/map.tsx'
import { figureOf } from '../../relay/observatory/figures/figures.ts'
import type { PageName } from '../../relay/observatory/pages/render.tsx'
import type { View } from '../../relay/observatory/pages/view.ts'
import { LANGUAGES } from '../../relay/observatory/words/languages.ts'
import { voiceOf } from '../../relay/observatory/words/voice.ts'
import { COUNTRIES, makeYears } from '../dashboard/years.ts'

const BYTES_MAX = 100 * 1024
const MS_MAX = 50
const YEARS = { countries: COUNTRIES.slice(0, 100), firstDay: '2023-11-26', dayCount: 1096, seed: 1 }
const ROUNDS = 12
const WARMING_ROUNDS = 2

/** Each page with a query: the usual one, and the longest stretch that there is. */
const PAGES: readonly (readonly [string, PageName, string])[] = [
  ['overview', 'overview', ''],
  ['overview, three years', 'overview', 'from=2023-11-26&to=2026-11-25'],
  ['countries', 'countries', ''],
  ['a country', 'country', 'country=IR'],
  ['a country, three years', 'country', 'country=IR&from=2023-11-26&to=2026-11-25'],
  ['shutdowns', 'shutdowns', ''],
  ['a shutdown', 'shutdown', 'event=ev-0000000000001004'],
  ['what survives', 'ways', ''],
  ['preparedness', 'preparedness', ''],
  ['comparison, three years', 'compare', 'country=IR&other=RU&from=2023-11-26&to=2026-11-25'],
  ['costs', 'costs', ''],
  ['privacy', 'privacy', ''],
]

export async function benchDashboard(say: (line: string) => void): Promise<boolean> {
  const { render } = await import('../../relay/observatory/pages/render.tsx')
  const almanac = almanacOf()
  shapes()
  say('page                        KiB at most  KiB zipped  p50 ms  p95 ms of processor time')
  let isWithin = true
  for (const [title, page, query] of PAGES) {
    const { bytes, zipped, times } = measure(page, query, almanac, render)
    const p95 = times[Math.floor(times.length * 0.95)] ?? 0
    const p50 = times[Math.floor(times.length / 2)] ?? 0
    const ok = bytes <= BYTES_MAX && p95 <= MS_MAX
    isWithin &&= ok
    const cells = [kib(bytes).padStart(11), kib(zipped).padStart(10), p50.toFixed(1).padStart(6), p95.toFixed(1).padStart(6)]
    say(`${title.padEnd(28)}${cells.join('  ')}  ${ok ? 'pass' : 'MISS'}`)
  }
  say(
    `Each made anew ${ROUNDS * LANGUAGES.length} times, in every language; the largest language counts. Limits: ${BYTES_MAX / 1024} KiB, ${MS_MAX} ms at p95.`,
  )
  return isWithin
}

interface Measured {
  readonly bytes: number
  readonly zipped: number
  readonly times: readonly number[]
}

function measure(page: PageName, query: string, almanac: Almanac, render: (page: PageName, view: View) => string): Measured {
  const times: number[] = []
  let [bytes, zipped] = [0, 0]
  for (let round = 0; round < ROUNDS + WARMING_ROUNDS; round++) {
    for (const language of LANGUAGES) {
      const began = process.cpuUsage()
      const html = render(page, viewOf(query, almanac, language))
      const body = Buffer.from(html)
      const small = gzipSync(body, { level: 6 })
      if (round >= WARMING_ROUNDS) times.push(cpuMs(process.cpuUsage(began)))
      if (body.length > bytes) [bytes, zipped] = [body.length, small.length]
    }
  }
  return { bytes, zipped, times: times.sort((a, b) => a - b) }
}

/** Time on a processor, compressing included: what others do on this machine meanwhile does not count. */
function cpuMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000
}

function viewOf(query: string, almanac: Almanac, language: (typeof LANGUAGES)[number]): View {
  const parameters = new URLSearchParams(query)
  return {
    almanac,
    asked: readAsked(parameters, almanac, '2026-11-20'),
    voice: voiceOf(language),
    path: '/',
    query,
    isLanguageChosen: true,
    origin: 'https://numbers.example',
    today: '2026-11-28',
    live: undefined,
    isAlone: false,
    site: {
      styleFile: '/style.css?v=abcdefghijkl',
      scriptFile: '/enhance.js?v=abcdefghijkl',
      commit: '',
      reportKey: undefined,
      paintedFor: (language) => language,
      reports: [],
    },
  }
}

function almanacOf(): Almanac {
  const years = makeYears(YEARS)
  const builder = new AlmanacBuilder()
  for (const [metric, span] of TOLD)
    builder.expect(metric, span, { first: span === 'month' ? '2023-12-01' : '2023-11-20', last: '2026-11-25' })
  builder.add(years.cells)
  const almanac = new Almanac(builder, { ...years, quality: [], version: '' })
  if (figureOf('people', almanac, voiceOf('en'), readAsked(new URLSearchParams(), almanac, '2026-11-20')) === undefined)
    throw new Error('there is no figure')
  return almanac
}

function kib(bytes: number): string {
  return (bytes / 1024).toFixed(1)
}
