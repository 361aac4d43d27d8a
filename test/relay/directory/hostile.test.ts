// What one relay, or one of the other authorities, may send that ended an authority, or kept it from its work.
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { createServer } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import {
  commitmentOf,
  type Descriptor,
  decodeBundle,
  decodeDescriptor,
  encodeBundle,
  encodeDescriptor,
  encodeHex,
  encodeRoll,
  equalBytes,
  firstKnown,
  type Invite,
  type Sign,
  trimBundle,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { createCertificate } from '../../../relay/certificate.ts'
import { visit } from '../../../relay/check/probe.ts'
import { Authority, type AuthorityOptions } from '../../../relay/directory/authority.ts'
import { Book } from '../../../relay/directory/book.ts'
import { examine, openTo } from '../../../relay/directory/examine.ts'
import { fetchDirectory } from '../../../relay/directory/fetch.ts'
import { decodeJoinCode, encodeJoinCode, encodePass, type JoinCodeParts } from '../../../relay/directory/join-code.ts'
import { type AuthorityLimits, authorityLimits, examineLimits } from '../../../relay/directory/limits.ts'
import { AUTHORITY_TARGET, decodeAuthorityRequest, encodeDescriptors, encodeRegister, PeerKind } from '../../../relay/directory/peer.ts'
import { keepingLast } from '../../../relay/directory/run.ts'
import { defaultSettings } from '../../../relay/directory/settings.ts'
import { OperatorError } from '../../../relay/operator-error.ts'
import { drawInvite, drawKeys, holdSeveral, makeCertificate, makeNetwork, NOW_S } from '../../protocol/directory/network.ts'
import { putQuestion } from './put-question.ts'

const network = makeNetwork('hostile', 3, 2)
const [own] = network.authorities
const closers: (() => unknown)[] = []
afterEach(() => Promise.all(closers.splice(0).map((close) => close())))

function descriptorOf(invite: Invite): Descriptor {
  const more = { isLeaving: false, version: [0, 1, 0] as const, capacityBytesPerS: 1_000_000, contact: '' }
  return { ...more, issuedS: NOW_S - 60, expiresS: NOW_S + 86_400, invite }
}

async function open(
  more: Partial<AuthorityOptions> = {},
  limits: Partial<AuthorityLimits> = {},
): Promise<{ readonly authority: Authority; readonly book: Book }> {
  const book = await Book.open(':memory:', { ...authorityLimits, ...limits })
  closers.push(() => book.close())
  const settings = { ...defaultSettings('authority-0', []), peers: [drawInvite('one peer'), drawInvite('another peer')] }
  const authority = await Authority.open({
    mandate: () => ({ ...network, certificate: own?.certificate as Uint8Array, settings }),
    key: { publicKey: own?.signing.key as Uint8Array, sign: own?.signing.sign as never },
    invite: drawInvite('own'),
    book,
    nowMs: () => NOW_S * 1_000,
    ask: () => Promise.resolve(undefined),
    examine: () => Promise.resolve({ atS: NOW_S, weight: 1, fault: '' }),
    until: () => Promise.resolve(),
    ...more,
  })
  return { authority, book }
}

async function take(book: Book, name: string): Promise<Descriptor> {
  const descriptor = descriptorOf(drawInvite(name))
  await book.take(descriptor, encodeHex(commitmentOf(descriptor.invite)), encodeDescriptor(descriptor, drawKeys(name).sign), 'a source')
  return descriptor
}

describe('a relay', () => {
  test.each(['[::::]:443', '1.2.3.4.5:443', 'a_b:443', '-:1', '..:1'])(
    'whose address is %s fails its test, and ends nothing',
    async (address) => {
      const all = openTo('127.0.0.1')
      expect(await examine(descriptorOf(drawInvite('misled', address)), NOW_S, all, undefined)).toEqual({
        atS: NOW_S,
        weight: 0,
        fault: 'unreachable',
      })
    },
  )

  test.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '127.1'])(
    'can’t have an authority at a public address dial %s in its own network; one at none dials the network that it is tried in',
    async (host) => {
      let count = 0
      const server = createTcpServer((socket) => {
        count++
        socket.destroy()
      }).listen(0)
      closers.push(() => server.close())
      await new Promise((resolve) => server.once('listening', resolve))
      const address = `${host}:${(server.address() as AddressInfo).port}`
      const invite = drawInvite('a probe', address)
      for (const own of ['www.example.org', '8.8.8.8', '2600::1'])
        expect(await examine(descriptorOf(invite), NOW_S, openTo(own), undefined)).toMatchObject({ weight: 0, fault: 'unreachable' })
      expect(count).toBe(0)
      if (host === '127.0.0.1') await examine(descriptorOf(invite), NOW_S, openTo('10.0.0.1'), undefined)
      expect(count > 0).toBe(host === '127.0.0.1')
    },
  )

  test('that changes protocols when it is asked for a page is not waited for', async () => {
    const { certificate, key } = createCertificate('relay.example', Date.now())
    const server = createServer({ cert: certificate, key }, (socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'))
    }).listen(0, '127.0.0.1')
    closers.push(() => server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const at = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
    expect(await visit(at, { serverName: 'relay.example', hostName: 'relay.example' }, true)).toBe('EPROTO')
  })

  test('that is new or failed, and lets itself be waited for, holds up no test of those that pass', async () => {
    const tested: string[] = []
    const { authority, book } = await open({
      examine: ({ passedS, commitment }) => {
        tested.push(commitment)
        return passedS > 0 ? Promise.resolve({ atS: NOW_S, weight: 1, fault: '' }) : new Promise<never>(() => undefined)
      },
    })
    for (let n = 0; n <= examineLimits.atOnceMax; n++) await take(book, `slow ${n}`)
    const good = await take(book, 'good')
    await book.tested(good, { atS: NOW_S - 7_200, weight: 1, fault: '' })
    void authority.test('others')
    await authority.test('passing')
    expect(tested.filter((one) => one === encodeHex(commitmentOf(good.invite)))).toHaveLength(1)
    expect((await book.relays(NOW_S)).filter(({ testedS }) => testedS === NOW_S)).toHaveLength(1)
  })
})

