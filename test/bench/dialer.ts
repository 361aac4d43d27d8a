// The two dialers beside each other, both with the engine where the app has it, in Electron's utilityProcess: Node's, and that of the hidden windows. And
// the client on plain Node. By each carrier, to relays of their own.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CarrierKind, decodeInvite, encodeInvite } from '#protocol'
import { testRuntime } from '../../client/desktop/build/test-runtime.ts'
import { bundleFor, SWITCHES } from '../desktop/dialer/electron.ts'
import { openDisplay } from '../desktop/display.ts'
import type { Peer, Way } from './peers.ts'
import { inviteFile, startNodeClient, startRelay } from './product.ts'
import { atEnd } from './run.ts'
import type { Stage } from './stage.ts'

const BUNDLED = join(import.meta.dirname, '../desktop/dialer')

/** They take part in the tests of their own only. */
export const DIALERS: readonly Peer[] = (['websocket', 'http'] as const).flatMap((carrier) => [
  peer(`windows-${carrier}`, carrier, (stage, invite) => startApp(stage, invite, 'windows')),
  peer(`app-node-${carrier}`, carrier, (stage, invite) => startApp(stage, invite, 'node')),
  peer(`plain-node-${carrier}`, carrier, startNodeClient),
])

export const DIALER_NAMES: readonly string[] = DIALERS.map(({ name }) => name)

function peer(name: string, carrier: CarrierKind, startClient: (stage: Stage, invite: string) => Promise<Way>): Peer {
  return {
    name,
    programs: [],
    packages: [],
    start: async (stage) => {
      await startRelay(stage)
      const invite = decodeInvite(readFileSync(inviteFile(stage), 'utf8'))
      const file = join(stage.folder, `${carrier}.invite`)
      writeFileSync(file, encodeInvite({ ...invite, endpoints: invite.endpoints.map((one) => ({ ...one, carriers: [carrier] })) }))
      return startClient(stage, file)
    },
  }
}

async function startApp(stage: Stage, invite: string, dialer: 'windows' | 'node'): Promise<Way> {
  const folder = join(stage.folder, 'app')
  await bundleFor(folder, { main: join(BUNDLED, 'host.ts'), engine: join(BUNDLED, 'engine.ts') })
  const display = await openDisplay()
  atEnd(() => void display.close())
  const app = [await testRuntime(), folder, `--user-data-dir=${join(folder, 'user')}`, ...SWITCHES, invite, dialer]
  const ready = await stage.startReady('client', app, { DISPLAY: display.name })
  return { socks: String(ready['socks']) }
}
