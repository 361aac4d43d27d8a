// Five authorities as real processes, of which two do harm in turn, and relays that take part.

import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Consensus,
  commitmentOf,
  DIRECTORY_TARGET,
  decodeInvite,
  decodeRoll,
  encodeBase64url,
  encodeDescriptor,
  encodeDirectoryRequest,
  encodeHex,
  firstKnown,
  type Known,
  type Target,
  verifyBundle,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { thisMachine } from '../../relay/check/machine.ts'
import { visit } from '../../relay/check/probe.ts'
import { checkSettings } from '../../relay/check/settings.ts'
import { loadConfig } from '../../relay/config.ts'
import { askOnce, openAsking } from '../../relay/directory/ask.ts'
import { describeStatus } from '../../relay/directory/commands.ts'
import { makeNetworkInvite, reportBlocked } from '../../relay/directory/handing-commands.ts'
import { makeJoinCode } from '../../relay/directory/init.ts'
import { decodeJoinCode, encodePass } from '../../relay/directory/join-code.ts'
import { AUTHORITY_TARGET, encodeRegister } from '../../relay/directory/peer.ts'
import { Peers } from '../../relay/directory/peers.ts'
import { parseHostPort } from '../../relay/host-port.ts'
import type { Program } from '../e2e/program.ts'
import { reportOf } from '../e2e/report-of.ts'
import { event } from '../e2e/world.ts'
import { drawInvite, drawKeys } from '../protocol/directory/network.ts'
import { Place, type Seat } from './place.ts'

const place = new Place()
const programs = new Map<string, Program>()
let known: Known
let relay: Awaited<ReturnType<Place['relay']>>
let relayProgram: Program

const CLI = join(import.meta.dirname, '../../client/engine/cli.ts')

beforeAll(async () => {
  await place.found(5, 3)
  known = firstKnown(place.networkId)
  for (const [n, program] of (await place.openAll()).entries()) programs.set(seat(n).name, program)
}, 120_000)
afterAll(() => place.close())

const nowS = (): number => Math.floor(Date.now() / 1_000)
const seat = (n: number): Seat => place.seats[n] as Seat

/** What this authority hands out now, checked as a client would that saw all before. */
async function taken(from: Seat): Promise<ReturnType<typeof verifyBundle>> {
  const bytes = await askOnce(
    from.invite,
    DIRECTORY_TARGET,
    encodeDirectoryRequest({ kind: 'bundle', size: known.checkpoint?.size ?? 0 }),
    nowS(),
  )
  const directory = verifyBundle(nodeCrypto, bytes ?? new Uint8Array(), known, nowS())
  known = directory.known
  return directory
}

/** The next directories that this authority is part of. */
function directories(
  from: Seat,
): (accept: (said: { readonly number: number; readonly relays: number; readonly signed: number }) => boolean) => Promise<unknown> {
  const program = programs.get(from.name) as Program
  const since = program.lineCount
  return (accept) => event(program, (said) => said['event'] === 'directory' && accept(said as never), since)
}

async function listed(from: Seat): Promise<readonly string[]> {
  const { consensus } = await taken(from)
  const roll = await askOnce(from.invite, DIRECTORY_TARGET, encodeDirectoryRequest({ kind: 'roll', number: consensus.number }), nowS())
  return decodeRoll(roll ?? new Uint8Array()).map(({ commitment }) => encodeHex(commitment))
}

function nameOf(inviteFile: string): string {
  return encodeHex(commitmentOf(decodeInvite(readFileSync(inviteFile, 'utf8'))))
}

async function restart(from: Seat, harm?: string): Promise<void> {
  await programs.get(from.name)?.kill()
  programs.delete(from.name)
  if (harm !== 'down') programs.set(from.name, await (harm === undefined ? place.open(from) : place.open(from, harm)))
}

/** The next directory of the honest three is one line with all before it, lists the relay, and knows nothing of what the others say. */
async function expectUnmoved(): Promise<void> {
  const next = directories(seat(1))
  await next(() => true)
  await next(({ number, relays }) => number > (known.checkpoint?.size ?? 0) && relays === 1)
  const { consensus } = await taken(seat(1))
  expect([consensus.rollSize, consensus.clientMin, consensus.revoked]).toEqual([1, [0, 1, 0], []])
  expect(consensus.handers.length).toBe(5)
  expect(await listed(seat(1))).toEqual([nameOf(relay.inviteFile)])
}

