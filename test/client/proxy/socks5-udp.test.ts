import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { proxyLimits } from '../../../client/engine/limits.ts'
import type { LocalProxyOptions } from '../../../client/engine/proxy/local.ts'
import { createSocks5Proxy } from '../../../client/engine/proxy/socks5.ts'
import { Cleanup, FakeOutlet, RawClient } from './fakes.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const ASSOCIATE_ANY = '05030001 00000000 0000'
const TO_DNS = '000000 01 c0000235 0035'

const cleanup = new Cleanup()
let outlet: FakeOutlet

beforeEach(() => {
  outlet = new FakeOutlet()
})
afterEach(() => cleanup.run())

interface Association {
  readonly control: RawClient
  readonly address: string
  readonly port: number
}

async function associate(options: Partial<LocalProxyOptions> = {}, request = ASSOCIATE_ANY): Promise<Association> {
  const proxy = cleanup.add(await createSocks5Proxy({ host: '127.0.0.1', port: 0, outlet, ...options }))
  const control = await RawClient.connect(proxy.port, options.host)
  cleanup.defer(() => control.destroy())
  await control.write(hex('050100')).hex(2)
  const head = await control.write(hex(request)).hex(4)
  const address = await control.hex(head.endsWith('04') ? 16 : 4)
  return { control, address: `${head} ${address}`, port: Number.parseInt(await control.hex(2), 16) }
}

async function udpSocket(type: 'udp4' | 'udp6' = 'udp4', address = '127.0.0.1'): Promise<UdpSocket> {
  const socket = createSocket(type)
  cleanup.defer(() => socket.close())
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}

async function receive(socket: UdpSocket): Promise<string> {
  const [bytes] = (await once(socket, 'message')) as [Buffer]
  return bytes.toString('hex')
}

describe('a UDP association', () => {
  test('answers on the address of the control socket and carries datagrams both ways', async () => {
    const { address, port } = await associate()
    expect(address).toBe('05000001 7f000001')
    const app = await udpSocket()
    app.send(hex(`${TO_DNS} cafe`), port, '127.0.0.1')
    expect(await receive(app)).toBe('00000001c00002350035cafe')
    expect(outlet.datagrams).toEqual([{ to: { host: '192.0.2.53', port: 53 }, payload: hex('cafe') }])
  })

  test('works over IPv6, with names, and with an empty payload', async () => {
    const { address, port } = await associate({ host: '::1' })
    expect(address).toBe(`05000004 ${'00'.repeat(15)}01`)
    const app = await udpSocket('udp6', '::1')
    app.send(hex('000000 03 08 646e732e74657374 0035'), port, '::1')
    expect(await receive(app)).toBe('0000000308646e732e746573740035')
  })

  test('gives each datagram the source that the relay names', async () => {
    const { port } = await associate()
    const app = await udpSocket()
    app.send(hex(`${TO_DNS} 01`), port, '127.0.0.1')
    await receive(app)
    const answer = receive(app)
    outlet.receive?.({ host: '2001:db8::7', port: 4660 }, hex('beef'))
    expect(await answer).toBe('0000000420010db80000000000000000000000071234beef')
  })

  test('drops what is no datagram of the app, and goes on', async () => {
    const { port } = await associate()
    const app = await udpSocket()
    const rejected = [
      '000001 01 c0000235 0035 00',
      '000100 01 c0000235 0035 00',
      '000000 09',
      '',
      '000000 01 c0000235 0000 00',
      '000000 03 00 0035 00',
    ]
    for (const bytes of rejected) app.send(hex(bytes), port, '127.0.0.1')
    app.send(hex(`${TO_DNS} 02`), port, '127.0.0.1')
    await receive(app)
    expect(outlet.datagrams.map(({ payload }) => payload)).toEqual([hex('02')])
  })

  test('belongs to the port that used it first', async () => {
    const { port } = await associate()
    const app = await udpSocket()
    const stranger = await udpSocket()
    // Garbage does not make a stranger the first.
    stranger.send(hex('0001'), port, '127.0.0.1')
    app.send(hex(`${TO_DNS} 01`), port, '127.0.0.1')
    await receive(app)
    stranger.send(hex(`${TO_DNS} 66`), port, '127.0.0.1')
    app.send(hex(`${TO_DNS} 02`), port, '127.0.0.1')
    await receive(app)
    expect(outlet.datagrams.map(({ payload }) => payload)).toEqual([hex('01'), hex('02')])
  })

  test('belongs to the port that was announced', async () => {
    const app = await udpSocket()
    const announced = app.address().port.toString(16).padStart(4, '0')
    const { port } = await associate({}, `05030001 00000000 ${announced}`)
    const stranger = await udpSocket()
    stranger.send(hex(`${TO_DNS} 66`), port, '127.0.0.1')
    app.send(hex(`${TO_DNS} 01`), port, '127.0.0.1')
    await receive(app)
    expect(outlet.datagrams.map(({ payload }) => payload)).toEqual([hex('01')])
  })

  test('takes nothing from another address than the control socket', async () => {
    const { port } = await associate()
    const stranger = await udpSocket('udp4', '127.0.0.2')
    stranger.send(hex(`${TO_DNS} 66`), port, '127.0.0.1')
    const app = await udpSocket()
    app.send(hex(`${TO_DNS} 01`), port, '127.0.0.1')
    await receive(app)
    expect(outlet.datagrams.map(({ payload }) => payload)).toEqual([hex('01')])
  })

  test.each(['end', 'destroy'] as const)('ends when the control socket does (%s)', async (way) => {
    const { control, port } = await associate()
    expect(outlet.openAssociations).toBe(1)
    control[way]()
    await once(control.socket, 'close')
    // The port is free again once the association has gone.
    await expect.poll(() => outlet.openAssociations).toBe(0)
    const again = createSocket('udp4')
    again.bind(port, '127.0.0.1')
    await once(again, 'listening')
    again.close()
    outlet.receive?.({ host: '192.0.2.53', port: 53 }, hex('00'))
  })

  test('closes the control socket when the outlet ends it', async () => {
    const { control } = await associate()
    outlet.endAssociation?.()
    expect(await control.rest()).toHaveLength(0)
  })

  test('beyond the limit is refused', async () => {
    const limits = { ...proxyLimits, associationsMax: 0 }
    const { address } = await associate({ limits })
    expect(address).toBe('05010001 00000000')
  })

  test('ends with the proxy', async () => {
    const proxy = await createSocks5Proxy({ host: '127.0.0.1', port: 0, outlet })
    const control = await RawClient.connect(proxy.port)
    await control.write(hex(`050100 ${ASSOCIATE_ANY}`)).hex(12)
    await proxy.close()
    expect(await control.rest()).toHaveLength(0)
    await expect.poll(() => outlet.openAssociations).toBe(0)
  })
})
