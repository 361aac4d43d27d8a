import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ResetCode } from '#protocol'
import { proxyLimits } from '../../../client/engine/limits.ts'
import type { LocalProxyOptions } from '../../../client/engine/proxy/local.ts'
import { createSocks5Proxy } from '../../../client/engine/proxy/socks5.ts'
import { Cleanup, FakeOutlet, listenTcp, RawClient, smallLimits } from './fakes.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const GREETING = hex('05 01 00')
const SUCCEEDED = '05000001000000000000'

const cleanup = new Cleanup()
let outlet: FakeOutlet

beforeEach(() => {
  outlet = new FakeOutlet()
})
afterEach(() => cleanup.run())

async function startProxy(options: Partial<LocalProxyOptions> = {}): Promise<number> {
  return cleanup.add(await createSocks5Proxy({ host: '127.0.0.1', port: 0, outlet, ...options })).port
}

async function startEcho(name = 'echo.test'): Promise<void> {
  const port = await listenTcp(cleanup, (socket) => void socket.pipe(socket))
  outlet.sites.set(name, port)
}

async function connectTo(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port)
  cleanup.defer(() => client.destroy())
  return client
}

function connectRequest(name: string, port: number): Uint8Array {
  const bytes = Buffer.from(name, 'latin1')
  return Uint8Array.of(5, 1, 0, 3, bytes.length, ...bytes, port >> 8, port & 0xff)
}

describe('CONNECT', () => {
  test('carries a stream to a name that only the relay can resolve', async () => {
    await startEcho()
    const client = await connectTo(await startProxy())
    expect(await client.write(GREETING).hex(2)).toBe('0500')
    expect(await client.write(connectRequest('Echo.TEST.', 7)).hex(10)).toBe(SUCCEEDED)
    expect(Buffer.from(await client.write('hello').bytes(5)).toString()).toBe('hello')
    expect(outlet.targets).toEqual([{ host: 'echo.test', port: 7 }])
  })

  test.each([
    ['IPv4', '05010001 7f000001 0050', '127.0.0.1'],
    ['IPv6', '05010004 20010db8000000000000000000000001 0050', '2001:db8::1'],
  ])('takes an %s address', async (_, request, host) => {
    await startEcho(host)
    const client = await connectTo(await startProxy())
    await client.write(GREETING).hex(2)
    expect(await client.write(hex(request)).hex(10)).toBe(SUCCEEDED)
    expect(outlet.targets).toEqual([{ host, port: 80 }])
  })

  test('gives what the app sent behind its request to the outlet, once', async () => {
    await startEcho()
    const client = await connectTo(await startProxy())
    client.write(Buffer.concat([GREETING, connectRequest('echo.test', 7), Buffer.from('early')]))
    expect(await client.hex(12)).toBe(`0500${SUCCEEDED}`)
    expect(Buffer.from(await client.bytes(5)).toString()).toBe('early')
    expect(outlet.heads).toEqual([Uint8Array.from(Buffer.from('early'))])
  })

  test('works however its bytes are cut', async () => {
    await startEcho()
    const port = await startProxy({ password: 'secret' })
    const auth = Uint8Array.of(1, 1, 0x75, 6, ...Buffer.from('secret'))
    const whole = Buffer.concat([hex('05 02 00 02'), auth, connectRequest('echo.test', 7), Buffer.from('early')])
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 12 }).map((at) => at.sort((a, b) => a - b))
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const client = await RawClient.connect(port)
        for (const [i, start] of [0, ...at].entries()) {
          client.write(whole.subarray(start, at[i]))
          await new Promise(setImmediate)
        }
        expect(await client.hex(14 + 5)).toBe(`05020100${SUCCEEDED}${Buffer.from('early').toString('hex')}`)
        client.destroy()
      }),
      { numRuns: 30 },
    )
  })

  test('leaves no listener and no unread byte on the socket', async () => {
    await startEcho()
    const seen: unknown[] = []
    outlet.onJoin = (socket) => {
      const counts = ['data', 'readable', 'close', 'timeout', 'drain', 'end'].map((name) => socket.listenerCount(name))
      seen.push(counts, socket.isPaused(), socket.readableLength)
    }
    const client = await connectTo(await startProxy())
    client.write(Buffer.concat([GREETING, connectRequest('echo.test', 7), Buffer.alloc(1000)]))
    await client.bytes(1012)
    // Node's own 'end' listener belongs to every net.Socket.
    expect(seen).toEqual([[0, 0, 0, 0, 0, 1], true, 0])
    // The fake's one remains, and the two of its pipes.
    expect(outlet.joined[0]?.listeners('error').some((listener) => listener.name === 'ignoreError')).toBe(false)
  })

  test('keeps half-close both ways', async () => {
    const received = Promise.withResolvers<string>()
    const port = await listenTcp(cleanup, (socket) => {
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('end', () => {
        received.resolve(text)
        socket.end('answer after your end')
      })
    })
    outlet.sites.set('half.test', port)
    const client = await connectTo(await startProxy())
    client.write(Buffer.concat([GREETING, connectRequest('half.test', 7), Buffer.from('question')])).end()
    await client.hex(12)
    expect(await client.restText()).toBe('answer after your end')
    expect(await received.promise).toBe('question')
  })

  test('serves hundreds of sockets at once', async () => {
    await startEcho()
    const port = await startProxy()
    const clients = await Promise.all(Array.from({ length: 300 }, () => connectTo(port)))
    await Promise.all(
      clients.map(async (client, i) => {
        client.write(Buffer.concat([GREETING, connectRequest('echo.test', 7), Buffer.of(i & 0xff)]))
        await client.hex(12)
        expect(await client.bytes(1)).toEqual(Buffer.of(i & 0xff))
      }),
    )
  })
})

