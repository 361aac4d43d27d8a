// What the app core asks of the shell that it runs in: Electron's main process, or plain Node for the browser's screens. Every payload and result is plain
// data that can be cloned, so that the two may live in different processes. Nothing here rejects: a fault is a value.
import type { Capabilities, Notice, SystemProxyFault, SystemProxyStatus, UpdateStatus } from './app-status.ts'
import type { Given } from './commands.ts'
import type { Settings } from './settings.ts'

export interface Shell {
  readonly loadState: () => Promise<LoadedState>
  /** `sealed` fails where there is no keyring. Whole or not at all: a crash leaves the old state or the new. */
  /** `memory`: nothing is written; it is for a core that is started again by a shell that goes on. */
  readonly saveState: (save: { readonly text: string; readonly manner: 'sealed' | 'plain' | 'memory' }) => Promise<boolean>
  /** State, memory of networks, caches and cookies: all that this app has on this computer, but itself. */
  readonly wipe: () => Promise<boolean>
  /** Undefined: it is as wanted. The shell keeps its journal and its watchdog. */
  readonly setSystemProxy: (wanted: WantedProxy) => Promise<SystemProxyFault | undefined>
  /** Puts back what was before Culvert, whatever the journal says. */
  readonly repairInternet: () => Promise<SystemProxyFault | undefined>
  readonly setStartAtLogin: (wanted: { readonly isOn: boolean }) => Promise<boolean>
  readonly notify: (notification: Notification) => void
  /** Asks where, and writes. `cancelled`: the person did not want to. */
  readonly saveFile: (file: { readonly name: string; readonly text: string }) => Promise<'saved' | 'cancelled' | 'failed'>
  /** Writes installer, signature and, where it is given, the invite into a folder that the person chooses. */
  readonly share: (share: { readonly invite?: string; readonly language: Settings['language'] }) => Promise<Given | 'cancelled' | 'failed'>
  /** Each tells how it goes by `AppCore.onShellEvent`. `through`: so that updates come through the session, or not at all. */
  readonly checkUpdate: (through: OwnProxy | undefined) => Promise<void>
  readonly fetchUpdate: (through: OwnProxy | undefined) => Promise<void>
  readonly openUpdate: () => Promise<void>
  readonly installUpdate: () => Promise<void>
  readonly quit: () => void
}

/**
 * Of the system's proxy, when the shell started. `held`: the app had died with the kill switch on, which lets nothing out. `released`: it was repaired by
 * hand while the app did not run.
 */
export type FoundProxy = 'held' | 'released' | undefined

/** The app's own HTTP proxy on 127.0.0.1; any user name goes with the password. */
export interface OwnProxy {
  readonly port: number
  readonly password: string | undefined
}

export type LoadedState =
  | { readonly kind: 'none' }
  | { readonly kind: 'sealed' | 'plain' | 'memory'; readonly text: string }
  /** There is one, and it can't be opened: another keyring, or a damaged disk. */
  | { readonly kind: 'unreadable' }

export type WantedProxy =
  /** As it was before Culvert. */
  | { readonly mode: 'restored' }
  /** Nothing goes out: a port that refuses. */
  | { readonly mode: 'refusing' }
  | {
      readonly mode: 'through'
      readonly socksPort: number
      readonly httpPort: number
      readonly domestic: Settings['domestic']
      /** Nothing goes out either if the app dies, until it is started again or the person repairs. */
      readonly killSwitch: boolean
    }

/** In the language and the manner of the settings: the shell has both from the status. */
export type Notification = Pick<Notice, 'code'> | { readonly code: 'connected' | 'lost' | 'reconnected' | 'update-ready' }

/** What the shell tells unasked. */
export type ShellEvent =
  | { readonly event: 'system-proxy'; readonly status: SystemProxyStatus }
  | { readonly event: 'update'; readonly status: UpdateStatus }
  | { readonly event: 'notice'; readonly code: Notice['code'] }
  /** A `culvert:` link or file was opened with the app. */
  | { readonly event: 'opened'; readonly text: string }
  | { readonly event: 'capabilities'; readonly capabilities: Capabilities }
