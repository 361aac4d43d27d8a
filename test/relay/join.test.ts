// A relay of a network lives on when something of its own folder can't be had.
import { EventEmitter, once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { DIRECTORY_TARGET, decodeInvite, encodeInvite, encodeRoll, type Invite } from '#protocol'
import { nodeRandom } from '#protocol/node'
import { answerStreams, anyOf } from '../../relay/directory/answer.ts'
import { readFork } from '../../relay/directory/fork.ts'
import { encodeJoinCode } from '../../relay/directory/join-code.ts'
import { KeptDirectory } from '../../relay/directory/kept.ts'
import { joinLimits } from '../../relay/directory/limits.ts'
import { AUTHORITY_TARGET } from '../../relay/directory/peer.ts'
import { initRelay } from '../../relay/init.ts'
import { keepCode, Membership, type MembershipOptions } from '../../relay/join.ts'
import { createRelayKeys } from '../../relay/keys.ts'
import { serve } from '../../relay/serve.ts'
import { readStanding } from '../../relay/status/standing.ts'
import { joinNetwork, takePart } from '../../relay/take-part.ts'
import { drawInvite, hold, holdSeveral, makeNetwork, NOW_S, SETTINGS } from '../protocol/directory/network.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-join-'))
/** Refuses at once. */
const NOBODY = '127.0.0.1:1'
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const network = makeNetwork('join', 1, 1)

function codeOf({ networkId, authorities }: typeof network, authority: Invite = drawInvite('authority', NOBODY)): string {
  const [{ certificate, signing }] = authorities as [(typeof authorities)[number]]
  const parts = {
    networkId,
    secret: nodeRandom(32),
    untilS: NOW_S + 86_400,
    uses: 1,
    certificateBytes: certificate,
    authorities: [authority],
  }
  return encodeJoinCode(parts, signing.sign)
}

/** A relay that takes part, and the first word of it. */
async function joined(more: Partial<MembershipOptions> = {}): Promise<readonly [string, string]> {
  keepCode(codeOf(network), folder)
  const told = Promise.withResolvers<readonly [string, string]>()
  const membership = Membership.begin({
    folder,
    // None of them is used before the invite has been read.
    keys: undefined as never,
    version: [1, 0, 0],
    capacityBytesPerS: 1,
    nowS: () => NOW_S,
    tell: ({ event }, sentence) => told.resolve([event, sentence]),
    ...more,
  })
  const first = await told.promise
  membership?.stop()
  return first
}

test.each([
  ['is not there', undefined],
  ['is damaged', encodeInvite(drawInvite('relay')).slice(0, -9)],
])('a relay whose invite %s says that it is not registered, and runs on', async (_what, invite) => {
  rmSync(join(folder, 'invite'), { force: true })
  if (invite !== undefined) writeFileSync(join(folder, 'invite'), invite)
  expect(await joined()).toEqual(['not-registered', expect.stringContaining('invite')])
})

test('a relay whose kept directory can’t be looked at lives on, and takes it when it can', async () => {
  symlinkSync('directory.json', join(folder, 'directory.json'))
  const kept = new KeptDirectory(folder)
  expect(kept.current()).toBeUndefined()
  expect(await joined()).toEqual(['not-registered', expect.stringContaining('invite')])
  rmSync(join(folder, 'directory.json'))
  const held = holdSeveral(makeNetwork('kept', 3, 2), 1).at(-1)
  kept.keep(held?.bundle as Uint8Array, encodeRoll(held?.roll ?? []))
  expect(kept.current()?.consensus.number).toBe(1)
})

test('a relay that was away until its directory ran out asks the authorities of that one too: those of its code may be gone', async () => {
  writeFileSync(join(folder, 'invite'), encodeInvite(drawInvite('relay')))
  const settings = { ...SETTINGS, sources: [drawInvite('successor', NOBODY)] }
  const held = hold(network, network.authorities, [], { settings })
  new KeptDirectory(folder).keep(held?.bundle as Uint8Array, encodeRoll(held?.roll ?? []))
  const away = { keys: createRelayKeys(), nowS: () => NOW_S + 30 * 86_400 }
  const says = '0 of 2 authorities have taken this relay in; the others: no answer (2).'
  expect(await joined(away)).toEqual(['registered', says])
  // In no directory, and its operator is told why.
  const standing = readStanding(away.nowS() * 1_000, folder)
  expect(standing).toMatchObject({ state: 'unlisted', refused: says, because: undefined })
})

test('a relay that was taken in tells an authority so once, however often it asks for the first directory', async () => {
  const dir = join(folder, 'authority')
  const { config } = await initRelay({ dir, domain: 'authority.example', listen: '127.0.0.1:0', address: '127.0.0.1:443' }, Date.now())
  const asked = new EventEmitter()
  let registrations = 0
  const takeIn = answerStreams(AUTHORITY_TARGET, 65_536, () => {
    registrations++
    return new Uint8Array()
  })
  const haveNone = answerStreams(DIRECTORY_TARGET, 65_536, () => {
    asked.emit('for the directory')
    return undefined
  })
  process.chdir(dir)
  const authority = await serve({ config, folder: dir, allow: [], answers: anyOf(takeIn, haveNone) })
  await authority.begin()
  const { endpoints, ...keys } = decodeInvite(readFileSync(join(dir, 'invite'), 'utf8').trim())
  const invite = { ...keys, endpoints: endpoints.map((one) => ({ ...one, address: `127.0.0.1:${authority.port}` })) }
  const home = join(folder, 'newcomer')
  mkdirSync(home)
  writeFileSync(join(home, 'invite'), encodeInvite(drawInvite('relay')))
  keepCode(codeOf(network, invite), home)
  const membership = Membership.begin({
    folder: home,
    keys: createRelayKeys(),
    version: [1, 0, 0],
    capacityBytesPerS: 1,
    nowS: () => Math.floor(Date.now() / 1_000),
    tell: () => undefined,
    limits: { ...joinLimits, againMs: 5 },
  })
  for (let times = 0; times < 4; times++) await once(asked, 'for the directory')
  membership?.stop()
  await authority.close()
  process.chdir(tmpdir())
  expect(registrations).toBe(1)
})

