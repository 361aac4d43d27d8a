// A running site over a store in memory, filled with made-up years, and how to ask it.

import type { LiveApp } from '../../relay/observatory/demo/live.ts'
import { type RunningSite, serve } from '../../relay/observatory/serve.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore, type Store } from '../../relay/store/store.ts'
import { COUNTRIES, makeYears, publish, type Years } from './years.ts'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly byteCount: number
}

export const SMALL = { countries: COUNTRIES.slice(0, 9), firstDay: '2026-06-20', dayCount: 150, seed: 7 }

export class SiteWorld {
  readonly site: RunningSite
  readonly store: Store<ObservatoryTables>
  readonly bugs: unknown[]
  #asked = 0

  private constructor(site: RunningSite, store: Store<ObservatoryTables>, bugs: unknown[]) {
    this.site = site
    this.store = store
    this.bugs = bugs
  }

  static async open(years: Years | undefined, reportsDir?: string, live?: LiveApp): Promise<SiteWorld> {
    const store = await openStore<ObservatoryTables>(':memory:', OBSERVATORY)
    if (years !== undefined) await publish(store.db, years)
    const bugs: unknown[] = []
    const site = await serve({
      db: store.db,
      listen: { host: '127.0.0.1', port: 0 },
      reportsDir,
      reportKey: undefined,
      origin: undefined,
      live,
      onBug: (error) => void bugs.push(error),
    })
    return new SiteWorld(site, store, bugs)
  }

  static small(): Years {
    return makeYears(SMALL)
  }

  get origin(): string {
    return `http://${this.site.listen}`
  }

  /** Each time as if from another network, so that tests don't meet the limit of one. */
  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    this.#asked++
    const from = `198.${18 + (this.#asked >> 16)}.${(this.#asked >> 8) & 255}.${this.#asked & 255}`
    const response = await fetch(`${this.origin}${path}`, { headers: { 'X-Forwarded-For': from, ...headers }, redirect: 'manual' })
    const bytes = new Uint8Array(await response.arrayBuffer())
    return { status: response.status, headers: response.headers, text: new TextDecoder().decode(bytes), byteCount: bytes.length }
  }

  async close(): Promise<void> {
    await this.site.close()
    await this.store.close()
  }
}

/** One address of each kind of page. */
export function pagePaths(world: SiteWorld): readonly string[] {
  const [event] = world.site.almanac().records.events
  return [
    '/',
    '/countries',
    '/countries/IR',
    '/shutdowns',
    ...(event === undefined ? [] : [`/shutdowns/${event.id}`]),
    '/ways',
    '/preparedness',
    '/compare?country=IR&other=RU&measure=hours',
    '/costs',
    '/privacy',
    '/reports',
    '/api',
    '/figures/people?country=IR',
    '/embed/ways',
  ]
}
