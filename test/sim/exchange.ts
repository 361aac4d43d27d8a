// A stream from opening to end, seen from both ends at once: what each may expect of the other.
import { parseTarget, ResetCode, type Stream, type Target } from '#protocol'
import { claim } from './check.ts'
import type { Clock } from './clock.ts'
import type { Dice } from './dice.ts'
import { End, type EndPlan } from './end.ts'
import type { Side } from './side.ts'

export interface ExchangePlan {
  readonly openMs: number
  readonly client: EndPlan
  readonly relay: EndPlan
  readonly dialMs: number
  readonly dialFails: ResetCode | undefined
  /** Whether the client asks to be told that the relay has dialled. */
  readonly reportDial: boolean
}

export interface ExchangeWorld {
  readonly clock: Clock
  readonly dice: Dice
  readonly client: Side
  readonly relay: Side
  /** Whether the relay has said that it takes no more streams. */
  readonly isGoing: () => boolean
}

export class Exchange {
  readonly #world: ExchangeWorld
  readonly #plan: ExchangePlan
  readonly #index: number
  client: End | undefined
  relay: End | undefined
  openedMs = 0
  #hasDialFailed = false

  constructor(world: ExchangeWorld, plan: ExchangePlan, index: number) {
    this.#world = world
    this.#plan = plan
    this.#index = index
  }

  /** The relay's side of exchange 7 is dialled as x7.sim. */
  static indexOf(target: Target): number {
    return Number(/^x(\d+)\.sim$/.exec(target.host)?.[1] ?? Number.NaN)
  }

  open(): void {
    const { client, clock } = this.#world
    const { reportDial } = this.#plan
    this.openedMs = clock.nowMs
    const stream = client.drive.open(parseTarget(`x${this.#index}.sim`, 80), { reportDial })
    this.client = this.#end('client', client, stream, reportDial)
    this.client.begin()
  }

  accept(stream: Stream, reportDial: boolean): void {
    const { relay, clock } = this.#world
    claim(this.relay === undefined, 'a stream is opened once')
    claim(reportDial === this.#plan.reportDial, 'the open frame says what the client asked for')
    const end = this.#end('relay', relay, stream, false)
    this.relay = end
    clock.after(this.#plan.dialMs, () => {
      if (stream.isOver) return
      this.#hasDialFailed = this.#plan.dialFails !== undefined
      if (this.#plan.dialFails !== undefined) return end.reset(this.#plan.dialFails)
      if (reportDial) stream.opened()
      end.begin()
    })
  }

  get isOver(): boolean {
    return (this.client?.isOver ?? false) && (this.relay?.isOver ?? true)
  }

  /** Once it is over: nothing is missing, unless somebody reset it. */
  checkComplete(): void {
    const { client, relay } = this
    claim(client !== undefined, 'the client opened it')
    if (client.hasReset || relay?.hasReset || (relay === undefined && this.#world.isGoing())) return
    claim(relay !== undefined && client.hasFin && relay.hasFin, 'a stream that nobody reset ends by fin, both ways')
    claim(client.sentBytes === relay.receivedBytes && relay.sentBytes === client.receivedBytes, 'every byte has arrived')
  }

  /** For people: how far it got. */
  describe(): string {
    const { client, relay } = this
    const far = (end: End | undefined): string =>
      end === undefined
        ? 'absent'
        : `sent ${end.sentBytes} received ${end.receivedBytes}${end.hasFin ? ' fin' : ''}${end.isOver ? ' over' : ''}`
    return `exchange ${this.#index}: client ${far(client)}; relay ${far(relay)}`
  }

  #end(role: 'client' | 'relay', side: Side, stream: Stream, awaitsOpened: boolean): End {
    const up = 2 * this.#index
    const down = this.#plan.relay.sends === 'echo' ? up : up + 1
    const peer = (): End | undefined => (role === 'client' ? this.relay : this.client)
    return new End(
      {
        clock: this.#world.clock,
        dice: this.#world.dice.fork(),
        plan: this.#plan[role],
        sendKey: role === 'client' ? up : down,
        receiveKey: role === 'client' ? down : up,
        expects: () => peer()?.sent,
        mayBeReset: (code) => this.#mayBeReset(role, code),
      },
      side,
      stream,
      awaitsOpened,
    )
  }

  #mayBeReset(role: 'client' | 'relay', code: ResetCode): boolean {
    if (role === 'relay') return this.client?.hasReset === true && code === ResetCode.cancelled
    if (this.relay === undefined) return this.#world.isGoing() && code === ResetCode.goingAway
    return this.relay.hasReset && code === (this.#hasDialFailed ? this.#plan.dialFails : ResetCode.cancelled)
  }
}
