// An authority, relays and people, as real processes: invites are made, used, used up and passed on, relays are handed out, and one that is blocked in a
// country is replaced for those who live there.
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { SocksClient } from 'socks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeInvite, decodeNetworkInvite, encodeHex, encodeNetworkInvite, type Invite } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { startApp } from '../../client/engine/app/app.ts'
import { NodePlatform } from '../../client/engine/platform-node.ts'
import { makeNetworkInvite, reportBlocked } from '../../relay/directory/handing-commands.ts'
import { makeJoinCode } from '../../relay/directory/init.ts'
import { FakeShell, FULL_CAPABILITIES } from '../client/app/fake-shell.ts'
import type { Program } from '../e2e/program.ts'
import { readPicture } from '../e2e/read-qr.ts'
import { event } from '../e2e/world.ts'
import { Place, type RunningRelay, type Seat } from './place.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const CLIENT = join(ROOT, 'client/engine/cli.ts')
const RELAY = join(ROOT, 'relay/main.ts')
/** Epochs are a few seconds long, too. */
const EPOCH_S = 5

const place = new Place()
const relays = new Map<string, RunningRelay>()
let site: Server
let authority: Program
let seat: Seat

beforeAll(async () => {
  site = createServer((_, response) => response.end('the destination')).listen(0, '127.0.0.1')
  await once(site, 'listening')
  await place.found(1, 1, { epochS: EPOCH_S })
  seat = place.seats[0] as Seat
  authority = await place.open(seat)
  const code = makeJoinCode(seat.dir, 30, 4)
  const opened = await Promise.all(['127.0.0.1', '127.1.0.1', '127.2.0.1', '127.3.0.1'].map((host) => place.relay(code, 1, host)))
  for (const relay of opened) relays.set(encodeHex(relay.invite.relayKey), relay)
  await event(authority, (said) => said['event'] === 'directory' && said['relays'] === 4)
}, 120_000)
afterAll(async () => {
  site.close()
  await place.close()
})

async function command(...argv: readonly string[]): Promise<{ readonly out: string; readonly code: number | undefined }> {
  const program = place.run(argv)
  const { code } = await program.ended
  return { out: program.stdout + program.stderr, code }
}

/** In this process: a command takes a second each. */
async function makeInvite(people = '1'): Promise<string> {
  const text = await makeNetworkInvite({ dir: seat.dir, people, days: '30', door: [] }, Date.now() / 1_000)
  return text.trim()
}

function connect(name: string, invite: string, ...argv: readonly string[]): Program {
  return place.run([CLIENT, 'connect', '--invite', invite, '--dir', place.path(name), '--json', ...argv])
}

/** What the person was handed, as their folder remembers it. */
function handed(name: string): readonly Invite[] {
  const file = join(place.path(name), 'link.json')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '{}'
  return ((JSON.parse(text).membership?.relays ?? []) as readonly string[]).map(decodeInvite)
}

const names = (invites: readonly Invite[]): readonly string[] => invites.map(({ relayKey }) => encodeHex(relayKey))

/** What a destination says to who comes by the client's SOCKS proxy. */
async function visit(client: Program): Promise<string> {
  const { socks } = await event(client, (said) => said['event'] === 'ready')
  const proxy = { host: '127.0.0.1', port: Number(String(socks).split(':').at(-1)), type: 5 } as const
  const destination = { host: '127.0.0.1', port: (site.address() as AddressInfo).port }
  const { socket } = await SocksClient.createConnection({ proxy, command: 'connect', destination, timeout: 30_000 })
  socket.write('GET / HTTP/1.0\r\n\r\n')
  return text(socket)
}

/** Resolves once the person was handed relays that are these. */
async function handedUntil(name: string, accept: (names: readonly string[]) => boolean): Promise<readonly Invite[]> {
  for await (const _ of watch(place.path(name), { signal: AbortSignal.timeout(60_000) })) {
    const now = handed(name)
    if (accept(names(now))) return now
  }
  throw new Error('the folder is gone')
}

const PERSON = ['--country', 'IR']

