// `culvert-relay observatory collect`: the collector from its start to its end.
//
// 1. open the store and the key that opens reports   2. take what relays send   3. release what is due, each hour   4. on SIGTERM: end what is under way
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { COUNTRIES } from '../../countries.ts'
import { codeOf } from '../../fault-code.ts'
import { Faults } from '../../faults.ts'
import { OperatorError } from '../../operator-error.ts'
import { openStore } from '../../store/store.ts'
import { drawingBelow } from '../privacy/discrete-gaussian.ts'
import { AT_RISK } from '../privacy/parameters.ts'
import { UNKNOWN_COUNTRY } from '../published.ts'
import { OBSERVATORY, type ObservatoryTables } from '../tables.ts'
import { runDaily } from './daily.ts'
import { Intake } from './intake.ts'
import { collectLimits } from './limits.ts'
import { LANGUAGES } from './places.ts'
import { createReportKey, importReportKey, reportPublicKey } from './report.ts'
import { Collector } from './server.ts'

const HOUR_MS = 3_600_000

export interface CollectOptions {
  readonly store: string
  readonly host: string
  readonly port: number
  /** The X25519 key that opens reports, PEM; made where there is none. */
  readonly reportKeyFile: string
  /** Instead of the countries that are said later for their people's sake. */
  readonly atRisk: readonly string[] | undefined
  /** The event for programs, the sentence for people. */
  readonly say: (event: Readonly<Record<string, string | number>>, sentence: string) => void
}

/** Resolves when it has ended by SIGTERM or SIGINT. */
export async function runCollector({ store: where, host, port, reportKeyFile, atRisk = AT_RISK, say }: CollectOptions): Promise<void> {
  const reportKey = importReportKey(readOrMakeKey(reportKeyFile))
  const store = await openStore<ObservatoryTables>(where, OBSERVATORY)
  const nowMs = (): number => Date.now()
  const intake = new Intake({
    db: store.db,
    reportKey,
    countries: new Set(COUNTRIES),
    languages: new Set(LANGUAGES),
    nowMs,
    limits: collectLimits,
  })
  const faults = new Faults((fault) => say({ event: 'fault', ...fault }, faultWords(fault)))
  const collector = new Collector({ intake, limits: collectLimits, nowMs, onFault: faults.take })
  const daily = {
    countries: [...COUNTRIES, UNKNOWN_COUNTRY],
    languages: LANGUAGES,
    atRisk: new Set(atRisk),
    random: drawingBelow(randomBytes),
  }
  let work: Promise<void> = Promise.resolve()
  const look = (): void => {
    work = work
      .then(() => runDaily(store, nowMs(), daily))
      .then((done) => {
        for (const what of done) say({ event: 'released', what }, `Released: ${what}.`)
      })
      .catch(faults.take)
  }
  const bound = await collector.listen(host, port)
  const [listen, publicKey] = [`${host}:${bound}`, reportPublicKey(reportKey)]
  say(
    { event: 'ready', listen, reportKey: publicKey },
    `The collector is ready on ${listen}. Relays join it with --report-key ${publicKey}.`,
  )
  look()
  const timer = setInterval(look, HOUR_MS)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  clearInterval(timer)
  await collector.close()
  await work
  await store.close()
  say({ event: 'ended' }, 'The collector has ended.')
}

/** By the codes of the system and of PostgreSQL (its appendix A). */
const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: ' The disk is full: make room.',
  '53100': ' PostgreSQL’s disk is full: make room.',
  '53300': ' PostgreSQL takes no more connections: end others, or raise its max_connections.',
  ECONNREFUSED: ' PostgreSQL does not answer: start it.',
}

function faultWords({ code, count }: { readonly code: string; readonly count: number }): string {
  return `Something can’t be kept or released (${code}), and relays send it again.${ADVICE[code] ?? ''} Failures since the start: ${count}.`
}

function readOrMakeKey(file: string): string {
  try {
    if (existsSync(file)) return readFileSync(file, 'utf8')
    const { privatePem } = createReportKey()
    writeFileSync(file, privatePem, { mode: 0o600, flag: 'wx' })
    return privatePem
  } catch (error) {
    throw new OperatorError(`The key ${file} can’t be read or made (${codeOf(error)}).`, { cause: error })
  }
}
