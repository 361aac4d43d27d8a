// Leading a partition's requests to the hop before it has any. Electron says that a proxy is set before Chromium's network service has heard of it: what is
// asked meanwhile goes out by itself, and its name is looked up by the resolver that the censor runs. Measured in November 2026 with Electron 25: the
// first request of 7 in 200 partitions, on an idle machine.
import type { Session } from 'electron'
import { leadLimits } from '../limits.ts'

/** The partition is new, or has been led here before; comes before all else that makes a network of it. Rejects where it is not to be had in time. */
export async function leadTo(port: number, partition: Session): Promise<void> {
  await partition.setProxy({ proxyRules: `http://127.0.0.1:${port}`, proxyBypassRules: '<-loopback>' })
  const lateMs = performance.now() + leadLimits.waitMs
  // The question goes the way of a request, and so is answered as a request would be.
  while ((await partition.resolveProxy('http://anybody.invalid/')) !== `PROXY 127.0.0.1:${port}`) {
    if (performance.now() > lateMs) throw new Error('the partition does not go to the hop')
    await new Promise((resolve) => setTimeout(resolve, leadLimits.lookMs))
  }
}
