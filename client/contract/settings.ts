// What a person may set. The app core keeps it, sealed; every screen reads it from the status.
import { boolean, type Check, fields, integer, list, oneOf, someFields, text } from './check.ts'
import { commandLimits } from './limits.ts'

/** In the order in which they are offered; each is written in itself there. */
export const LANGUAGES = ['en', 'fa', 'ar', 'ru', 'zh', 'my', 'tr', 'es', 'fr'] as const
export type Language = (typeof LANGUAGES)[number]
const RIGHT_TO_LEFT: ReadonlySet<Language> = new Set(['fa', 'ar'])

/** A name with a dot, a wildcard for what is below a name, or an address; no scheme, port or path. */
const HOST = /^(?:\*\.)?[\p{L}\p{N}](?:[\p{L}\p{N}.:-]*[\p{L}\p{N}])?$/u

export function directionOf(language: Language): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr'
}

export interface Settings {
  /** `system`: that of the operating system or browser, English where it is none of ours. */
  readonly language: Language | 'system'
  readonly theme: 'system' | 'light' | 'dark'
  /** Programs that follow the system's proxy go through Culvert while it is connected. */
  readonly systemProxy: boolean
  /** While not connected, the system's proxy leads nowhere, so that nothing goes out unprotected by mistake. */
  readonly killSwitch: boolean
  readonly domestic: Domestic
  readonly startAtLogin: boolean
  /** Connects as soon as the app starts. */
  readonly connectAtStart: boolean
  /** `discreet`: without a word of what the app is for. */
  readonly notifications: 'all' | 'discreet' | 'none'
  /** Takes part in the public numbers. */
  readonly reports: boolean
  /** Looks for updates through the session. */
  readonly updates: boolean
  readonly ports: PortSettings
  /** Another proxy through which the app goes out, `http://…` or `socks5://…`; '' for none. */
  readonly upstream: string
}

/** Sites of one's own country need no way around: faster, and no trace of a visit from abroad. */
export interface Domestic {
  readonly isDirect: boolean
  /** ISO 3166 code of the person's country, '' where they didn't say: its list is used, a network is asked for relays as from there, and reports name it. */
  readonly country: string
  readonly hosts: readonly string[]
}

/** Local ports: 0 draws one at the first start and keeps it. */
export interface PortSettings {
  readonly socks: number
  readonly http: number
  /** Programs must know a password, drawn anew at each start. */
  readonly hasPassword: boolean
}

const port = integer(0, 65_535)

const CHECKS: { readonly [K in keyof Settings]: Check<Settings[K]> } = {
  language: oneOf(['system', ...LANGUAGES]),
  theme: oneOf(['system', 'light', 'dark']),
  systemProxy: boolean,
  killSwitch: boolean,
  domestic: fields({
    isDirect: boolean,
    country: text(2, /^(?:[A-Z]{2})?$/),
    hosts: list(text(commandLimits.hostNameMax, HOST), commandLimits.domesticHostsMax),
  }),
  startAtLogin: boolean,
  connectAtStart: boolean,
  notifications: oneOf(['all', 'discreet', 'none']),
  reports: boolean,
  updates: boolean,
  ports: fields({ socks: port, http: port, hasPassword: boolean }),
  upstream: text(commandLimits.upstreamMax),
}

/** Any number of settings that change. */
export const checkSomeSettings: Check<Partial<Settings>> = someFields(CHECKS)

/** The safe choice each time: nothing outside the app changes, nothing is sent that was not asked for. */
export const DEFAULT_SETTINGS: Settings = {
  language: 'system',
  theme: 'system',
  systemProxy: false,
  killSwitch: false,
  domestic: { isDirect: false, country: '', hosts: [] },
  startAtLogin: false,
  connectAtStart: false,
  notifications: 'all',
  reports: false,
  updates: true,
  ports: { socks: 0, http: 0, hasPassword: false },
  upstream: '',
}
