// The relay's way out: dials what a stream asks for, or says why not. A literal address is checked and dialled in the same turn of the
// event loop; a name is resolved first, and only checked addresses of that one answer are dialled.
import { connect, isIP, type OnReadOpts } from 'node:net'
import { ResetCode, type Target } from '#protocol'
import { type DialLimits, dialLimits } from '../limits.ts'
import type { ExitPolicy } from './exit-policy.ts'
import { type Connect, type DialResult, furthest, Race } from './happy-eyeballs.ts'
import { type AddressPolicy, createAddressPolicy, isPortRefused, nameToAsk } from './policy.ts'
import { Portions } from './portions.ts'
import type { Answer, Family, Resolver } from './resolver.ts'
import type { SocketShare } from './sockets.ts'

export type { DialResult } from './happy-eyeballs.ts'

export interface DialOptions {
  /** CIDRs or addresses that are open in spite of everything but the port rule, the relay's own addresses included. */
  readonly allow: readonly string[]
  /** The relay's own addresses: CIDRs or addresses. */
  readonly deny: readonly string[]
  readonly resolver: Pick<Resolver, 'lookup'>
  /** What the operator has closed, which no `allow` opens. */
  readonly exit?: ExitPolicy
  readonly connect?: Connect
  /** Any clock that never goes back. */
  readonly nowMs?: () => number
  readonly limits?: DialLimits
}

export type UdpDestination = { readonly address: string; readonly family: Family }

export class Dialer {
  readonly #permits: AddressPolicy
  readonly #exit: ExitPolicy | undefined
  readonly #resolver: Pick<Resolver, 'lookup'>
  readonly #connect: Connect
  readonly #nowMs: () => number
  readonly #limits: DialLimits
  /** Dials under way and when each is overdue. All have the same time, so the oldest comes first. */
  readonly #dials = new Map<Race, number>()
  readonly #begun: Portions
  #sweep: NodeJS.Timeout | undefined

  /** Throws an Error with words for the operator when a range is not one. */
  constructor(options: DialOptions) {
    const permits = createAddressPolicy(options.allow, options.deny)
    const { exit } = options
    this.#permits = (address) => permits(address) && exit?.permitsAddress(address) !== false
    this.#exit = exit
    this.#resolver = options.resolver
    this.#connect = options.connect ?? connect
    this.#nowMs = options.nowMs ?? (() => performance.now())
    this.#limits = options.limits ?? dialLimits
    this.#begun = new Portions(this.#limits.dialsMax)
  }

  /**
   * Dials a stream for whoever has `share`. `done` is called exactly once and never before this returns. The socket is connected, paused (nothing has been read),
   * without delay, half-open allowed, without listeners but our count's, and the callee's: it has to listen for errors before it returns. `onread` is
   * net.connect's, for sockets that are to be read into buffers of the caller's; no read happens before resume().
   * The returned function cancels: `done` is not called any more. After `done` it does nothing.
   */
  dialTcp(target: Target, share: SocketShare, done: (result: DialResult) => void, onread?: OnReadOpts): () => void {
    const race: Race = new Race(
      { port: target.port, connect: this.#connect, limits: this.#limits, onread, share, from: (family) => this.localAddress(family) },
      (result) => {
        over()
        done(result)
      },
    )
    const over = (): void => {
      if (this.#dials.delete(race)) this.#begun.giveBack(share)
    }
    const place = this.#placeOf(target)
    if (place === undefined) race.fail(ResetCode.denied)
    else if (!this.#begun.hasRoom(share)) race.fail(ResetCode.overload)
    else {
      this.#begun.take(share)
      this.#dials.set(race, this.#nowMs() + this.#limits.dialMs)
      this.#sweep ??= setInterval(() => this.#endOverdue(), this.#limits.sweepMs).unref()
      if ('address' in place) race.offer([place.address], true)
      else this.#lookup(place.name, race, share)
    }
    return () => {
      over()
      race.cancel()
    }
  }

  /**
   * Resolves and checks the destination of a datagram. `done` is called exactly once; for an address, or a name that is known, before this
   * returns. The datagram has to go to that very address. A name gives IPv4 if it can: nothing tells when a datagram over IPv6 gets lost.
   */
  resolveUdp(target: Target, asker: object, done: (result: UdpDestination | ResetCode) => void): void {
    const place = this.#placeOf(target)
    if (place === undefined) return done(ResetCode.denied)
    if ('address' in place) return done({ address: place.address, family: isIP(place.address) as Family })
    const tryIpv6 = (why: ResetCode | undefined): void =>
      this.#resolver.lookup(place.name, 6, asker, (ipv6) => {
        const { addresses, code } = this.#check(ipv6)
        if (addresses[0] !== undefined) return done({ address: addresses[0], family: 6 })
        done(furthest(why, code) ?? ResetCode.nameNotFound)
      })
    this.#resolver.lookup(place.name, 4, asker, (ipv4) => {
      const { addresses, code } = this.#check(ipv4)
      if (addresses[0] !== undefined) return done({ address: addresses[0], family: 4 })
      tryIpv6(code)
    })
  }

  /** By which address what is sent to this family leaves; undefined: as the system chooses. */
  localAddress(family: Family): string | undefined {
    return this.#exit?.localAddress(family)
  }

  /** undefined: refused before anything is asked or dialled. */
  #placeOf({ host, port }: Target): { readonly address: string } | { readonly name: string } | undefined {
    if (isPortRefused(port) || this.#exit?.permitsPort(port) === false) return undefined
    if (isIP(host) !== 0) return this.#permits(host) ? { address: host } : undefined
    const name = nameToAsk(host)
    return name === undefined || this.#exit?.permitsName(name) === false ? undefined : { name }
  }

  #lookup(name: string, race: Race, asker: object): void {
    let pendingCount = 2
    const take = (answer: Answer): void => {
      pendingCount--
      const { addresses, code } = this.#check(answer)
      if (code !== undefined) race.note(code)
      race.offer(addresses, pendingCount === 0)
    }
    this.#resolver.lookup(name, 6, asker, take)
    this.#resolver.lookup(name, 4, asker, take)
  }

  /** The addresses of an answer that may be dialled, and why others (or all) may not. */
  #check(answer: Answer): { readonly addresses: readonly string[]; readonly code: ResetCode | undefined } {
    if ('code' in answer) return { addresses: [], code: answer.code }
    const addresses = answer.addresses.filter(this.#permits)
    return { addresses, code: addresses.length < answer.addresses.length ? ResetCode.denied : undefined }
  }

  #endOverdue(): void {
    const nowMs = this.#nowMs()
    for (const [race, overdueMs] of this.#dials) {
      if (overdueMs > nowMs) return
      race.fail(ResetCode.timeout)
    }
    if (this.#dials.size > 0) return
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }
}