describe('someone whose only door is a relay', () => {
  let giver: Program

  test('is handed relays through it, which can’t read what it passes on', async () => {
    const [door] = [...relays.values()] as [RunningRelay]
    const invite = await makeNetworkInvite({ dir: seat.dir, people: '1', days: '30', door: [door.inviteFile] }, Date.now() / 1_000)
    writeFileSync(place.path('giver.culvert'), invite)
    expect(names(decodeNetworkInvite(invite.trim()).doors)).toEqual(names([door.invite]))
    giver = connect('giver', place.path('giver.culvert'), '--country', 'BY')
    await event(giver, ({ state }) => state === 'connected')
    expect(names(handed('giver')).every((name) => relays.has(name))).toBe(true)
    expect(await visit(giver)).toMatch(/the destination$/)
    // A client asks again after a minute, and a relay for its first directory: neither may have to.
  }, 45_000)

  test('may ask for the directory beside the client that runs, which keeps what it was handed', async () => {
    const before = handed('giver')
    const { code, out } = await command(CLIENT, 'directory', 'fetch', '--dir', place.path('giver'))
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('4 relays') })
    expect(handed('giver')).toEqual(before)
  })

  test('gets no invite for a friend at once, and keeps the name of the picture free', async () => {
    const said = await recommend('--qr', place.path('early.png'))
    expect(said).toEqual({ code: 1, out: expect.stringContaining('gives you no invite for a friend yet') })
    expect(existsSync(place.path('early.png'))).toBe(false)
  })

  test('gets one after a month without a block, as a line and as a picture, and no second', async () => {
    await giver.kill()
    await authority.kill()
    const database = new DatabaseSync(join(seat.dir, 'directory.db'))
    database.prepare('update directory_members set trust_epochs = 30 where country = ?').run('BY')
    database.close()
    authority = await place.open(seat)
    const { out, code } = await recommend('--qr', place.path('pal.png'))
    const [line = ''] = out.split('\n')
    expect([code, decodeNetworkInvite(line).doors.length]).toEqual([0, 1])
    expect(readPicture(readFileSync(place.path('pal.png')))).toBe(line)
    writeFileSync(place.path('pal.culvert'), line)
    expect(await recommend()).toEqual({ code: 1, out: expect.stringContaining('no invite for a friend yet') })
  })

  test('whose friend connects with it, and nobody else', async () => {
    const pal = connect('pal', place.path('pal.culvert'), '--country', 'BY')
    await event(pal, ({ state }) => state === 'connected')
    expect(await visit(pal)).toMatch(/the destination$/)
    await pal.kill()
    const other = connect('pal-of-pal', place.path('pal.culvert'), '--country', 'BY')
    expect(await event(other, ({ state }) => state === 'waiting')).toMatchObject({ reason: 'invite-used-up' })
    await other.kill()
  })

  test('hands the directory on as a file, a line and pictures, and whoever takes it in has it', async () => {
    const [file, name] = [place.path('directory.bin'), place.path('directory')]
    const { out, code } = await command(CLIENT, 'directory', 'export', '--dir', place.path('giver'), '--out', file, '--link', '--qr', name)
    const line = out.split('\n').find((one) => one.startsWith('culvert-directory:')) ?? ''
    const count = Number(/^(\d+) pictures/m.exec(out)?.[1])
    const pictures = Array.from({ length: count }, (_, at) => readPicture(readFileSync(`${name}-${at + 1}.png`)) ?? '')
    expect([code, pictures.every((text) => text.startsWith('culvert-directory:'))]).toEqual([0, true])
    const taken = await Promise.all(
      [[file], [line], pictures.toReversed(), pictures.slice(1), [line.slice(0, -100)]].map((parts, at) =>
        command(CLIENT, 'directory', 'import', ...parts, '--dir', place.path(`taker-${at}`)),
      ),
    )
    const right = { code: 0, out: expect.stringContaining('It is in force now.') }
    const wrong = (words: string): object => ({ code: 1, out: expect.stringContaining(words) })
    expect(taken).toEqual([right, right, right, wrong(`Part 1 of ${count} is missing`), wrong('Copy it again, whole')])
  })
})

/** By whoever came by the door of a relay. */
function recommend(...argv: readonly string[]): ReturnType<typeof command> {
  return command(CLIENT, 'recommend', '--invite', place.path('giver.culvert'), '--dir', place.path('giver'), ...argv)
}

describe('an invite for one person', () => {
  let invite: string
  let client: Program

  test('is made as text, file, drawing and picture, which are the same', async () => {
    const { out } = await command(RELAY, 'directory', 'invite', '--dir', seat.dir, '--out', place.path('friend'))
    invite = readFileSync(place.path('friend.culvert'), 'utf8').trim()
    expect(out.split('\n')[0]).toBe(invite)
    expect([existsSync(place.path('friend.svg')), existsSync(place.path('friend.png'))]).toEqual([true, true])
    expect(decodeNetworkInvite(invite).doors.length).toBe(1)
  })

  test('names no relay, and leads to one that the directory lists', async () => {
    client = connect('person', place.path('friend.culvert'), ...PERSON)
    // Who comes at the same time knows the same relay: neither alone can have given it away.
    const fellow = connect('fellow', await makeInvite(), ...PERSON)
    for (const one of [client, fellow]) await event(one, (said) => said['state'] === 'connected')
    expect(names(handed('fellow'))).toEqual(names(handed('person')))
    await fellow.kill()
    expect(await visit(client)).toMatch(/the destination$/)
    const given = names(handed('person'))
    expect(given.length).toBeGreaterThanOrEqual(1)
    expect(given.length).toBeLessThanOrEqual(3)
    expect(given.every((name) => relays.has(name))).toBe(true)
  })

  test('is used up by that person, who may come back, and by nobody else', async () => {
    const other = connect('other', invite, ...PERSON)
    const said = await event(other, ({ state }) => state === 'waiting')
    expect(said).toMatchObject({ reason: 'invite-used-up', sentence: expect.stringContaining('as many people') })
    expect(handed('other')).toEqual([])
    await other.kill()
    await client.kill()
    client = connect('person', invite, ...PERSON)
    await event(client, ({ state }) => state === 'connected')
  })

  test('moves to another relay within one epoch of its being reported blocked in that country, and what is open goes on', async () => {
    const before = names(handed('person'))
    const moved = handedUntil('person', (now) => now.length > 0 && now.every((name) => !before.includes(name)))
    for (const name of before) {
      const { inviteFile: invite } = relays.get(name) as RunningRelay
      expect(await reportBlocked({ dir: seat.dir, invite, country: 'ir' }, Date.now() / 1_000)).toContain('Noted')
    }
    const epoch = Math.floor((Date.now() / 1_000 - place.foundedS) / EPOCH_S)
    const after = names(await moved)
    expect(place.lastGiven(seat, 'IR')).toBeLessThanOrEqual(epoch + 1)
    // The censor closes in: the person goes on by what was handed out instead.
    for (const name of before) await (relays.get(name) as RunningRelay).program.kill()
    expect(after.every((name) => relays.has(name))).toBe(true)
    expect(await visit(client)).toMatch(/the destination$/)
  })
})

