// The engine: control, the link that it steers, what watches the network beside it, and the local proxies that use it.
import type { Crypto, Invite } from '#protocol'
import type { Status } from '../contract/status.ts'
import type { Finding } from '../contract/verdict.ts'
import { Control } from './control/control.ts'
import { Link } from './link.ts'
import { LinkOutlet } from './outlet.ts'
import type { Platform } from './platform.ts'
import { Policies } from './policies.ts'
import { createHttpProxy } from './proxy/http.ts'
import type { LocalProxy } from './proxy/local.ts'
import { createSocks5Proxy } from './proxy/socks5.ts'
import type { StateStore } from './state.ts'
import { Watch } from './watch.ts'

export interface LocalAddress {
  readonly host: string
  readonly port: number
}

export interface EngineOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  /** One for each relay. */
  readonly invites: readonly Invite[]
  readonly store: StateStore
  readonly socks: LocalAddress
  readonly http: LocalAddress
  readonly password: string | undefined
  readonly waitForDial: boolean
  readonly beyondLoopback: boolean
  readonly onStatus: (status: Status) => void
  readonly onFinding: (finding: Finding) => void
}

export interface Engine {
  readonly socksPort: number
  readonly httpPort: number
  stop(): Promise<void>
}

/** Rejects when a local port can't be had. The link dials meanwhile, and says how it fares by `onStatus`. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { password, beyondLoopback, waitForDial } = options
  const { platform, crypto, store, onStatus, onFinding } = options
  const state = store.load()
  const policies = new Policies(options.invites, state.policies, platform.nowS())
  const control = new Control({
    crypto,
    random: platform.random,
    saved: state.memory,
    network: platform.network(),
    nowMs: performance.now(),
    ...policies.places,
  })
  const remember = (clockOffsetS: number): void => store.save({ clockOffsetS, memory: control.saved(), policies: policies.saved })
  const link: Link = new Link({
    platform,
    crypto,
    control,
    invites: policies.invites,
    clockOffsetS: state.clockOffsetS,
    events: { onStatus, onLearned: remember, onSession: (drive, relayIndex) => watch.onSession(drive, relayIndex) },
  })
  const watch: Watch = new Watch({
    control,
    policies,
    platform,
    events: {
      onFinding,
      onNews: () => {
        remember(link.clockOffsetS)
        link.refresh()
      },
    },
  })
  const outlet = new LinkOutlet(link, waitForDial)
  const shared = { outlet, beyondLoopback, ...(password === undefined ? {} : { password }) }
  const proxies: LocalProxy[] = []
  const stop = async (): Promise<void> => {
    watch.stop()
    link.stop()
    await Promise.all(proxies.map((proxy) => proxy.close()))
  }
  try {
    const socks = await createSocks5Proxy({ ...options.socks, ...shared })
    proxies.push(socks)
    const http = await createHttpProxy({ ...options.http, ...shared })
    proxies.push(http)
    return { socksPort: socks.port, httpPort: http.port, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
