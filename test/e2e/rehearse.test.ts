// `culvert rehearse` with a real relay and a real edge.
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { edgesOf, inviteWith } from './edged.ts'
import type { Program } from './program.ts'
import { event, indiscretions, type Relay, World } from './world.ts'

const CLIENT = join(import.meta.dirname, '../../client/engine/cli.ts')

const world = new World()
let relay: Relay

beforeAll(async () => {
  relay = await world.relay()
})
afterAll(() => world.close())

function rehearse(...args: readonly string[]): Program {
  return world.run([process.execPath, CLIENT, 'rehearse', ...args])
}

test('with an edge every step is survived, by a way that was left, and what was open goes on', async () => {
  const program = rehearse('--invite', inviteWith(relay, await edgesOf(world, relay, 1)), '--json')
  const report = await event(program, ({ event }) => event === 'report')
  expect(report).toMatchObject({
    survived: true,
    missing: [],
    advice: ['one-edge'],
    startedBy: { place: 'direct', carrier: 'websocket' },
    steps: [
      { kind: 'websocket-reset', outcome: 'survived', kept: true },
      { kind: 'websocket-silent', outcome: 'survived', kept: true },
      { kind: 'direct-silent', outcome: 'survived', kept: true, carriedBy: [{ place: 'edge', number: 1 }] },
      { kind: 'all-websockets-silent', outcome: 'survived', kept: true, carriedBy: [{ carrier: 'http' }] },
      { kind: 'edge-silent', outcome: 'survived', kept: true, carriedBy: [{ place: 'direct' }] },
      { kind: 'all-but-edge-silent', outcome: 'survived', kept: true, carriedBy: [{ place: 'edge', number: 1 }] },
      { kind: 'all-silent', outcome: 'survived', kept: true },
    ],
  })
  expect((await program.ended).code).toBe(0)
  expect(indiscretions(program.stdout + program.stderr)).toEqual([])
})

test('without an edge it says what to ask for, and fails', async () => {
  const program = rehearse('--invite', relay.inviteFile, '--step-seconds', '5')
  expect((await program.ended).code).toBe(1)
  expect(program.stdout).toMatch(/^all direct ways fall silent +no other way in the invite$/m)
  expect(program.stdout).toContain('Missing: No edge in your invite: in a shutdown of all but CDNs you would be cut off.')
  expect(program.stderr).toMatch(/^1 of 5: the direct WebSocket is reset … direct requests, \d/m)
  expect(indiscretions(program.stdout + program.stderr)).toEqual([])
})

test('with --url a download from elsewhere is what goes on', async () => {
  let count = 0
  const page = createHttpServer((_request, response) => {
    count++
    response.end(randomBytes(100_000))
  })
  const url = `http://127.0.0.1:${await world.serve(page)}/`
  const program = rehearse('--invite', relay.inviteFile, '--json', '--url', url, '--step-seconds', '5')
  expect(await event(program, ({ event }) => event === 'outcome')).toMatchObject({
    kind: 'websocket-reset',
    outcome: 'survived',
    kept: true,
  })
  await program.kill()
  expect(count).toBeGreaterThan(1)
})

test('Ctrl-C ends it at once, and leaves nothing', async () => {
  const dir = join(world.folder, 'kept')
  const program = rehearse('--invite', relay.inviteFile, '--json', '--dir', dir)
  await event(program, ({ event }) => event === 'step')
  program.signal('SIGINT')
  expect((await program.ended).code).toBe(130)
  expect(readdirSync(dir)).toEqual([])
})

test.each([
  ['a relay that is gone', () => ['--invite', inviteWith(relay, [], [{ ...gone(), address: '127.0.0.1:1' }])], /nothing to rehearse/],
  ['a step that is too short', () => ['--invite', relay.inviteFile, '--step-seconds', '1'], /--step-seconds wants a number of seconds/],
  ['a URL that is none', () => ['--invite', relay.inviteFile, '--url', 'ftp://x'], /--url wants an address/],
])('%s ends it with one sentence', async (_, args, words) => {
  const program = rehearse(...args())
  expect((await program.ended).code).toBe(1)
  expect(program.stderr).toMatch(words)
  expect(program.stderr).not.toMatch(/^\s+at /m)
})

function gone(): Relay['invite']['endpoints'][0] {
  return relay.invite.endpoints[0] as Relay['invite']['endpoints'][0]
}
