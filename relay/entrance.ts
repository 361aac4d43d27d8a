// The entrance: what an admitted request becomes. Joins gate, sessions and the carriers of ordinary requests.
//
// upgrade:          gate → a WebSocket carrier → a new session, or one that lives
// ordinary request: gate → an http carrier → the same; or a further request of an http carrier that lives
// either, where the session lives in another process of this relay: handed over, as it came
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type CarrierEvents, type CarrierKeys, consumeRequest, type RelayAnswer, type ReplayMemory } from '#protocol'
import { nodeCrypto, WebSocketCarrier } from '#protocol/node'
import type { Toll } from './caps/toll.ts'
import { HttpCarriers, type HttpClaim, nameOf } from './carriers/http.ts'
import type { HttpResponse } from './carriers/http-response.ts'
import type { MakeCarrier } from './carriers/make-carrier.ts'
import type { Census, Origin } from './census.ts'
import type { Site, SiteRequest, SiteResponse } from './cover/site.ts'
import type { Dialer } from './dial/dial.ts'
import { type Claim, Gate } from './gate.ts'
import type { RelayKeys } from './keys.ts'
import { httpLimits, type SessionLimits, sessionLimits } from './limits.ts'
import type { Meter } from './meter.ts'
import { Sessions } from './sessions.ts'
import type { Documents } from './streams.ts'
import type { Elsewhere, Registry } from './workers/elsewhere.ts'
import { handOverRequest, handOverUpgrade } from './workers/hand-over.ts'

/** What a request was admitted as. */
export type Entry =
  | { readonly kind: 'session'; readonly answer: RelayAnswer }
  | { readonly kind: 'attach'; readonly claim: Claim }
  | { readonly kind: 'request'; readonly claim: HttpClaim }
  | { readonly kind: 'elsewhere'; readonly at: string; readonly cookie: string }

export interface EntranceOptions {
  readonly keys: RelayKeys
  readonly memory: ReplayMemory
  readonly dialer: Dialer
  readonly documents: Documents
  readonly meter: Meter
  readonly toll: Toll
  readonly nowS: () => number
  /** What a request meets that another process does not take. */
  readonly site: Site
  /** Where this relay has several processes: what lives in the others, and who tells them of what lives here. */
  readonly siblings?: { readonly elsewhere: Elsewhere; readonly registry: Registry } | undefined
  readonly limits?: SessionLimits
  /** Where the operator takes part in the observatory. */
  readonly census?: Census | undefined
}

/** The other process has seen to it that none of these was shown before. */
const SEEN_TO: ReplayMemory = { remember: () => true }

export class Entrance {
  readonly sessions: Sessions
  readonly #httpCarriers: HttpCarriers
  readonly #elsewhere: Elsewhere | undefined
  readonly #gate: Gate
  /** For what other processes hand over. */
  readonly #innerGate: Gate
  readonly #site: Site
  readonly #nowS: () => number

  constructor({ keys, memory, dialer, documents, meter, toll, nowS, site, siblings, limits = sessionLimits, census }: EntranceOptions) {
    this.#nowS = nowS
    this.#site = site
    this.#elsewhere = siblings?.elsewhere
    this.#httpCarriers = new HttpCarriers(httpLimits, siblings?.registry)
    const seal = (attached: Uint8Array): Uint8Array => this.#gate.seal(attached, nowS())
    this.sessions = new Sessions(dialer, documents, seal, meter, toll, limits, siblings?.registry, census)
    const { sessions } = this
    const inside = {
      get hasRoom() {
        if (!sessions.hasRoom) meter.sessionsRefused++
        return sessions.hasRoom
      },
      claim: (attach: Uint8Array) => sessions.claim(attach),
      placeOf: (attach: Uint8Array) => this.#elsewhere?.placeOf(attach),
      request: (message: Uint8Array) => consumeRequest(nodeCrypto, message, (id) => this.#keyOf(id)),
    }
    this.#gate = new Gate(keys, memory, inside)
    this.#innerGate = new Gate(keys, SEEN_TO, { ...inside, hasRoom: false, placeOf: () => undefined })
  }

  /** Asked once for each request that a carrier's client could have sent. */
  admit(request: SiteRequest): Entry | undefined {
    return this.#admit(request, this.#gate)
  }

  /** As `admit`, for what another process of this relay hands over: never the beginning of a session. */
  admitHandedOver(request: SiteRequest): Entry | undefined {
    const entry = this.#admit(request, this.#innerGate)
    return entry?.kind === 'elsewhere' ? undefined : entry
  }

  /** An admitted upgrade, after the 101. */
  accept(entry: Entry, socket: Duplex, head: Buffer): void {
    if (entry.kind === 'elsewhere') return handOverUpgrade(entry.at, entry.cookie, socket, head)
    const make: MakeCarrier = (events) => new WebSocketCarrier(socket as Socket, head, false, events)
    if (!this.#enter(entry, make, { kind: 'websocket', address: (socket as Socket).remoteAddress })) socket.destroy()
  }

  /** An admitted request that is no upgrade. */
  serve(entry: Entry, request: SiteRequest, response: HttpResponse): void {
    if (entry.kind === 'request') return this.#httpCarriers.serve(entry.claim, request, response)
    if (entry.kind === 'elsewhere')
      return handOverRequest(entry.at, request, response, () => this.#site(request, response as unknown as SiteResponse))
    request.resume()
    const make: MakeCarrier = (events: CarrierEvents, keys: CarrierKeys) => this.#httpCarriers.begin(keys, response, events)
    if (!this.#enter(entry, make, { kind: 'http', address: request.socket.remoteAddress })) response.destroy()
  }

  close(): void {
    this.sessions.close()
    this.#httpCarriers.close()
  }

  #admit(request: SiteRequest, gate: Gate): Entry | undefined {
    const cookie = request.headers.cookie ?? ''
    const admitted = gate.admit(cookie, this.#nowS())
    if (admitted?.kind === 'elsewhere') return { kind: 'elsewhere', at: admitted.at, cookie }
    if (request.headers.upgrade !== undefined) return admitted?.kind === 'request' ? undefined : admitted
    if (admitted?.kind !== 'request') return this.#httpCarriers.hasRoom ? admitted : undefined
    const { id, sequence } = admitted.request
    const other = this.#httpCarriers.keyOf(id) === undefined ? this.#elsewhere?.carrierOf(nameOf(id)) : undefined
    if (other !== undefined) return { kind: 'elsewhere', at: other.at, cookie }
    const claim = this.#httpCarriers.claim(request.method, id, sequence)
    return claim && { kind: 'request', claim }
  }

  #keyOf(id: Uint8Array): Uint8Array | undefined {
    return this.#httpCarriers.keyOf(id) ?? this.#elsewhere?.carrierOf(nameOf(id))?.key
  }

  /** False: the session that it was admitted to has ended since. */
  #enter(entry: Entry, make: MakeCarrier, origin: Origin): boolean {
    if (entry.kind === 'session') this.sessions.begin(entry.answer, make, origin)
    return entry.kind === 'session' || (entry.kind === 'attach' && this.sessions.join(entry.claim, make, origin))
  }
}
