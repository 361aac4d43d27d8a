// Culvert itself, started by its real commands: a relay that init has set up, and a client that has its invite.
// The commands' TypeScript entry points run under this very Node, so that the processes measured are the programs themselves.

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Peer, Way } from './peers.ts'
import { runOnce } from './run.ts'
import type { Stage } from './stage.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const RELAY = join(ROOT, 'relay/main.ts')
const CLIENT = join(ROOT, 'client/engine/cli.ts')

export const PRODUCT_NAME = 'culvert'

/** Flags for Node on each side, such as those that write a profile. */
export interface NodeFlags {
  readonly client: readonly string[]
  readonly server: readonly string[]
}

export function culvert(flags: NodeFlags = { client: [], server: [] }): Peer {
  return {
    name: PRODUCT_NAME,
    programs: [],
    packages: [],
    start: (stage) => startBoth(stage, flags),
  }
}

/** Whether there is a relay and a client to measure. */
export function hasProduct(): boolean {
  return existsSync(RELAY) && existsSync(CLIENT)
}

/** The invite of the relay that runs on this stage. */
export function inviteFile(stage: Stage): string {
  return join(stage.folder, 'relay', 'invite')
}

async function startBoth(stage: Stage, flags: NodeFlags): Promise<Way> {
  await startRelay(stage, flags.server)
  return startNodeClient(stage, inviteFile(stage), flags.client)
}

export async function startRelay(stage: Stage, flags: readonly string[] = []): Promise<void> {
  const address = `${stage.place.serverAddress}:${await stage.port()}`
  const folder = join(stage.folder, 'relay')
  const node = process.execPath
  runOnce([node, RELAY, 'init', '--dir', folder, '--domain', 'bench.local', '--listen', address, '--address', address])
  await stage.startReady('server', [node, ...flags, RELAY, 'run', '--dir', folder, '--allow-destination', '127.0.0.0/8', '--json'])
}

export async function startNodeClient(stage: Stage, invite: string, flags: readonly string[] = []): Promise<Way> {
  const connect = ['connect', '--invite', invite, '--socks', '127.0.0.1:0', '--http', '127.0.0.1:0', '--json']
  const ready = await stage.startReady('client', [process.execPath, ...flags, CLIENT, ...connect])
  return { socks: String(ready['socks']) }
}
