import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Question } from 'dns-packet'
import { afterEach, describe, expect, test } from 'vitest'
import { ResetCode } from '#protocol'
import { type Answer, type Family, Resolver } from '../../../relay/dial/resolver.ts'
import { type ResolverLimits, resolverLimits } from '../../../relay/limits.ts'
import { addressRecords, DnsServer, type Reply } from './dns-server.ts'

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

interface Setup {
  readonly dns: DnsServer
  readonly clock: { nowMs: number }
  readonly resolver: Resolver
  readonly lookup: (name: string, family?: Family) => Promise<Answer>
}

async function setUp(zone: (question: Question, index: number) => Reply, limits: Partial<ResolverLimits> = {}, hosts = ''): Promise<Setup> {
  const dns = await DnsServer.start(zone)
  const folder = mkdtempSync(join(tmpdir(), 'hosts-'))
  const hostsFile = join(folder, 'hosts')
  writeFileSync(hostsFile, hosts)
  const clock = { nowMs: 0 }
  const anyone = {}
  const resolver = new Resolver({ servers: [dns.address], hostsFile, nowMs: () => clock.nowMs, limits: { ...resolverLimits, ...limits } })
  cleanUps.push(
    () => resolver.close(),
    () => dns.close(),
    () => rmSync(folder, { recursive: true }),
  )
  return { dns, clock, resolver, lookup: (name, family = 4) => new Promise((resolve) => resolver.lookup(name, family, anyone, resolve)) }
}

describe('what name servers say', () => {
  test('an answer holds the addresses of the family that was asked for', async () => {
    const { lookup } = await setUp((question) => addressRecords(question, ['1.1.1.1', '2606:4700::1', '1.0.0.1']))
    expect(await lookup('one.example', 4)).toEqual({ addresses: ['1.1.1.1', '1.0.0.1'] })
    expect(await lookup('one.example', 6)).toEqual({ addresses: ['2606:4700::1'] })
  })

  test('a CNAME chain is followed to its addresses', async () => {
    const { lookup } = await setUp((question) => [
      { type: 'CNAME', name: question.name, data: 'edge.example', ttl: 60 },
      { type: 'CNAME', name: 'edge.example', data: 'node.example', ttl: 60 },
      { type: 'A', name: 'node.example', data: '1.1.1.1', ttl: 60 },
    ])
    expect(await lookup('www.example')).toEqual({ addresses: ['1.1.1.1'] })
  })

  test('of many addresses a bounded number is kept', async () => {
    const many = Array.from({ length: 25 }, (_, i) => `1.1.1.${i}`)
    const { lookup } = await setUp((question) => addressRecords(question, many))
    expect(await lookup('many.example')).toEqual({ addresses: many.slice(0, resolverLimits.addressesMax) })
  })

  test.each<[string, () => Reply, ResetCode]>([
    ['a name that does not exist', () => 'noSuchName', ResetCode.nameNotFound],
    ['a name without such an address', () => [], ResetCode.nameNotFound],
    ['a failing name server', () => 'serverFailure', ResetCode.nameNotFound],
    ['a silent name server', () => 'silence', ResetCode.timeout],
  ])('%s is a failure of its own code', async (_what, zone, code) => {
    const { lookup } = await setUp(zone, { queryMs: 20, triesMax: 1 })
    expect(await lookup('none.example')).toEqual({ code })
  })
})

