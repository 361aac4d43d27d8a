// What the relay must never dial, however it is spelled: the corpora in test/vectors, and generated spellings.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ResetCode, type Target } from '#protocol'
import { Dialer, type DialResult, type UdpDestination } from '../../../relay/dial/dial.ts'
import { Resolver } from '../../../relay/dial/resolver.ts'
import allowed from '../../vectors/allowed-destinations.json' with { type: 'json' }
import refused from '../../vectors/refused-destinations.json' with { type: 'json' }
import { addressRecords, DnsServer } from './dns-server.ts'
import { FakeSockets, ROOMY } from './fake-sockets.ts'

const OWN = ['8.8.4.4', '2606:4700:4700::64']

const zone = new Map<string, readonly string[]>()
for (const { spelling, answers } of [...refused, ...allowed] as { spelling: string; answers?: string[] }[]) {
  if (answers !== undefined) zone.set(spelling.toLowerCase().replace(/\.$/, ''), answers)
}

let dns: DnsServer
beforeAll(async () => {
  dns = await DnsServer.start((question) => {
    const addresses = zone.get(question.name)
    return addresses === undefined ? 'noSuchName' : addressRecords(question, addresses)
  })
})
afterAll(() => dns.close())

function setUp(): {
  sockets: FakeSockets
  tcp: (target: Target) => Promise<DialResult>
  udp: (target: Target) => Promise<UdpDestination | ResetCode>
} {
  const sockets = new FakeSockets(() => 'ECONNREFUSED')
  const resolver = new Resolver({ servers: [dns.address], hostsFile: '' })
  const dialer = new Dialer({ allow: [], deny: OWN, resolver, connect: sockets.connect })
  return {
    sockets,
    tcp: (target) => new Promise((resolve) => dialer.dialTcp(target, ROOMY, resolve)),
    udp: (target) => new Promise((resolve) => dialer.resolveUdp(target, ROOMY, resolve)),
  }
}

describe('a refused destination is neither dialled nor asked for', () => {
  test('the corpus holds each spelling once, and at least 60', () => {
    expect(new Set(refused.map(({ spelling }) => spelling)).size).toBe(refused.length)
    expect(refused.length).toBeGreaterThanOrEqual(60)
  })

  test.each(refused as { spelling: string; why: string; answers?: string[] }[])('$spelling ($why)', async ({ spelling, answers }) => {
    const { sockets, tcp, udp } = setUp()
    const askedBefore = dns.asked.length
    const results = [await tcp({ host: spelling, port: 80 }), { code: await udp({ host: spelling, port: 53 }) }]
    const code = /onion$/.test(spelling) ? ResetCode.nameNotFound : ResetCode.denied
    expect(results).toEqual([{ code }, { code }])
    expect(sockets.dialled).toEqual([])
    if (answers === undefined) expect(dns.asked.slice(askedBefore)).toEqual([])
  })
})

describe('an allowed destination is dialled at exactly its public addresses', () => {
  test.each(allowed)('$spelling ($why)', async ({ spelling, dialled }) => {
    const { sockets, tcp, udp } = setUp()
    expect(await tcp({ host: spelling, port: 80 })).toEqual({ code: ResetCode.refused })
    expect(sockets.dialled.toSorted()).toEqual(dialled.toSorted())
    expect(dialled).toContain(((await udp({ host: spelling, port: 53 })) as UdpDestination).address)
  })

  test.each([25, 0, 65536])('but never at port %i', async (port) => {
    const { sockets, tcp, udp } = setUp()
    expect(await tcp({ host: '1.1.1.1', port })).toEqual({ code: ResetCode.denied })
    expect(await udp({ host: 'example.com', port })).toBe(ResetCode.denied)
    expect(sockets.dialled).toEqual([])
  })
})

