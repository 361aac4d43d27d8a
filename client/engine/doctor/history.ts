// What an examination has seen so far: tries of ways, answers of canaries. And what control is told of a try.
//
// A censor that has heard a name often blocks the address for a while, so that the next try does not come so far: the try that came furthest tells the cause,
// and those after it confirm it.
import type { WayStep } from '../../contract/doctor.ts'
import type { Outcome } from '../control/outcome.ts'
import type { Way } from '../control/way.ts'
import type { Failed, Tried } from './try-way.ts'

export interface Canary {
  readonly side: 'domestic' | 'foreign'
  readonly address: string
}

export interface WayHistory {
  ms: number | undefined
  failures: number
  /** Of the try that came furthest. */
  failed: Failed | undefined
}

const STEPS: readonly WayStep[] = ['dns', 'tcp', 'tls', 'upgrade', 'reply', 'carry']
/** Up to here nothing was sent that tells one carrier from another. */
const LAST_COMMON_STEP: WayStep = 'tls'

export class History {
  readonly #ways = new Map<string, WayHistory>()
  readonly #canaries = new Map<string, { readonly side: Canary['side']; readonly hasAnswered: boolean }>()
  /** Hosts of which this network tells falsehoods. */
  readonly #lies = new Set<string>()
  /** Of whoever told the time: theirs minus ours. */
  readonly clockOffsetsMs: number[] = []
  readonly udp: boolean[] = []
  portal: 'portal' | 'none' | 'nothing' | undefined

  /** Takes a try, and tells control. Says whether the way failed before anything of its own was sent. */
  tried({ way, ms, failed, receivedBytes, tookMs }: Tried, tell: (outcome: Outcome) => void): boolean {
    const seen = this.of(way)
    const carried = { way, receivedBytes, sentBytes: 0, livedMs: tookMs }
    if (ms !== undefined) tell({ kind: 'dialled', way, ms })
    if (failed === undefined) {
      seen.ms = ms
      tell({ kind: 'retired', ...carried })
      return false
    }
    seen.failures++
    seen.failed = further(seen.failed, failed)
    if (ms === undefined) {
      const { step, fault } = seen.failed
      if (step === 'carry') tell({ kind: 'cancelled', way })
      else tell({ kind: 'dial-failed', way, step, fault, afterMs: tookMs })
    } else tell({ kind: 'died', how: failed.fault === 'timeout' ? 'silent' : 'reset', ...carried })
    return ms === undefined && STEPS.indexOf(seen.failed.step) <= STEPS.indexOf(LAST_COMMON_STEP)
  }

  /** A way of an endpoint that another of its ways could not reach. */
  sameAs(way: Way, other: Way): void {
    const [seen, { failed }] = [this.of(way), this.of(other)]
    seen.failures++
    if (failed !== undefined) seen.failed = further(seen.failed, failed)
  }

  asked({ side, address }: Canary, hasAnswered: boolean): void {
    this.#canaries.set(`${side} ${address}`, { side, hasAnswered })
  }

  liedAbout({ host }: Way): void {
    this.#lies.add(host)
  }

  isLiedAbout({ host }: Way): boolean {
    return this.#lies.has(host)
  }

  hasWorked(way: Way): boolean {
    return this.of(way).ms !== undefined
  }

  hasAnswered({ side, address }: Canary): boolean {
    return this.#canaries.get(`${side} ${address}`)?.hasAnswered === true
  }

  triesOf(way: Way): number {
    const { ms, failures } = this.of(way)
    return failures + (ms === undefined ? 0 : 1)
  }

  get triedCount(): number {
    return [...this.#ways.values()].filter(({ ms, failures }) => ms !== undefined || failures > 0).length
  }

  canariesOf(side: Canary['side']): { readonly asked: number; readonly answered: number } {
    const ofSide = [...this.#canaries.values()].filter((canary) => canary.side === side)
    return { asked: ofSide.length, answered: ofSide.filter(({ hasAnswered }) => hasAnswered).length }
  }

  of(way: Way): WayHistory {
    const known = this.#ways.get(way.id) ?? { ms: undefined, failures: 0, failed: undefined }
    this.#ways.set(way.id, known)
    return known
  }
}

function further(before: Failed | undefined, now: Failed): Failed {
  return before !== undefined && STEPS.indexOf(before.step) > STEPS.indexOf(now.step) ? before : now
}
