// All that the screens show, as plain data: built by the app core, sent whole at each change. No address, host, destination or key is part of it, but the
// local ports and their password, which are this computer's own.
import type { DoctorReport } from './doctor.ts'
import type { Rehearsal, StepName, StepResult } from './rehearsal.ts'
import type { Settings } from './settings.ts'
import type { Reason } from './status.ts'
import type { Finding } from './verdict.ts'
import type { WayName } from './way-name.ts'

export interface AppStatus {
  /** Of the app. */
  readonly version: string
  readonly link: LinkStatus
  /** What the network does, and why we think so; left out while nothing is known. */
  readonly finding?: Finding
  /** The relays' clock minus this computer's; left out while no relay has told it. */
  readonly clockOffsetS?: number
  readonly traffic: Traffic
  /** Empty: the app needs an invite first. */
  readonly relays: readonly RelayStatus[]
  /** The newest first. */
  readonly switches: readonly WaySwitch[]
  /** Left out while the engine is off. */
  readonly ports?: LocalPorts
  readonly settings: Settings
  readonly capabilities: Capabilities
  readonly systemProxy: SystemProxyStatus
  readonly storage: StorageStatus
  readonly doctor: DoctorStatus
  readonly rehearsal: RehearsalStatus
  readonly update: UpdateStatus
  /** The oldest version that the people who run the network still want used; left out unless this one is older. */
  readonly leastVersion?: string
  readonly notices: readonly Notice[]
  /** An invite that was opened from outside waits for the person's word: a web page may have opened it. */
  readonly offer?: Offer
}

// The line to the relay

/** One of five, and each is true. Times are milliseconds since 1970, of this computer's clock. */
export type LinkStatus =
  | { readonly state: 'off'; readonly fault?: OffFault }
  | { readonly state: 'connecting'; readonly sinceMs: number; readonly attempts: readonly Attempt[] }
  /** `ways`: what carries now, the busiest first; several may carry one session. */
  | { readonly state: 'connected'; readonly sinceMs: number; readonly ways: readonly WayInUse[] }
  /** The line broke. What is open stays open while another way is sought. */
  | { readonly state: 'recovering'; readonly sinceMs: number; readonly reason: Reason; readonly attempts: readonly Attempt[] }
  /** Every way was tried, and will be again. */
  | {
      readonly state: 'waiting'
      readonly sinceMs: number
      readonly reason: Reason
      readonly retryAtMs: number
      readonly attempts: readonly Attempt[]
    }

/** Why it is off though nobody turned it off. */
export type OffFault =
  /** The engine ended by itself; the shell starts it again. */
  | 'engine-ended'
  /** A local port that was asked for is taken by another program. */
  | 'port-taken'
  | 'engine-failed'

/** One try of one way. */
export interface Attempt {
  readonly way: WayName
  readonly startedMs: number
  /** `dialling`: nothing came back yet. `answered`: its site answers; the relay's own answer is awaited. */
  readonly stage: 'dialling' | 'answered' | 'joined' | 'failed' | 'given-up'
  /** When it was over; left out before. */
  readonly endedMs?: number
  /** Why it failed. */
  readonly reason?: Reason
}

export interface WayInUse {
  readonly way: WayName
  readonly sinceMs: number
}

// Numbers

export interface Traffic {
  /** As the network counts it: what the data plan is charged with, since the app was started. */
  readonly downBytes: number
  readonly upBytes: number
  /** Bytes of each second, the newest last; `samplesMax` at most. */
  readonly down: readonly number[]
  readonly up: readonly number[]
}

// Relays

export interface RelayStatus {
  /** Its place, from 1, as WayName.relay has it. */
  readonly number: number
  /** For `removeInvite`; left out where another relay's policy named it. */
  readonly inviteId?: string
  /** Whole days since it was added. */
  readonly ageDays: number
  /** All ways that there are to it. */
  readonly ways: readonly WayOfRelay[]
}

export interface WayOfRelay {
  readonly way: WayName
  /** `idle`: known, and not needed now. */
  readonly state: 'in-use' | 'idle' | 'failed'
  /** Why its last try failed. */
  readonly reason?: Reason
  /** From when it is in use. */
  readonly sinceMs?: number
  /** How long its last dial took. */
  readonly dialMs?: number
}

/** Another way began to carry. `from` is left out for the first. */
export interface WaySwitch {
  readonly atMs: number
  readonly from?: WayName
  readonly to: WayName
  /**
   * `renewed`: the same way by a fresh carrier, by plan. `added`: another stands beside it. `replaced`: the one before had ended. `lost`: one was cut, and
   * another that stood by goes on.
   */
  readonly cause: 'first' | 'renewed' | 'added' | 'replaced' | 'lost'
}

// This computer

export interface LocalPorts {
  /** host:port */
  readonly socks: string
  readonly http: string
  /** Asked of programs, with any user name; left out where none is. */
  readonly password?: string
}

