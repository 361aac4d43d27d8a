// The app core with a fake shell, a real engine and relays that answer nobody.
import { decodeInvite, type Endpoint, encodeInvite, encodeNetworkInvite, type Invite } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import type { AppStatus } from '../../../client/contract/app-status.ts'
import type { FoundProxy } from '../../../client/contract/shell.ts'
import { type App, startApp } from '../../../client/engine/app/app.ts'
import { DialError, type Platform } from '../../../client/engine/platform.ts'
import type { Upstream } from '../../../client/engine/upstream.ts'
import { endpoint } from '../control/places.ts'
import { type FakeShell, FULL_CAPABILITIES } from './fake-shell.ts'

export const relay: Endpoint = endpoint('192.0.2.1')

export function inviteOf(byte: number): string {
  const invite: Invite = {
    relayKey: nodeCrypto.x25519KeyPair(nodeRandom(32)).publicKey,
    psk: new Uint8Array(32).fill(byte),
    policyKey: new Uint8Array(32).fill(byte),
    endpoints: [relay],
  }
  return encodeInvite(invite)
}

export function networkInvite(byte: number, untilS = 2_000_000_000, networkId = new Uint8Array(32)): string {
  return encodeNetworkInvite({
    networkId,
    authorityKey: nodeCrypto.x25519KeyPair(nodeRandom(32)).publicKey,
    secret: new Uint8Array(16).fill(byte),
    untilS,
    doors: [decodeInvite(inviteOf(byte))],
  })
}

/** Every dial is refused, at once. */
const refusing: Platform = {
  random: nodeRandom,
  nowS: () => Math.floor(Date.now() / 1000),
  dial: () => Promise.reject(new DialError('refused', undefined, 'tcp')),
  probe: () => Promise.resolve({ kind: 'portal', found: 'nothing' }),
  network: () => new Uint8Array([1]),
}

const apps: App[] = []

export function stopAll(): Promise<unknown> {
  return Promise.all(apps.splice(0).map((app) => app.stop()))
}

export interface Running {
  readonly app: App
  /** Resolves with the first status, from now on, that is accepted. */
  readonly until: (accept: (status: AppStatus) => boolean) => Promise<AppStatus>
}

/** Stopped by `stopAll`. */
export async function start(
  shell: FakeShell,
  options: {
    readonly storage?: 'sealed' | 'plain' | 'none'
    readonly found?: FoundProxy
    readonly isResumed?: boolean
    readonly platform?: Platform
    readonly goThrough?: (upstream: Upstream | undefined) => void
  } = {},
): Promise<Running> {
  const watchers = new Set<(status: AppStatus) => void>()
  const app = await startApp({
    version: '1.2.3',
    system: 'linux',
    shell,
    capabilities: { ...FULL_CAPABILITIES, storage: options.storage ?? 'sealed' },
    platform: options.platform ?? refusing,
    goThrough: options.goThrough ?? (() => undefined),
    crypto: nodeCrypto,
    found: options.found,
    isResumed: options.isResumed === true,
    onStatus: (status) => {
      for (const watcher of watchers) watcher(status)
    },
  })
  apps.push(app)
  const until: Running['until'] = (accept) =>
    new Promise((resolve) => {
      const watcher = (status: AppStatus): void => {
        if (!accept(status)) return
        watchers.delete(watcher)
        resolve(status)
      }
      watchers.add(watcher)
      watcher(app.status)
    })
  return { app, until }
}
