// The engine: what keeps a session with the relays, and the local proxies that use it.
import type { Clock } from './clock.ts'
import { type Core, type CoreOptions, startCore } from './core.ts'
import { LinkOutlet } from './outlet.ts'
import type { Policies } from './policies.ts'
import { createHttpProxy } from './proxy/http.ts'
import type { LocalProxy } from './proxy/local.ts'
import { createSocks5Proxy } from './proxy/socks5.ts'

export interface LocalAddress {
  readonly host: string
  readonly port: number
}

export interface EngineOptions extends CoreOptions {
  readonly socks: LocalAddress
  readonly http: LocalAddress
  readonly password: string | undefined
  readonly waitForDial: boolean
  readonly beyondLoopback: boolean
}

export interface Engine {
  readonly socksPort: number
  readonly httpPort: number
  /** Where one can go, by now. */
  readonly policies: Policies
  readonly clock: Clock
  readonly askForFriend: Core['askForFriend']
  stop(): Promise<void>
}

/** Rejects when a local port can't be had. The link dials meanwhile, and says how it fares by `onStatus`. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { password, beyondLoopback, waitForDial } = options
  const core = startCore(options)
  const outlet = new LinkOutlet(core.link, waitForDial)
  const shared = { outlet, beyondLoopback, ...(password === undefined ? {} : { password }) }
  const proxies: LocalProxy[] = []
  const stop = async (): Promise<void> => {
    core.stop()
    await Promise.all(proxies.map((proxy) => proxy.close()))
  }
  try {
    const socks = await createSocks5Proxy({ ...options.socks, ...shared })
    proxies.push(socks)
    const http = await createHttpProxy({ ...options.http, ...shared })
    proxies.push(http)
    const { policies, clock, askForFriend } = core
    return { socksPort: socks.port, httpPort: http.port, policies, clock, askForFriend, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
