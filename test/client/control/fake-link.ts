// What link does with control, as control.ts says it should, over a network on virtual time: one download without end. It notes when bytes flow, over
// which ways, and each switch of way or verdict.

import { nodeCrypto } from '#protocol/node'
import type { Verdict } from '../../../client/contract/verdict.ts'
import { Control, type Places } from '../../../client/engine/control/control.ts'
import type { SavedMemory } from '../../../client/engine/control/memory.ts'
import type { Outcome } from '../../../client/engine/control/outcome.ts'
import type { Way } from '../../../client/engine/control/way.ts'
import type { Appointment } from '../../sim/clock.ts'
import { Clock } from '../../sim/clock.ts'
import type { Dice } from '../../sim/dice.ts'
import type { Network } from './network.ts'

interface Living {
  readonly way: Way
  readonly bornMs: number
  readonly life: { readonly bytes: number; readonly ms: number }
  readonly isSpared: boolean
  bytes: number
  sinceReport: number
  heardMs: number
  stalledUntilMs: number
  /** How far its rate is from the path's, as a logarithm: it wanders. */
  drift: number
  isDead: boolean
  /** Whether it still answers, though there is nothing to carry. */
  isAsked: boolean
}

interface Race {
  readonly way: Way
  readonly purpose: 'race' | 'reserve' | 'try' | 'move'
  isOver: boolean
}

/** Link says so much after the last byte that a carrier is silent, at least; on a long path later. */
const LATE_MS = 1_500
const REPORT_MS = 1_000

export class FakeLink {
  readonly clock: Clock
  readonly control: Control
  readonly network: Network
  readonly #dice: Dice
  readonly #tickMs: number
  readonly living = new Set<Living>()
  readonly #races = new Set<Race>()
  readonly #timers: Appointment[] = []
  #main: Living | undefined
  /** Every moment with bytes, as the end of each tick that had some. */
  lastBytesMs = 0
  /** The longest time without bytes since `watch`. */
  stallMs = 0
  bytes = 0
  mainWay: Way | undefined
  readonly switches: { readonly atMs: number; readonly verdict: Verdict }[] = []
  /** From a relay's own address to an edge. */
  moves = 0
  deaths = 0
  dials = 0
  probes = 0
  mostFlows = 0
  isBusy: (nowMs: number) => boolean = () => true

  /** `tickMs`: how finely bytes are counted. */
  constructor(dice: Dice, network: Network, places: Places, tickMs = 100, saved?: SavedMemory) {
    this.#tickMs = tickMs
    this.#dice = dice
    this.network = network
    this.clock = new Clock(dice.fork())
    const random = (length: number): Uint8Array => dice.bytes(length)
    this.control = new Control({ crypto: nodeCrypto, random, saved, network: new Uint8Array([1]), nowMs: 0, ...places })
    this.#tick()
    this.#report()
    this.#race()
  }

  get verdict(): Verdict {
    return this.control.verdict
  }

  run(forMs: number, isDone: () => boolean = () => false): void {
    this.clock.run(this.clock.nowMs + forMs, isDone)
  }

  /** From here on stalls count anew. */
  watch(): void {
    this.stallMs = 0
    this.lastBytesMs = this.clock.nowMs
    this.bytes = 0
  }