describe('another authority', () => {
  const held = holdSeveral(network, 3)
  const last = held.at(-1)
  const roll = encodeRoll(last?.roll ?? [])

  test('that shows a new one a directory without the beginning of its log is passed over', async () => {
    const short = encodeBundle(trimBundle(decodeBundle(last?.bundle as Uint8Array), 2))
    const asked = (bundle: Uint8Array) => (_from: Invite, _target: object, request: Uint8Array) =>
      Promise.resolve(request[0] === 1 ? bundle : roll)
    const fetched = (bundle: Uint8Array) =>
      fetchDirectory(asked(bundle) as never, drawInvite('peer'), firstKnown(network.networkId), [], NOW_S)
    expect(await fetched(short)).toBeUndefined()
    expect((await fetched(last?.bundle as Uint8Array))?.leaves).toHaveLength(3)
  })

  test('that has the same younger directory as a third is heard with it, and both are taken once', async () => {
    const { authority, book } = await open({
      ask: (_invite, target, request) =>
        Promise.resolve(target.host !== 'directory.invalid' ? undefined : request[0] === 1 ? last?.bundle : roll),
    })
    let adopted = 0
    const adopt = book.adopt.bind(book)
    book.adopt = (...all) => {
      adopted++
      return adopt(...all)
    }
    await authority.sync()
    expect([adopted, authority.shown?.consensus.number, (await book.leaves()).length]).toEqual([1, 3, 3])
  })
})

