// The engine's life in the app: it starts, is observed while it runs, and stops; one thing at a time, so that an engine that starts is not stopped half-way.
//
// 1. the person connects, or an invite came: ports are bound, the engine dials        connect, #start
// 2. it says how it fares, and its dials are seen at the platform's seam              #said, #observe
// 3. each second: the graph, a look for updates and reports                          #sample
// 4. it stops: no program is sent to its ports any more before they close             disconnect, #stop
import { type Crypto, encodeBase64url, encodeHex, type Version, versionOf } from '#protocol'
import type { AppStatus, OffFault } from '../../contract/app-status.ts'
import type { OwnProxy } from '../../contract/shell.ts'
import type { Status } from '../../contract/status.ts'
import type { Finding } from '../../contract/verdict.ts'
import type { Engine } from '../engine.ts'
import type { Platform } from '../platform.ts'
import type { Policies } from '../policies.ts'
import { networkInvite, relayInvites } from './invites.ts'
import { appLimits } from './limits.ts'
import { Line } from './line.ts'
import { LOOPBACK, startOnPorts } from './local-ports.ts'
import { Meter } from './meter.ts'
import type { Notices } from './notices.ts'
import { ObservedPlatform } from './observed-platform.ts'
import type { Circumstances } from './protection.ts'
import type { Reporting } from './reporting.ts'
import { handedRelays, knownRelays } from './saved-state.ts'
import type { Vault } from './vault.ts'

export interface EngineLifeOptions {
  readonly version: string
  readonly platform: Platform
  readonly crypto: Crypto
  readonly vault: Vault
  readonly reporting: Reporting
  readonly notices: Notices
  readonly onChange: () => void
  /** It carries something else than before, or nothing: the system's proxy is to follow. Resolves when it has. */
  readonly onRoute: () => Promise<void>
  /** Worth a notification. */
  readonly onEvent: (event: 'connected' | 'reconnected' | 'lost') => void
  readonly onTooOld: (least: Version) => void
  /** Each second of a session. */
  readonly onSecond: () => void
}

/** What the screens see of it. */
type Seen = Pick<AppStatus, 'link' | 'finding' | 'clockOffsetS' | 'traffic' | 'relays' | 'switches' | 'ports'>

export class EngineLife {
  readonly #options: EngineLifeOptions
  readonly #meter = new Meter()
  #line: Line
  #platform: ObservedPlatform
  #engine: Engine | undefined
  #password: string | undefined
  #finding: Finding | undefined
  #wasConnected = false
  /** When the person asked to be connected. */
  #beganMs = 0
  #sampling: NodeJS.Timeout | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #isStopping = false
  #isEnded = false

  constructor(options: EngineLifeOptions) {
    this.#options = options
    this.#platform = this.#observe()
    this.#line = new Line(() => this.#platform)
  }

