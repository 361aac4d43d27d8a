// What an operator sees and sets, with a relay and a client as they are: status, caps, closed destinations, and what is left on the disk.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { monthOf } from '../../relay/caps/caps.ts'
import type { Report } from '../../relay/status/report.ts'
import { readAll, through } from './through.ts'
import { event, NAME, status, World } from './world.ts'

const RELAY = join(import.meta.dirname, '../../relay/main.ts')
const world = new World()
afterAll(() => world.close())

async function command(...args: readonly string[]): Promise<{ code: number | undefined; said: string }> {
  const program = world.run([process.execPath, RELAY, ...args])
  const { code } = await program.ended
  return { code, said: program.stdout + program.stderr }
}

async function report(dir: string): Promise<Report> {
  return JSON.parse((await command('status', '--dir', dir, '--json')).said) as Report
}

test('status says how a relay is while it runs, and that it does not run when it does not', async () => {
  const relay = await world.relay()
  const client = await world.client(relay.inviteFile)
  await status(client, 'connected')
  const { health, now, today } = await report(relay.dir)
  expect([health.state, now.sessions, today.sessions]).toEqual(['serving', 8, 8])
  expect((await command('status', '--dir', relay.dir)).said).toMatch(/^Serving\. People are using this relay\.\n/)
  relay.program.signal('SIGTERM')
  await relay.program.ended
  expect(await command('status', '--dir', relay.dir)).toEqual({ code: 1, said: expect.stringMatching(/^The relay is not running\. .*\n$/) })
})

test.each(['keys.json', 'site', 'blocked.txt'])('a relay that %s keeps from starting names it as its operator knows it', async (name) => {
  const dir = await world.init()
  writeFileSync(join(dir, 'blocked.txt'), '')
  await command('set', '--dir', dir, '--blocked', join(dir, 'blocked.txt'))
  rmSync(join(dir, name), { recursive: true })
  expect(await command('run', '--dir', dir)).toEqual({ code: 1, said: expect.stringMatching(new RegExp(`[ (]${dir}/${name}`)) })
})

test('a month’s volume that is used up makes the relay a web site: people are asked to go, and nobody is let in', async () => {
  const dir = await world.init()
  expect((await command('set', '--dir', dir, '--month', '1G')).said).toMatch(/volume \(--month\)\s+1G bytes a month/)
  writeFileSync(join(dir, 'usage.json'), JSON.stringify({ month: monthOf(Date.now()), bytes: 1e9 - 2_000_000 }))
  const relay = await world.relay(dir)
  const client = await world.client(relay.inviteFile)
  await status(client, 'connected')
  const from = client.program.lineCount
  const big = createServer((socket) => socket.on('error', () => undefined).end(Buffer.alloc(4_000_000)))
  const { socket } = await through(client.socksPort, '127.0.0.1', await world.serve(big))
  // What is under way is finished first.
  expect((await readAll(socket)).length).toBe(4_000_000)
  socket.end()
  expect(await event(relay.program, ({ event }) => event === 'resting')).toEqual({ event: 'resting', because: 'month' })
  await status(client, 'waiting', from)
  // Whoever was there has the time of a drain to go.
  await vi.waitFor(async () => expect((await report(dir)).now.sessions).toBe(0), 20_000)
  const { health, month } = await report(dir)
  expect([health.state, month.capBytes]).toEqual(['resting', 1e9])
  relay.program.signal('SIGTERM')
  await relay.program.ended
  expect(JSON.parse(readFileSync(join(dir, 'usage.json'), 'utf8')).bytes).toBeGreaterThan(1e9)
})

test('a relay writes no address, name or time of anyone to the disk, whatever people did', async () => {
  const dir = await world.init()
  const blocked = join(world.folder, 'blocked.txt')
  writeFileSync(blocked, '127.0.0.99\n')
  expect((await command('set', '--dir', dir, '--blocked', blocked, '--ports', '1024-65535', '--month', '1T')).code).toBe(0)
  const relay = await world.relay(dir)
  const client = await world.client(relay.inviteFile)
  const echo = await world.serve(createServer({ allowHalfOpen: true }, (one) => one.pipe(one)))
  for (const [host, port, heard] of [
    ['127.0.0.1', echo, 'secret words'],
    [NAME, echo, 'secret words'],
    ['127.0.0.99', echo, 'nothing'],
    ['127.0.0.1', 1023, 'nothing'],
  ] as const) {
    const { socket } = await through(client.socksPort, host, port)
    socket.on('error', () => undefined).end('secret words')
    expect(await readAll(socket).then(String, () => 'nothing'), `${host}:${port}`).toBe(heard)
  }
  const { today, exit } = await report(dir)
  expect([today.dialsRefused, exit.blocked]).toEqual([8, 1])
  relay.program.signal('SIGTERM')
  await relay.program.ended
  const written = readdirSync(dir).filter(
    (name) => !['site', 'invite', 'config.json', 'keys.json'].includes(name) && !name.startsWith('certificate'),
  )
  expect([...new Set(written.map((name) => name.replace(/\.\d+$/, '')))].sort()).toEqual(['admissions', 'usage.json'])
  for (const name of written) expect(readFileSync(join(dir, name), 'latin1')).not.toMatch(/127\.0\.0|localhost|secret/)
  expect(Object.keys(JSON.parse(readFileSync(join(dir, 'usage.json'), 'utf8')))).toEqual(['month', 'bytes'])
})
