// Relays, edges and canaries that the tests of control share, with made-up names.
import type { Endpoint } from '#protocol'
import type { Places } from '../../../client/engine/control/control.ts'

export function endpoint(host: string, more: Partial<Endpoint> = {}): Endpoint {
  const name = /^[\d.]+$/.test(host) ? 'site.example' : host
  const plain = { serverName: name, hostName: name, path: '/live', pin: undefined, carriers: ['websocket', 'http'] as const, isEdge: false }
  return { address: `${host}:443`, ...plain, ...more }
}

/** Two relays with an address of their own and edges: three different edges in all. */
export const PLACES: Places = {
  relays: [
    {
      relayKey: new Uint8Array(32).fill(1),
      endpoints: [endpoint('192.0.2.1'), endpoint('edge-a.example', { isEdge: true }), endpoint('edge-b.example', { isEdge: true })],
    },
    {
      relayKey: new Uint8Array(32).fill(2),
      endpoints: [endpoint('relay-b.example'), endpoint('edge-c.example', { isEdge: true, carriers: ['http'] })],
    },
  ],
  policy: {
    canaries: {
      domestic: ['home-1.example:443', 'home-2.example:443'],
      foreign: ['far-1.example:443', 'far-2.example:443'],
      udp: ['far-1.example:443', 'far-2.example:443'],
    },
    resolvers: ['https://resolver.example/dns-query'],
    rotation: { bytesMin: 2 ** 30, bytesMax: 2 ** 32, secondsMin: 3_600, secondsMax: 7_200 },
  },
}
