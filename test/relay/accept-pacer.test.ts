// When handshakes begin, by a clock, a load and steps of the test's own; and that a TLS server takes a socket that has waited as if it had not.
import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import { type AddressInfo, Socket } from 'node:net'
import { connect } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { AcceptPacer, type Surroundings } from '../../relay/accept-pacer.ts'
import { createCertificate } from '../../relay/certificate.ts'
import { acceptLimits, listenLimits } from '../../relay/limits.ts'
import { listen } from '../../relay/listen.ts'

const { busyPerSecond, burstMax, networkWaitingMax, waitingMax, stepMs, stepCountMax, vouchedPerSecond, vouchedPerFlow, vouchedMs } =
  acceptLimits

class FakeSurroundings implements Surroundings {
  time = 0
  load = 1
  #step: (() => void) | undefined

  nowMs(): number {
    return this.time
  }

  utilization(): number {
    return this.load
  }

  every(_periodMs: number, step: () => void): () => void {
    this.#step = step
    return () => (this.#step = undefined)
  }

  get isStepping(): boolean {
    return this.#step !== undefined
  }

  /** Lets time pass, with the steps that fall into it. */
  pass(ms: number): void {
    for (const untilMs = this.time + ms; this.time < untilMs; ) {
      this.time += stepMs
      this.#step?.()
    }
  }
}

class Door {
  readonly around = new FakeSurroundings()
  readonly begun: Socket[] = []
  readonly pacer = new AcceptPacer((socket) => this.begun.push(socket), acceptLimits, this.around)

