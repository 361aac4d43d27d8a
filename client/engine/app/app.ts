// The app core: all of the app but its window. It holds settings and invites, runs the engine, and tells the screens everything in one status; it runs in
// Electron's utilityProcess and in plain Node alike, with whatever shell it is given.
//
// 1. state is loaded; the kill switch holds before anything else                                     open
// 2. a command comes from the table, checked: executors.ts calls what stands here                    executors
// 3. the engine starts, is observed, and stops; one thing at a time                                  #inTurn
// 4. whatever changed: the system's proxy follows, and a status goes out                             #changed
import { type Crypto, encodeBase64url, encodeHex, type Version, versionOf } from '#protocol'
import type { AppStatus, Capabilities, Offer, OffFault, UpdateStatus } from '../../contract/app-status.ts'
import type { Executors } from '../../contract/commands.ts'
import type { FoundProxy, Notification, OwnProxy, Shell, ShellEvent } from '../../contract/shell.ts'
import type { Status } from '../../contract/status.ts'
import type { Finding } from '../../contract/verdict.ts'
import type { Engine } from '../engine.ts'
import type { Platform } from '../platform.ts'
import type { Policies } from '../policies.ts'
import { createExecutors } from './executors.ts'
import { Inquiries } from './inquiries.ts'
import { networkInvite, type ReadInvite, readInvites, relayInvites } from './invites.ts'
import { appLimits } from './limits.ts'
import { Line } from './line.ts'
import { LOOPBACK, startOnPorts } from './local-ports.ts'
import { Meter } from './meter.ts'
import { Notices } from './notices.ts'
import { ObservedPlatform } from './observed-platform.ts'
import { Protection, wantedProxy } from './protection.ts'
import { Reporting } from './reporting.ts'
import { handedRelays, knownRelays } from './saved-state.ts'
import { Vault } from './vault.ts'

export interface AppOptions {
  readonly version: string
  /** The kind of operating system, for the report: `linux`, `win32`, … */
  readonly system: string
  readonly shell: Shell
  readonly capabilities: Capabilities
  readonly platform: Platform
  readonly crypto: Crypto
  readonly onStatus: (status: AppStatus) => void
  /** The core ended by itself while it was connected, and is started again: it connects at once. */
  readonly isResumed?: boolean
  /** Left out by a shell that knows no system's proxy. */
  readonly found?: FoundProxy
}

export interface App {
  readonly status: AppStatus
  readonly executors: Executors
  onShellEvent(event: ShellEvent): void
  /** Leaves nothing behind: the engine is off, the system's proxy as it was, the state stored. */
  stop(): Promise<void>
}

/** Resolves once the state is loaded. Never rejects for what a disk or a shell can do. */
export async function startApp(options: AppOptions): Promise<App> {
  const app = new AppCore(options)
  await app.open()
  return app
}

export class AppCore implements App {
  readonly options: AppOptions
  readonly executors: Executors
  readonly vault: Vault
  readonly inquiries: Inquiries
  readonly protection: Protection
  readonly reporting: Reporting
  readonly notices: Notices = new Notices(() => this.changed())
  readonly #meter = new Meter()
  #line: Line
  #capabilities: Capabilities
  #platform: ObservedPlatform
  #engine: Engine | undefined
  #password: string | undefined
  #finding: Finding | undefined
  #update: UpdateStatus
  #offered: { readonly offer: Offer; readonly invites: readonly ReadInvite[] } | undefined
  #wasConnected = false
  /** When the person asked to be connected. */
  #beganMs = 0
  #updateAskedMs = Number.NEGATIVE_INFINITY
  #leastVersion: string | undefined
  #sampling: NodeJS.Timeout | undefined
  #telling: NodeJS.Timeout | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #isStopped = false

  constructor(options: AppOptions) {
    const { shell, capabilities, platform, crypto } = options
    this.options = options
    this.#capabilities = capabilities
    this.#update = { state: capabilities.update ? 'unknown' : 'unsupported' }
    this.vault = new Vault(shell, capabilities.storage, () => this.changed())
    this.inquiries = new Inquiries({ platform, crypto, onChange: () => this.changed() })
    this.protection = new Protection({
      shell,
      capabilities: () => this.#capabilities,
      isResumed: options.isResumed === true,
      onChange: (fault) => {
        if (fault !== undefined) this.notices.add('system-proxy-failed')
        this.changed()
      },
    })
    this.reporting = new Reporting({
      vault: this.vault,
      random: platform.random,
      nowMs: () => (platform.nowS() + this.vault.state.engine.clockOffsetS) * 1000,
      status: () => this.status,
    })
    this.#platform = this.#observe()
    this.#line = new Line(() => this.#platform)
    this.executors = createExecutors(this)
  }