describe('five authorities', () => {
  test('sign a directory of the relay that joined, the same at all', async () => {
    relay = await place.relay(makeJoinCode(seat(0).dir, 30, 1), 3)
    relayProgram = relay.program
    const next = directories(seat(1))
    await next(({ relays, signed }) => relays === 1 && signed >= 3)
    expect(await listed(seat(1))).toEqual([nameOf(relay.inviteFile)])
    expect((await taken(seat(1))).consensus.sources.length).toBe(5)
  })

  test('go on when two of them are down', async () => {
    await Promise.all([restart(seat(3), 'down'), restart(seat(4), 'down')])
    await expectUnmoved()
  })

  test('go on when one lies and one says something else to everyone', async () => {
    await Promise.all([restart(seat(3), 'lie'), restart(seat(4), 'fork')])
    await expectUnmoved()
  })

  test('go on when one lies and one takes every question and answers none', async () => {
    await restart(seat(4), 'slow')
    await expectUnmoved()
  })

  test('take back one that was away: it has the same log as the others', async () => {
    await restart(seat(4))
    const back = directories(seat(4))
    await back(({ number }) => number > (known.checkpoint?.size ?? 0))
    await taken(seat(4))
  })

  test('are web sites to strangers', async () => {
    const { address, serverName } = seat(1).invite.endpoints[0] as (typeof relay.invite.endpoints)[0]
    const site = await visit(parseHostPort(address, 1), { serverName, hostName: serverName }, true)
    expect(site).toMatchObject({ status: 200, body: expect.stringContaining('<html') })
  })

  test('refuse a question and answer others by the same session: who has a relay pass nonsense on cuts nobody off', async () => {
    let opened = 0
    const peers = new Peers((...given) => {
      opened++
      return openAsking(...given)
    })
    const ask = (target: Target, request: Uint8Array): Promise<Uint8Array | undefined> =>
      peers.ask(seat(1).invite, target, request, Date.now() + 60_000)
    const nonsense = (): Promise<Uint8Array | undefined> => ask(AUTHORITY_TARGET, new Uint8Array(9))
    const good = (): Promise<Uint8Array | undefined> => ask(DIRECTORY_TARGET, encodeDirectoryRequest({ kind: 'bundle', size: 0 }))
    expect(await nonsense()).toBeUndefined()
    const answers = await Promise.all([good(), nonsense(), good(), nonsense()])
    expect([answers.map((one) => one !== undefined), opened]).toEqual([[true, false, true, false], 1])
    peers.close()
  })

  test('take in no relay by a code that was used, nor by one of another network', async () => {
    const descriptor = encodeDescriptor({ ...DESCRIPTOR, issuedS: nowS(), expiresS: nowS() + 3_600 }, drawKeys('stranger').sign)
    const ask = async (pass: Uint8Array): Promise<string> =>
      Buffer.from((await askOnce(seat(1).invite, AUTHORITY_TARGET, encodeRegister(pass, descriptor), nowS())) ?? []).toString()
    const code = decodeJoinCode(relay.code)
    expect(await ask(encodePass(code, drawKeys('stranger').key))).toBe('used-code')
    expect(await ask(encodePass(code, drawKeys('another').key))).toBe('bad-code')
    expect(await ask(new Uint8Array())).toBe('bad-code')
  })

  test('have the operator of a relay told why they take it in no more: by its code, when it is used up', async () => {
    const dir = await place.initRelay('late', relay.code)
    const program = await place.runRelay('late', 0)
    const { health } = await reportOf(dir)
    const says = expect.stringMatching(/^\d of \d authorities have taken this relay in; the others: .*its join code is used up \(\d\)/)
    expect(health.warnings).toContainEqual({ kind: 'refused', says })
    const here = thisMachine(Date.now())
    expect(await checkSettings(dir, loadConfig(dir), here)).toContainEqual(expect.objectContaining({ level: 'warning', says }))
    await program.kill()
  })

  test('agree on who of them hands relays out, and one that is not among those makes no invite that would lead to none', async () => {
    const invite = (n: number): Promise<string> => makeNetworkInvite({ dir: seat(n).dir, people: '1', days: '1', door: [] }, nowS())
    expect(await invite(0)).toMatch(/^culvert:/)
    place.decide({ handers: ['authority-1', 'authority-2'] })
    await agreed(({ handers }) => handers.length === 2)
    await expect(invite(0)).rejects.toThrow('handed out by authority-1 and authority-2 alone')
    expect(await invite(1)).toMatch(/^culvert:/)
    expect(await describeStatus(seat(1).dir)).toContain('Each of authority-1 and authority-2 hands out every relay: there are too few')
    expect(await reportBlocked({ dir: seat(1).dir, invite: relay.inviteFile, country: 'IR' }, nowS())).toContain(
      'by authority-2: have it said',
    )
  })

  test('warn relays and clients that are too old, and list the relays no more from the day they name', async () => {
    place.decide({ clientMin: '9.0.0', relayMin: '9.0.0', relayMinFrom: '2999-01-01' })
    await agreed(({ relayMin }) => relayMin.join('.') === '9.0.0')
    const warned = await reborn()
    expect(warned.said).toContain('"event":"too-old","version":"0.1.0","least":"9.0.0"')
    expect(warned.report.directory?.state).toBe('listed')
    expect(warned.report.health.warnings).toContainEqual({
      kind: 'version',
      says: expect.stringMatching(/older than 9\.0\.0 will not be listed/),
    })

    const client = place.run([CLI, 'connect', '--invite', relay.inviteFile, '--network', encodeBase64url(place.networkId), '--json'])
    const told = await event(client, (said) => said['event'] === 'too-old')
    expect(told).toMatchObject({ version: '0.1.0', least: '9.0.0', sentence: expect.stringMatching(/Update it\.$/) })

    place.decide({ relayMinFrom: '2026-01-01' })
    await agreed(({ rollSize }) => rollSize === 0)
    const dropped = await reborn()
    expect(dropped.report.directory?.state).toBe('unlisted')
    expect(dropped.report.health.warnings.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['version', 'unlisted']))
  })
})

/** Resolves when the directory is like that: a meeting that had begun may not know what was decided. */
async function agreed(accept: (consensus: Consensus) => boolean): Promise<void> {
  const program = programs.get(seat(1).name) as Program
  do await event(program, (said) => said['event'] === 'directory', program.lineCount)
  while (!accept((await taken(seat(1))).consensus))
}

/** Starts the relay anew, which then asks for the directory; what it says, and what it tells its operator. */
async function reborn(): Promise<{ readonly said: string; readonly report: Awaited<ReturnType<typeof reportOf>> }> {
  await relayProgram.kill()
  relayProgram = await place.runRelay(basename(relay.dir), 3)
  return { said: relayProgram.stdout, report: await reportOf(relay.dir) }
}

const DESCRIPTOR = {
  isLeaving: false,
  version: [0, 1, 0] as const,
  capacityBytesPerS: 1_000_000,
  contact: '',
  invite: drawInvite('stranger'),
}
