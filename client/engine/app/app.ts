// The app core: all of the app but its window. It holds settings and invites, runs the engine, and tells the screens everything in one status; it runs in
// Electron's utilityProcess and in plain Node alike, with whatever shell it is given.
//
// 1. state is loaded; the kill switch holds before anything else                                     open
// 2. a command comes from the table, checked: executors.ts calls what stands here                    executors
// 3. the engine starts, is observed, and stops                                                       engine-life.ts
// 4. whatever changed: the system's proxy follows, and a status goes out                             protect, changed
import type { Crypto, Version } from '#protocol'
import type { AppStatus, Capabilities, Offer, UpdateStatus } from '../../contract/app-status.ts'
import type { Executors } from '../../contract/commands.ts'
import type { FoundProxy, Notification, Shell, ShellEvent } from '../../contract/shell.ts'
import type { Platform } from '../platform.ts'
import { type Upstream, upstreamOf } from '../upstream.ts'
import { EngineLife } from './engine-life.ts'
import { createExecutors } from './executors.ts'
import { Inquiries } from './inquiries.ts'
import { type ReadInvite, readInvites } from './invites.ts'
import { appLimits } from './limits.ts'
import { Notices } from './notices.ts'
import { Protection, wantedProxy } from './protection.ts'
import { Reporting } from './reporting.ts'
import { Vault } from './vault.ts'

export interface AppOptions {
  readonly version: string
  /** The kind of operating system, for the report: `linux`, `win32`, … */
  readonly system: string
  readonly shell: Shell
  readonly capabilities: Capabilities
  readonly platform: Platform
  /** Leads the platform's dials out through another proxy from now on, or straight. */
  readonly goThrough: (upstream: Upstream | undefined) => void
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
  readonly engine: EngineLife
  readonly inquiries: Inquiries
  readonly protection: Protection
  readonly reporting: Reporting
  readonly notices: Notices = new Notices(() => this.changed())
  #capabilities: Capabilities
  #update: UpdateStatus
  #offered: { readonly offer: Offer; readonly invites: readonly ReadInvite[] } | undefined
  #updateAskedMs = Number.NEGATIVE_INFINITY
  #leastVersion: string | undefined
  #telling: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: AppOptions) {
    const { shell, capabilities, platform, crypto, version } = options
    this.options = options
    this.#capabilities = capabilities
    this.#update = { state: capabilities.update ? 'unknown' : 'unsupported' }
    this.vault = new Vault(
      shell,
      capabilities.storage,
      () => this.changed(),
      (isStored) => (isStored ? void this.notices.dismiss('state-unwritable') : this.notices.add('state-unwritable')),
    )
    this.inquiries = new Inquiries({ platform, crypto, onChange: () => this.changed() })
    this.protection = new Protection({
      shell,
      capabilities: () => this.#capabilities,
      isResumed: options.isResumed === true,
      onChange: (fault) => {
        if (fault === 'changed-by-others') {
          this.notices.add('system-proxy-changed')
          this.#notify('system-proxy-changed')
        } else if (fault !== undefined) this.notices.add('system-proxy-failed')
        this.changed()
      },
    })
    this.reporting = new Reporting({
      vault: this.vault,
      random: platform.random,
      nowMs: () => this.nowS * 1000,
      status: () => this.status,
    })
    this.engine = new EngineLife({
      ...{ version, platform, crypto, vault: this.vault, reporting: this.reporting, notices: this.notices },
      onChange: () => this.changed(),
      onRoute: () => this.protect(),
      onEvent: (code) => this.#notify(code),
      onTooOld: (least) => this.#tooOld(least),
      onSecond: () => this.#lookAround(),
    })
    this.executors = createExecutors(this)
  }

  async open(): Promise<void> {
    if (!(await this.vault.load())) this.notices.add('state-unreadable')
    this.goOut()
    this.#heed(this.options.found)
    this.reporting.take(this.vault.state.settings.reports)
    const { settings, invites } = this.vault.state
    const isResumed = this.options.isResumed === true
    if (isResumed) this.notices.add('engine-restarted')
    // What programs have open waits for the ports of the core that died, and must not go out by itself meanwhile.
    if (isResumed && invites.length > 0) void this.engine.connect({ wasConnected: true })
    else await this.protect()
    if (!isResumed && invites.length > 0 && settings.connectAtStart) void this.engine.connect()
    this.changed()
  }

  // What commands call

  async forget(): Promise<boolean> {
    this.inquiries.stop()
    await this.engine.disconnect()
    const isWiped = await this.vault.forget()
    this.reporting.take(false)
    this.engine.forget()
    this.notices.clear()
    this.#offered = undefined
    this.#leastVersion = undefined
    this.goOut()
    await this.protection.want({ mode: 'restored' })
    if (this.#capabilities.startAtLogin) await this.options.shell.setStartAtLogin({ isOn: false })
    this.changed()
    return isWiped
  }

  /** Settings or state have changed: the system's proxy follows. Resolves when it has. */
  protect(): Promise<void> {
    const wanted = wantedProxy({ settings: this.vault.state.settings, ...this.engine.circumstances })
    return wanted === undefined ? Promise.resolve() : this.protection.want(wanted)
  }

  /** Whatever is dialled from now on goes out as the settings say. */
  goOut(): void {
    this.options.goThrough(upstreamOf(this.vault.state.settings.upstream))
  }

  /** The invites that were offered, taken away from there. */
  takeOffer(): readonly ReadInvite[] {
    const invites = this.#offered?.invites ?? []
    this.#offered = undefined
    this.changed()
    return invites
  }

  /** By the relays' clock, as far as it is known: seconds since 1970. */
  get nowS(): number {
    return this.options.platform.nowS() + this.vault.state.engine.clockOffsetS
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
    await this.engine.end()
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

  // What the engine tells

  /** Told by what k authorities have signed. There may be an update that was not there yet when it was looked for. */
  #tooOld(least: Version): void {
    this.#leastVersion = least.join('.')
    this.#updateAskedMs = Number.NEGATIVE_INFINITY
    this.changed()
  }

  /** Once a day at most, and only through the session: the person's own network would see who asks. */
  #lookForUpdate(): void {
    const isDue = Date.now() - this.#updateAskedMs >= appLimits.updateEveryMs
    const { ownProxy } = this.engine
    if (!isDue || !this.vault.state.settings.updates || !this.#capabilities.update || ownProxy === undefined) return
    this.#updateAskedMs = Date.now()
    void this.options.shell.checkUpdate(ownProxy)
  }

  #lookAround(): void {
    this.#lookForUpdate()
    const { policies } = this.engine
    if (policies !== undefined) void this.reporting.look(policies)
  }

  // Around it

  #notify(code: Notification['code']): void {
    if (this.vault.state.settings.notifications !== 'none' && this.#capabilities.notifications) this.options.shell.notify({ code })
  }

  #offer(text: string): void {
    const read = readInvites(text.slice(0, appLimits.openedTextMax), this.nowS)
    this.#offered =
      typeof read === 'string'
        ? // Nobody has pasted anything: the file had nothing in it.
          { offer: { kind: 'none', fault: read === 'invite-empty' ? 'invite-none' : read }, invites: [] }
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
    return {
      version: this.options.version,
      ...this.engine.seen,
      settings: this.vault.state.settings,
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
