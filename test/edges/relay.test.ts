// Relays behind each edge, by the real commands, with an invite that knows no other way in.
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CarrierKind, type Endpoint, encodeInvite } from '#protocol'
import { loadConfig } from '../../relay/config.ts'
import { readAll, through } from '../e2e/through.ts'
import { DOMAIN, type Relay, status, World } from '../e2e/world.ts'
import { needs } from '../needs.ts'
import { type Edge, type EdgeKind, type Origin, startEdge } from './edge.ts'
import { answerOf, begin, textOf } from './visitor.ts'

const BYTES = randomBytes(6_000_000)
const world = new World()
let relay: Relay
let origin: Origin
beforeAll(async () => {
  relay = await world.relay()
  const { tls } = loadConfig(relay.dir)
  origin = { address: `127.0.0.1:${relay.port}`, serverName: DOMAIN, certificate: readFileSync(tls?.certificateFile ?? '', 'utf8') }
})
afterAll(() => world.close())

/** How to come in by an edge, with one kind of carrier. */
function endpointOf({ address, serverName, pin }: Edge, carrier: CarrierKind): Endpoint {
  return { address, serverName, hostName: serverName, path: relay.invite.endpoints[0]?.path ?? '/', pin, carriers: [carrier], isEdge: true }
}

/** The same bytes back through a client that has only this endpoint. */
async function expectEcho(endpoint: Endpoint): Promise<void> {
  const file = join(world.folder, `invite-${randomBytes(4).toString('hex')}`)
  writeFileSync(file, encodeInvite({ ...relay.invite, endpoints: [endpoint] }))
  const client = await world.client(file)
  expect(await status(client, 'connected')).toMatchObject({ carrier: endpoint.carriers[0] })
  const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
  const { socket } = await through(client.socksPort, '127.0.0.1', await world.serve(echo))
  socket.end(BYTES)
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  expect(sha256(await readAll(socket))).toBe(sha256(BYTES))
  client.program.signal('SIGTERM')
  await client.program.ended
}

const EDGES: readonly { readonly kind: EdgeKind; readonly canRun: boolean }[] = [
  { kind: 'nginx', canRun: needs('nginx') },
  { kind: 'nginx-421', canRun: needs('nginx') },
  { kind: 'nginx-buffering', canRun: needs('nginx') },
  { kind: 'varnish', canRun: needs('varnish') },
  { kind: 'workerd', canRun: true },
  { kind: 'evil', canRun: true },
]

for (const { kind, canRun } of EDGES) {
  describe.runIf(canRun)(`a relay behind ${kind}${kind === 'evil' ? ' (that is honest today)' : ''}`, () => {
    let edge: Edge
    beforeAll(async () => {
      edge = await startEdge(kind, { origin })
    })
    afterAll(() => edge?.stop())

    test.each(['websocket', 'http'] as const)('lets a guest in by %s, megabytes both ways', (carrier) =>
      expectEcho(endpointOf(edge, carrier)),
    )

    test('shows a stranger the cover site, and no name of the relay’s', async () => {
      const answer = await answerOf(begin(edge, { path: '/' }).end())
      expect(answer.statusCode).toBe(200)
      expect(await textOf(answer)).toBe(readFileSync(join(relay.dir, 'site', 'index.html'), 'utf8'))
      expect(answer.rawHeaders.join('\n')).not.toContain(DOMAIN)
    })
  })
}

describe.runIf(needs('nginx', 'varnish'))('fronting', () => {
  test.each(['nginx', 'varnish'] as const)('lets a guest in by another site’s name at %s', async (kind) => {
    const edge = await startEdge(kind, { origin })
    world.defer(() => edge.stop())
    const { front } = edge
    if (front === undefined) throw new Error(`${kind} has no front`)
    await expectEcho({ ...endpointOf(edge, 'websocket'), serverName: front.serverName, pin: front.pin })
    await expectEcho({ ...endpointOf(edge, 'http'), serverName: front.serverName, pin: front.pin })
  })
})
