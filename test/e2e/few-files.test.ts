// A relay that may have few files open, and somebody who would have all of them: whoever else comes gets in, and gets what they ask for.
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readExactly, through } from './through.ts'
import { type Client, event, status, World } from './world.ts'

const RELAY = resolve(import.meta.dirname, '../../relay/main.ts')
/** Three quarters of them are for what people reach, and half of those for who takes all they can. */
const FILES = 400
const world = new World()
afterAll(() => world.close())

async function connected(inviteFile: string): Promise<Client> {
  const client = await world.client(inviteFile)
  await status(client, 'connected')
  return client
}

/** Whether what is said on a stream of its own comes back. What is open stays so. */
async function echoes({ socksPort }: Client, port: number): Promise<boolean> {
  const { socket } = await through(socksPort, '127.0.0.1', port)
  world.defer(() => socket.destroy())
  socket.on('error', () => undefined).write('?')
  return readExactly(socket, 1).then(
    () => true,
    () => false,
  )
}

test('one session can’t use up the files that a relay may have open', async () => {
  const dir = await world.init()
  const limited = ['bash', '-c', `ulimit -n ${FILES}; exec "$0" "$@"`]
  const relay = world.run([...limited, process.execPath, RELAY, 'run', '--dir', dir, '--allow-destination', '127.0.0.0/8', '--json'])
  await event(relay, (said) => said['event'] === 'ready')
  const inviteFile = join(dir, 'invite')
  const port = await world.serve(createServer((socket) => socket.on('error', () => undefined).pipe(socket)))
  const greedy = await connected(inviteFile)
  const taken = await Promise.all(Array.from({ length: FILES }, () => echoes(greedy, port)))
  expect(taken.filter(Boolean).length).toBe((FILES * 3) / 8)
  const modest = await connected(inviteFile)
  expect(await Promise.all(Array.from({ length: 50 }, () => echoes(modest, port)))).not.toContain(false)
})
