// What `run` does besides serving: keeps certificate and caps, looks whether the relay is well, and says so to its operator.
import { readFileSync, statSync } from 'node:fs'
import type { Proofs } from './acme/obtain.ts'
import { Renewal } from './acme/renewal.ts'
import { Alerts, deliverBy } from './alerts/alerts.ts'
import { CapClock } from './caps/clock.ts'
import { certificateDaysLeft } from './certificate.ts'
import { visit } from './check/probe.ts'
import type { RelayConfig } from './config.ts'
import { readFork } from './directory/fork.ts'
import { statusLimits } from './limits.ts'
import { fileRefused, OperatorError } from './operator-error.ts'
import { renewOwnCertificate } from './renew.ts'
import type { Serving, Snapshot } from './serve.ts'
import { type Health, healthOf } from './status/health.ts'
import { makeReport, type Report } from './status/report.ts'
import { type StatusServer, serveStatus } from './status/server.ts'
import { readStanding } from './status/standing.ts'

/** Once a day is often enough for a certificate that is renewed a month before its end. */
const RENEWAL_MS = 86_400_000
const ACCOUNT_KEY_FILE = 'acme-account.key'

/** Something that happened, for `run` to say. */
export type Tell = (event: Readonly<Record<string, string | number>>, sentence: string) => void

export interface WatchOptions {
  readonly config: RelayConfig
  readonly serving: Serving
  readonly proofs: Proofs
  readonly version: string
  readonly tell: Tell
}

export class Watch {
  readonly #options: WatchOptions
  readonly #startedMs = Date.now()
  readonly #caps: CapClock
  readonly #renewal: Renewal | undefined
  readonly #alerts: Alerts
  readonly #timers: NodeJS.Timeout[]
  #status: StatusServer | undefined
  #reachedItself: boolean | undefined
  #day = dayOf(Date.now())
  #atMidnight: Snapshot['sums'] | undefined

  /** Begins to watch. The working directory is the relay's folder, root is given up. Rejects with OperatorError where that folder is not ours to write. */
  static async begin(options: WatchOptions): Promise<Watch> {
    const watch = new Watch(options)
    try {
      await watch.#show()
    } catch (error) {
      watch.close()
      throw fileRefused('The relay’s folder', 'written', error)
    }
    return watch
  }

  private constructor(options: WatchOptions) {
    this.#options = options
    const { config, serving, tell, proofs } = options
    const nowMs = (): number => Date.now()
    this.#caps = new CapClock(
      config.caps,
      serving,
      nowMs,
      (resting) =>
        resting === undefined
          ? tell({ event: 'open' }, 'People are let in again.')
          : tell(
              { event: 'resting', because: resting },
              `Resting: ${resting === 'month' ? 'this month’s volume is used up' : 'out of hours'}.`,
            ),
      (words) => tell({ event: 'volume-not-kept' }, `${words} After a restart, less of this month’s volume counts as used.`),
    )
    const { acme } = config.tls ?? {}
    this.#renewal =
      acme && config.tls
        ? new Renewal(
            {
              domain: config.domain,
              files: config.tls,
              settings: acme,
              accountKeyFile: ACCOUNT_KEY_FILE,
              nowMs,
              onRenewed: () => {
                serving.useCertificate()
                tell({ event: 'certificate' }, 'There is a new certificate.')
              },
              onFailed: (words) => tell({ event: 'certificate-not-renewed' }, words),
            },
            proofs,
          )
        : undefined
    void this.#renewal?.look(proofs)
    // By no clock that may be put back: what it has to wait for would be far ahead.
    this.#alerts = new Alerts(config.domain, deliverBy(config.alerts), () => performance.now())
    this.#timers = [
      setInterval(() => this.#renewOwn(), RENEWAL_MS),
      setInterval(() => this.#look(), statusLimits.lookMs),
      setTimeout(() => void this.#testItself(), statusLimits.selfTestFirstMs),
      setInterval(() => void this.#testItself(), statusLimits.selfTestMs),
    ].map((timer) => timer.unref())
  }

  report(): Report {
    const { config, serving, version } = this.#options
    const snapshot = serving.snapshot()
    return makeReport({
      version,
      config,
      health: this.#health(snapshot),
      upMs: Date.now() - this.#startedMs,
      workers: serving.workers.count,
      snapshot,
      atMidnight: this.#midnight(snapshot),
      monthBytes: this.#caps.monthBytes,
      certificateDaysLeft: daysLeft(config),
      standing: readStanding(Date.now()),
    })
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#renewal?.close()
    this.#caps.close()
    this.#status?.close()
  }

  async #show(): Promise<void> {
    this.#status = await serveStatus(() => this.report(), this.#options.config.page)
    const { fault } = this.#status
    if (fault !== undefined)
      this.#options.tell({ event: 'no-page', because: fault }, `The page’s port can’t be had (${fault}); the relay runs without it.`)
  }

  #health(snapshot: Snapshot): Health {
    const { config, version, serving } = this.#options
    return healthOf({
      version,
      ageMs: Date.now() - madeMs(config.keysFile),
      sessions: snapshot.sessions,
      sessionsToday: snapshot.sums.sessionsBegun - this.#midnight(snapshot).sessionsBegun,
      resting: this.#caps.resting,
      certificateDaysLeft: daysLeft(config),
      certificateFailure: this.#renewal?.failure,
      reachedItself: this.#reachedItself,
      standing: readStanding(Date.now()),
      fork: readFork(),
      workersLost: serving.workers.lost,
      blockedFault: snapshot.blockedFault,
      memoryFault: snapshot.memoryFault,
    })
  }

  /** The sums when the day began, or zero where the process is younger. */
  #midnight(snapshot: Snapshot): Snapshot['sums'] {
    const day = dayOf(Date.now())
    if (this.#atMidnight !== undefined && day === this.#day) return this.#atMidnight
    const isFirst = this.#atMidnight === undefined && day === this.#day
    this.#day = day
    this.#atMidnight = isFirst ? NOTHING : snapshot.sums
    return this.#atMidnight
  }

  #look(): void {
    const { alerts } = this.#options.config
    const health = this.#health(this.#options.serving.snapshot())
    if (alerts.webhook !== undefined || alerts.mail !== undefined) void this.#alerts.look(health)
  }

  /** `main` looks at start; a relay may well run for longer than its certificate lives. Behind a front, the front reads the file when it is reloaded. */
  #renewOwn(): void {
    const { config, serving, tell } = this.#options
    try {
      if (renewOwnCertificate(config, Date.now())) serving.useCertificate()
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      tell({ event: 'certificate-not-renewed' }, error.message)
    }
  }

  async #testItself(): Promise<void> {
    const { address, domain } = this.#options.config
    const page = await visit(address, { serverName: domain, hostName: domain }, true)
    this.#reachedItself = typeof page !== 'string'
  }
}

const NOTHING: Snapshot['sums'] = {
  upBytes: 0,
  downBytes: 0,
  sessionsBegun: 0,
  sessionsRefused: 0,
  streamsOpened: 0,
  dialsFailed: 0,
  dialsDenied: 0,
  dialsDamped: 0,
}

function dayOf(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 10)
}

/** 0 where it can't be looked at. */
function madeMs(file: string): number {
  try {
    return statSync(file).mtimeMs
  } catch {
    return 0
  }
}

/** undefined: the front's, or for root only. */
function daysLeft({ tls }: RelayConfig): number | undefined {
  if (tls === undefined) return undefined
  try {
    return certificateDaysLeft(readFileSync(tls.certificateFile, 'utf8'), Date.now())
  } catch {
    return undefined
  }
}
