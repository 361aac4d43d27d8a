// The entrance: what an admitted request becomes. Joins gate, sessions and the carriers of ordinary requests.
//
// upgrade:          gate → a WebSocket carrier → a new session, or one that lives
// ordinary request: gate → an http carrier → the same; or a further request of an http carrier that lives
// either, where the session lives in another process of this relay: handed over, as it came
// both, where this relay is several hosts: only once the store that they share has not seen the admission before
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type CarrierEvents, type CarrierKeys, consumeRequest, type RelayAnswer, type ReplayMemory } from '#protocol'
import { nodeCrypto, WebSocketCarrier } from '#protocol/node'
import type { Toll } from './caps/toll.ts'
import { HttpCarriers, type HttpClaim, nameOf } from './carriers/http.ts'
import type { HttpResponse } from './carriers/http-response.ts'
import type { MakeCarrier } from './carriers/make-carrier.ts'
import type { Census, Origin } from './census.ts'
import { type Reach, reachProcess } from './cluster/hop.ts'
import type { Site, SiteRequest, SiteResponse } from './cover/site.ts'
import type { Dialer } from './dial/dial.ts'
import { type Claim, Gate } from './gate.ts'
import type { RelayKeys } from './keys.ts'
import type { HttpLimits, SessionLimits } from './limits.ts'
import type { Meter } from './meter.ts'
import { Sessions } from './sessions.ts'
import type { Documents } from './streams.ts'
import type { Elsewhere, Registry } from './workers/elsewhere.ts'
import { handOverRequest, handOverUpgrade } from './workers/hand-over.ts'

/** What a request was admitted as. */
export type Entry =
  | { readonly kind: 'session'; readonly answer: RelayAnswer; readonly id: Uint8Array | undefined }
  | { readonly kind: 'attach'; readonly claim: Claim; readonly id: Uint8Array | undefined }
  | { readonly kind: 'request'; readonly claim: HttpClaim }
  | { readonly kind: 'elsewhere'; readonly at: string; readonly cookie: string; readonly id: Uint8Array | undefined }

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
  readonly siblings?: { readonly elsewhere: Elsewhere; readonly registry: Registry; readonly reach: Reach } | undefined
  /** Whether this host is the first of several to ask, by the admission's id; without one it takes as long. */
  readonly ask?: ((id: Uint8Array | undefined) => Promise<boolean>) | undefined
  readonly limits: { readonly session: SessionLimits; readonly http: HttpLimits }
  /** Where the operator takes part in the observatory. */
  readonly census?: Census | undefined
}

/** The other process has seen to it that none of these was shown before. */
const SEEN_TO: ReplayMemory = { remember: () => true }

export class Entrance {
  readonly sessions: Sessions
  readonly #httpCarriers: HttpCarriers
  readonly #elsewhere: Elsewhere | undefined
  readonly #reach: Reach
  readonly #ask: EntranceOptions['ask']
  readonly #gate: Gate
  /** For what other processes hand over. */
  readonly #innerGate: Gate
  readonly #site: Site
  #noted: Uint8Array | undefined
  readonly #nowS: () => number

  constructor({ keys, memory, dialer, documents, meter, toll, nowS, site, siblings, ask, limits, census }: EntranceOptions) {
    this.#nowS = nowS
    this.#site = site
    this.#elsewhere = siblings?.elsewhere
    this.#reach = siblings?.reach ?? reachProcess
    this.#ask = ask
    this.#httpCarriers = new HttpCarriers(limits.http, siblings?.registry)
    const seal = (attached: Uint8Array): Uint8Array => this.#gate.seal(attached, nowS())
    this.sessions = new Sessions(dialer, documents, seal, meter, toll, limits.session, siblings?.registry, census)
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
    this.#gate = new Gate(keys, this.#noting(memory), inside)
    this.#innerGate = new Gate(keys, SEEN_TO, { ...inside, hasRoom: false, placeOf: () => undefined })
  }

  /** Asked once for each request that a carrier's client could have sent. */
  admit(request: SiteRequest): Entry | undefined {
    return this.#admit(request, this.#gate)
  }

  /** Whether the store has to be asked about a request before it is answered: also about what is refused, whose answer must not come sooner. */
  mustAsk(request: SiteRequest, entry: Entry | undefined): boolean {
    if (this.#ask === undefined) return false
    return entry === undefined ? /=[^;]{90,}/.test(request.headers.cookie ?? '') : entry.kind !== 'request' && entry.id !== undefined
  }

  async confirm(entry: Entry | undefined): Promise<boolean> {
    return this.#ask === undefined || this.#ask(entry === undefined || entry.kind === 'request' ? undefined : entry.id)
  }

  /** As `admit`, for what another process of this relay hands over: never the beginning of a session. */
  admitHandedOver(request: SiteRequest): Entry | undefined {
    const entry = this.#admit(request, this.#innerGate)
    return entry?.kind === 'elsewhere' ? undefined : entry
  }

  /** An admitted upgrade, after the 101. */
  accept(entry: Entry, socket: Duplex, head: Buffer): void {
    if (entry.kind === 'elsewhere') return handOverUpgrade(this.#reach, entry.at, entry.cookie, socket, head)
    // An empty head is a view of all that the request came in, and would keep it for as long as the carrier lives.
    const early = head.length === 0 ? new Uint8Array() : head
    const make: MakeCarrier = (events) => new WebSocketCarrier(socket as Socket, early, false, events)
    if (!this.#enter(entry, make, { kind: 'websocket', address: (socket as Socket).remoteAddress })) socket.destroy()
  }

  /** An admitted request that is no upgrade. */
  serve(entry: Entry, request: SiteRequest, response: HttpResponse): void {
    if (entry.kind === 'request') return this.#httpCarriers.serve(entry.claim, request, response)
    if (entry.kind === 'elsewhere')
      return handOverRequest(this.#reach, entry.at, request, response, () => this.#site(request, response as unknown as SiteResponse))
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
    this.#noted = undefined
    const admitted = gate.admit(cookie, this.#nowS())
    const id = this.#noted
    if (request.method === 'POST' && admitted?.kind !== 'request') return undefined
    if (admitted?.kind === 'elsewhere') return { kind: 'elsewhere', at: admitted.at, cookie, id }
    if (request.headers.upgrade !== undefined && admitted?.kind === 'request') return undefined
    if (admitted?.kind !== 'request') {
      const hasRoom = request.headers.upgrade !== undefined || this.#httpCarriers.hasRoom
      return admitted && hasRoom ? { ...admitted, id } : undefined
    }
    const { id: carrier, sequence } = admitted.request
    const other = this.#httpCarriers.keyOf(carrier) === undefined ? this.#elsewhere?.carrierOf(nameOf(carrier)) : undefined
    // The carrier counts its requests itself: no memory has them.
    if (other !== undefined) return { kind: 'elsewhere', at: other.at, cookie, id: undefined }
    const claim = this.#httpCarriers.claim(request.method, carrier, sequence)
    return claim && { kind: 'request', claim }
  }

  /** The memory, as it is; what it was last shown is noted, for the store. */
  #noting(memory: ReplayMemory): ReplayMemory {
    return {
      remember: (id, expiresS) => {
        this.#noted = id.slice()
        return memory.remember(id, expiresS)
      },
    }
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