  /** Resolves once the engine has its ports, or could not have them. */
  connect({ wasConnected }: { readonly wasConnected: boolean } = { wasConnected: false }): Promise<void> {
    const { vault, onChange, onRoute } = this.#options
    return this.#inTurn(async () => {
      if (this.#engine !== undefined || this.#isEnded) return
      this.#platform = this.#observe()
      this.#wasConnected = wasConnected
      this.#beganMs = performance.now()
      this.#line.know(knownRelays(vault.state))
      this.#line.said({ state: 'connecting', attempt: 1 })
      onChange()
      const engine = await this.#start()
      if (typeof engine === 'string') {
        this.#line.off(engine)
        return onRoute()
      }
      this.#engine = engine
      this.#sampling = setInterval(() => this.#sample(), appLimits.sampleMs)
    }).finally(onChange)
  }

  disconnect(): Promise<void> {
    return this.#inTurn(() => this.#stop()).finally(this.#options.onChange)
  }

  /** After a change of invites or ports: what is open is closed. */
  async restart(): Promise<void> {
    const isOn = this.#engine !== undefined
    await this.disconnect()
    if (isOn && this.#options.vault.state.invites.length > 0) await this.connect()
  }

  /** For good. */
  async end(): Promise<void> {
    this.#isEnded = true
    await this.disconnect()
  }

  /** Of what was, nothing is shown any more. */
  forget(): void {
    this.#line = new Line(() => this.#platform)
  }

  /** Where programs are to go, as far as the engine decides it. */
  get circumstances(): Omit<Circumstances, 'settings'> {
    const ports = this.#engine && { socks: this.#engine.socksPort, http: this.#engine.httpPort }
    return { state: this.#isStopping ? 'off' : this.#line.state, wasConnected: this.#wasConnected, ports }
  }

  /** The local HTTP proxy, for what the shell fetches itself. */
  get ownProxy(): OwnProxy | undefined {
    return this.#engine && { port: this.#engine.httpPort, password: this.#password }
  }

  /** What the relays say; undefined while the engine is off. */
  get policies(): Policies | undefined {
    return this.#engine?.policies
  }

  askForFriend(): ReturnType<Engine['askForFriend']> {
    return this.#engine?.askForFriend() ?? Promise.resolve(undefined)
  }

  get seen(): Seen {
    const { state } = this.#options.vault
    const known = this.#engine?.policies.places.relays ?? []
    this.#line.know(known.length > 0 ? known : knownRelays(state))
    const handed = new Set(handedRelays(state).map(({ relayKey }) => encodeHex(relayKey)))
    const engine = this.#engine
    const clock = engine?.clock.isOfRelays === true ? { clockOffsetS: engine.clock.offsetS } : {}
    const password = this.#password === undefined ? {} : { password: this.#password }
    const ports = engine && { socks: `${LOOPBACK}:${engine.socksPort}`, http: `${LOOPBACK}:${engine.httpPort}`, ...password }
    return {
      link: this.#line.link(),
      ...(this.#finding === undefined ? {} : { finding: this.#finding }),
      ...clock,
      traffic: this.#meter.traffic,
      relays: this.#line.relays(state.invites, handed),
      switches: this.#line.switches,
      ...(ports === undefined ? {} : { ports }),
    }
  }

  async #start(): Promise<Engine | OffFault> {
    const { platform, crypto, vault, reporting, notices, version, onChange, onTooOld } = this.#options
    const { settings, drawnPorts, invites } = vault.state
    this.#password = settings.ports.hasPassword ? encodeBase64url(platform.random(15)) : undefined
    const engine = await startOnPorts(settings.ports, drawnPorts, {
      platform: this.#platform,
      crypto,
      invites: relayInvites(invites),
      network: networkInvite(invites),
      country: settings.domestic.country,
      store: { load: () => vault.state.engine, save: (state) => vault.change({ engine: state }) },
      password: this.#password,
      waitForDial: false,
      beyondLoopback: false,
      onStatus: (status) => this.#said(status),
      onSession: (drive, relayIndex) => reporting.noteSession(drive, relayIndex),
      onFinding: (finding) => {
        this.#finding = finding
        reporting.noteFinding(finding)
        onChange()
      },
      onPortsChanged: () => notices.add('port-changed'),
      age: { version: versionOf(version), onTooOld },
    })
    if (typeof engine !== 'string') vault.change({ drawnPorts: { socks: engine.socksPort, http: engine.httpPort } })
    return engine
  }

  #observe(): ObservedPlatform {
    return new ObservedPlatform(this.#options.platform, {
      onChange: this.#options.onChange,
      onJoined: (spot, others) => this.#line.joined(spot, others),
      onLeft: (spot, wasCut, others) => this.#line.left(spot, wasCut, others),
    })
  }

  #said(status: Status): void {
    const { reporting, onEvent, onRoute, onChange } = this.#options
    const before = this.#line.state
    if (status.state === 'stopped') return
    this.#line.said(status)
    if (status.state === 'connected') {
      if (before !== 'connected' && before !== 'recovering') onEvent(this.#wasConnected ? 'reconnected' : 'connected')
      if (!this.#wasConnected) reporting.noteConnected(performance.now() - this.#beganMs)
      this.#wasConnected = true
    } else if (status.state === 'waiting' && before !== 'waiting') onEvent('lost')
    void onRoute()
    onChange()
  }

  #sample(): void {
    if (this.#meter.sample(this.#platform.carried)) this.#options.onChange()
    if (this.#line.state === 'connected') this.#options.onSecond()
  }

  async #stop(): Promise<void> {
    clearInterval(this.#sampling)
    const engine = this.#engine
    this.#engine = undefined
    this.#wasConnected = false
    this.#finding = undefined
    // No program may be sent to a port that is about to close.
    this.#isStopping = true
    await this.#options.onRoute().finally(() => {
      this.#isStopping = false
    })
    this.#meter.close(this.#platform.carried)
    this.#line.off()
    await engine?.stop()
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }
}
