// The parts of the running app, and who tells whom: the engine's status goes to window, tray and theme; what the person asks goes to the engine.
//
// 1. the window, at once; the screens wait for their first status                         start
// 2. what a crash left of the system's proxy is put back; what this computer can do       #prepare
// 3. the engine's process, told of that                                                   #engine
// 4. the end: the engine, the system's proxy, and all that Chromium has written           quit
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { app, MessageChannelMain, powerMonitor, safeStorage, type UtilityProcess } from 'electron'
import type { AppStatus, Capabilities } from '../contract/app-status.ts'
import { type CommandName, type Outcome, PROXY_FAULTS } from '../contract/commands.ts'
import type { ToEngine } from '../contract/process-messages.ts'
import { DEFAULT_SETTINGS, type Settings } from '../contract/settings.ts'
import type { FoundProxy, Notification } from '../contract/shell.ts'
import { serveScreens } from './app-scheme.ts'
import { describeCapabilities } from './capabilities.ts'
import { attachDialer, type Dialer } from './chromium-dialer/attach.ts'
import { beginDemo } from './demo.ts'
import { EngineProcess } from './engine-process.ts'
import { createScreensSession } from './harden.ts'
import { notify } from './notifications.ts'
import { createMachineProxy, noteReleased, takeReleased } from './repair.ts'
import { openScreensChannel } from './screens-channel.ts'
import { SecretFile } from './secrets.ts'
import { createShell } from './shell.ts'
import type { MachineProxy } from './system-proxy/machine-proxy.ts'
import { TrayIcon } from './tray.ts'
import { canUpdate, createUpdating } from './updating.ts'
import { followTheme, Window } from './window.ts'
import { type Words, wordsOf } from './words.ts'

/** A file whose being there says that the person knows where the app is once its window is closed. */
const SAID_FILE = 'closing-explained'

export class DesktopApp {
  readonly #secrets: SecretFile = new SecretFile(app.getPath('userData'), safeStorage)
  readonly #proxy: MachineProxy
  readonly #engine: EngineProcess
  readonly #window: Window
  readonly #tray: TrayIcon
  readonly #push: (status: AppStatus) => void
  readonly #tell: ((status: AppStatus) => void) | undefined
  #dialer: Dialer | undefined
  /** Told to each of the engine's processes until one has spoken, and so follows it. */
  #found: FoundProxy
  #isQuitting = false

