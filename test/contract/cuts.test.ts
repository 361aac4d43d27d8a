import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { type CutTried, placesInTurn, tryCuts, type World } from './cuts.ts'
import { Path } from './path.ts'

const server = createServer((socket) => void socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1')
afterAll(() => void server.close())

test.each([1, 2, 100, 4_096, 65_536])('of %i places each comes once', (count) => {
  expect([...placesInTurn(7, 7 + count)].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => 7 + i))
})

test('the first places, however many, lie evenly', () => {
  const places = [...placesInTurn(0, 65_536)]
  for (const count of [10, 100, 1_000, 10_000]) {
    const tried = [0, ...places.slice(0, count).sort((a, b) => a - b), 65_536]
    const gaps = tried.slice(1).map((place, i) => place - (tried[i] as number))
    expect(Math.max(...gaps)).toBeLessThan((4 * 65_536) / count)
  }
})

test('a flow is reset in the place of the byte, and what came before it passes', async () => {
  if (!server.listening) await once(server, 'listening')
  const path = await Path.to((server.address() as AddressInfo).port)
  const cut = Promise.withResolvers<void>()
  path.cutAt('down', 5, cut.resolve)
  const socket = connect(path.port, '127.0.0.1')
  let came = ''
  socket.on('data', (bytes) => {
    came += bytes
  })
  socket.on('error', () => undefined)
  socket.write('hello, world')
  await Promise.all([cut.promise, once(socket, 'close')])
  await path.close()
  expect(came).toBe('hello')
})

test('a carrier that ends before its byte comes is no cut', async () => {
  const path = await Path.to(1)
  const world: World = {
    path,
    dial: () => Promise.reject(new Error('the carrier closed before its first message')),
    close: () => path.close(),
  }
  const tried: CutTried[] = []
  await tryCuts([world], 'up', [7], (one) => tried.push(one))
  await world.close()
  expect(tried.map(({ place, failure }) => [place, failure])).toEqual([[7, expect.stringContaining('the byte did not come')]])
})