describe('generated spellings', () => {
  const REFUSED_IPV4: readonly (readonly [string, number])[] = [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 3],
  ]
  const inside = fc.tuple(fc.constantFrom(...REFUSED_IPV4), fc.nat(0xffffffff)).map(([[base, bits], any]) => {
    const mask = 0xffffffff >>> bits
    const number = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
    return number + ((any & mask) >>> 0)
  })
  const parts = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
  const dotted = (n: number): string => parts(n).join('.')
  const groups = (n: number): string => `${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}`
  const radix = fc.constantFrom(
    (n: number) => String(n),
    (n: number) => `0${n.toString(8)}`,
    (n: number) => `0x${n.toString(16)}`,
    (n: number) => `000${n}`,
  )

  /** The whole address as 1 to 4 parts, each in some base, as inet_aton reads them. */
  const numeric = fc
    .tuple(inside, fc.integer({ min: 1, max: 4 }), fc.array(radix, { minLength: 4, maxLength: 4 }))
    .map(([n, count, write]) => {
      const leading = parts(n).slice(0, count - 1)
      const last = n % 256 ** (5 - count)
      return [...leading, last].map((part, i) => write[i]?.(part)).join('.')
    })
  const embedded = fc
    .tuple(inside, fc.nat(0xffff))
    .chain(([n, any]) =>
      fc.constantFrom(
        `::ffff:${dotted(n)}`,
        `::ffff:${groups(n)}`,
        `0:0:0:0:0:FFFF:${groups(n)}`,
        `::ffff:0:${groups(n)}`,
        `::${dotted(n)}`,
        `::${groups(n)}`,
        `64:ff9b::${dotted(n)}`,
        `0064:FF9B:0::0:${groups(n)}`,
        `64:ff9b:1::${groups(n)}`,
        `2002:${groups(n)}::${any.toString(16)}`,
        `2001:0:${groups(n)}::${any.toString(16)}`,
        `2001::${groups(~n >>> 0)}`,
        `fe80::${groups(n)}`,
        `fd00::${groups(n)}`,
      ),
    )
  const dress = fc.constantFrom(
    (text: string) => text,
    (text: string) => text.toUpperCase(),
    (text: string) => `${text}.`,
    (text: string) => `[${text}]`,
    (text: string) => `${text}%1`,
    (text: string) => ` ${text}`,
    (text: string) => text.replaceAll('.', '。'),
    (text: string) => text.replaceAll('.', '%2E'),
    (text: string) => text.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
    (text: string) => text.replace(/^./, (first) => `%${first.charCodeAt(0).toString(16)}`),
  )
  const spelling = fc.tuple(fc.oneof(numeric, embedded, inside.map(dotted)), dress).map(([text, put]) => put(text))
  const plain = fc.oneof(embedded, inside.map(dotted))

  // Goal: no spelling of a refused address is dialled, whoever speaks it. Method: whole dialer, fake sockets, no name may be asked.
  test('none of a refused address is dialled or asked for', () => {
    const sockets = new FakeSockets(() => 'silent')
    const asked: string[] = []
    const resolver = { lookup: (name: string) => void asked.push(name) }
    const dialer = new Dialer({ allow: [], deny: [], resolver, connect: sockets.connect })
    fc.assert(
      fc.property(spelling, (host) => {
        dialer.dialTcp({ host, port: 80 }, ROOMY, () => {})
        let udp: unknown
        dialer.resolveUdp({ host, port: 53 }, ROOMY, (result) => {
          udp = result
        })
        return sockets.dialled.length === 0 && asked.length === 0 && udp === ResetCode.denied
      }),
      { numRuns: 5000 },
    )
  })

  test('none that a name resolves to is dialled', () => {
    const sockets = new FakeSockets(() => 'silent')
    let addresses: readonly string[] = []
    const resolver: Pick<Resolver, 'lookup'> = { lookup: (_name, _family, _asker, done) => done({ addresses }) }
    const dialer = new Dialer({ allow: [], deny: [], resolver, connect: sockets.connect })
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 4 }), (answers) => {
        addresses = answers
        dialer.dialTcp({ host: 'rebind.example', port: 80 }, ROOMY, () => {})
        return sockets.dialled.length === 0
      }),
      { numRuns: 2000 },
    )
  })
})