test('a relay that meets a directory with another past raises an alarm, keeps it as proof, and hands on what it had', async () => {
  // The directories are of a time to come.
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_S * 1_000 })
  const dir = join(folder, 'forked')
  const { config } = await initRelay({ dir, domain: 'authority.example', listen: '127.0.0.1:0', address: '127.0.0.1:443' }, Date.now())
  const ours = hold(network, network.authorities, [], { roundS: NOW_S - 7_200 })
  const other = hold(network, network.authorities, [], { roundS: NOW_S - 3_600 })
  process.chdir(dir)
  const answers = answerStreams(DIRECTORY_TARGET, 65_536, () => other?.bundle)
  const authority = await serve({ config, folder: dir, allow: [], answers })
  await authority.begin()
  const { endpoints, ...keys } = decodeInvite(readFileSync(join(dir, 'invite'), 'utf8').trim())
  const invite = { ...keys, endpoints: endpoints.map((one) => ({ ...one, address: `127.0.0.1:${authority.port}` })) }
  const home = join(folder, 'witness')
  mkdirSync(home)
  writeFileSync(join(home, 'invite'), encodeInvite(drawInvite('relay')))
  const kept = new KeptDirectory(home)
  kept.keep(ours?.bundle as Uint8Array, encodeRoll(ours?.roll ?? []))
  keepCode(codeOf(network, invite), home)
  expect(readFork(home)).toBeUndefined()
  const said = await new Promise<string>((resolve) => {
    const tell: MembershipOptions['tell'] = ({ event }, sentence) => event === 'fork' && setImmediate(() => resolve(sentence))
    const membership = Membership.begin({
      ...{ folder: home, keys: createRelayKeys(), version: [1, 0, 0], capacityBytesPerS: 1, nowS: () => NOW_S, tell },
    })
    afterAll(() => membership?.stop())
  })
  await authority.close()
  process.chdir(tmpdir())
  vi.useRealTimers()
  expect(said).toContain('ALARM: there is a directory 1 with another past than ours')
  expect(readFileSync(join(home, 'fork'))).toEqual(Buffer.from(other?.bundle as Uint8Array))
  expect([readFork(home), kept.current()?.consensus.madeS]).toEqual([1, ours?.consensus.madeS])
})

describe('a relay that is there already', () => {
  const file = join(folder, 'join')
  const heard = new EventEmitter()
  const options = {
    folder,
    keys: createRelayKeys(),
    version: [1, 0, 0],
    capacityBytesPerS: 1,
    nowS: () => NOW_S,
    tell: ({ event }) => heard.emit(event),
    limits: { ...joinLimits, lookMs: 5 },
  } satisfies MembershipOptions
  beforeEach(() => {
    rmSync(file, { force: true })
    writeFileSync(join(folder, 'invite'), encodeInvite(drawInvite('relay')))
  })

  test('takes part by the code that is put into its folder while it runs, by another that takes its place, and not once it is taken away', async () => {
    const end = takePart(options)
    const steps: readonly (readonly [string, () => unknown])[] = [
      ['registered', () => joinNetwork(folder, codeOf(network))],
      ['registered', () => joinNetwork(folder, codeOf(network))],
      ['not-registered', () => writeFileSync(file, 'culvert-join:damaged')],
      ['registered', () => joinNetwork(folder, codeOf(network))],
      ['left', () => rmSync(file)],
    ]
    for (const [event, change] of steps) {
      const said = once(heard, event)
      change()
      await said
    }
    end()
  })

  test('is moved to another network only once it has left its own', () => {
    const code = codeOf(network)
    joinNetwork(folder, code)
    expect(() => joinNetwork(folder, codeOf(makeNetwork('another', 1, 1)))).toThrow('culvert-relay leave')
    expect(() => joinNetwork(folder, code.slice(0, -9))).toThrow('Copy it again')
    expect(readFileSync(file, 'utf8').trim()).toBe(code)
  })

  test('says nothing of itself any more once its operator had it leave, also where it has not looked for that yet', async () => {
    const limits = { ...joinLimits, againMs: 5, lookMs: joinLimits.refreshMs }
    keepCode(codeOf(network), folder)
    let count = 0
    const end = takePart({ ...options, limits, tell: () => count++ })
    const other = mkdtempSync(join(folder, 'other-'))
    copyFileSync(join(folder, 'invite'), join(other, 'invite'))
    keepCode(codeOf(network), other)
    const endOther = takePart({ ...options, limits, folder: other })
    rmSync(file)
    // One may have been under way.
    for (let rounds = 0; rounds < 9; rounds++) await once(heard, 'registered')
    end()
    endOther()
    expect(count).toBeLessThanOrEqual(1)
  })
})
