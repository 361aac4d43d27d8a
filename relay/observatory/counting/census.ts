// What a relay that takes part has: counts in memory, a desk for reports, and the way to the collector. Made of observatory.json in the relay's folder; where
// there is none, nothing is counted.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { BlockList, isIPv6 } from 'node:net'
import { join } from 'node:path'
import ipaddr from 'ipaddr.js'
import type { Carrier, Stream, Target } from '#protocol'
import type { SealedRecord } from '#protocol/node'
import type { MakeCarrier } from '../../carriers/make-carrier.ts'
import type { Census, Counted, Origin } from '../../census.ts'
import { OperatorError } from '../../operator-error.ts'
import { UNKNOWN_COUNTRY, type WaySlice } from '../published.ts'
import { type Countries, openCountries } from './country.ts'
import { DayCounts, type Visit } from './day-counts.ts'
import { HandOver, type RelayIdentity } from './hand-over.ts'
import { ReportDesk } from './report-desk.ts'

export const SETTINGS_FILE = 'observatory.json'

export interface CensusSettings {
  /** Of the collector: https, or http on this machine. Ends with a slash. */
  readonly collector: URL
  /** A database of addresses that is newer than the one that ships. */
  readonly geoip: string | undefined
  /** Networks that the relay's edges come from: sessions of theirs are counted as such, and of no country. */
  readonly edges: readonly string[]
  /** The collector's, for which the relay's clients seal reports: X25519. undefined: they are not asked for any. */
  readonly reportKey: Uint8Array | undefined
}

/** undefined: the operator does not take part. Throws OperatorError where the settings are not right. */
export function readCensusSettings(folder: string): CensusSettings | undefined {
  const file = join(folder, SETTINGS_FILE)
  return existsSync(file) ? parseCensusSettings(readFileSync(file, 'utf8')) : undefined
}

/** undefined: the operator does not take part. Throws OperatorError where the settings are not right. */
export function openCensus(folder: string, identity: RelayIdentity, nowMs: () => number): Census | undefined {
  const settings = readCensusSettings(folder)
  if (settings === undefined) return undefined
  const { collector, geoip, edges } = settings
  const countries = openCountries(geoip)
  const counts = new DayCounts(nowMs)
  const handOver = new HandOver({ url: collector, identity, counts, geoipMadeMs: countries.madeMs, nowMs })
  const desk = new ReportDesk({ url: collector, identity, nowMs })
  const ofEdges = networks(edges)
  return {
    enter: (origin) => new CountedSession(counts, desk, countries, ofEdges, origin),
    close: () => handOver.close(),
  }
}

export function parseCensusSettings(text: string): CensusSettings {
  const wrong = (words: string): OperatorError => new OperatorError(`${SETTINGS_FILE} is not right: ${words}.`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong('it is not JSON')
  }
  if (typeof value !== 'object' || value === null) throw wrong('it must be an object {…}')
  const { collector, geoip, edges = [], reportKey, ...rest } = value as Record<string, unknown>
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw wrong(`“${unknown}” is not a field that this version knows`)
  if (typeof collector !== 'string' || !URL.canParse(collector)) throw wrong('“collector” must be a URL')
  const url = new URL(collector.endsWith('/') ? collector : `${collector}/`)
  const isHere = url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (url.protocol !== 'https:' && !isHere) throw wrong('“collector” must be https, or http on this machine')
  if (geoip !== undefined && typeof geoip !== 'string') throw wrong('“geoip” must be a file')
  if (!Array.isArray(edges) || !edges.every((one) => typeof one === 'string' && ipaddr.isValidCIDR(one)))
    throw wrong('“edges” must be a list of networks such as 203.0.113.0/24')
  if (reportKey !== undefined && (typeof reportKey !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(reportKey)))
    throw wrong('“reportKey” must be the key that the collector says, 43 letters')
  return {
    collector: url,
    geoip,
    edges,
    reportKey: reportKey === undefined ? undefined : new Uint8Array(Buffer.from(reportKey, 'base64url')),
  }
}

class CountedSession implements Counted {
  readonly #visit: Visit
  readonly #desk: ReportDesk
  readonly #edges: BlockList
  readonly #whose: string

  constructor(counts: DayCounts, desk: ReportDesk, countries: Countries, edges: BlockList, { address }: Origin) {
    const isOfEdge = isIn(edges, address)
    this.#visit = counts.enter(isOfEdge ? UNKNOWN_COUNTRY : countries.countryOf(address))
    this.#desk = desk
    this.#edges = edges
    // The address of an edge or a front is that of many people, who may each hand in a report: there it is one for each session.
    this.#whose = address === undefined || this.#visit.country === UNKNOWN_COUNTRY ? randomBytes(16).toString('hex') : address
  }

  around(make: MakeCarrier, { kind, address }: Origin): MakeCarrier {
    const way: WaySlice = `${kind}-${isIn(this.#edges, address) ? 'edge' : 'direct'}`
    return (events, keys) => {
      let isOver = false
      const over = (isBroken: boolean): void => {
        if (isOver) return
        isOver = true
        this.#visit.carrierEnded(isBroken)
      }
      this.#visit.carrierBegan(way)
      const inner = make(
        {
          onMessage: (message) => {
            this.#visit.carried(message.length)
            events.onMessage(message)
          },
          onRoom: () => events.onRoom(),
          onClosed: (wasReset) => {
            over(wasReset === true)
            events.onClosed(wasReset)
          },
        },
        keys,
      )
      return new CountedCarrier(inner, this.#visit, () => over(false))
    }
  }

  serve(stream: Stream, target: Target): boolean {
    return this.#desk.serve(stream, target, this.#visit.country, this.#whose)
  }

  end(): void {
    this.#visit.end()
  }
}

class CountedCarrier implements Carrier {
  readonly #inner: Carrier
  readonly #visit: Visit
  readonly #onClose: () => void

  constructor(inner: Carrier, visit: Visit, onClose: () => void) {
    this.#inner = inner
    this.#visit = visit
    this.#onClose = onClose
  }

  get hasRoom(): boolean {
    return this.#inner.hasRoom
  }

  get receivedBytes(): number {
    return this.#inner.receivedBytes
  }

  start(): void {
    this.#inner.start()
  }

  send(record: SealedRecord): void {
    this.#visit.carried(record.header.length + record.body.length + record.tag.length)
    this.#inner.send(record)
  }

  sendMessage(message: Uint8Array): void {
    this.#visit.carried(message.length)
    this.#inner.sendMessage(message)
  }

  close(): void {
    this.#onClose()
    this.#inner.close()
  }
}

function networks(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address, bits] = ipaddr.parseCIDR(range)
    list.addSubnet(address.toString(), bits, address.kind())
  }
  return list
}

function isIn(list: BlockList, address: string | undefined): boolean {
  return address !== undefined && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
