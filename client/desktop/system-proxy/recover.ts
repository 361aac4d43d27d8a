// What is to become of settings that outlived the app: put back at once, or, with the kill switch on, kept from letting anything out.
import type { Restored, SystemProxy } from './system-proxy.ts'

/**
 * The discard port (RFC 863). Below 1024 no ordinary program of Linux or macOS can listen, so none can take in what is sent to a proxy that has died.
 */
export const DEAD_PORT = 9

/** `held`: the kill switch was on. Nothing goes out until the app connects, or the person releases it. */
export type Recovered = Restored | 'held'

/** For each start of the app, and for the guard's. Throws SystemProxyError. */
export async function recover(proxy: SystemProxy): Promise<Recovered> {
  if (proxy.leftOver()?.hold !== true) return proxy.restore()
  await proxy.apply({ httpPort: DEAD_PORT, direct: [] }, { hold: true })
  return 'held'
}