describe('the cache', () => {
  const changing = (ttl: number) => (question: Question, index: number) => addressRecords(question, [`1.1.1.${index}`], ttl)

  test('an answer is asked for once while its TTL runs, and again after', async () => {
    const { lookup, clock, dns } = await setUp(changing(60))
    expect(await lookup('a.example')).toEqual({ addresses: ['1.1.1.0'] })
    clock.nowMs = 59_999
    expect(await lookup('a.example')).toEqual({ addresses: ['1.1.1.0'] })
    clock.nowMs = 60_000
    expect(await lookup('a.example')).toEqual({ addresses: ['1.1.1.1'] })
    expect(dns.asked).toEqual(['A a.example', 'A a.example'])
  })

  test.each([
    ['a TTL of zero lasts for the lower bound', 0, resolverLimits.ttlMinMs],
    ['a TTL of a week lasts for the upper bound', 604_800, resolverLimits.ttlMaxMs],
  ])('%s', async (_what, ttl, lastsMs) => {
    const { lookup, clock, dns } = await setUp(changing(ttl))
    await lookup('a.example')
    clock.nowMs = lastsMs - 1
    await lookup('a.example')
    expect(dns.asked.length).toBe(1)
    clock.nowMs = lastsMs
    await lookup('a.example')
    expect(dns.asked.length).toBe(2)
  })

  test.each([
    ['that a name does not exist', 'noSuchName', resolverLimits.noAddressMs],
    ['that a name server fails', 'serverFailure', resolverLimits.failureMs],
  ] as const)('%s is remembered, for a while', async (_what, reply, lastsMs) => {
    const { lookup, clock, dns } = await setUp(() => reply, { triesMax: 1 })
    await lookup('a.example')
    const askedCount = dns.asked.length
    clock.nowMs = lastsMs - 1
    await lookup('a.example')
    expect(dns.asked.length).toBe(askedCount)
    clock.nowMs = lastsMs
    await lookup('a.example')
    expect(dns.asked.length).toBeGreaterThan(askedCount)
  })

  test('the oldest entry makes room for a new one', async () => {
    const { lookup, dns } = await setUp(changing(60), { entriesMax: 2 })
    for (const name of ['a.example', 'b.example', 'c.example', 'b.example', 'c.example', 'a.example']) await lookup(name)
    expect(dns.asked).toEqual(['A a.example', 'A b.example', 'A c.example', 'A a.example'])
  })

  test('a known answer is given before lookup returns', async () => {
    const { lookup, resolver } = await setUp(changing(60))
    await lookup('a.example')
    let answer: Answer | undefined
    resolver.lookup('a.example', 4, {}, (given) => {
      answer = given
    })
    expect(answer).toEqual({ addresses: ['1.1.1.0'] })
  })
})

describe('load', () => {
  test('callers that ask for the same name at once share one query', async () => {
    const { lookup, dns } = await setUp((question) => addressRecords(question, ['1.1.1.1']))
    const answers = await Promise.all(Array.from({ length: 100 }, () => lookup('a.example')))
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set(['{"addresses":["1.1.1.1"]}']))
    expect(dns.asked).toEqual(['A a.example'])
  })

  test('queries beyond the limit wait for their turn, and all are answered', async () => {
    let runningCount = 0
    let mostCount = 0
    const { lookup } = await setUp(
      (question) => {
        mostCount = Math.max(mostCount, ++runningCount)
        return new Promise((resolve) =>
          setImmediate(() => {
            runningCount--
            resolve(addressRecords(question, ['1.1.1.1']))
          }),
        )
      },
      { queriesMax: 3 },
    )
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => lookup(`n${i}.example`)))
    expect(answers).toEqual(Array.from({ length: 50 }, () => ({ addresses: ['1.1.1.1'] })))
    expect(mostCount).toBeLessThanOrEqual(3)
  })

  test('what the queue does not hold fails with overload at once', async () => {
    const { lookup, resolver } = await setUp(() => 'silence', { queriesMax: 1, queuedMax: 1 })
    const held = [lookup('asked.example'), lookup('queued.example')]
    expect(await lookup('late.example')).toEqual({ code: ResetCode.overload })
    resolver.close()
    expect(await Promise.all(held)).toEqual([{ code: ResetCode.goingAway }, { code: ResetCode.goingAway }])
  })

  test('callers that wait are bounded too', async () => {
    const { lookup, resolver } = await setUp(() => 'silence', { waitersMax: 4 })
    const held = [lookup('a.example'), lookup('a.example')]
    expect(await lookup('a.example')).toEqual({ code: ResetCode.overload })
    resolver.close()
    await Promise.all(held)
    const again = lookup('a.example')
    resolver.close()
    expect(await again).toEqual({ code: ResetCode.goingAway })
  })
})

