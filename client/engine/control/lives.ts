// How long this network lets carriers to each host live: a censor that freezes flows after N KB, or kills them after a minute, is known by deaths that
// are alike while nobody outlives them. An edge that caps requests is learned in the same way.
import { lifeLimits } from './limits.ts'
import type { Outcome } from './outcome.ts'

export interface Life {
  /** Carriers die once they received, or sent, about so much. */
  readonly bytes?: number
  /** Carriers die about so long after they began. */
  readonly ms?: number
}

type Ended = Extract<Outcome, { readonly kind: 'died' }>

interface Death {
  readonly how: Ended['how']
  readonly receivedBytes: number
  readonly sentBytes: number
  /** Until the last byte came. */
  readonly livedMs: number
  readonly atMs: number
}

/** A death, and what it may still mean: a carrier that carried or lived much more since then speaks against a limit there. */
interface Kept extends Death {
  readonly byBytes: boolean
  readonly byAge: boolean
}

interface Record {
  deaths: Kept[]
  life: Life
}

/** A pattern that one more death completed or confirmed. */
export interface Pattern {
  readonly code: 'frozen' | 'cut-by-bytes' | 'cut-by-age'
  readonly bytes?: number
  readonly ms?: number
}

export class Lives {
  readonly #hosts = new Map<string, Record>()

  /** What is known of a host: learned now, or remembered. */
  of(host: string): Life {
    return this.#hosts.get(host)?.life ?? {}
  }

  remember(host: string, life: Life): void {
    this.#record(host).life = life
  }

  died(host: string, death: Death): Pattern | undefined {
    const record = this.#record(host)
    const recent = record.deaths.filter(({ atMs }) => death.atMs - atMs <= lifeLimits.rememberMs)
    record.deaths = [...recent, { ...death, byBytes: true, byAge: true }].slice(-lifeLimits.deathsMax)
    const bytes = alikeBytes(record.deaths)
    if (bytes !== undefined) {
      record.life = { ...record.life, bytes }
      return { code: death.how === 'silent' ? 'frozen' : 'cut-by-bytes', bytes }
    }
    const ms = alikeAge(record.deaths)
    if (ms === undefined) return undefined
    record.life = { ...record.life, ms }
    return { code: 'cut-by-age', ms }
  }

  /** A carrier that carried so much, and lived so long, is well. Says which patterns that disproves. */
  survived(host: string, receivedBytes: number, sentBytes: number, livedMs: number): readonly Pattern['code'][] {
    const record = this.#hosts.get(host)
    if (record === undefined) return []
    const most = Math.max(receivedBytes, sentBytes)
    record.deaths = record.deaths.map((death) => ({
      ...death,
      byBytes: death.byBytes && most < Math.max(bytesOf(death), lifeLimits.bytesFloor) * lifeLimits.outgrows,
      byAge: death.byAge && livedMs < death.livedMs * lifeLimits.outlives,
    }))
    const { bytes, ms } = record.life
    const outgrew = bytes === undefined || most > Math.max(bytes, lifeLimits.bytesFloor) * lifeLimits.outgrows
    const outlived = ms === undefined || livedMs > ms * lifeLimits.outlives
    record.life = { ...(bytes === undefined || outgrew ? {} : { bytes }), ...(ms === undefined || outlived ? {} : { ms }) }
    return [...(outgrew ? (['frozen', 'cut-by-bytes'] as const) : []), ...(outlived ? (['cut-by-age'] as const) : [])]
  }

  #record(host: string): Record {
    const record = this.#hosts.get(host) ?? { deaths: [], life: {} }
    this.#hosts.delete(host)
    this.#hosts.set(host, record)
    if (this.#hosts.size > lifeLimits.hostsMax) this.#hosts.delete(this.#hosts.keys().next().value as string)
    return record
  }
}

function bytesOf({ receivedBytes, sentBytes }: Death): number {
  return Math.max(receivedBytes, sentBytes)
}

/** The last deaths at much the same count of bytes, by the same cause: received, as censors count, or else sent. Two are enough where so few bytes pass
 *  that chance hardly strikes twice; three where more do. */
function alikeBytes(deaths: readonly Kept[]): number | undefined {
  return (
    alikeCounts(deaths.slice(-lifeLimits.alikeByBytes), lifeLimits.fewBytes) ??
    alikeCounts(deaths.slice(-lifeLimits.alikeByBytes - 1), lifeLimits.bytesMax, lifeLimits.alikeByBytes + 1)
  )
}

function alikeCounts(last: readonly Kept[], bytesMax: number, count: number = lifeLimits.alikeByBytes): number | undefined {
  const [first] = last
  if (last.length < count || first?.how === 'closed' || last.some(({ how, byBytes }) => how !== first?.how || !byBytes)) return undefined
  for (const read of [({ receivedBytes }: Death) => receivedBytes, ({ sentBytes }: Death) => sentBytes]) {
    const counts = last.map(read)
    const [least, most] = [Math.min(...counts), Math.max(...counts)]
    if (most <= bytesMax && most <= least * lifeLimits.bytesSpread + lifeLimits.bytesSlack && Math.max(...last.map(bytesOf)) <= bytesMax)
      return least
  }
  return undefined
}

/** The last deaths at much the same age: fewer are enough where something cut, since silence also comes by chance. */
function alikeAge(deaths: readonly Kept[]): number | undefined {
  const count = deaths.slice(-lifeLimits.alikeByAge).some(({ how }) => how === 'silent') ? lifeLimits.alikeByAge + 1 : lifeLimits.alikeByAge
  const last = deaths.slice(-count)
  const ages = last.map(({ livedMs }) => livedMs)
  const [least, most] = [Math.min(...ages), Math.max(...ages)]
  const isAlike =
    ages.length >= count &&
    last.every(({ byAge }) => byAge) &&
    least >= lifeLimits.ageMsMin &&
    most - least <= Math.max(lifeLimits.ageSlackMs, most * lifeLimits.ageSpread)
  return isAlike ? least : undefined
}
