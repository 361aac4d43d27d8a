// The engine in Electron's utilityProcess, as the dialer's suites and the bench run it: dialled by the hidden windows, or, to compare, by Node.

import { decodeInvite } from '#protocol'
import { fittingCrypto } from '../../../client/engine/app/fitting-crypto.ts'
import { inviteText } from '../../../client/engine/arguments.ts'
import { chromiumPlatform } from '../../../client/engine/chromium/platform.ts'
import type { Port } from '../../../client/engine/chromium/port.ts'
import { startEngine } from '../../../client/engine/engine.ts'
import { NodePlatform } from '../../../client/engine/platform-node.ts'
import { noStore } from '../../../client/engine/state.ts'

interface ParentPort {
  once(event: 'message', listener: (message: { readonly data: unknown; readonly ports: readonly Port[] }) => void): void
  postMessage(message: unknown): void
}

const parent = (process as unknown as { readonly parentPort: ParentPort }).parentPort

parent.once('message', ({ data, ports: [port] }) => void run(data as Order, port as Port))

export interface Order {
  /** Or the path of one. */
  readonly invite: string
  readonly dialer: string
}

async function run({ invite, dialer }: Order, port: Port): Promise<void> {
  const any = { host: '127.0.0.1', port: 0 }
  const { socksPort, httpPort } = await startEngine({
    platform: dialer === 'node' ? new NodePlatform() : chromiumPlatform(port),
    crypto: fittingCrypto(),
    invites: [decodeInvite(inviteText(invite))],
    store: noStore,
    socks: any,
    http: any,
    password: undefined,
    waitForDial: false,
    beyondLoopback: false,
    onStatus: (status) => parent.postMessage({ event: 'status', ...status }),
    onFinding: () => undefined,
  })
  parent.postMessage({ event: 'ready', socks: `127.0.0.1:${socksPort}`, http: `127.0.0.1:${httpPort}` })
}
