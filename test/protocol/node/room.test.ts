// A port that is full goes on serving who comes, at the cost of who keeps silent.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Room } from '#protocol/room'

const servers: Server[] = []
const sockets: Socket[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** A server with so many places; whoever says anything is settled, and is answered. */
async function open(places: number): Promise<() => Promise<Socket>> {
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .on('data', () => {
        room.settle(socket)
        socket.write('welcome')
      })
  })
  const room = new Room(server, places)
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return async () => {
    const came = once(server, 'connection')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    sockets.push(socket.on('error', () => undefined))
    await Promise.all([came, once(socket, 'connect')])
    return socket
  }
}

async function greet(socket: Socket): Promise<string> {
  socket.write('hello')
  return String((await once(socket, 'data'))[0])
}

test('the one that has kept silent for longest makes way', async () => {
  const come = await open(3)
  const speaker = await come()
  expect(await greet(speaker)).toBe('welcome')
  const silent = [await come(), await come()]
  const gone = once(silent[0] as Socket, 'close')
  expect(await greet(await come())).toBe('welcome')
  await gone
  expect(await greet(speaker)).toBe('welcome')
  expect(await greet(silent[1] as Socket)).toBe('welcome')
})

test('where all have spoken, the newcomer goes', async () => {
  const come = await open(2)
  const speakers = [await come(), await come()]
  for (const speaker of speakers) expect(await greet(speaker)).toBe('welcome')
  const late = await come()
  await once(late.resume(), 'close')
  for (const speaker of speakers) expect(await greet(speaker)).toBe('welcome')
})

test('a place that was left is free again', async () => {
  const come = await open(1)
  const first = await come()
  expect(await greet(first)).toBe('welcome')
  const server = servers[0] as Server
  first.destroy()
  await expect.poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0)
  expect(await greet(await come())).toBe('welcome')
})
