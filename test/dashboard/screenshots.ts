// Pictures of every page as people meet it (light and dark, phone, right-to-left, print), into a folder that git ignores: to be looked at.
//
//   node test/dashboard/screenshots.ts [folder]
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type BrowserContextOptions, chromium } from 'playwright-core'
import { addDemoData } from '../../relay/observatory/demo/data.ts'
import { serve } from '../../relay/observatory/serve.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore } from '../../relay/store/store.ts'
import { findProgram } from '../programs.ts'

const DESKTOP = { width: 1280, height: 900 }
const PHONE = { width: 390, height: 844 }
const LOOKS: readonly (readonly [string, BrowserContextOptions])[] = [
  ['light', { viewport: DESKTOP, colorScheme: 'light' }],
  ['dark', { viewport: DESKTOP, colorScheme: 'dark' }],
  ['phone', { viewport: PHONE, colorScheme: 'light', isMobile: true }],
  ['no-script', { viewport: DESKTOP, colorScheme: 'light', javaScriptEnabled: false }],
]
const PATHS = ['/', '/countries', '/ways', '/preparedness', '/compare', '/costs', '/privacy', '/reports', '/api', '/shutdowns', '/nowhere']
/** In each language, and each also on a phone. */
const SPOKEN_PATHS = ['/', '/ways', '/costs', '/compare']
/** As they are taken away. */
const DRAWINGS = ['people', 'ways', 'map', 'economy', 'preparedness', 'verdicts', 'left-out', 'compare']

const folder = process.argv[2] ?? '.culvert/screenshots'
mkdirSync(folder, { recursive: true })
const store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
await addDemoData(store.db, { seed: 'culvert', days: 220, countryCount: 24, until: '2026-11-20' })
const site = await serve({
  db: store.db,
  listen: { host: '127.0.0.1', port: 0 },
  reportsDir: undefined,
  reportKey: undefined,
  origin: undefined,
  onBug: console.error,
})
const { countries, records } = site.almanac()
const paths = [...PATHS, `/countries/${countries[0]}`, `/shutdowns/${records.events[0]?.id}`]
const browser = await chromium.launch({ executablePath: findProgram('chromium') as string, args: ['--no-sandbox'] })
let shots = 0
const shoot = async (name: string, path: string, look: BrowserContextOptions): Promise<void> => {
  // Each from another network: one alone may not ask so often.
  const context = await browser.newContext({ ...look, extraHTTPHeaders: { 'X-Forwarded-For': `198.18.${shots++ % 250}.1` } })
  const page = await context.newPage()
  await page.goto(`http://${site.listen}${path}`)
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
  if (name === 'light-overview') await page.pdf({ path: join(folder, 'print.pdf'), format: 'A4' })
  await context.close()
}
const nameOf = (path: string): string => (path === '/' ? 'overview' : path.slice(1).replaceAll('/', '-'))
for (const [look, options] of LOOKS) for (const path of paths) await shoot(`${look}-${nameOf(path)}`, path, options)
for (const language of ['fa', 'ar', 'my', 'zh', 'ru', 'tr', 'es', 'fr']) {
  for (const path of SPOKEN_PATHS) await shoot(`${language}-${nameOf(path)}`, `${path}?lang=${language}`, { viewport: DESKTOP })
  await shoot(`${language}-phone-overview`, `/?lang=${language}`, { viewport: PHONE, isMobile: true })
}
for (const name of DRAWINGS) {
  await shoot(`drawing-${name}`, `/figures/${name}.svg?lang=en`, { viewport: { width: 1000, height: 700 } })
  await shoot(`drawing-fa-${name}`, `/figures/${name}.svg?lang=fa`, { viewport: { width: 1000, height: 700 } })
  await shoot(`embed-${name}`, `/embed/${name}?lang=en`, { viewport: { width: 720, height: 480 } })
}
await browser.close()
await site.close()
await store.close()
console.log(`The pictures are in ${folder}.`)