  /** Some sockets from an address; returns them. */
  come(count: number, from = '192.0.2.1'): Socket[] {
    return Array.from({ length: count }, () => {
      const socket = new Socket()
      Object.defineProperty(socket, 'remoteAddress', { value: from })
      this.pacer.accept(socket)
      return socket
    })
  }
}

describe('while the loop has time to spare', () => {
  test('every socket begins at once, however many come, and no timer runs', () => {
    const door = new Door()
    door.around.load = 0.3
    expect(door.begun).toEqual(door.come(5_000))
    expect([door.pacer.waitingCount, door.around.isStepping]).toEqual([0, false])
  })
})

describe('while the loop has none', () => {
  test('a browser’s handful begins at once', () => {
    const door = new Door()
    expect(door.come(burstMax).length).toBe(door.begun.length)
  })

  test('no more begin in a second than the limit, whatever comes', () => {
    const door = new Door()
    door.come(burstMax)
    door.begun.length = 0
    for (let n = 0; n < 100; n++) {
      door.come(5, `192.0.${n}.1`)
      door.around.pass(10)
    }
    expect(Math.abs(door.begun.length - busyPerSecond)).toBeLessThanOrEqual(1)
  })

  test('a second of nobody makes room for a burst and no more', () => {
    const door = new Door()
    door.come(burstMax)
    door.around.pass(60_000)
    door.come(burstMax * 3)
    expect(door.begun.length).toBe(burstMax * 2)
  })

  test('networks take turns, so that a flood from one delays another by one place', () => {
    const door = new Door()
    door.come(burstMax)
    door.come(200, '192.0.2.7')
    const [v4] = door.come(1, '198.51.100.9')
    const [v6] = door.come(1, '2001:db8:1::5')
    door.begun.length = 0
    door.around.pass((4 / busyPerSecond) * 1_000)
    expect(door.begun.length).toBe(4)
    expect(door.begun).toContain(v4)
    expect(door.begun).toContain(v6)
  })

  test.each([
    ['192.0.2.1', '::ffff:192.0.2.200', true],
    ['192.0.2.1', '192.0.3.1', false],
    ['2001:db8:7:1::1', '2001:db8:7:ffff::1', true],
    ['2001:db8:7::1', '2001:db8:8::1', false],
    ['2001:db8::1', '2001:db8:0:9::2', true],
  ])('%s and %s: of one network is %s', (one, other, isSame) => {
    const door = new Door()
    door.come(burstMax)
    door.come(2, one)
    const [last] = door.come(1, other)
    door.begun.length = 0
    door.around.pass((2 / busyPerSecond) * 1_000)
    expect(door.begun.includes(last as Socket)).toBe(!isSame)
  })

  test('one network can’t fill the queue, and the queue has an end: what comes beyond is closed', () => {
    const door = new Door()
    door.come(burstMax)
    const flood = door.come(networkWaitingMax + 10)
    expect([flood.filter(({ destroyed }) => destroyed).length, door.pacer.waitingCount]).toEqual([10, networkWaitingMax])
    for (let n = 0; n < waitingMax / networkWaitingMax; n++) door.come(networkWaitingMax, `203.0.${n}.1`)
    expect(door.pacer.waitingCount).toBe(waitingMax)
  })

  test('who is closed while waiting leaves, and is never begun', async () => {
    const door = new Door()
    door.come(burstMax)
    const [patient, gone] = door.come(2) as [Socket, Socket]
    door.begun.length = 0
    gone.destroy()
    await once(gone, 'close')
    expect(door.pacer.waitingCount).toBe(1)
    door.around.pass(1_000)
    expect(door.begun).toEqual([patient])
    expect(patient.listenerCount('close')).toBe(new Socket().listenerCount('close'))
    expect(door.around.isStepping).toBe(false)
  })

  test('those who wait begin soon when there is time again, some in each step', () => {
    const door = new Door()
    door.come(burstMax)
    door.come(100)
    door.begun.length = 0
    door.around.load = 0.3
    door.around.pass((100 / stepCountMax) * stepMs)
    expect([door.begun.length, door.around.isStepping]).toEqual([100, false])
  })
})

describe('from where people were let in', () => {
  const EDGE = '203.0.113.7'

  /** A busy door, at which so many flows brought somebody in from an edge; the last moments' room is used up. */
  function known(flows: number): Door {
    const door = new Door()
    for (let n = 0; n < flows; n++) door.pacer.vouch({}, EDGE)
    door.come(burstMax)
    door.begun.length = 0
    return door
  }

  test('a thousand who come back at once by an edge are all begun, within ten seconds and with none turned away', () => {
    const door = known(1_000)
    const back = door.come(1_000, EDGE)
    expect(back.filter(({ destroyed }) => destroyed)).toEqual([])
    door.around.pass(10_000)
    expect(new Set(door.begun)).toEqual(new Set(back))
  })

  test('they do not wait behind a flood, nor does it begin sooner beside them', () => {
    const door = known(50)
    for (let n = 0; n < 8; n++) door.come(networkWaitingMax, `192.0.${n}.1`)
    const back = door.come(50, EDGE)
    expect(door.begun).toEqual(back)
    door.begun.length = 0
    door.around.pass(1_000)
    expect(door.begun.length).toBeLessThanOrEqual(busyPerSecond + 1)
  })

  test('a flood from there takes what they left and a bounded part of each second, and then waits like any other', () => {
    const door = known(10)
    door.come(100, EDGE)
    expect(door.begun.length).toBe(10 * vouchedPerFlow)
    const crowd = known(1_000)
    for (let n = 0; n < 100; n++) {
      crowd.come(10, EDGE)
      crowd.around.pass(10)
    }
    expect(crowd.begun.length).toBeLessThanOrEqual(2 * vouchedPerSecond + busyPerSecond + 1)
  })

  test('one flow vouches once, whatever is asked on it, and for as long as a session is kept', () => {
    const door = known(0)
    const flow = {}
    for (let n = 0; n < 100; n++) door.pacer.vouch(flow, EDGE)
    door.come(10, EDGE)
    expect(door.begun.length).toBe(vouchedPerFlow)
    const later = known(10)
    later.around.time += vouchedMs
    later.come(burstMax + 10, EDGE)
    expect(later.begun.length).toBe(burstMax)
  })
})

describe('a TLS server meets a socket that has waited as one that has not', () => {
  test.each([
    ['a page', '', /200 OK.*here/s],
    ['a request that is too large', 'a'.repeat(28_000), /431 /],
  ])('%s', async (_what, header, answer) => {
    const pair = createCertificate('www.red-kettle.example', Date.now())
    const options = { allowHTTP1: true, cert: pair.certificate, key: pair.key, pauseOnConnect: true }
    const server = createSecureServer(options, (_request, response) => response.end('here'))
    const listeners = server.listeners('connection') as ((socket: Socket) => void)[]
    const waiting: Socket[] = []
    server.removeAllListeners('connection').on('connection', (socket: Socket) => waiting.push(socket))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const client = connect({ port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    client.write(`GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: ${header}\r\n\r\n`)
    client.on('error', () => undefined)
    // Its hello lies in the kernel by the time that a second one has come through.
    await once(client, 'connect')
    const second = new Socket().connect(port)
    while (waiting.length < 2) await once(server, 'connection')
    for (const listener of listeners) listener.call(server, waiting[0] as Socket)
    let text = ''
    client.on('data', (chunk) => (text += chunk))
    await once(client, 'close')
    expect(text).toMatch(answer)
    second.destroy()
    waiting[1]?.destroy()
    server.close()
  })
})

test.each(['an upgrade', 'a request'])('%s that is admitted vouches for the next flow from there', async (kind) => {
  const { certificate: cert, key } = createCertificate('www.red-kettle.example', Date.now())
  const accept = { ...acceptLimits, busyUtilization: -1, burstMax: 1, busyPerSecond: 0, vouchedPerFlow: 1 }
  const listening = await listen<true>(
    {
      ...{ host: '127.0.0.1', port: 0, tls: { cert, key } },
      site: (_request, response) => void response.end('the site'),
      admit: ({ headers }) => (headers.cookie === undefined ? undefined : true),
      accept: (_admitted, socket) => void socket.on('error', () => undefined).write('inside'),
      serve: (_admitted, request, response) => {
        request.resume()
        response.writeHead(200, {})
        response.end('inside')
      },
    },
    { ...listenLimits, accept },
  )
  const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${'A'.repeat(22)}==`]
  const first = ask(listening.port, ['Cookie: a=b', ...(kind === 'an upgrade' ? upgrade : [])])
  expect(await first.heard('inside')).toBe(true)
  // Nobody else would begin in this second, or ever.
  expect(await ask(listening.port, []).heard('the site')).toBe(true)
  await listening.close()
})

/** A flow of its own with one request. */
function ask(port: number, headers: readonly string[]): { heard(words: string): Promise<boolean> } {
  const socket = connect({ port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  socket.on('error', () => undefined)
  socket.write(['GET / HTTP/1.1', 'Host: x', ...headers, '', ''].join('\r\n'))
  return {
    heard: async (words) => {
      let text = ''
      for await (const chunk of socket.setEncoding('latin1')) {
        text += chunk
        if (text.includes(words)) return true
      }
      return false
    },
  }
}