describe('an invite that can’t be used says why', () => {
  test('one that has expired, one that nobody made, and one of several people that all have used', async () => {
    const good = decodeNetworkInvite(await makeInvite('2'))
    const stranger = encodeNetworkInvite({ ...good, secret: new Uint8Array(16) })
    const expired = await makeInvite()
    expire(expired)
    const reasonOf = async (name: string, invite: string): Promise<unknown> =>
      (await event(connect(name, invite), ({ state }) => state === 'waiting'))['reason']
    expect(await Promise.all([reasonOf('a', stranger), reasonOf('b', expired)])).toEqual(['invite-unknown', 'invite-expired'])
  })

  test('one that is damaged, and one that is given without a folder', async () => {
    const invite = await makeInvite()
    const turned = `${invite.slice(0, 60)}${invite[60] === 'A' ? 'B' : 'A'}${invite.slice(61)}`
    const said = await Promise.all([
      command(CLIENT, 'connect', '--invite', invite.slice(0, 100), '--dir', place.path('x')),
      command(CLIENT, 'connect', '--invite', turned, '--dir', place.path('x')),
      command(CLIENT, 'connect', '--invite', invite),
    ])
    expect(said).toEqual([
      { code: 1, out: expect.stringContaining('damaged') },
      { code: 1, out: expect.stringContaining('damaged') },
      { code: 1, out: expect.stringContaining('--dir') },
    ])
  })
})

test('the app asks for relays as from the country that its person named', async () => {
  const connected = Promise.withResolvers<void>()
  const app = await startApp({
    version: '1.2.3',
    system: 'linux',
    shell: new FakeShell(),
    capabilities: FULL_CAPABILITIES,
    platform: new NodePlatform(),
    goThrough: () => undefined,
    crypto: nodeCrypto,
    onStatus: ({ link }) => {
      if (link.state === 'connected') connected.resolve()
    },
  })
  try {
    await app.executors.changeSettings({ domestic: { isDirect: false, country: 'RU', hosts: [] } })
    expect(await app.executors.addInvite({ text: await makeInvite() })).toMatchObject({ ok: true })
    await app.executors.connect(undefined)
    await connected.promise
  } finally {
    await app.stop()
  }
  const database = new DatabaseSync(join(seat.dir, 'directory.db'), { readOnly: true })
  const countries = database.prepare('select country from directory_members').all()
  database.close()
  expect(countries).toContainEqual({ country: 'RU' })
})

test('the authority keeps no invite, and nobody’s address', () => {
  const database = new DatabaseSync(join(seat.dir, 'directory.db'), { readOnly: true })
  const tables = ['invites', 'members', 'groups', 'spent', 'countries', 'reports', 'questions']
  const kept = tables.map((table) => JSON.stringify(database.prepare(`select * from directory_${table}`).all())).join()
  database.close()
  const { secret } = decodeNetworkInvite(readFileSync(place.path('friend.culvert'), 'utf8'))
  expect(kept).toMatch(/"country":"IR"/)
  for (const bytes of [secret, memberOf('person')]) expect(kept).not.toContain(encodeHex(bytes))
  expect(kept).not.toMatch(/\d+\.\d+\.\d+\.\d+/)
})

/** As if its days were over. */
function expire(invite: string): void {
  const database = new DatabaseSync(join(seat.dir, 'directory.db'))
  database.prepare('update directory_invites set until_s = 1 where used = 0 and uses = 1 and inviter = ?').run('')
  database.close()
  expect(invite).not.toBe('')
}

function memberOf(name: string): Uint8Array {
  return Buffer.from(JSON.parse(readFileSync(join(place.path(name), 'link.json'), 'utf8')).membership.member, 'base64url')
}