/** What this shell and this computer can do; the screens leave out the rest. */
export interface Capabilities {
  readonly shell: 'desktop' | 'browser'
  /** What the wire shows: a genuine Chromium, or Node, which is easier to recognise. */
  readonly dialer: 'chromium' | 'node'
  /** Such as `fa-IR`; '' where it is unknown. */
  readonly systemLanguage: string
  readonly systemProxy: boolean
  readonly killSwitch: boolean
  readonly startAtLogin: boolean
  readonly notifications: boolean
  /** Closing the window leaves the app in the tray. */
  readonly tray: boolean
  /** Whether secrets can be sealed here, kept in clear text if the person agrees, or not kept at all. */
  readonly storage: 'sealed' | 'plain' | 'none'
  /** Shows a dialog to save a file; else the screen offers a download. */
  readonly saveFile: boolean
  readonly screenImage: boolean
  readonly camera: boolean
  readonly share: boolean
  readonly update: boolean
  /** Programs known to go their own way, whatever the system's proxy says. */
  readonly proxyGaps: readonly ProxyGap[]
}

/** What the system's proxy does not cover here. */
export type ProxyGap = 'own-settings' | 'udp' | 'webrtc' | 'terminal' | 'other-users'

export interface SystemProxyStatus {
  /** `refusing`: the kill switch lets nothing out. `left-over`: a setting of ours outlived a crash, and waits to be repaired. */
  readonly state: 'unsupported' | 'off' | 'on' | 'refusing' | 'left-over' | 'changing'
  readonly fault?: SystemProxyFault
}

export type SystemProxyFault =
  /** The operating system, or an administrator, refuses. */
  | 'refused'
  /** Somebody else changed it meanwhile; it is left as it is. */
  | 'changed-by-others'
  | 'failed'

export interface StorageStatus {
  /** `ask`: this computer keeps no secrets, and nothing is stored until the person agrees to clear text. */
  readonly manner: 'sealed' | 'plain' | 'ask' | 'memory-only'
  /** What was stored can't be read any more, or could not be written. */
  readonly fault?: 'unreadable' | 'unwritable'
}

// What takes a while

export type DoctorStatus =
  | { readonly state: 'idle' }
  | { readonly state: 'running'; readonly tried: number; readonly known: number }
  | { readonly state: 'done'; readonly atMs: number; readonly report: DoctorReport }

export type RehearsalStatus =
  | { readonly state: 'idle' }
  | {
      readonly state: 'running'
      readonly step?: StepName
      readonly index: number
      readonly count: number
      readonly results: readonly StepResult[]
    }
  /** No way worked, so there was nothing to rehearse. */
  | { readonly state: 'impossible'; readonly atMs: number }
  | { readonly state: 'done'; readonly atMs: number; readonly rehearsal: Rehearsal }

export type UpdateStatus =
  | { readonly state: 'unsupported' | 'unknown' | 'checking' | 'current' }
  | { readonly state: 'available'; readonly version: string; readonly bytes: number }
  | { readonly state: 'fetching'; readonly version: string; readonly bytes: number; readonly doneBytes: number }
  /** Verified, and installed at the next start. */
  | { readonly state: 'ready'; readonly version: string }
  | { readonly state: 'failed'; readonly fault: UpdateFault }

export type UpdateFault = 'unreachable' | 'not-signed' | 'expired' | 'older' | 'damaged' | 'no-space' | 'failed'

// Notices

export type Offer = { readonly kind: 'invite'; readonly relays: number } | { readonly kind: 'none'; readonly fault: InviteFault }

/** Each says something else to do. */
export type InviteFault =
  | 'invite-empty'
  /** No “culvert:” anywhere. */
  | 'invite-none'
  | 'invite-too-long'
  /** Letters that do not belong in it. */
  | 'invite-letters'
  /** A letter is missing or wrong. */
  | 'invite-damaged'
  | 'invite-old'
  | 'invite-new'
  /** Of a network: nobody new can begin with it any more. */
  | 'invite-expired'
  /** Whole, and leads nowhere that can be dialled. */
  | 'invite-unusable'
  | 'invite-known'
  /** A client takes part in one network, and has an invite of another. */
  | 'invite-other-network'
  | 'invite-too-many'

/** Something to know, shown until it is dismissed or not true any more. */
export interface Notice {
  readonly id: string
  readonly code: NoticeCode
}

export type NoticeCode =
  /** The app ended without warning last time, and what it had changed was put back. */
  | 'recovered-from-crash'
  | 'internet-repaired'
  | 'engine-restarted'
  /** The window is closed and the connection stays; said once. */
  | 'still-running'
  | 'port-changed'
  | 'state-unreadable'
  | 'state-unwritable'
  | 'system-proxy-failed'
  /** By another program: what follows it goes another way than Culvert. */
  | 'system-proxy-changed'
  | 'kill-switch-on'
