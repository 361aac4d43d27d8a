// Several hosts that are one relay: they have the same keys, and share a memory of admissions and the knowledge of whose each session is, by a Redis store.
//
// 1. an admission that is new here is put to the store: the first host to do so has it            ask
// 2. sessions and carriers that begin and end are told to all, sealed, by the store's channel      announce
// 3. a host that falls silent is forgotten; one that begins is told everything                     #heard, #look
//
// Where the store can't be asked, nobody is let in: a copy of an admission could not be told. The store is trusted with no secret: it sees random
// marks and sealed words. What it says of them is believed (docs/THREATS.md). One that has lost its memory is not believed until all that it may have forgotten is stale.
// It forgets by its own clock, and hosts judge by theirs what is fresh: so one whose clock is far from the store's lets nobody in.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import { createClient } from '@redis/client'
import { ADMISSION_FRESH_S } from '#protocol'
import { formatHostPort } from '../host-port.ts'
import type { RelayKeys } from '../keys.ts'
import { clusterLimits, gateLimits } from '../limits.ts'
import { replaceFile } from '../replace-file.ts'
import { type Announcement, Elsewhere, type Registry, registryOf } from '../workers/elsewhere.ts'
import type { ClusterSettings } from './settings.ts'

/** In the relay's folder: which memory the store had when it was last asked. */
const EPOCH_FILE = 'cluster-epoch'

type Word = Announcement | { readonly kind: 'alive'; readonly at: string } | { readonly kind: 'hello'; readonly at: string }
type Client = ReturnType<typeof createClient>

export class Cluster {
  readonly elsewhere: Elsewhere = new Elsewhere()
  readonly registry: Registry
  /** Where this host is reached by the others. */
  readonly at: string
  readonly #prefix: string
  readonly #sealKey: Buffer
  readonly #store: Client
  readonly #channel: Client
  /** What lives here, for hosts that begin. */
  readonly #own = new Map<string, Announcement>()
  readonly #heardMs = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  /** Until when a store that has lost its memory is not believed, by performance.now(); undefined: not connected yet. */
  #believedMs: number | undefined
  /** The store's clock less performance.now(), when it was asked last. */
  #storeClockMs = Number.NaN
  #isClosed = false