describe('before a meeting', () => {
  const peer = drawInvite('one peer')
  const described = (name: string): Uint8Array => encodeDescriptor(descriptorOf(drawInvite(name)), drawKeys(name).sign)
  const namesIn = async (book: Book): Promise<readonly string[]> =>
    (await book.relays(NOW_S)).map(({ descriptor }) => encodeHex(descriptor.invite.policyKey))
  const nameOf = (name: string): string => encodeHex(drawInvite(name).policyKey)

  test('an authority whose store was set back to an old backup is asked for what it took in since, whatever its numbers were', async () => {
    let has = [{ received: 9, descriptor: described('before') }]
    const { authority, book } = await open({
      ask: (invite, target, request) => {
        if (!equalBytes(invite.relayKey, peer.relayKey) || target.host !== AUTHORITY_TARGET.host) return Promise.resolve(undefined)
        const asked = decodeAuthorityRequest(request, peer.relayKey)
        const after = asked.kind === PeerKind.descriptors ? asked.argument : Number.POSITIVE_INFINITY
        return Promise.resolve(encodeDescriptors(has.filter(({ received }) => received > after)))
      },
    })
    await authority.sync()
    has = [{ received: 4, descriptor: described('since') }]
    await authority.sync()
    expect(new Set(await namesIn(book))).toEqual(new Set([nameOf('before'), nameOf('since')]))
  })

  test('what relays say of themselves is known before a directory that lists them is in force', async () => {
    const [held] = holdSeveral(network, 1)
    const rollAsked = Promise.withResolvers<void>()
    const { authority, book } = await open({
      ask: async (invite, target, request) => {
        if (target.host === 'directory.invalid') {
          if (request[0] !== 1) rollAsked.resolve()
          return request[0] === 1 ? held?.bundle : encodeRoll(held?.roll ?? [])
        }
        if (!equalBytes(invite.relayKey, peer.relayKey) || request[0] !== PeerKind.descriptors) return undefined
        await rollAsked.promise
        await new Promise((resolve) => void setImmediate(resolve))
        return encodeDescriptors([{ received: 1, descriptor: described('listed') }])
      },
    })
    const known: number[] = []
    const adopt = book.adopt.bind(book)
    book.adopt = async (...all) => {
      known.push((await book.relays(NOW_S)).length)
      await adopt(...all)
    }
    await authority.sync()
    expect([known, authority.shown?.consensus.number]).toEqual([[1], 1])
  })
})

