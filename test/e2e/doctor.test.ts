// `culvert doctor` with a real relay and a real edge: each way's fate in words, and nothing that tells where anyone is.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Endpoint, encodeInvite } from '#protocol'
import { edgesOf, inviteWith } from './edged.ts'
import { indiscretions, type Relay, World } from './world.ts'

const CLIENT = join(import.meta.dirname, '../../client/engine/cli.ts')

/** Where some countries cut or freeze what leaves them. */
const CUT_BYTES = 16_384

const world = new World()
let relay: Relay
let own: Endpoint
let edge: Endpoint

beforeAll(async () => {
  relay = await world.relay()
  own = relay.invite.endpoints[0] as Endpoint
  edge = (await edgesOf(world, relay, 1))[0] as Endpoint
})
afterAll(() => world.close())

interface Asked {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

async function ask(args: readonly string[], input?: string): Promise<Asked> {
  const program = world.run([process.execPath, CLIENT, 'doctor', ...args], input === undefined ? {} : { input })
  const { code } = await program.ended
  expect(indiscretions(program.stdout)).toEqual([])
  return { code, stdout: program.stdout, stderr: program.stderr }
}

/** The lines about ways, without what their dials took. */
function wayLines({ stdout }: Asked): string[] {
  const lines = stdout.split('\n')
  const from = lines.indexOf('Ways to the relay') + 1
  return lines.slice(from, lines.indexOf('', from)).map((line) =>
    line
      .trim()
      .replace(/ {2,}/, ': ')
      .replace(/\d+ ms/, 'N ms'),
  )
}

test('all that works is said to work, and that nothing stands in the way', async () => {
  const asked = await ask(['--invite', inviteWith(relay, [edge])])
  expect(asked.code).toBe(0)
  expect(asked.stdout).toContain('Nothing stands in the way here.')
  expect(wayLines(asked)).toEqual([
    'direct WebSocket: works, N ms',
    'direct requests: works, N ms',
    'edge 1 by WebSocket: works, N ms',
    'edge 1 by requests: works, N ms',
  ])
})

test('a way that is gone, and one where something else answers, stand beside those that work', async () => {
  const server = createServer()
  const gone = { ...edge, address: `127.0.0.1:${await world.serve(server)}` }
  await once(server.close(), 'close')
  const asked = await ask(['--invite', inviteWith(relay, [gone, { ...edge, pin: randomBytes(32) }])])
  expect(asked.code).toBe(0)
  expect(asked.stdout).toContain('Something else answers in the place of the CDN')
  expect(wayLines(asked)).toEqual([
    'direct WebSocket: works, N ms',
    'direct requests: works, N ms',
    'edge 1 by WebSocket: its address refuses to be called',
    'edge 1 by requests: its address refuses to be called',
    'edge 2 by WebSocket: something else answers in its place; nothing was sent to it',
    'edge 2 by requests: something else answers in its place; nothing was sent to it',
  ])
})

test('an invite that the relay does not know any more is told from a network that stands in the way', async () => {
  const asked = await ask(['--invite', encodeInvite({ ...relay.invite, psk: randomBytes(32) }), '--json'])
  expect(asked.code).toBe(1)
  const report = JSON.parse(asked.stdout)
  expect(report).toMatchObject({
    version: 1,
    verdict: 'open',
    ways: [{ works: false, failed: { step: 'upgrade', fault: 'not-admitted' } }, {}],
  })
  expect(report.ways[0].sentence).toBe('direct WebSocket: its site answers, but does not know this invite')
})

test('a flow that is cut after some kilobytes does not count as working', async () => {
  const cutter = createServer((socket) => {
    const beyond = connect(relay.port, '127.0.0.1')
    const cut = (): void => void (socket.resetAndDestroy() && beyond.destroy())
    let bytes = 0
    beyond.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes > CUT_BYTES) cut()
    })
    beyond.on('error', cut).on('close', cut).pipe(socket)
    socket.on('error', cut).on('close', cut).pipe(beyond)
  })
  const address = `127.0.0.1:${await world.serve(cutter)}`
  const asked = await ask(['--invite', inviteWith(relay, [], [{ ...own, address, carriers: ['websocket'] }])])
  expect(wayLines(asked)[0]).toMatch(/^direct 1 by WebSocket: is cut after about \d+ kB$/)
})

describe('without an invite', () => {
  test('it says whether there is a network, and what to do', async () => {
    const { code, stdout } = await ask([])
    expect(code).toBe(0)
    expect(stdout).toContain('culvert doctor --invite FILE')
  })
})

describe('an export', () => {
  const file = (): string => join(world.folder, `report-${randomBytes(4).toString('hex')}.json`)

  test('is shown whole before it is saved, and tells nobody where the relay is', async () => {
    const path = file()
    const { stderr } = await ask(['--invite', inviteWith(relay, [edge]), '--export', path], 'y\n')
    const saved = readFileSync(path, 'utf8')
    expect(stderr).toContain(saved)
    expect(stderr.indexOf(saved)).toBeLessThan(stderr.indexOf('Save it?'))
    expect(indiscretions(saved)).toEqual([])
    expect(JSON.parse(saved)).toMatchObject({ version: 1, verdict: 'open' })
  })

  test('is not saved when nobody agrees, and is with --yes', async () => {
    const [refused, agreed] = [file(), file()]
    await ask(['--export', refused], '')
    expect(existsSync(refused)).toBe(false)
    await ask(['--export', agreed, '--yes'])
    expect(existsSync(agreed)).toBe(true)
    expect(await ask(['--export', agreed, '--yes'])).toMatchObject({ code: 1, stderr: expect.stringContaining('exists already') })
  })
})