describe('the reply', () => {
  test('waits for the outlet', async () => {
    await startEcho()
    outlet.waitForDial = true
    const client = await connectTo(await startProxy())
    client.write(Buffer.concat([GREETING, connectRequest('echo.test', 7), Buffer.from('early')]))
    expect(await client.hex(12)).toBe(`0500${SUCCEEDED}`)
    expect(Buffer.from(await client.bytes(5)).toString()).toBe('early')
  })

  test.each([
    ['refused', 5],
    ['hostUnreachable', 4],
    ['nameNotFound', 4],
    ['networkUnreachable', 3],
    ['timeout', 6],
    ['denied', 2],
    ['overload', 1],
  ] as const)('to %s is %i, and the socket ends', async (name, reply) => {
    outlet.waitForDial = true
    outlet.failWith = ResetCode[name]
    const client = await connectTo(await startProxy())
    client.write(Buffer.concat([GREETING, connectRequest('echo.test', 7), Buffer.alloc(100_000)]))
    expect(await client.hex(2)).toBe('0500')
    expect(Buffer.from(await client.rest()).toString('hex')).toBe(`050${reply}0001000000000000`)
  })

  test.each([
    ['BIND', '05020001 c0000201 0050', 7],
    ['an unknown command', '05f00001 c0000201 0050', 7],
    ['an unknown address type', '05010005 c0000201 0050', 8],
    ['an empty name', '05010003 00 0050', 1],
    ['a name of spaces', '05010003 02 2020 0050', 1],
    ['port 0', '05010001 c0000201 0000', 1],
    ['a reserved byte', '05010101 c0000201 0050', 1],
  ])('to %s refuses without asking the outlet', async (_, request, reply) => {
    const client = await connectTo(await startProxy())
    await client.write(GREETING).hex(2)
    expect(Buffer.from(await client.write(hex(request)).rest()).toString('hex')).toBe(`050${reply}0001000000000000`)
    expect(outlet.targets).toEqual([])
  })

  test('is not missed when the app goes away while the relay dials', async () => {
    outlet.waitForDial = true
    outlet.failWith = ResetCode.refused
    const port = await startProxy()
    outlet.onJoin = (socket) => void socket.destroy()
    const client = await connectTo(port)
    client.write(Buffer.concat([GREETING, connectRequest('echo.test', 7)]))
    expect(Buffer.from(await client.rest()).toString('hex')).toBe('0500')
  })
})

describe('a password', () => {
  const auth = (user: string, password: string): Uint8Array =>
    Uint8Array.of(1, user.length, ...Buffer.from(user), password.length, ...Buffer.from(password))

  test('that is right opens, with any user name', async () => {
    await startEcho()
    const client = await connectTo(await startProxy({ password: 'secret' }))
    expect(await client.write(hex('05 02 00 02')).hex(2)).toBe('0502')
    expect(await client.write(auth('someone', 'secret')).hex(2)).toBe('0100')
    expect(await client.write(connectRequest('echo.test', 7)).hex(10)).toBe(SUCCEEDED)
  })

  test.each(['wrong', '', 'secret ', 'Secret', 'secre'])('that is %j instead is refused', async (password) => {
    const client = await connectTo(await startProxy({ password: 'secret' }))
    await client.write(hex('05 01 02')).hex(2)
    client.write(Buffer.concat([auth('user', password), connectRequest('echo.test', 7)]))
    expect(Buffer.from(await client.rest()).toString('hex')).toBe('0101')
    expect(outlet.targets).toEqual([])
  })

  test('can be neither left out nor skipped', async () => {
    const port = await startProxy({ password: 'secret' })
    const without = await connectTo(port)
    without.write(Buffer.concat([GREETING, connectRequest('echo.test', 7)]))
    expect(Buffer.from(await without.rest()).toString('hex')).toBe('05ff')
    const skipping = await connectTo(port)
    skipping.write(Buffer.concat([hex('05 01 02'), connectRequest('echo.test', 7)]))
    expect(Buffer.from(await skipping.rest()).toString('hex')).toBe('0502')
    expect(outlet.targets).toEqual([])
  })

  test('that nobody asked for is refused', async () => {
    const client = await connectTo(await startProxy())
    expect(Buffer.from(await client.write(hex('05 01 02')).rest()).toString('hex')).toBe('05ff')
  })
})

