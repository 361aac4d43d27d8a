// What a client makes of an answer that is no relay's: the site's word, or the error page of what stands before it.
import { once } from 'node:events'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CarrierKind } from '#protocol'
import { codeOf } from '../../../client/engine/control/failures.ts'
import { faultOf } from '../../../client/engine/dial-way.ts'
import { DialError, type DialRequest } from '../../../client/engine/platform.ts'
import { NodePlatform } from '../../../client/engine/platform-node.ts'
import { createCertificate, pinOf } from '../../../relay/certificate.ts'

const DOMAIN = 'www.red-kettle.example'
const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT'
const pair = createCertificate(DOMAIN, Date.now())
let status = 200
const server = createServer({ cert: pair.certificate, key: pair.key }, (_request, response) => {
  response.writeHead(status, { Date: DATE }).end('a page')
})

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => void server.close())

async function dial(
  carrier: CarrierKind,
  platform = new NodePlatform(),
  pin = pinOf(pair.certificate),
  from: Pick<typeof server, 'address'> = server,
): Promise<unknown> {
  const { port } = from.address() as AddressInfo
  const request: DialRequest = {
    endpoint: {
      ...{ address: `127.0.0.1:${port}`, serverName: DOMAIN, hostName: DOMAIN, path: '/', isEdge: true, carriers: [carrier] },
      pin,
    },
    carrier,
    cookie: 'sid=none',
    requestCookie: () => 'sid=none',
    events: { onMessage: () => undefined, onRoom: () => undefined, onClosed: () => undefined },
    signal: AbortSignal.timeout(20_000),
  }
  return platform.dial(request).catch((error: unknown) => error)
}

test.each(
  (['websocket', 'http'] as const).flatMap((carrier) => [
    ...[200, 403, 404].map((code) => [carrier, code, 'not-admitted', 'not-admitted'] as const),
    ...[429, 500, 502, 503, 522].map((code) => [carrier, code, 'refused', 'answer'] as const),
  ]),
)('%s: to be answered %i is to be %s, and no act of the network’s', async (carrier, code, reason, fault) => {
  status = code
  const error = await dial(carrier)
  expect(error).toBeInstanceOf(DialError)
  expect(error).toMatchObject({ reason, step: 'upgrade', siteTimeS: Date.parse(DATE) / 1_000 })
  expect(faultOf(error as DialError)).toBe(fault)
})

// A resumed TLS session shows no certificate. Without a pin of its own, whoever answered to another would be sent the admission.
test.each(['websocket', 'http'] as const)('%s: a site that met one pin is not taken for one that meets another', async (carrier) => {
  status = 200
  const platform = new NodePlatform()
  let requests = 0
  server.on('request', () => requests++)
  for (let i = 0; i < 2; i++) expect(await dial(carrier, platform)).toMatchObject({ reason: 'not-admitted' })
  expect(await dial(carrier, platform, new Uint8Array(32))).toMatchObject({ reason: 'wrong-certificate', step: 'tls' })
  expect(requests).toBe(carrier === 'http' ? 2 : requests)
})

// TLS 1.2 (RFC 5246 §7.2): a fatal alert, “unrecognized_name”, as servers send that are not asked for themselves.
const ALERT = Uint8Array.of(21, 3, 3, 0, 2, 2, 112)

// Who blocks a name by a reset is a censor; a server that ends what was begun may only have too much to do.
test.each([
  ['a reset', (socket: Socket) => socket.resetAndDestroy(), 'reset', 'reset', 'name-reset'],
  ['an orderly end', (socket: Socket) => socket.end(), 'carrier-closed', 'closed', 'name-closed'],
  ['an alert', (socket: Socket) => socket.end(ALERT), 'carrier-closed', 'closed', 'name-closed'],
] as const)('%s at the hello is said to be that', async (_what, answer, reason, fault, code) => {
  const closing = createTcpServer((socket) => void socket.on('error', () => undefined).once('data', () => answer(socket)))
  await once(closing.listen(0, '127.0.0.1'), 'listening')
  for (const carrier of ['websocket', 'http'] as const) {
    const error = (await dial(carrier, new NodePlatform(), undefined, closing)) as DialError
    expect(error).toMatchObject({ reason, step: 'tls' })
    expect(faultOf(error)).toBe(fault)
    expect(codeOf(error.step, faultOf(error))).toBe(code)
  }
  closing.close()
})
