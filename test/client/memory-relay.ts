// A relay in this process, behind a platform without a network: the real gate and sessions over carriers in memory. Tests say what stands before it.
import type { Invite, RelayAnswer } from '#protocol'
import { nodeRandom } from '#protocol/node'
import type { ProbeResult } from '../../client/engine/control/outcome.ts'
import { DialError, type DialRequest, type Platform } from '../../client/engine/platform.ts'
import { NO_CAPS } from '../../relay/caps/caps.ts'
import { Toll } from '../../relay/caps/toll.ts'
import type { Dialer } from '../../relay/dial/dial.ts'
import { type Claim, Gate } from '../../relay/gate.ts'
import { createRelayKeys, type RelayKeys } from '../../relay/keys.ts'
import { Meter } from '../../relay/meter.ts'
import { Sessions } from '../../relay/sessions.ts'
import type { Documents } from '../../relay/streams.ts'
import { ORIGIN } from '../relay/session-client.ts'
import { type WireEnd, wire } from '../relay/wire-carrier.ts'

/** By the relay's clock, which stands still. */
export const NOW_S = 1_800_000_000

export class MemoryRelay implements Platform {
  readonly random = nodeRandom
  readonly keys: RelayKeys = createRelayKeys()
  readonly invite: Invite
  readonly #gate: Gate
  #sessions: Sessions
  readonly #documents: Documents
  /** The relay's ends of all carriers, as they came. */
  readonly ends: WireEnd[] = []
  /** What was dialled for, in order. */
  readonly asked: ('session' | 'attach')[] = []
  /** Thrown for the next dials, first to last, by whatever stands before the relay. */
  readonly refusals: DialError[] = []
  /** In the place of the relay, where it answers an attach otherwise than it should. */
  onAttach: ((claim: Claim, seal: (attached: Uint8Array) => Uint8Array, end: WireEnd) => void) | undefined
  onBegun: ((answer: RelayAnswer, end: WireEnd) => void) | undefined

  constructor(documents: Documents) {
    const { keys } = this
    const endpoint = { serverName: 'a.example', hostName: 'a.example', path: '/', pin: undefined, isEdge: true } as const
    this.invite = {
      relayKey: keys.publicKey,
      psk: keys.psk,
      policyKey: keys.policyKey,
      endpoints: [{ ...endpoint, address: '192.0.2.1:443', carriers: ['websocket'] }],
    }
    this.#documents = documents
    this.#sessions = this.#newSessions()
    this.#gate = new Gate(
      keys,
      { remember: () => true },
      {
        hasRoom: true,
        claim: (attach) => this.#sessions.claim(attach),
        placeOf: () => undefined,
        request: () => undefined,
      },
    )
  }

  nowS(): number {
    return NOW_S
  }

  probe(): Promise<ProbeResult> {
    throw new Error('nothing is probed here')
  }

  network(): Uint8Array {
    return new Uint8Array(1)
  }

  async dial({ cookie, events }: DialRequest): Promise<WireEnd> {
    const refusal = this.refusals.shift()
    if (refusal !== undefined) throw refusal
    const admitted = this.#gate.admit(cookie, NOW_S)
    if (admitted?.kind !== 'session' && admitted?.kind !== 'attach') throw new DialError('not-admitted', NOW_S)
    this.asked.push(admitted.kind)
    const [near, far] = wire()
    near.events = events
    this.ends.push(far)
    const make = (theirs: NonNullable<WireEnd['events']>): WireEnd => {
      far.events = theirs
      return far
    }
    if (admitted.kind === 'session') {
      this.#sessions.begin(admitted.answer, make, ORIGIN)
      this.onBegun?.(admitted.answer, far)
    } else if (this.onAttach !== undefined) this.onAttach(admitted.claim, (attached) => this.#gate.seal(attached, NOW_S), far)
    else this.#sessions.join(admitted.claim, make, ORIGIN)
    return near
  }

  /** As a network cuts: all carriers at both ends. */
  cut(): void {
    for (const end of this.ends.splice(0)) {
      const { other } = end
      end.closed()
      other?.closed()
    }
  }

  /** Starts anew, and has forgotten everything. */
  restart(): void {
    this.cut()
    this.#sessions.close()
    this.#sessions = this.#newSessions()
  }

  /** Says that it is going away to all who are there, and lets newcomers in. */
  drain(): void {
    void this.#sessions.drain()
    this.#sessions.open()
  }

  close(): void {
    this.#sessions.close()
  }

  #newSessions(): Sessions {
    const meter = new Meter()
    const nowhere = { dialTcp: () => () => undefined } as unknown as Dialer
    return new Sessions(nowhere, this.#documents, (attached) => this.#gate.seal(attached, NOW_S), meter, new Toll(meter, NO_CAPS))
  }
}
