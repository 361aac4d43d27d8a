// What a program sees of its own target through relay and client: ends, resets and refusals as if nothing were between.
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fateOf, readAll, through } from './through.ts'
import { type Client, NAME, type Relay, World } from './world.ts'

const UNREACHABLE_NETWORK = '224.0.0.1' // TCP goes to no group: the kernel says ENETUNREACH at once

const STALLED_BYTES = 134_217_728

const world = new World()
let relay: Relay
/** The default: programs are answered before the relay has dialled. */
let eager: Client
/** --wait-for-dial */
let patient: Client
let closedPort: number

beforeAll(async () => {
  relay = await world.relay(undefined, '--allow-destination', '224.0.0.0/4')
  eager = await world.client(relay.inviteFile)
  patient = await world.client(relay.inviteFile, '--wait-for-dial')
  const server = createServer()
  closedPort = await world.serve(server)
  await once(server.close(), 'close')
})
afterAll(() => world.close())

/** Answers a client's end with all that it sent, and then its own end. */
function echoAtEnd(): Server {
  return createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => undefined)
    socket.end(await readAll(socket))
  })
}

describe.each([
  ['at once', () => eager],
  ['after the dial', () => patient],
])('a stream that is answered %s', (_, client) => {
  test('stays open one way when the program has ended its own', async () => {
    const { socket } = await through(client().socksPort, NAME, await world.serve(echoAtEnd()))
    socket.write('all of ')
    socket.end('it')
    expect(String(await readAll(socket))).toBe('all of it')
  })

  test('stays open the other way when the target has ended its own', async () => {
    const heard = Promise.withResolvers<Buffer>()
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.end('I am done')
      readAll(socket).then(heard.resolve, heard.reject)
    })
    const { socket } = await through(client().socksPort, NAME, await world.serve(server))
    expect(String(await readAll(socket))).toBe('I am done')
    socket.end('but I am not')
    expect(String(await heard.promise)).toBe('but I am not')
  })

  test('is reset for the program when the target resets', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.resetAndDestroy()))
    const { reply, socket } = await through(client().socksPort, NAME, await world.serve(server))
    const fate = fateOf(socket)
    socket.write('anything')
    expect(reply).toBe(0)
    expect(await fate).toBe('ECONNRESET')
  })

  test('is reset for the target when the program resets', async () => {
    const fate = Promise.withResolvers<string>()
    const server = createServer((socket) => {
      socket.write('hello')
      fateOf(socket).then(fate.resolve)
    })
    const { socket } = await through(client().socksPort, NAME, await world.serve(server))
    await once(socket, 'readable')
    socket.resetAndDestroy()
    expect(await fate.promise).toBe('ECONNRESET')
  })
})

test('a program that does not read stops its own target only, and misses nothing', async () => {
  let sentBytes = 0
  const piece = Buffer.alloc(65_536, 'more')
  const flood = createServer(async (socket) => {
    for (; sentBytes < STALLED_BYTES; sentBytes += piece.length) if (!socket.write(piece)) await once(socket, 'drain')
    socket.end()
  })
  const stalled = await through(eager.socksPort, '127.0.0.1', await world.serve(flood))
  const brisk = createServer(async (socket) => void socket.end(Buffer.alloc(STALLED_BYTES)))
  const { socket } = await through(eager.socksPort, '127.0.0.1', await world.serve(brisk))
  expect(await readAll(socket)).toHaveLength(STALLED_BYTES)
  // What windows and kernel buffers hold, and no more.
  expect(sentBytes).toBeLessThan(STALLED_BYTES / 4)
  expect(await readAll(stalled.socket)).toHaveLength(STALLED_BYTES)
})

describe('a target that can’t be had', () => {
  const cases: readonly (readonly [string, () => readonly [string, number], number, number])[] = [
    ['refuses', () => ['127.0.0.1', closedPort], 5, 502],
    ['refuses at every address of its name', () => [NAME, closedPort], 5, 502],
    ['is in a network without a way to it', () => [UNREACHABLE_NETWORK, 80], 3, 502],
    ['has a name that is none', () => ['nothing.onion', 80], 4, 502],
    ['is private', () => ['10.0.0.1', 80], 2, 403],
    ['takes mail', () => ['127.0.0.1', 25], 2, 403],
  ]

  test.each(cases)('that %s is told by SOCKS reply after the dial', async (_, target, reply) => {
    expect((await through(patient.socksPort, ...target())).reply).toBe(reply)
  })

  test.each(cases)('that %s is told by the status of CONNECT after the dial', async (_, target, _reply, code) => {
    const [host, port] = target()
    const asked = request({ port: patient.httpPort, method: 'CONNECT', path: `${host}:${port}`, agent: false }).end()
    const [answer] = await Promise.race([once(asked, 'response'), once(asked, 'connect')])
    expect(answer.statusCode).toBe(code)
  })

  test.each(cases)('that %s is a reset for a program that was answered at once', async (_, target) => {
    const { reply, socket } = await through(eager.socksPort, ...target())
    expect([reply, await fateOf(socket)]).toEqual([0, 'ECONNRESET'])
  })

  test.each(cases)('that %s is a page for an HTTP request, also when answered at once', async (_, target, _reply, code) => {
    for (const { httpPort } of [eager, patient]) {
      const [host, port] = target()
      const asked = request({ port: httpPort, path: `http://${host}:${port}/`, agent: false }).end()
      const [answer] = await once(asked, 'response')
      answer.resume()
      expect(answer.statusCode).toBe(code)
    }
  })
})