  async open(): Promise<void> {
    if (!(await this.vault.load())) this.notices.add('state-unreadable')
    this.#heed(this.options.found)
    this.reporting.take(this.vault.state.settings.reports)
    const { settings, invites } = this.vault.state
    const isResumed = this.options.isResumed === true
    if (isResumed) this.notices.add('engine-restarted')
    // What programs have open waits for the ports of the core that died, and must not go out by itself meanwhile.
    if (isResumed && invites.length > 0) void this.connect({ wasConnected: true })
    else await this.#protect()
    if (!isResumed && invites.length > 0 && settings.connectAtStart) void this.connect()
    this.changed()
  }

  // What commands call

  /** Resolves once the engine has its ports, or could not have them. */
  connect({ wasConnected }: { readonly wasConnected: boolean } = { wasConnected: false }): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#engine !== undefined || this.#isStopped) return
      this.#platform = this.#observe()
      this.#wasConnected = wasConnected
      this.#beganMs = performance.now()
      this.#line.know(knownRelays(this.vault.state))
      this.#line.said({ state: 'connecting', attempt: 1 })
      this.changed()
      const engine = await this.#startEngine()
      if (typeof engine === 'string') {
        this.#line.off(engine)
        return this.#protect()
      }
      this.#engine = engine
      this.#sampling = setInterval(() => this.#sample(), appLimits.sampleMs)
    }).finally(() => this.changed())
  }

  disconnect(): Promise<void> {
    return this.#inTurn(() => this.#stopEngine()).finally(() => this.changed())
  }

  /** After a change of invites or ports: what is open is closed. */
  async restart(): Promise<void> {
    const isOn = this.#engine !== undefined
    await this.disconnect()
    if (isOn && this.vault.state.invites.length > 0) await this.connect()
  }

  async forget(): Promise<boolean> {
    this.inquiries.stop()
    await this.disconnect()
    const isWiped = await this.vault.forget()
    this.reporting.take(false)
    this.#line = new Line(() => this.#platform)
    this.notices.clear()
    this.#offered = undefined
    this.#leastVersion = undefined
    await this.protection.want({ mode: 'restored' })
    if (this.#capabilities.startAtLogin) await this.options.shell.setStartAtLogin({ isOn: false })
    this.changed()
    return isWiped
  }

  /** Settings or state have changed: the system's proxy follows. Resolves when it has. */
  async protect(): Promise<void> {
    await this.#protect()
  }

  /** The invites that were offered, taken away from there. */
  takeOffer(): readonly ReadInvite[] {
    const invites = this.#offered?.invites ?? []
    this.#offered = undefined
    this.changed()
    return invites
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

  get capabilities(): Capabilities {
    return this.#capabilities
  }

  // What the shell tells

  onShellEvent(event: ShellEvent): void {
    switch (event.event) {
      case 'system-proxy':
        this.protection.told(event.status)
        break
      case 'update':
        this.#update = event.status
        break
      case 'capabilities':
        this.#capabilities = event.capabilities
        break
      case 'notice':
        this.notices.add(event.code)
        break
      case 'opened':
        this.#offer(event.text)
    }
    this.changed()
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.inquiries.stop()
    await this.disconnect()
    await this.protection.want({ mode: 'restored' })
    await this.vault.flush()
    clearTimeout(this.#telling)
  }

  /** The settings may be older than what was found, or never have been stored: they follow it, so that every switch shows what is. */
  #heed(found: FoundProxy): void {
    if (found === undefined) return
    const isHeld = found === 'held'
    this.vault.change({ settings: { ...this.vault.state.settings, systemProxy: isHeld, killSwitch: isHeld } })
    this.notices.add(isHeld ? 'kill-switch-on' : 'internet-repaired')
  }

  // The engine

  async #startEngine(): Promise<Engine | OffFault> {
    const { settings, drawnPorts, invites } = this.vault.state
    this.#password = settings.ports.hasPassword ? encodeBase64url(this.options.platform.random(15)) : undefined
    const engine = await startOnPorts(settings.ports, drawnPorts, {
      platform: this.#platform,
      crypto: this.options.crypto,
      invites: relayInvites(invites),
      network: networkInvite(invites),
      country: settings.domestic.country,
      store: { load: () => this.vault.state.engine, save: (state) => this.vault.change({ engine: state }) },
      password: this.#password,
      waitForDial: false,
      beyondLoopback: false,
      onStatus: (status) => this.#said(status),
      onSession: (drive, relayIndex) => this.reporting.noteSession(drive, relayIndex),
      onFinding: (finding) => {
        this.#finding = finding
        this.reporting.noteFinding(finding)
        this.changed()
      },
      onPortsChanged: () => this.notices.add('port-changed'),
      age: { version: versionOf(this.options.version), onTooOld: (least) => this.#tooOld(least) },
    })
    if (typeof engine !== 'string') this.vault.change({ drawnPorts: { socks: engine.socksPort, http: engine.httpPort } })
    return engine
  }

  async #stopEngine(): Promise<void> {
    clearInterval(this.#sampling)
    const engine = this.#engine
    this.#engine = undefined
    this.#wasConnected = false
    this.#finding = undefined
    // No program may be sent to a port that is about to close.
    await this.#protect('off')
    this.#meter.close(this.#platform.carried)
    this.#line.off()
    await engine?.stop()
  }

  #observe(): ObservedPlatform {
    return new ObservedPlatform(this.options.platform, {
      onChange: () => this.changed(),
      onJoined: (spot, others) => this.#line.joined(spot, others),
      onLeft: (spot, wasCut, others) => this.#line.left(spot, wasCut, others),
    })
  }

  #said(status: Status): void {
    const before = this.#line.state
    if (status.state === 'stopped') return
    this.#line.said(status)
    if (status.state === 'connected') {
      if (before !== 'connected' && before !== 'recovering') this.#notify(this.#wasConnected ? 'reconnected' : 'connected')
      if (!this.#wasConnected) this.reporting.noteConnected(performance.now() - this.#beganMs)
      this.#wasConnected = true
    } else if (status.state === 'waiting' && before !== 'waiting') this.#notify('lost')
    void this.#protect()
    this.changed()
  }

  /** Told by what k authorities have signed. There may be an update that was not there yet when it was looked for. */
  #tooOld(least: Version): void {
    this.#leastVersion = least.join('.')
    this.#updateAskedMs = Number.NEGATIVE_INFINITY
    this.changed()
  }

  /** Once a day at most, and only through the session: the person's own network would see who asks. */
  #lookForUpdate(): void {
    const isDue = Date.now() - this.#updateAskedMs >= appLimits.updateEveryMs
    if (!isDue || !this.vault.state.settings.updates || !this.#capabilities.update || this.#engine === undefined) return
    this.#updateAskedMs = Date.now()
    void this.options.shell.checkUpdate(this.ownProxy)
  }

  #sample(): void {
    if (this.#meter.sample(this.#platform.carried)) this.changed()
    if (this.#line.state !== 'connected' || this.#engine === undefined) return
    this.#lookForUpdate()
    void this.reporting.look(this.#engine.policies)
  }

  /** One after the other: an engine that starts is not stopped half-way. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  // Around it

  #protect(state = this.#line.state): Promise<void> {
    const { settings } = this.vault.state
    const ports = this.#engine && { socks: this.#engine.socksPort, http: this.#engine.httpPort }
    const wanted = wantedProxy({ settings, state, wasConnected: this.#wasConnected, ports })
    return wanted === undefined ? Promise.resolve() : this.protection.want(wanted)
  }

  #notify(code: Notification['code']): void {
    if (this.vault.state.settings.notifications !== 'none' && this.#capabilities.notifications) this.options.shell.notify({ code })
  }

  #offer(text: string): void {
    const read = readInvites(text.slice(0, appLimits.openedTextMax))
    this.#offered =
      typeof read === 'string'
        ? { offer: { kind: 'none', fault: read }, invites: [] }
        : { offer: { kind: 'invite', relays: read.length }, invites: read }
  }

  // What the screens see

  changed(): void {
    if (this.#isStopped) return
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined
      this.options.onStatus(this.status)
    }, appLimits.statusEveryMs)
  }

  get status(): AppStatus {
    const known = this.#engine?.policies.places.relays ?? []
    this.#line.know(known.length > 0 ? known : knownRelays(this.vault.state))
    const { settings, invites } = this.vault.state
    const engine = this.#engine
    const password = this.#password === undefined ? {} : { password: this.#password }
    return {
      version: this.options.version,
      link: this.#line.link(),
      ...(this.#finding === undefined ? {} : { finding: this.#finding }),
      traffic: this.#meter.traffic,
      relays: this.#line.relays(invites, new Set(handedRelays(this.vault.state).map(({ relayKey }) => encodeHex(relayKey)))),
      switches: this.#line.switches,
      ...(engine === undefined
        ? {}
        : { ports: { socks: `${LOOPBACK}:${engine.socksPort}`, http: `${LOOPBACK}:${engine.httpPort}`, ...password } }),
      settings,
      capabilities: this.#capabilities,
      systemProxy: this.protection.status,
      storage: this.vault.status,
      doctor: this.inquiries.doctor,
      rehearsal: this.inquiries.rehearsal,
      update: this.#update,
      ...(this.#leastVersion === undefined ? {} : { leastVersion: this.#leastVersion }),
      notices: this.notices.list,
      ...(this.#offered === undefined ? {} : { offer: this.#offered.offer }),
    }
  }
}