describe('an authority that brings relays without end', () => {
  const RELAYS_MAX = 8
  const described = (name: string): Uint8Array => encodeDescriptor(descriptorOf(drawInvite(name)), drawKeys(name).sign)
  const flood = Array.from({ length: 2 * RELAYS_MAX }, (_, n) => described(`flood ${n}`))
  const [, other, third] = network.authorities

  async function register(
    { authority }: Awaited<ReturnType<typeof open>>,
    by: typeof other,
    id: number,
    descriptor: Uint8Array,
    uses = 1_000,
  ): Promise<string> {
    if (by === undefined) throw new Error('the network has fewer authorities')
    const pass = passOf({ secret: new Uint8Array(32).fill(id), uses, certificateBytes: by.certificate }, by.signing.sign, descriptor)
    return String(await putQuestion(authority.documents, AUTHORITY_TARGET, encodeRegister(pass, descriptor)))
  }

  test('in answers before a meeting takes half of the room at most, and those that relays bring themselves are taken', async () => {
    const given = encodeDescriptors(flood.map((descriptor, n) => ({ received: n + 1, descriptor })))
    const floods = drawInvite('one peer')
    const desk = await open(
      {
        ask: (invite, target, request) =>
          Promise.resolve(
            equalBytes(invite.relayKey, floods.relayKey) && target.host === AUTHORITY_TARGET.host && request[0] === PeerKind.descriptors
              ? given
              : undefined,
          ),
      },
      { relaysMax: RELAYS_MAX },
    )
    await desk.authority.sync()
    expect(await desk.book.relays(NOW_S)).toHaveLength(RELAYS_MAX / 2)
    expect(await register(desk, third, 1, described('honest'))).toBe('')
    expect(await desk.book.knows(descriptorOf(drawInvite('honest')))).toBe(true)
  })

  test('uses up no join code of another by one of its own with the same id', async () => {
    const desk = await open()
    expect(await register(desk, other, 1, described('its own'))).toBe('')
    expect([await register(desk, third, 1, described('honest'), 1), await register(desk, third, 1, described('late'), 1)]).toEqual([
      '',
      'used-code',
    ])
  })

  test('lets no relay of its own in by what another showed it to register, nor uses that one’s code up', async () => {
    const desk = await open()
    const honest = described('honest')
    if (third === undefined) throw new Error('the network has fewer authorities')
    const shown = passOf({ secret: new Uint8Array(32).fill(1), uses: 1, certificateBytes: third.certificate }, third.signing.sign, honest)
    const show = async (descriptor: Uint8Array): Promise<string> =>
      String(await putQuestion(desk.authority.documents, AUTHORITY_TARGET, encodeRegister(shown, descriptor)))
    expect([await show(described('its own')), await show(honest), await show(honest)]).toEqual(['bad-code', '', ''])
  })

  test('uses up no join code of a relay for which it left no room', async () => {
    const desk = await open({}, { relaysMax: 1 })
    expect(await register(desk, other, 1, described('its own'))).toBe('')
    const words = [await register(desk, third, 1, described('honest'), 1), await register(desk, third, 1, described('another'), 1)]
    expect(words).toEqual(['full', 'full'])
  })

  test('by join codes of its own takes half of the room at most, whatever their number', async () => {
    const desk = await open({}, { relaysMax: RELAYS_MAX })
    const words: string[] = []
    for (const [n, descriptor] of flood.entries()) words.push(await register(desk, other, n, descriptor))
    expect(await desk.book.relays(NOW_S)).toHaveLength(RELAYS_MAX / 2)
    // Nobody is told that it was taken in who was not.
    expect(words).toEqual(flood.map((_, n) => (n < RELAYS_MAX / 2 ? '' : 'full')))
    expect(await register(desk, third, 1, described('honest'))).toBe('')
    expect(await desk.book.knows(descriptorOf(drawInvite('honest')))).toBe(true)
  })
})

test('a join code by a signing key that was replaced, as one that was stolen is, lets no relay in', async () => {
  const [, other] = network.authorities
  if (other === undefined) throw new Error('the network has fewer authorities')
  const certificate = makeCertificate(network.networkId, other.root, other.signing, 2)
  const replaced = { ...network, authorities: network.authorities.map((one) => (one === other ? { ...one, certificate } : one)) }
  const [held] = holdSeveral(replaced, 1)
  const { authority } = await open({
    ask: (_invite, target, request) =>
      Promise.resolve(target.host !== 'directory.invalid' ? undefined : request[0] === 1 ? held?.bundle : encodeRoll([])),
  })
  const say = async (certificateBytes: Uint8Array, relay: string): Promise<string> => {
    const descriptor = encodeDescriptor(descriptorOf(drawInvite(relay)), drawKeys(relay).sign)
    const pass = passOf({ secret: new Uint8Array(32), uses: 9, certificateBytes }, other.signing.sign, descriptor)
    return String(await putQuestion(authority.documents, AUTHORITY_TARGET, encodeRegister(pass, descriptor)))
  }
  expect(await say(other.certificate, 'before')).toBe('')
  await authority.sync()
  expect(authority.shown?.consensus.number).toBe(1)
  expect([await say(other.certificate, 'after'), await say(certificate, 'by the new')]).toEqual(['bad-code', ''])
})

