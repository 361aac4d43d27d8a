// What system proxies have in common: settings with names and texts, and what an operating system's adapter can do with them.

/** One system's proxy settings as its own tools spell them, in the order in which they are to be written. undefined: not set. */
export type Settings = ReadonlyMap<string, string | undefined>

/** What the machine's programs are to do. Both ports are on 127.0.0.1. */
export interface ProxyWish {
  readonly httpPort: number
  /** Left out where nothing but refusal is wanted. */
  readonly socksPort?: number
  /** Names that go direct, as direct-rules.ts makes them: `example.com` or `*.example.com`. */
  readonly direct: readonly string[]
  /** Where the same rules can be fetched as a PAC file, for systems whose own list of exceptions is too short. */
  readonly pacUrl?: string
}

export type AdapterName = 'gnome' | 'kde' | 'windows' | 'macos'

export interface Adapter {
  readonly name: AdapterName
  /** Whether this machine and desktop have such settings. */
  isHere(): Promise<boolean>
  /** All that `write` may change. Throws SystemProxyError. */
  read(): Promise<Settings>
  /** How this system spells a wish; `now` is what stands there. */
  express(wish: ProxyWish, now: Settings): Settings
  /** The same without any proxy. */
  expressDirect(now: Settings): Settings
  /** Whether this can only be what Culvert once wrote. */
  isMarked(now: Settings): boolean
  /** The settings by which one sees whose proxy `name` belongs to; none where it stands for itself. */
  leadsOf(name: string): readonly string[]
  /** Where a system has the last word elsewhere (a VPN's proxy, say): whether programs really get what is set. */
  isInEffect?(): Promise<boolean>
  /** In the order given. What has been written stays when it throws a SystemProxyError. */
  write(change: Settings): Promise<void>
}

export type SystemProxyCode =
  /** This desktop has no such settings. */
  | 'unsupported'
  /** The operating system, or an administrator, does not allow it. */
  | 'refused'
  /** It was written, and does not stand there: another program or policy decides. */
  | 'not-taken'
  /** What the system's tools say makes no sense. */
  | 'unreadable'
  /** A proxy with a password is set, which could not be put back. */
  | 'password'
  /** The journal can't be written, so nothing may be changed. */
  | 'journal'

/** The system's proxy could not be read, changed or put back. The message names no setting's content. */
export class SystemProxyError extends Error {
  readonly code: SystemProxyCode

  constructor(code: SystemProxyCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SystemProxyError'
    this.code = code
  }
}

/** Stands in every list of exceptions that we write, and leads nowhere (RFC 6761 §6.4): by it a setting is known as ours without a journal. */
export const MARK = 'culvert.invalid'

/** What never goes through a proxy, on every system: this machine. */
export const LOOPBACK: readonly string[] = ['localhost', '127.0.0.0/8', '::1']
/** The network at home, with its printer and router: no relay could reach it. RFC 1918, RFC 3927, RFC 4193, RFC 6762. */
export const LOCAL_NETWORK: readonly string[] = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', '*.local']
