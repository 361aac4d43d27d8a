// A whole network in one process: two sides, the carriers between them, apps and destinations, a censor, and what must hold.
import { deriveAttachKeys, ResetCode, type Stream, type Target } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { giveUp } from '../../relay/sessions.ts'
import { Association } from './association.ts'
import { censor } from './censor.ts'
import { checkEmpty, claim, watchNonces } from './check.ts'
import { Clock } from './clock.ts'
import type { Dice } from './dice.ts'
import { Door } from './door.ts'
import { Exchange } from './exchange.ts'
import { healedMs, mayGarble } from './faults.ts'
import { Link } from './link.ts'
import { patienceMs, type WorldPlan } from './plan.ts'
import { Side, type SideOptions } from './side.ts'

/** Idle for so long at the end: what silence and pings do shows, and what is still retained. */
const REST_MS = 150_000
const RETAINED_AT_REST_BYTES_MAX = 262_144

export class World {
  readonly clock: Clock
  readonly client: Side
  readonly relay: Side
  readonly link: Link
  readonly exchanges: readonly Exchange[]
  readonly associations: readonly Association[]
  readonly #plan: WorldPlan
  readonly #dice: Dice
  #isGoing = false

  constructor(plan: WorldPlan, dice: Dice) {
    this.#plan = plan
    this.clock = new Clock(dice.fork())
    const secrets = { up: dice.bytes(32), down: dice.bytes(32) }
    const keys = deriveAttachKeys(nodeCrypto, dice.bytes(32))
    const options = (role: 'client' | 'relay'): Omit<SideOptions, 'onLost' | 'onLate'> => ({
      clock: this.clock,
      dice: dice.fork(),
      crypto: watchNonces(nodeCrypto),
      role,
      secrets,
      turnMs: plan.turnMs,
      mayGarble: mayGarble(plan.faults),
    })
    this.client = new Side({
      ...options('client'),
      onGoaway: (code) => this.#toldToGo(code),
      onLost: (counter) => this.link.lost(counter),
      onLate: (counter) => this.link.late(counter),
    })
    this.relay = new Side({
      ...options('relay'),
      onOpen: (...open) => this.#accept(...open),
      onLost: () => undefined,
      onLate: (counter) => giveUp(this.relay.drive, counter),
    })
    const door = new Door(this.clock, this.relay, keys)
    this.link = new Link({ clock: this.clock, dice: dice.fork(), keys, shape: plan.shape, wanted: plan.carriers }, this.client, door)
    const world = { clock: this.clock, dice: dice.fork(), client: this.client, relay: this.relay, isGoing: () => this.#isGoing }
    this.exchanges = plan.exchanges.map((one, i) => new Exchange(world, one, i))
    this.associations = plan.associations.map((one, i) => new Association(world, one, i))
    this.#dice = dice.fork()
  }

  /** Lets everything happen that the plan says. */
  begin(): void {
    this.link.keep()
    this.#plan.exchanges.forEach((one, i) => void this.clock.at(one.openMs, () => this.exchanges[i]?.open()))
    this.#plan.associations.forEach((one, i) => void this.clock.at(one.openMs, () => this.associations[i]?.open()))
    censor(this, this.#plan.faults, this.#dice)
  }

  /** Runs to the end. Throws Refuted for what did not hold, and whatever the protocol itself throws. */
  run(): void {
    this.begin()
    const healed = healedMs(this.#plan.faults)
    const ending = this.clock.run(healed + patienceMs(this.#plan), () => this.isOver)
    claim(ending === 'done', `every stream ends once the faults have ended (${ending}; ${this.describe()})`)
    for (const exchange of this.exchanges) exchange.checkComplete()
    claim(this.client.session.streamCount === 0, 'no stream is left')
    this.#rest(healed)
  }

  get isOver(): boolean {
    return this.exchanges.every(({ isOver }) => isOver) && this.associations.every(({ isOver }) => isOver)
  }

  /** The relay takes no more streams. */
  goaway(): void {
    this.#isGoing = true
    this.relay.session.goaway(ResetCode.goingAway)
  }

  describe(): string {
    const unfinished = [...this.exchanges, ...this.associations].filter(({ isOver }) => !isOver).map((one) => one.describe())
    const state = ({ drive, session }: Side): string =>
      `carriers [${drive.live}], ${session.streamCount} streams, ${session.retainedBytes} bytes retained, expects ${session.expected}`
    return [
      `at ${this.clock.nowMs.toFixed(1)} ms; client ${state(this.client)}; relay ${state(this.relay)}`,
      ...unfinished.slice(0, 5),
    ].join('\n  ')
  }

  #accept(stream: Stream, target: Target, flags: { readonly reportDial: boolean; readonly datagrams: boolean }): void {
    if (flags.datagrams) {
      const association = this.associations[target.port - 1]
      claim(association !== undefined, 'a stream is opened to where the client said')
      return association.accept(stream)
    }
    const exchange = this.exchanges[Exchange.indexOf(target)]
    claim(exchange !== undefined, 'a stream is opened to where the client said')
    exchange.accept(stream, flags.reportDial)
  }

  #toldToGo(code: ResetCode): void {
    claim(this.#isGoing && code === ResetCode.goingAway, 'the client hears goaway when the relay says it')
  }

  /** Nothing happens, for long: carriers that a fault has left dead are replaced, those that nobody harmed live on, and both sides have the same. */
  #rest(healedMs: number): void {
    this.clock.run(Math.max(this.clock.nowMs, healedMs) + REST_MS)
    const { carrierCount } = this.link
    const { carriers } = this.#plan
    // One of several may be left for holding up what the others bring.
    claim(this.#plan.faults.length > 0 || carriers > 1 || carrierCount === carriers, 'a carrier that nobody harmed lives on')
    this.clock.run(this.clock.nowMs + REST_MS)
    claim(carrierCount === this.link.carrierCount, 'an idle session keeps its carriers')
    const [ours, theirs] = [this.client, this.relay].map(({ drive }) => [...drive.live].sort((a, b) => a - b).join())
    claim(this.client.drive.live.length >= carriers && ours === theirs, `both sides hold the same carriers (${ours}; ${theirs})`)
    for (const { session } of [this.client, this.relay]) checkEmpty(session)
    const retained = Math.max(this.client.session.retainedBytes, this.relay.session.retainedBytes)
    claim(retained <= RETAINED_AT_REST_BYTES_MAX, `a session at rest retains little (${retained} bytes)`)
  }
}