test('a relay that was tested while the authority’s clock was ahead is tested again when that is set right', async () => {
  const { authority, book } = await open()
  await book.tested(await take(book, 'early'), { atS: NOW_S + 86_400, weight: 0, fault: 'not-admitted' })
  await authority.test('others')
  expect((await book.relays(NOW_S)).map(({ testedS, fault }) => [testedS, fault])).toEqual([[NOW_S, '']])
})

test('a relay whose clock was set back is told that what it says now is not taken, and not that it is', async () => {
  const { authority, book } = await open()
  const ahead = await take(book, 'ahead')
  const say = (issuedS: number): Promise<Uint8Array | undefined> => {
    const descriptor = encodeDescriptor({ ...ahead, issuedS, isLeaving: true }, drawKeys('ahead').sign)
    return putQuestion(authority.documents, AUTHORITY_TARGET, encodeRegister(new Uint8Array(), descriptor))
  }
  expect(String(await say(ahead.issuedS - 1))).toBe('older')
  expect((await book.relays(NOW_S)).map(({ descriptor }) => descriptor.isLeaving)).toEqual([false])
  expect([await say(ahead.issuedS + 1), await say(ahead.issuedS + 1)].map(String)).toEqual(['', ''])
  expect((await book.relays(NOW_S)).map(({ descriptor }) => descriptor.isLeaving)).toEqual([true])
})

test('a relay that changes without end is heard some times an hour, and others as ever', async () => {
  let nowS = NOW_S
  const { authority, book } = await open({ nowMs: () => nowS * 1_000 })
  for (const name of ['restless', 'other']) await take(book, name)
  let issuedS = NOW_S - 60
  const say = async (name: string): Promise<string> => {
    const descriptor = { ...descriptorOf(drawInvite(name)), issuedS: ++issuedS }
    const register = encodeRegister(new Uint8Array(), encodeDescriptor(descriptor, drawKeys(name).sign))
    return String(await putQuestion(authority.documents, AUTHORITY_TARGET, register))
  }
  for (let time = 0; time < authorityLimits.saidHourlyMax; time++) expect(await say('restless')).toBe('')
  expect([await say('restless'), await say('other')]).toEqual(['too-often', ''])
  nowS += 3_600
  expect(await say('restless')).toBe('')
})

test('a store that fails while a relay registers ends nothing, and is told of; the stream is reset', async () => {
  const faults: unknown[] = []
  const { authority, book } = await open({ onFault: (error) => faults.push(error) })
  const gone = new Error('connect ECONNREFUSED')
  book.knows = () => Promise.reject(gone)
  const descriptor = encodeDescriptor(descriptorOf(drawInvite('new')), drawKeys('new').sign)
  expect(await putQuestion(authority.documents, AUTHORITY_TARGET, encodeRegister(new Uint8Array(), descriptor))).toBeUndefined()
  expect(faults).toEqual([gone])
})

test('a folder that is being worked on, and can’t be used meanwhile, leaves what could be used last, and is told of once', () => {
  const told: string[] = []
  const good = { networkId: new Uint8Array(32) } as never
  let fault: Error | undefined
  const mandate = keepingLast(
    () => {
      if (fault !== undefined) throw fault
      return good
    },
    (words) => told.push(words),
  )
  fault = new OperatorError('authority.json is not JSON')
  expect([mandate(), mandate(), told]).toEqual([good, good, ['authority.json is not JSON']])
  fault = undefined
  expect(mandate()).toBe(good)
  fault = new TypeError('a bug')
  expect(mandate).toThrow('a bug')
})

/** What a relay shows by a code like that, whose relay describes itself so. */
function passOf(parts: Pick<JoinCodeParts, 'secret' | 'uses' | 'certificateBytes'>, sign: Sign, descriptor: Uint8Array): Uint8Array {
  const code = encodeJoinCode({ networkId: network.networkId, untilS: NOW_S + 3_600, authorities: [], ...parts }, sign)
  return encodePass(decodeJoinCode(code), decodeDescriptor(nodeCrypto, descriptor, NOW_S).invite.policyKey)
}