  #note(outcome: Outcome): void {
    const before = this.verdict
    this.control.note(outcome, this.clock.nowMs)
    const { verdict } = this
    if (verdict !== before) this.switches.push({ atMs: this.clock.nowMs, verdict })
  }

  #race(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel()
    if (this.#main !== undefined) return
    for (const { way, notBeforeMs } of this.control.next(this.clock.nowMs).attempts) {
      this.#timers.push(this.clock.at(notBeforeMs, () => this.#dial(way, 'race')))
    }
  }

  #dial(way: Way, purpose: Race['purpose']): void {
    const race: Race = { way, purpose, isOver: false }
    this.#races.add(race)
    this.dials++
    this.#note({ kind: 'dialling', way })
    const end = this.network.dial(way, this.clock.nowMs)
    this.mostFlows = Math.max(this.mostFlows, this.#flowsTo(way.host))
    this.clock.after(end.afterMs, () => {
      if (race.isOver) return
      this.#races.delete(race)
      if (!end.ok) {
        this.#note({ kind: 'dial-failed', way, step: end.step, fault: end.fault, afterMs: end.afterMs })
        return this.#race()
      }
      const roundTripMs = [...this.living].some((other) => other.way.host === way.host) ? this.network.path.rttMs : undefined
      this.#note({ kind: 'dialled', way, ms: end.afterMs, roundTripMs })
      this.#attach(way, purpose)
    })
  }

  #attach(way: Way, purpose: Race['purpose']): void {
    const nowMs = this.clock.nowMs
    const life = this.control.rotation(way)
    const fresh: Living = {
      way,
      bornMs: nowMs,
      life,
      isSpared: false,
      bytes: 0,
      sinceReport: 0,
      heardMs: nowMs,
      stalledUntilMs: 0,
      drift: 0,
      isDead: false,
      isAsked: false,
    }
    this.living.add(fresh)
    if (purpose === 'try') {
      this.clock.after(1_000, () => this.living.has(fresh) && this.#main !== fresh && this.#retire(fresh))
      return
    }
    if (purpose === 'reserve' && this.#main !== undefined) return
    const before = this.#main
    this.#use(fresh)
    if (before !== undefined) this.#retire(before)
    for (const race of this.#races) {
      if (race.purpose !== 'race') continue
      race.isOver = true
      this.#races.delete(race)
      this.#note({ kind: 'cancelled', way: race.way })
    }
    this.#race()
  }

  #use(carrier: Living): void {
    if (this.mainWay?.endpoint.isEdge === false && carrier.way.endpoint.isEdge) this.moves++
    this.#main = carrier
    this.control.useRelay(carrier.way.relayIndex, this.clock.nowMs)
    this.mainWay = carrier.way
    carrier.heardMs = this.clock.nowMs
  }

  #retire(carrier: Living): void {
    this.living.delete(carrier)
    this.#note({ kind: 'retired', ...this.#sums(carrier) })
  }

  #tick(): void {
    const nowMs = this.clock.nowMs
    const isBusy = this.isBusy(nowMs)
    let sum = 0
    for (const carrier of this.living) sum += this.#carry(carrier, isBusy, nowMs)
    this.bytes += sum
    if (sum > 0 || !isBusy) this.lastBytesMs = nowMs
    this.stallMs = Math.max(this.stallMs, nowMs - this.lastBytesMs)
    const main = this.#main
    if (main !== undefined && this.living.has(main) && (main.bytes >= main.life.bytes || nowMs - main.bornMs >= main.life.ms))
      this.#rotate(main)
    this.clock.after(this.#tickMs, () => this.#tick())
  }

  #rotate(main: Living): void {
    if ([...this.#races].some(({ purpose }) => purpose === 'move')) return
    this.#dial(main.way, 'move')
  }

  #carry(carrier: Living, isBusy: boolean, nowMs: number): number {
    const { way } = carrier
    const { recipe, path } = this.network
    const isHeld = carrier.isDead || (!carrier.isSpared && this.#isBlocked(way))
    const allowance = carrier.isSpared ? undefined : recipe.allowance?.(way.host)
    const life = recipe.lifeMs?.(way)
    if (life !== undefined && nowMs - carrier.bornMs >= life.ms) return this.#end(carrier, life.how, nowMs)
    if (allowance !== undefined && carrier.bytes >= allowance.bytes) return this.#end(carrier, allowance.how, nowMs)
    // Nobody notices while nothing is to be carried.
    if (isHeld && !isBusy && !carrier.isAsked) return 0
    if (isHeld)
      return this.#end(carrier, recipe.tcp?.(way.host) === 'reset' || recipe.tls?.(way.host) === 'reset' ? 'reset' : 'silent', nowMs)
    if (!isBusy) {
      carrier.heardMs = nowMs
      if (carrier.isAsked) this.#note({ kind: 'heard', way })
      carrier.isAsked = false
      return 0
    }
    const throttle = recipe.throttle?.(way.host)
    const limit = throttle !== undefined && carrier.bytes > throttle.afterBytes ? throttle.bytesPerS : path.bytesPerS
    if (path.loss > 0) carrier.drift = 0.8 * carrier.drift + 1.2 * (this.#dice.fraction() + this.#dice.fraction() - 1)
    const bytes = (Math.min(limit, path.bytesPerS / this.living.size) / (1_000 / this.#tickMs)) * 2 ** carrier.drift
    if (carrier.stalledUntilMs - carrier.heardMs >= this.#lateMs()) return this.#end(carrier, 'silent', nowMs)
    if (nowMs < carrier.stalledUntilMs) return 0
    carrier.stalledUntilMs = nowMs + this.network.stallMs(bytes / 1_400)
    carrier.heardMs = nowMs
    const passed = Math.min(bytes, (allowance?.bytes ?? Number.POSITIVE_INFINITY) - carrier.bytes)
    carrier.bytes += passed
    carrier.sinceReport += passed
    return passed
  }

  #isBlocked(way: Way): boolean {
    const { recipe } = this.network
    if (recipe.sparesLiving === true) return false
    return recipe.tcp?.(way.host) !== undefined || recipe.tls?.(way.host) === 'reset' || recipe.portal === true
  }

  #isLate(carrier: Living, nowMs: number): boolean {
    return nowMs - carrier.heardMs >= this.#lateMs()
  }

  #lateMs(): number {
    return Math.max(LATE_MS, 8 * this.network.path.rttMs)
  }

  /** A reset is known at once; silence when an answer is late. */
  #end(carrier: Living, how: 'reset' | 'silent' | 'closed', nowMs: number): number {
    carrier.isDead = true
    if (how === 'silent' && !this.#isLate(carrier, nowMs)) return 0
    this.living.delete(carrier)
    this.deaths++
    this.#note({ kind: 'died', how, ...this.#sums(carrier) })
    if (this.#main !== carrier) return 0
    this.#main = undefined
    const reserve = [...this.living].find(({ isDead, way }) => !isDead && !this.#isBlocked(way))
    if (reserve !== undefined) this.#use(reserve)
    this.#race()
    return 0
  }

  #report(): void {
    const nowMs = this.clock.nowMs
    const before = this.verdict
    if (this.isBusy(nowMs)) {
      for (const carrier of this.living) {
        if (carrier.isDead) continue
        if (carrier.sinceReport > 0) this.#note({ kind: 'heard', way: carrier.way })
        this.#note({ kind: 'rate', bytesPerS: carrier.sinceReport / (REPORT_MS / 1_000), ...this.#sums(carrier) })
        carrier.sinceReport = 0
      }
    }
    for (const probe of this.control.wanted(nowMs)) {
      this.probes++
      const { afterMs, result } = this.network.probe(probe, nowMs)
      this.clock.after(afterMs, () => this.#note({ kind: 'probed', result }))
    }
    if (this.verdict !== before) this.switches.push({ atMs: nowMs, verdict: this.verdict })
    if (this.control.isInDoubt && !this.isBusy(nowMs)) this.#ask(nowMs)
    const { attach, hold } = this.control.reserve(nowMs)
    for (const way of attach) this.#dial(way, 'reserve')
    if (hold === 0)
      for (const carrier of [...this.living]) if (carrier !== this.#main && nowMs - carrier.bornMs > 5_000) this.#retire(carrier)
    const trip = this.control.home(nowMs)
    if (trip !== undefined && this.#main !== undefined) this.#dial(trip.way, trip.purpose)
    this.clock.after(REPORT_MS, () => this.#report())
  }

  #ask(nowMs: number): void {
    for (const carrier of this.living) if (!carrier.isAsked) Object.assign(carrier, { isAsked: true, heardMs: nowMs })
  }

  #sums({ way, bytes, bornMs, heardMs }: Living): { way: Way; receivedBytes: number; sentBytes: number; livedMs: number } {
    return { way, receivedBytes: bytes, sentBytes: bytes / 50, livedMs: heardMs - bornMs }
  }

  #flowsTo(host: string): number {
    const ways = [...[...this.living].map(({ way }) => way), ...[...this.#races].map(({ way }) => way)]
    return ways.filter((way) => way.host === host).reduce((sum, way) => sum + (way.carrier === 'websocket' ? 1 : 2), 0)
  }
}