describe('what is not SOCKS5', () => {
  test.each([
    ['a page request', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    [
      'a cross-protocol POST with a SOCKS5 dialogue as its body',
      `POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n\x05\x01\x00\x05\x01\x00\x01`,
    ],
    ['a CONNECT', 'CONNECT example.org:443 HTTP/1.1\r\n\r\n'],
    ['SOCKS4', '\x04\x01\x00\x50\xc0\x00\x02\x01\x00'],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a zero byte', '\x00'],
  ])('%s is closed without a byte', async (_, text) => {
    const client = await connectTo(await startProxy())
    client.write(Buffer.from(text, 'latin1'))
    expect(await client.rest()).toHaveLength(0)
    expect(outlet.targets).toEqual([])
  })

  test('is closed as well behind a right greeting', async () => {
    const client = await connectTo(await startProxy())
    client.write(Buffer.concat([GREETING, Buffer.from('GET / HTTP/1.1\r\n\r\n')]))
    expect(Buffer.from(await client.rest()).toString('hex')).toBe('0500')
  })

  test('never throws, whatever it is', async () => {
    const port = await startProxy()
    outlet.waitForDial = true
    const start = fc.constantFrom('', '05', '0501', '050100', '05010005', '0501000501', '05010005010001', '050100050100030161')
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 700 }), async (prefix, bytes) => {
        const client = await RawClient.connect(port)
        client.write(hex(prefix)).write(bytes).end()
        await client.rest()
        client.destroy()
      }),
      { numRuns: 150 },
    )
  })
})

describe('limits', () => {
  test('an app that does not say what it wants is closed after a while', async () => {
    const port = await startProxy({ limits: smallLimits })
    const clients = [await connectTo(port), (await connectTo(port)).write(hex('05')), (await connectTo(port)).write(hex('050100 0501'))]
    const rests = await Promise.all(clients.map((client) => client.rest()))
    expect(rests.map((rest) => rest.length)).toEqual([0, 0, 2])
  })

  test('an app that keeps a refused socket open makes room for others', async () => {
    const port = await startProxy({ limits: { ...proxyLimits, socketsMax: 1 } })
    await (await connectTo(port)).write(hex('050100 05020001 7f000001 0050')).rest()
    expect(await (await connectTo(port)).write(GREETING).hex(2)).toBe('0500')
  })

  test('a stream is not closed by the greeting deadline', async () => {
    await startEcho()
    const port = await startProxy({ limits: smallLimits })
    const stream = await connectTo(port)
    await stream.write(Buffer.concat([GREETING, connectRequest('echo.test', 7)])).hex(12)
    await (await connectTo(port)).rest()
    expect(Buffer.from(await stream.write('still here').bytes(10)).toString()).toBe('still here')
  })

  test('sockets beyond the limit take the place of those that want nothing, and never that of a stream', async () => {
    await startEcho()
    const port = await startProxy({ limits: { ...proxyLimits, socketsMax: 2 } })
    const open = async (): Promise<RawClient> => {
      const stream = await connectTo(port)
      await stream.write(Buffer.concat([GREETING, connectRequest('echo.test', 7)])).hex(12)
      return stream
    }
    const first = await open()
    const silent = await connectTo(port)
    const second = await open()
    expect(await silent.rest()).toHaveLength(0)
    expect(await (await connectTo(port)).rest()).toHaveLength(0)
    for (const stream of [first, second]) expect(Buffer.from(await stream.write('here').bytes(4)).toString()).toBe('here')
  })
})

describe('listening', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', 'localhost', 'example.org', ''])('on %j is refused', async (host) => {
    await expect(createSocks5Proxy({ host, port: 0, outlet })).rejects.toThrow(/a local proxy listens on/)
  })

  test('on every address works when it is asked for', async () => {
    expect(await startProxy({ host: '0.0.0.0', beyondLoopback: true })).toBeGreaterThan(0)
  })

  test('on a taken port says so', async () => {
    await expect(startProxy({ port: await startProxy() })).rejects.toThrow('EADDRINUSE')
  })

  test('ends with close, which frees the port and leaves streams to the outlet', async () => {
    await startEcho()
    const proxy = await createSocks5Proxy({ host: '127.0.0.1', port: 0, outlet })
    const stream = await connectTo(proxy.port)
    await stream.write(Buffer.concat([GREETING, connectRequest('echo.test', 7)])).hex(12)
    const greeting = await connectTo(proxy.port)
    await greeting.write(GREETING).hex(2)
    await proxy.close()
    expect(await greeting.rest()).toHaveLength(0)
    expect(Buffer.from(await stream.write('on').bytes(2)).toString()).toBe('on')
    expect(await startProxy({ port: proxy.port })).toBe(proxy.port)
  })
})
