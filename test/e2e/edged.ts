// A relay that has an edge or more in front of it besides its own address, and what an invite says of them.
import { readFileSync } from 'node:fs'
import { type Endpoint, encodeInvite } from '#protocol'
import { loadConfig } from '../../relay/config.ts'
import { startEdge } from '../edges/edge.ts'
import { DOMAIN, type Relay, type World } from './world.ts'

/** Starts so many edges, by a plain forwarder that needs no program; the world ends them. */
export async function edgesOf(world: World, relay: Relay, count: number): Promise<Endpoint[]> {
  const { tls } = loadConfig(relay.dir)
  const certificate = readFileSync(tls?.certificateFile ?? '', 'utf8')
  const origin = { address: `127.0.0.1:${relay.port}`, serverName: DOMAIN, certificate }
  const edges = await Promise.all(Array.from({ length: count }, () => startEdge('evil', { origin })))
  for (const edge of edges) world.defer(() => edge.stop())
  const path = relay.invite.endpoints[0]?.path ?? '/'
  return edges.map(({ address, serverName, pin }) => ({
    address,
    serverName,
    hostName: serverName,
    path,
    pin,
    carriers: ['websocket', 'http'],
    isEdge: true,
  }))
}

/** The relay's invite with these behind its own endpoints, or instead of them. */
export function inviteWith(relay: Relay, more: readonly Endpoint[], own: readonly Endpoint[] = relay.invite.endpoints): string {
  return encodeInvite({ ...relay.invite, endpoints: [...own, ...more] })
}
