// Why a dial by a hidden window failed, and at which step: as exactly as Node's dialer says it, since the plan for the next ways is made of that.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CarrierKind, Endpoint } from '#protocol'
import { type ChromiumPlatform, chromiumPlatform } from '../../../client/engine/chromium/platform.ts'
import type { DialError } from '../../../client/engine/platform.ts'
import { endpointAt } from '../../contract/dial.ts'
import { End } from '../../contract/end.ts'
import { ADMISSION, type Origin, startOrigin } from '../../contract/origin.ts'
import { needs } from '../../needs.ts'
import { Electron } from './electron.ts'

const CARRIERS = ['websocket', 'http'] as const
const CLOCK_S = 10

describe.runIf(needs('electron'))('a dial by a hidden window', () => {
  let electron: Electron
  let platform: ChromiumPlatform
  let origin: Origin
  const servers: Server[] = []
  beforeAll(async () => {
    ;[electron, origin] = await Promise.all([Electron.start(), startOrigin()])
    platform = chromiumPlatform(await electron.attach())
  })
  afterAll(async () => {
    platform?.close()
    for (const server of servers) server.close()
    await electron?.close()
    await origin?.close()
  })

  /** The error of a dial that must fail. */
  async function fail(endpoint: Endpoint, carrier: CarrierKind, signal: AbortSignal = new AbortController().signal): Promise<DialError> {
    const cookie = `${ADMISSION.cookieName}=${'A'.repeat(200)}`
    const dialled = platform.dial({ endpoint, carrier, cookie, requestCookie: () => cookie, events: new End(), signal })
    return dialled.then(
      () => Promise.reject(new Error('it did not fail')),
      (error: DialError) => error,
    )
  }

  async function serve(onSocket: (socket: Socket) => void): Promise<Endpoint> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      onSocket(socket)
    })
    servers.push(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return endpointAt((server.address() as AddressInfo).port, origin)
  }

  test.each(CARRIERS)('whom the site does not admit learns so, and the site’s time: %s', async (carrier) => {
    const { reason, step, siteTimeS = 0 } = await fail(endpointAt(origin.port, origin), carrier)
    expect([reason, step]).toEqual(['not-admitted', 'upgrade'])
    expect(Math.abs(siteTimeS - Date.now() / 1_000)).toBeLessThan(CLOCK_S)
  })

  test.each(CARRIERS)('another certificate than the pinned one ends TLS before anything is asked: %s', async (carrier) => {
    const refused = origin.refused()
    const endpoint = { ...endpointAt(origin.port, origin), pin: new Uint8Array(32) }
    expect(await fail(endpoint, carrier)).toMatchObject({ reason: 'wrong-certificate', step: 'tls' })
    expect(origin.refused()).toBe(refused)
  })

  test('without a pin a certificate that nobody vouches for is refused as well', async () => {
    const endpoint = { ...endpointAt(origin.port, origin), pin: undefined }
    expect(await fail(endpoint, 'websocket')).toMatchObject({ reason: 'wrong-certificate', step: 'tls' })
  })

  test('a site that is asked, and answers with a certificate that nobody vouches for, is not said to keep silent', async () => {
    const { signal } = new AbortController()
    const result = await platform.probe({ kind: 'canary', side: 'foreign', address: `127.0.0.1:${origin.port}` }, signal)
    expect(result).toMatchObject({ kind: 'canary', fault: 'certificate' })
  })

  test.each(CARRIERS)('nobody listens: %s', async (carrier) => {
    const endpoint = await serve(() => undefined)
    servers.pop()?.close()
    expect(await fail(endpoint, carrier)).toMatchObject({ reason: 'refused', step: 'tcp' })
  })

  test.each(CARRIERS)('a reset at the hello: %s', async (carrier) => {
    const endpoint = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()))
    expect(await fail(endpoint, carrier)).toMatchObject({ reason: 'reset', step: 'tls' })
  })

  test.each(CARRIERS)('an orderly end at the hello: %s', async (carrier) => {
    const endpoint = await serve((socket) => socket.once('data', () => socket.end()))
    expect(await fail(endpoint, carrier)).toMatchObject({ reason: 'carrier-closed', step: 'tls' })
  })

  test.each(CARRIERS)('silence at the hello, until it is given up: %s', async (carrier) => {
    const stop = new AbortController()
    const endpoint = await serve((socket) => socket.once('data', () => stop.abort()))
    expect(await fail(endpoint, carrier, stop.signal)).toMatchObject({ reason: 'timeout', step: 'tls' })
  })

  test('a name that does not exist', async () => {
    const endpoint = { ...endpointAt(origin.port, origin), address: 'nobody.invalid:443' }
    expect(await fail(endpoint, 'websocket')).toMatchObject({ step: 'dns' })
  })
})