  constructor() {
    const folder = app.getAppPath()
    this.#window = this.#createWindow(folder)
    this.#proxy = createMachineProxy((status) => this.#engine?.tell({ event: 'system-proxy', status }))
    const prepared = this.#prepare()
    this.#engine = new EngineProcess({
      file: join(folder, 'engine.js'),
      shell: createShell({
        proxy: prepared.then(() => this.#proxy),
        folder: app.getPath('userData'),
        secrets: this.#secrets,
        updating: createUpdating({
          folder: app.getPath('userData'),
          nowS: () => Date.now() / 1_000 + (this.#engine.status?.clockOffsetS ?? 0),
          onStatus: (status) => this.#engine?.tell({ event: 'update', status }),
          window: () => this.#window.browserWindow,
          quit: () => void this.quit(),
        }),
        notify: (notification) => this.#notify(notification),
        quit: () => void this.quit(),
        window: () => this.#window.browserWindow,
      }),
      introduce: async (child) => {
        this.#attachDialer(child, join(folder, 'dialer.js'))
        const capabilities = await prepared
        return { version: app.getVersion(), system: process.platform, capabilities, found: this.#found }
      },
      onStatus: (status) => this.#onStatus(status),
      onLost: () => this.#onEngineLost(),
    })
    this.#tray = new TrayIcon(join(folder, 'icons'), {
      open: () => this.#window.show(),
      send: (name) => void this.#send(name, undefined),
      quit: () => void this.quit(),
    })
    this.#push = openScreensChannel({
      screens: () => this.#window.contents,
      status: () => this.#engine.status,
      send: (name, payload) => this.#send(name, payload),
    })
    this.#tell = beginDemo(this.#engine)
    powerMonitor.on('resume', () => void this.#proxy.check())
    app.on('before-quit', (event) => {
      if (this.#isQuitting) return
      event.preventDefault()
      void this.quit()
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void this.quit())
  }

  /** Shows the window, and what the app was opened with in it. */
  open(texts: readonly string[]): void {
    for (const text of texts) this.#engine.tell({ event: 'opened', text })
    this.#window.show()
    void this.#proxy.check()
  }

  /** What “Repair my Internet” does, for a person whose window is of no help. */
  repair(): void {
    void this.#send('repairInternet', undefined)
  }

  async quit(): Promise<void> {
    if (this.#isQuitting) return
    this.#isQuitting = true
    this.#window.close()
    this.#tray.close()
    await this.#engine.stop()
    this.#dialer?.close()
    await this.#proxy.close()
    app.exit(0)
  }

  #createWindow(folder: string): Window {
    const session = createScreensSession()
    serveScreens(session, join(folder, 'screens'))
    return new Window({
      session,
      preload: join(folder, 'preload.js'),
      icon: join(folder, 'icons', 'culvert.png'),
      words: () => this.#words,
      onClosed: () => this.#onWindowClosed(),
    })
  }

  /** Each engine has its own: what the windows of one that died still had open ends with them. */
  #attachDialer(child: UtilityProcess, pageFile: string): void {
    this.#dialer?.close()
    const { port1, port2 } = new MessageChannelMain()
    this.#dialer = attachDialer(port1, { pageFile })
    child.postMessage({ kind: 'dialer' } satisfies ToEngine, [port2])
  }

  async #prepare(): Promise<Capabilities> {
    const systemProxy = await this.#proxy.isSupported()
    if (systemProxy) this.#found = await this.#recover()
    return describeCapabilities({ systemProxy, storage: this.#secrets.canSeal ? 'sealed' : 'plain', update: canUpdate, share: true })
  }

  async #recover(): Promise<FoundProxy> {
    if (takeReleased()) {
      await this.#proxy.repair()
      return 'released'
    }
    const recovered = await this.#proxy.recover()
    if (recovered === 'restored') this.#engine.tell({ event: 'notice', code: 'recovered-from-crash' })
    return recovered === 'held' ? 'held' : undefined
  }

  /** What shuts this computer off is released even if the engine is beyond help. */
  async #send(name: CommandName, payload: unknown): Promise<Outcome<unknown>> {
    const outcome = await this.#engine.send(name, payload)
    if (name !== 'repairInternet' || outcome.ok || outcome.fault !== 'unreachable') return outcome
    noteReleased()
    const fault = await this.#proxy.repair()
    return fault === undefined ? { ok: true, value: undefined } : { ok: false, fault: PROXY_FAULTS[fault] }
  }

  #onStatus(status: AppStatus): void {
    this.#found = undefined
    // What the engine says while it ends has nobody to go to.
    if (this.#isQuitting) return
    followTheme(status.settings.theme)
    this.#tray.show(status, this.#words)
    this.#push(status)
    this.#tell?.(status)
  }

  /** Its process does not stay alive: programs must not be sent to a port where nobody listens, unless they are to be held. */
  #onEngineLost(): void {
    void this.#proxy.set({ mode: this.#settings.killSwitch ? 'refusing' : 'restored' })
  }

  /** A line that is up stays up, and the kill switch holds; else there is nothing to stay for. */
  #onWindowClosed(): void {
    const status = this.#engine.status
    if (this.#isQuitting || status === undefined) return
    const isNeeded = status.link.state !== 'off' || status.systemProxy.state === 'refusing' || process.platform === 'darwin'
    if (!isNeeded) void this.quit()
    else this.#explainOnce()
  }

  #explainOnce(): void {
    const file = join(app.getPath('userData'), SAID_FILE)
    if (existsSync(file)) return
    try {
      writeFileSync(file, '')
    } catch {
      // A disk that is full must not end the app, and the line with it, since a window was closed: then it is said again the next time.
    }
    this.#engine.tell({ event: 'notice', code: 'still-running' })
    this.#notify({ code: 'still-running' })
  }

  #notify(notification: Notification): void {
    notify(notification, this.#settings.notifications, this.#words, () => this.#window.show())
  }

  get #settings(): Settings {
    return this.#engine.status?.settings ?? DEFAULT_SETTINGS
  }

  get #words(): Words {
    return wordsOf(this.#settings.language, app.getLocale())
  }
}
