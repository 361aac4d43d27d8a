// Signs of interference: each failure adds to a sign's weight, each success takes from it. A sign counts once its weight reaches 1, and goes when
// successes have outlasted a calm while, or when nothing confirmed it for long. Those that come back stay longer each time.
import type { Evidence, EvidenceCode } from '../../contract/verdict.ts'
import { reachLimits } from './limits.ts'

export interface Numbers {
  readonly bytes?: number
  readonly ms?: number
  readonly bytesPerS?: number
}

export interface Sign {
  readonly code: EvidenceCode
  readonly of: Evidence['of']
  /** The host that it is about; '' for the network. */
  readonly subject: string
  weight: number
  count: number
  lastMs: number
  isConfirmed: boolean
  /** When it was, last. */
  confirmedMs: number
  okCount: number
  okSinceMs: number
  keepMs: number
  numbers: Numbers
}

export class Signs {
  readonly #signs = new Map<string, Sign>()
  /** How long a sign that went was kept, should it come back. */
  readonly #kept = new Map<string, { readonly keepMs: number; readonly goneMs: number }>()

  /** Adds to a sign. Says whether that confirmed it. */
  add(code: EvidenceCode, of: Evidence['of'], subject: string, weight: number, nowMs: number, numbers: Numbers = {}): boolean {
    const key = `${code} ${subject}`
    const sign = this.#signs.get(key) ?? this.#create(code, of, subject, nowMs)
    if (!sign.isConfirmed) sign.weight *= 0.5 ** ((nowMs - sign.lastMs) / reachLimits.fadeMs)
    sign.weight = Math.min(1, sign.weight + weight)
    sign.count++
    sign.lastMs = nowMs
    sign.okCount = 0
    if (Object.keys(numbers).length > 0) sign.numbers = numbers
    const becomes = !sign.isConfirmed && sign.weight > 0.99
    if (becomes) Object.assign(sign, { isConfirmed: true, confirmedMs: nowMs })
    this.#signs.delete(key)
    this.#signs.set(key, sign)
    this.#bound()
    return becomes
  }

  /** A success that speaks against signs of a subject. */
  ease(codes: readonly EvidenceCode[], subject: string, nowMs: number): void {
    for (const code of codes) {
      const sign = this.#signs.get(`${code} ${subject}`)
      if (sign === undefined) continue
      if (sign.okCount === 0) sign.okSinceMs = nowMs
      sign.okCount++
      if (!sign.isConfirmed) sign.weight -= 0.5
      const isOver = sign.isConfirmed
        ? sign.okCount >= reachLimits.easedBy && nowMs - sign.okSinceMs >= reachLimits.calmMsMin
        : sign.weight <= 0
      if (isOver) this.#remove(sign, nowMs)
    }
  }

  /** Forgets what nothing confirmed for long. */
  expire(nowMs: number): void {
    for (const sign of this.#signs.values()) {
      if (nowMs - sign.lastMs > (sign.isConfirmed ? sign.keepMs : reachLimits.keepMsMin)) this.#remove(sign, nowMs)
    }
  }

  /** Forgets signs that a total loss of the network explains. */
  drop(codes: readonly EvidenceCode[], sinceMs: number): void {
    for (const [key, sign] of this.#signs) if (codes.includes(sign.code) && sign.lastMs >= sinceMs) this.#signs.delete(key)
  }

  get confirmed(): Sign[] {
    return [...this.#signs.values()].filter(({ isConfirmed }) => isConfirmed)
  }

  /** The heaviest weight of one that is not confirmed, by now. */
  suspicion(nowMs: number): number {
    let most = 0
    for (const { isConfirmed, weight, lastMs } of this.#signs.values()) {
      if (!isConfirmed) most = Math.max(most, weight * 0.5 ** ((nowMs - lastMs) / reachLimits.fadeMs))
    }
    return most
  }

  /** Confirmed ones of a host. */
  of(subject: string): Sign[] {
    return this.confirmed.filter((sign) => sign.subject === subject)
  }

  #create(code: EvidenceCode, of: Evidence['of'], subject: string, nowMs: number): Sign {
    const key = `${code} ${subject}`
    const before = this.#kept.get(key)
    const isBack = before !== undefined && nowMs - before.goneMs < reachLimits.flipsMs
    const keepMs = isBack ? Math.min(before.keepMs * 2, reachLimits.keepMsMax) : reachLimits.keepMsMin
    const fresh = { weight: 0, count: 0, isConfirmed: false, confirmedMs: nowMs, okCount: 0, okSinceMs: nowMs, numbers: {} }
    return { code, of, subject, lastMs: nowMs, keepMs, ...fresh }
  }

  #remove(sign: Sign, nowMs: number): void {
    const key = `${sign.code} ${sign.subject}`
    this.#signs.delete(key)
    if (!sign.isConfirmed) return
    this.#kept.delete(key)
    this.#kept.set(key, { keepMs: sign.keepMs, goneMs: nowMs })
    this.#bound()
  }

  #bound(): void {
    for (const map of [this.#signs, this.#kept]) {
      for (const key of map.keys()) {
        if (map.size <= reachLimits.signsMax) break
        map.delete(key)
      }
    }
  }
}
