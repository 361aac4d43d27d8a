// `culvert-relay observatory run`: the public pages over a store, until a signal comes; and news of shutdowns to whoever asked for them.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { type HostPort, parseHostPort } from '../host-port.ts'
import { OperatorError } from '../operator-error.ts'
import { using, usingNew } from './commands.ts'
import { LiveApp } from './demo/live.ts'
import { createSender, readHooks } from './hooks.ts'
import { Outbox } from './outbox.ts'
import { importPublicKey } from './records.ts'
import { serve } from './serve.ts'
import { siteLimits } from './site-limits.ts'
import { addDays, dayOf } from './spans.ts'
import { TRAITS } from './words/languages.ts'

export interface RunFlags {
  readonly store?: string
  readonly listen: string
  readonly reports?: string
  readonly reportKey?: string
  readonly origin?: string
  readonly hooks?: string
  readonly demoData?: boolean
  readonly json: boolean
}

/** A year of two dozen countries: enough to see every page filled, and made in a few seconds. */
const DEMO = { seed: 'culvert', days: 365, countryCount: 24 }
/** So many days after the last one its figures would have been released. */
const DEMO_LATE_DAYS = 3

export async function runObservatory(flags: RunFlags): Promise<void> {
  const where = flags.store ?? (flags.demoData === true ? ':memory:' : undefined)
  if (where === undefined) throw new OperatorError('Say --store, or --demo-data to look at a made-up year.')
  const listen = listenFlag(flags.listen)
  checkFlags(flags)
  const hooks = flags.hooks === undefined ? [] : readHooks(flags.hooks)
  await (flags.demoData === true ? usingNew : using)(where, async (store) => {
    if (flags.demoData === true) {
      const { fillWithDemo } = await import('./demo/data.ts')
      await fillWithDemo(store.db, { ...DEMO, until: addDays(dayOf(Date.now()), -DEMO_LATE_DAYS) })
    }
    const site = await serve({
      db: store.db,
      listen,
      reportsDir: flags.reports,
      reportKey: flags.reportKey,
      live: LiveApp.of(process, { store: flags.store, listen }),
      origin: flags.origin?.replace(/\/$/, ''),
      onBug: (error) => process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`),
    })
    say(flags.json, { event: 'ready', listen: site.listen }, `The observatory is ready: http://${site.listen}/`)
    void site.unpainted.then((lacking) => {
      if (lacking.length === 0) return
      const names = lacking.map((language) => TRAITS[language].name).join(', ')
      const advice = 'Install some (Debian: apt-get install fonts-noto fonts-noto-cjk), and start again.'
      const without = lacking.includes('en') ? 'there are no PNG' : 'PNG are in English there'
      say(
        flags.json,
        { event: 'fonts-missing', languages: lacking.join() },
        `No font here has the letters of ${names}: ${without}. ${advice}`,
      )
    })
    const outbox = new Outbox({ db: store.db, hooks, send: createSender(), nowMs: Date.now })
    const post = async (): Promise<void> => {
      const { taken, givenUp } = await outbox.look(site.almanac().records.events)
      if (taken + givenUp > 0)
        say(flags.json, { event: 'posted', taken, givenUp }, `Posts about shutdowns: ${taken} taken, ${givenUp} given up.`)
    }
    await untilSignal(async () => {
      await site.refresh()
      await post()
    })
    await outbox.close()
    await site.close()
  })
  // The line to whoever started us would keep us from ending.
  if (process.connected) process.disconnect()
  say(flags.json, { event: 'ended' }, 'The observatory has ended.')
}

function checkFlags({ origin, reportKey, reports }: RunFlags): void {
  if (reports !== undefined && !existsSync(reports)) throw new OperatorError(`--reports: there is no folder ${reports}.`)
  if (origin !== undefined && !/^https?:\/\/[^/?#\s]+\/?$/.test(origin))
    throw new OperatorError(`--origin must look like https://numbers.example, but is “${origin}”.`)
  if (reportKey !== undefined && importPublicKey(reportKey) === undefined)
    throw new OperatorError('--report-key must be an Ed25519 key in base64url, as culvert-relay observatory report prints it.')
}

async function untilSignal(refresh: () => Promise<void>): Promise<void> {
  // A store that can't be read now may be readable at the next look; until then the pages show what was read last.
  const look = (): void => void refresh().catch((error: Error) => process.stderr.write(`${error.message}\n`))
  look()
  const timer = setInterval(look, siteLimits.refreshMs)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  clearInterval(timer)
}

function say(json: boolean, event: Readonly<Record<string, string | number>>, sentence: string): void {
  process.stdout.write(json ? `${JSON.stringify(event)}\n` : `${sentence}\n`)
}

function listenFlag(text: string): HostPort {
  try {
    return parseHostPort(text, 0)
  } catch (error) {
    throw error instanceof OperatorError ? new OperatorError(`--listen ${error.message}.`) : error
  }
}
