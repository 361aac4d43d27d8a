// Names to addresses: one bounded cache for the whole relay.
//
// c-ares (dns.Resolver), not dns.lookup: getaddrinfo blocks one of four threads for as long as a name server is silent, tells no TTL, can't
// be bounded, searches the relay's own domains, and reads 0177.1 as an address. c-ares takes the name servers of /etc/resolv.conf as the
// system does. What it leaves out of the system's view we add: the hosts file, and the names that RFC 6761 and 7686 keep out of DNS.
import { Resolver as DnsResolver, type RecordWithTtl } from 'node:dns'
import { isIP } from 'node:net'
import { ResetCode } from '#protocol'
import { type ResolverLimits, resolverLimits } from '../limits.ts'
import { type Hosts, readHosts } from './hosts.ts'
import { Portions } from './portions.ts'

/** Addresses of one family (at least one), not yet checked by any policy, or why there are none. */
export type Answer = { readonly addresses: readonly string[] } | { readonly code: ResetCode }
export type Family = 4 | 6

export interface ResolverOptions {
  /** Name servers as `address:port`; undefined: those of the system. */
  readonly servers?: readonly string[]
  readonly hostsFile?: string
  /** Any clock that never goes back. */
  readonly nowMs?: () => number
  readonly limits?: ResolverLimits
}

interface Kept {
  readonly answer: Answer
  readonly untilMs: number
}

interface Query {
  readonly key: string
  readonly name: string
  readonly family: Family
  /** Whose turn it takes. */
  asker: object
  readonly waiters: { readonly done: (answer: Answer) => void; readonly asker: object }[]
}

export class Resolver {
  readonly #dns: DnsResolver
  readonly #hosts: Hosts
  readonly #nowMs: () => number
  readonly #limits: ResolverLimits
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()
  /** Asked or queued, so that a second caller joins the first one's query. */
  readonly #queries = new Map<string, Query>()
  readonly #queued = new Set<Query>()
  readonly #asked: Portions
  readonly #places: Portions
  readonly #waiting: Portions

  constructor(options: ResolverOptions = {}) {
    this.#limits = options.limits ?? resolverLimits
    this.#nowMs = options.nowMs ?? (() => performance.now())
    this.#hosts = readHosts(options.hostsFile ?? '/etc/hosts', this.#limits.hostsBytesMax)
    this.#dns = new DnsResolver({ timeout: this.#limits.queryMs, tries: this.#limits.triesMax })
    this.#asked = new Portions(this.#limits.queriesMax)
    this.#places = new Portions(this.#limits.queuedMax)
    this.#waiting = new Portions(this.#limits.waitersMax)
    if (options.servers !== undefined) this.#dns.setServers(options.servers)
  }

  /**
   * Looks up one family of a name (as nameToAsk gives it). Calls back exactly once, before it returns when the answer is known. Whoever
   * loses interest ignores the answer: it is kept for the next caller. Names that are slow to come hold up their `asker` alone.
   */
  lookup(name: string, family: Family, asker: object, done: (answer: Answer) => void): void {
    const pinned = this.#pinned(name, family)
    if (pinned !== undefined) return done(pinned)
    const key = `${family}${name}`
    const kept = this.#kept.get(key)
    if (kept !== undefined && kept.untilMs > this.#nowMs()) return done(kept.answer)
    const running = this.#queries.get(key)
    if (!this.#waiting.hasRoom(asker) || (running === undefined && !this.#places.hasRoom(asker))) return done({ code: ResetCode.overload })
    this.#waiting.take(asker)
    if (running === undefined) this.#queue({ key, name, family, asker, waiters: [{ done, asker }] })
    else {
      running.waiters.push({ done, asker })
      this.#adopt(running, asker)
    }
    this.#askNext()
  }

  /** Ends what is being asked: waiters get `goingAway`. */
  close(): void {
    for (const query of [...this.#queued]) {
      this.#leaveQueue(query)
      this.#settle(query, { code: ResetCode.goingAway })
    }
    this.#dns.cancel()
  }

  #pinned(name: string, family: Family): Answer | undefined {
    const addresses = this.#hosts.get(name)
    if (addresses !== undefined) return ofFamily(addresses, family)
    if (name === 'localhost' || name.endsWith('.localhost')) return ofFamily(LOOPBACK, family)
    if (name === 'onion' || name.endsWith('.onion')) return { code: ResetCode.nameNotFound }
    return undefined
  }

  #queue(query: Query): void {
    this.#queries.set(query.key, query)
    this.#queued.add(query)
    this.#places.take(query.asker)
  }

  /** What others wait for as well is not held up by what else was asked by who asked for it first. */
  #adopt(query: Query, asker: object): void {
    if (!this.#queued.has(query) || query.asker === asker || !this.#places.hasRoom(asker)) return
    this.#places.giveBack(query.asker)
    this.#places.take(asker)
    query.asker = asker
  }

  #leaveQueue(query: Query): void {
    this.#queued.delete(query)
    this.#places.giveBack(query.asker)
  }

  #askNext(): void {
    for (const query of this.#queued) {
      if (this.#asked.isFull) return
      if (!this.#asked.hasRoom(query.asker)) continue
      const { asker } = query
      this.#leaveQueue(query)
      this.#asked.take(asker)
      const answered = (error: NodeJS.ErrnoException | null, records: RecordWithTtl[] | undefined): void => {
        this.#asked.giveBack(asker)
        this.#take(query, error, records ?? [])
        this.#askNext()
      }
      if (query.family === 4) this.#dns.resolve4(query.name, { ttl: true }, answered)
      else this.#dns.resolve6(query.name, { ttl: true }, answered)
    }
  }

  #take(query: Query, error: NodeJS.ErrnoException | null, records: readonly RecordWithTtl[]): void {
    if (error === null && records.length > 0) {
      const ttlMs = Math.min(...records.map((record) => record.ttl)) * 1000
      const keepMs = Math.min(Math.max(ttlMs, this.#limits.ttlMinMs), this.#limits.ttlMaxMs)
      const addresses = records.slice(0, this.#limits.addressesMax).map((record) => record.address)
      this.#keep(query, { addresses }, keepMs)
    } else if (error === null || error.code === 'ENOTFOUND' || error.code === 'ENODATA') {
      this.#keep(query, { code: ResetCode.nameNotFound }, this.#limits.noAddressMs)
    } else if (error.code === 'ECANCELLED') {
      this.#settle(query, { code: ResetCode.goingAway })
    } else {
      // SERVFAIL, REFUSED, nonsense, no name server that listens: for the app that is a name without an address.
      const code = error.code === 'ETIMEOUT' ? ResetCode.timeout : ResetCode.nameNotFound
      this.#keep(query, { code }, this.#limits.failureMs)
    }
  }

  #keep(query: Query, answer: Answer, keepMs: number): void {
    this.#kept.delete(query.key)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < this.#limits.entriesMax) break
      this.#kept.delete(oldest)
    }
    this.#kept.set(query.key, { answer, untilMs: this.#nowMs() + keepMs })
    this.#settle(query, answer)
  }

  #settle(query: Query, answer: Answer): void {
    this.#queries.delete(query.key)
    for (const { asker } of query.waiters) this.#waiting.giveBack(asker)
    for (const { done } of query.waiters) done(answer)
  }
}

const LOOPBACK = ['127.0.0.1', '::1']

function ofFamily(addresses: readonly string[], family: Family): Answer {
  const matching = addresses.filter((address) => isIP(address) === family)
  return matching.length > 0 ? { addresses: matching } : { code: ResetCode.nameNotFound }
}
