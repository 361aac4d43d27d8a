// A stream of datagrams, seen from both ends: some may be lost, none may be altered, doubled or overtaken.
import { parseTarget, ResetCode, type Stream, type StreamHandler, type Target } from '#protocol'
import { claim, isPattern, patternBytes } from './check.ts'
import type { Clock } from './clock.ts'
import type { Dice } from './dice.ts'
import type { Side } from './side.ts'

export interface AssociationPlan {
  readonly openMs: number
  readonly count: number
  readonly bytesMax: number
  readonly pauseMs: number
}

interface AssociationWorld {
  readonly clock: Clock
  readonly dice: Dice
  readonly client: Side
  readonly relay: Side
}

/** Answers must have had their chance before the client leaves. */
const LINGER_MS = 2_000

export class Association {
  readonly #world: AssociationWorld
  readonly #plan: AssociationPlan
  readonly #key: number
  #client: Stream | undefined
  #relay: Stream | undefined
  #sentCount = 0
  #lastAsked = -1
  #lastAnswered = -1

  constructor(world: AssociationWorld, plan: AssociationPlan, key: number) {
    this.#world = world
    this.#plan = plan
    this.#key = key
  }

  open(): void {
    const { client } = this.#world
    const stream = client.drive.open(parseTarget('0.0.0.0', 1 + this.#key), { datagrams: true })
    this.#client = stream
    stream.handler = handler({
      onDatagram: (from, bytes) => {
        const number = this.#numberOf(from, bytes)
        claim(number > this.#lastAnswered && number <= this.#lastAsked, 'answers come once and in order')
        this.#lastAnswered = number
      },
      onReset: (code) => claim(code === ResetCode.goingAway, 'nobody reset the association'),
    })
    this.#send(stream)
  }

  accept(stream: Stream): void {
    claim(this.#relay === undefined, 'an association is opened once')
    const { session } = this.#world.relay
    this.#relay = stream
    stream.opened()
    stream.handler = handler({
      onDatagram: (to, bytes) => {
        const number = this.#numberOf(to, bytes)
        claim(number > this.#lastAsked && number < this.#sentCount, 'datagrams come once and in order')
        this.#lastAsked = number
        session.sendDatagram(stream, to, bytes.slice())
      },
      onReset: (code) => claim(code === ResetCode.cancelled, 'the client leaves by cancelling'),
    })
  }

  get isOver(): boolean {
    return (this.#client?.isOver ?? false) && (this.#relay?.isOver ?? true)
  }

  describe(): string {
    return `association ${this.#key}: sent ${this.#sentCount}, came ${this.#lastAsked}, answered ${this.#lastAnswered}`
  }

  /** The target's port says which datagram it is. */
  #send(stream: Stream): void {
    const { client, clock, dice } = this.#world
    if (stream.isOver) return
    if (this.#sentCount === this.#plan.count) return void clock.after(LINGER_MS, () => stream.reset(ResetCode.cancelled))
    const number = this.#sentCount++
    const bytes = patternBytes(this.#key, number, dice.between(0, this.#plan.bytesMax)).slice()
    client.session.sendDatagram(stream, parseTarget('192.0.2.1', 1 + number), bytes)
    clock.after(dice.fraction() * this.#plan.pauseMs, () => this.#send(stream))
  }

  #numberOf(target: Target, bytes: Uint8Array): number {
    const number = target.port - 1
    claim(isPattern(this.#key, number, bytes), 'a datagram comes as it was sent')
    return number
  }
}

function handler(on: Pick<StreamHandler, 'onDatagram' | 'onReset'>): StreamHandler {
  const refuse = (): void => claim(false, 'an association carries datagrams only')
  return { onOpened: () => undefined, onData: refuse, onFin: refuse, onRoom: refuse, ...on }
}
