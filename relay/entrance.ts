// The entrance: what an admitted request becomes. Joins gate, sessions and the carriers of ordinary requests.
//
// upgrade:          gate → a WebSocket carrier → a new session, or one that lives
// ordinary request: gate → an http carrier → the same; or a further request of an http carrier that lives
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type CarrierEvents, type CarrierKeys, consumeRequest, type RelayAnswer, type ReplayMemory } from '#protocol'
import { nodeCrypto, WebSocketCarrier } from '#protocol/node'
import type { Toll } from './caps/toll.ts'
import { HttpCarriers, type HttpClaim } from './carriers/http.ts'
import type { HttpResponse } from './carriers/http-response.ts'
import type { MakeCarrier } from './carriers/make-carrier.ts'
import type { SiteRequest } from './cover/site.ts'
import type { Dialer } from './dial/dial.ts'
import { type Claim, Gate } from './gate.ts'
import type { RelayKeys } from './keys.ts'
import type { Meter } from './meter.ts'
import { Sessions } from './sessions.ts'
import type { Documents } from './streams.ts'

/** What a request was admitted as. */
export type Entry =
  | { readonly kind: 'session'; readonly answer: RelayAnswer }
  | { readonly kind: 'attach'; readonly claim: Claim }
  | { readonly kind: 'request'; readonly claim: HttpClaim }

export interface EntranceOptions {
  readonly keys: RelayKeys
  readonly memory: ReplayMemory
  readonly dialer: Dialer
  readonly documents: Documents
  readonly meter: Meter
  readonly toll: Toll
  readonly nowS: () => number
}

export class Entrance {
  readonly sessions: Sessions
  readonly #httpCarriers = new HttpCarriers()
  readonly #gate: Gate
  readonly #nowS: () => number

  constructor({ keys, memory, dialer, documents, meter, toll, nowS }: EntranceOptions) {
    this.#nowS = nowS
    this.sessions = new Sessions(dialer, documents, (attached) => this.#gate.seal(attached, nowS()), meter, toll)
    const { sessions } = this
    this.#gate = new Gate(keys, memory, {
      get hasRoom() {
        if (!sessions.hasRoom) meter.sessionsRefused++
        return sessions.hasRoom
      },
      claim: (attach) => sessions.claim(attach),
      request: (message) => consumeRequest(nodeCrypto, message, (id) => this.#httpCarriers.keyOf(id)),
    })
  }

  /** Asked once for each request that a carrier's client could have sent. */
  admit(request: SiteRequest): Entry | undefined {
    const admitted = this.#gate.admit(request.headers.cookie, this.#nowS())
    if (request.headers.upgrade !== undefined) return admitted?.kind === 'request' ? undefined : admitted
    if (admitted?.kind !== 'request') return this.#httpCarriers.hasRoom ? admitted : undefined
    const claim = this.#httpCarriers.claim(request.method, admitted.request.id, admitted.request.sequence)
    return claim && { kind: 'request', claim }
  }

  /** An admitted upgrade, after the 101. */
  accept(entry: Entry, socket: Duplex, head: Buffer): void {
    const make: MakeCarrier = (events) => new WebSocketCarrier(socket as Socket, head, false, events)
    if (!this.#enter(entry, make)) socket.destroy()
  }

  /** An admitted request that is no upgrade. */
  serve(entry: Entry, request: SiteRequest, response: HttpResponse): void {
    if (entry.kind === 'request') return this.#httpCarriers.serve(entry.claim, request, response)
    request.resume()
    const make: MakeCarrier = (events: CarrierEvents, keys: CarrierKeys) => this.#httpCarriers.begin(keys, response, events)
    if (!this.#enter(entry, make)) response.destroy()
  }

  close(): void {
    this.sessions.close()
    this.#httpCarriers.close()
  }

  /** False: the session that it was admitted to has ended since. */
  #enter(entry: Entry, make: MakeCarrier): boolean {
    if (entry.kind === 'session') this.sessions.begin(entry.answer, make)
    return entry.kind === 'session' || (entry.kind === 'attach' && this.sessions.join(entry.claim, make))
  }
}