  constructor({ store, at }: ClusterSettings, { privateKey }: RelayKeys) {
    const derive = (what: string): Buffer => createHmac('sha256', privateKey).update(`culvert v1 relay cluster ${what}`).digest()
    this.at = formatHostPort(at)
    this.#prefix = `culvert:${derive('store').toString('hex').slice(0, 32)}`
    this.#sealKey = derive('announcements')
    this.registry = registryOf(this.at, (one) => this.#announce(one))
    this.#store = createClient({
      url: store,
      disableOfflineQueue: true,
      commandsQueueMaxLength: clusterLimits.questionsMax,
      socket: { connectTimeout: clusterLimits.askMs, reconnectStrategy: clusterLimits.reconnectMs },
    })
    this.#channel = this.#store.duplicate({ disableOfflineQueue: false })
    for (const client of [this.#store, this.#channel]) client.on('error', () => undefined)
    this.#store.on('ready', () => void this.#connected().catch(() => undefined))
    for (const event of ['end', 'reconnecting'])
      this.#store.on(event, () => {
        this.#believedMs = undefined
      })
    this.#timer = setInterval(() => this.#look(), clusterLimits.aliveMs).unref()
  }

  /** Begins to reach for the store, and goes on until `close`. */
  connect(): void {
    void this.#store.connect().catch(() => undefined)
    void this.#channel
      .connect()
      .then(() => this.#channel.subscribe(this.#prefix, (message) => this.#heard(message as unknown as Buffer), true))
      .catch(() => undefined)
  }

  /** Why nobody can be let in. */
  get fault(): string | undefined {
    if (this.#believedMs === undefined) return 'The store that this relay’s hosts share can’t be reached, so nobody is let in.'
    if (Math.abs(Date.now() - performance.now() - this.#storeClockMs) > ADMISSION_FRESH_S * 1_000)
      return 'The clock of this host is minutes off that of the store that its hosts share, so nobody is let in. Set both right.'
    return performance.now() < this.#believedMs
      ? 'The store that this relay’s hosts share has lost its memory; nobody is let in until what it forgot is stale, in some minutes.'
      : undefined
  }

  /** Whether this host is the first to put it. undefined: asks for nothing, and takes as long. */
  async ask(id: Uint8Array | undefined): Promise<boolean> {
    const key = `${this.#prefix}:${Buffer.from(id ?? randomBytes(16)).toString('base64url')}`
    try {
      const answer = await within(
        clusterLimits.askMs,
        this.#store.sendCommand(['SET', key, '', 'NX', 'EX', String(2 * gateLimits.generationS)]),
      )
      return id !== undefined && String(answer) === 'OK' && this.fault === undefined
    } catch {
      return false
    }
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    this.#say({ kind: 'lost', at: this.at })
    for (const client of [this.#store, this.#channel]) if (client.isOpen) client.destroy()
  }

  /** Learns which memory the store has. */
  async #connected(): Promise<void> {
    const fresh = randomBytes(16).toString('hex')
    await this.#store.sendCommand(['SET', `${this.#prefix}:epoch`, fresh, 'NX'])
    const epoch = String(await this.#store.sendCommand(['GET', `${this.#prefix}:epoch`]))
    const known = existsSync(EPOCH_FILE) ? readFileSync(EPOCH_FILE, 'utf8') : epoch
    if (known !== epoch || !existsSync(EPOCH_FILE)) replaceFile(EPOCH_FILE, epoch)
    await this.#askClock()
    this.#believedMs = known === epoch ? 0 : performance.now() + 2 * gateLimits.generationS * 1_000
    this.#say({ kind: 'hello', at: this.at })
    this.#announceAll()
  }

  async #askClock(): Promise<void> {
    const [seconds] = (await this.#store.sendCommand(['TIME'])) as unknown as readonly [string, string]
    this.#storeClockMs = Number(seconds) * 1_000 - performance.now()
  }

  #announce(one: Announcement): void {
    if (one.kind === 'gone') this.#own.delete(one.id)
    else if (one.kind !== 'lost') this.#own.set(one.id, one)
    this.#say(one)
  }

  #announceAll(): void {
    for (const one of this.#own.values()) this.#say(one)
  }

  #say(word: Word): void {
    if (!this.#store.isReady) return
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#sealKey, nonce)
    const sealed = Buffer.concat([nonce, cipher.update(serialize(word)), cipher.final(), cipher.getAuthTag()])
    this.#store.publish(this.#prefix, sealed as never).catch(() => undefined)
  }

  #heard(sealed: Buffer): void {
    const word = this.#open(sealed)
    if (word === undefined || this.#isClosed || ('at' in word && word.at === this.at)) return
    if ('at' in word) this.#heardMs.set(word.at, performance.now())
    if (word.kind === 'hello') this.#announceAll()
    else if (word.kind !== 'alive') this.elsewhere.take(word)
  }

  /** undefined for what no host of this relay has sealed. */
  #open(sealed: Buffer): Word | undefined {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#sealKey, sealed.subarray(0, 12))
      decipher.setAuthTag(sealed.subarray(-16))
      return deserialize(Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])) as Word
    } catch {
      return undefined
    }
  }

  #look(): void {
    this.#say({ kind: 'alive', at: this.at })
    if (this.#store.isReady) void this.#askClock().catch(() => undefined)
    for (const [at, heardMs] of this.#heardMs) {
      if (performance.now() - heardMs < clusterLimits.silenceMs) continue
      this.#heardMs.delete(at)
      this.elsewhere.take({ kind: 'lost', at })
    }
  }
}

function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('no answer in time')), limitMs)
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
