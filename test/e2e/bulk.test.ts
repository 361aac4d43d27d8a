// A gigabyte each way at once, bit for bit, and a thousand streams that are all open together.
import { createHash, type Hash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAll, readExactly, through } from './through.ts'
import { type Client, World } from './world.ts'

const GIBIBYTE = 1_073_741_824
const BLOCK_BYTES = 1_048_576
const STREAMS = 1000

const world = new World()
let client: Client

beforeAll(async () => {
  client = await world.client((await world.relay()).inviteFile)
})
afterAll(() => world.close())

test('a gibibyte goes up while another comes down, and both are what was sent', async () => {
  const received = Promise.withResolvers<string>()
  const sentDown = createHash('sha256')
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    const kind = String(await readExactly(socket, 1))
    if (kind === 'd') await send(socket, sentDown)
    else received.resolve(await hashOf(socket))
    socket.end()
  })
  const port = await world.serve(server)
  const [up, down] = await Promise.all([through(client.socksPort, '127.0.0.1', port), through(client.socksPort, '127.0.0.1', port)])
  up.socket.write('u')
  down.socket.end('d')
  const sentUp = createHash('sha256')
  const [gotDown, gotUp] = await Promise.all([hashOf(down.socket), received.promise, send(up.socket, sentUp)])
  expect(gotDown).toBe(sentDown.digest('hex'))
  expect(gotUp).toBe(sentUp.digest('hex'))
})

test(`${STREAMS} streams open at once each get their own bytes back`, async () => {
  const open = Promise.withResolvers<void>()
  let count = 0
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => undefined)
    if (++count === STREAMS) open.resolve()
    // None is answered before all are here.
    await open.promise
    socket.end(await readAll(socket))
  })
  const port = await world.serve(server)
  const exchange = async (): Promise<boolean> => {
    const bytes = randomBytes(16_384)
    const { socket } = await through(client.socksPort, '127.0.0.1', port)
    socket.end(bytes)
    return (await readAll(socket)).equals(bytes)
  }
  const results = await Promise.all(Array.from({ length: STREAMS }, exchange))
  expect(results.filter((same) => same)).toHaveLength(STREAMS)
})

/** Blocks that differ by their number, so that one lost, doubled or misplaced would show. */
async function send(socket: Socket, hash: Hash): Promise<void> {
  const pattern = randomBytes(BLOCK_BYTES)
  for (let sentBytes = 0; sentBytes < GIBIBYTE; sentBytes += BLOCK_BYTES) {
    const block = Buffer.from(pattern)
    block.writeUInt32BE(sentBytes / BLOCK_BYTES)
    hash.update(block)
    if (!socket.write(block)) await once(socket, 'drain')
  }
  socket.end()
}

async function hashOf(socket: Socket): Promise<string> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  expect(bytes).toBe(GIBIBYTE)
  return hash.digest('hex')
}