describe('of several who ask', () => {
  const ask = ({ resolver }: Setup, name: string, asker: object): Promise<Answer> =>
    new Promise((resolve) => resolver.lookup(name, 4, asker, resolve))
  /** Somebody who asks for names that nobody answers for. */
  async function withSlow(limits: Partial<ResolverLimits>, names: readonly string[]): Promise<{ setup: Setup; slow: Promise<Answer>[] }> {
    const setup = await setUp(
      ({ name, ...rest }) => (/^slow/.test(name) ? 'silence' : addressRecords({ name, ...rest }, ['1.1.1.1'])),
      limits,
    )
    const greedy = {}
    return { setup, slow: names.map((name) => ask(setup, name, greedy)) }
  }
  const SLOW = Array.from({ length: 20 }, (_, i) => `slow${i}.example`)

  test('one whose names are slow to come holds up themselves alone', async () => {
    const { setup, slow } = await withSlow({ queriesMax: 4 }, SLOW)
    expect(await ask(setup, 'quick.example', {})).toEqual({ addresses: ['1.1.1.1'] })
    expect(setup.dns.asked.filter((question) => /slow/.test(question)).length).toBeLessThanOrEqual(2)
    setup.resolver.close()
    await Promise.all(slow)
  })

  test('one who fills the queue leaves room in it', async () => {
    const { setup, slow } = await withSlow({ queriesMax: 4, queuedMax: 10 }, SLOW)
    expect(await slow.at(-1)).toEqual({ code: ResetCode.overload })
    expect(await ask(setup, 'quick.example', {})).toEqual({ addresses: ['1.1.1.1'] })
    setup.resolver.close()
    await Promise.all(slow)
  })

  test('a name that two wait for comes for both, though the first of them has asked for too much', async () => {
    const { setup, slow } = await withSlow({ queriesMax: 4 }, [...SLOW, 'quick.example'])
    expect(await ask(setup, 'quick.example', {})).toEqual({ addresses: ['1.1.1.1'] })
    expect(await slow.at(-1)).toEqual({ addresses: ['1.1.1.1'] })
    setup.resolver.close()
    await Promise.all(slow)
  })
})

describe('names that are not asked for', () => {
  const hosts =
    '# comment\n127.0.1.1 Box.example box # alias\n192.168.0.9\tprinter.example\n2001:db8::9 printer.example\nnonsense printer.example\n'

  test('the hosts file goes before DNS, per name', async () => {
    const { lookup, dns } = await setUp(() => 'noSuchName', {}, hosts)
    expect(await lookup('box.example')).toEqual({ addresses: ['127.0.1.1'] })
    expect(await lookup('box', 6)).toEqual({ code: ResetCode.nameNotFound })
    expect(await lookup('printer.example', 4)).toEqual({ addresses: ['192.168.0.9'] })
    expect(await lookup('printer.example', 6)).toEqual({ addresses: ['2001:db8::9'] })
    expect(dns.asked).toEqual([])
  })

  test('a hosts file that is too large or missing counts as empty', async () => {
    const { lookup, dns } = await setUp(() => 'noSuchName', { hostsBytesMax: 10 }, hosts)
    expect(await lookup('box.example')).toEqual({ code: ResetCode.nameNotFound })
    expect(dns.asked).toEqual(['A box.example'])
    expect(() => new Resolver({ hostsFile: '/nonexistent/hosts' })).not.toThrow()
  })

  test('localhost is loopback and .onion does not exist', async () => {
    const { lookup, dns } = await setUp(() => 'noSuchName')
    expect(await lookup('localhost', 4)).toEqual({ addresses: ['127.0.0.1'] })
    expect(await lookup('app.localhost', 6)).toEqual({ addresses: ['::1'] })
    expect(await lookup('hidden.onion')).toEqual({ code: ResetCode.nameNotFound })
    expect(dns.asked).toEqual([])
  })
})
