import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Endpoint, encodeBase64url, encodeHex, type Invite } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { type DoctorReport, doctorLines, roundOff, wayLine, withWords } from '../../../client/contract/doctor.ts'
import { Control } from '../../../client/engine/control/control.ts'
import type { ProbeResult } from '../../../client/engine/control/outcome.ts'
import { waysOf } from '../../../client/engine/control/way.ts'
import { History } from '../../../client/engine/doctor/history.ts'
import { createReport } from '../../../client/engine/doctor/report.ts'
import type { Failed, Tried } from '../../../client/engine/doctor/try-way.ts'
import { WayNames } from '../../../client/engine/way-names.ts'
import { endpoint, PLACES } from '../control/places.ts'

const WAYS = waysOf(PLACES.relays)
const [WAY] = WAYS as [(typeof WAYS)[0]]

function tried(way: Tried['way'], failed?: Failed, ms: number | undefined = failed === undefined ? 45 : undefined): Tried {
  return { way, ms, failed, receivedBytes: failed?.bytes ?? 50_000, tookMs: 100, clockOffsetS: 0, policy: undefined }
}

function reportOf(tries: readonly Tried[], history = new History()): DoctorReport {
  for (const one of tries) history.tried(one, () => undefined)
  const ways = [...new Set(tries.map(({ way }) => way))]
  return createReport({ finding: { verdict: 'open', evidence: [] }, history, ways, names: new WayNames(WAYS), hasInterface: true })
}

describe('a way is described', () => {
  const cases: readonly (readonly [string, Failed | undefined, string])[] = [
    ['that works', undefined, 'relay 1, direct WebSocket: works, 45 ms'],
    ['whose address is silent', { step: 'tcp', fault: 'timeout' }, 'relay 1, direct WebSocket: nothing comes back from its address'],
    ['whose name is reset', { step: 'tls', fault: 'reset' }, 'relay 1, direct WebSocket: cut after its name is sent'],
    ['whose name silences', { step: 'tls', fault: 'timeout' }, 'relay 1, direct WebSocket: falls silent after its name is sent'],
    ['that is frozen', { step: 'carry', fault: 'timeout', bytes: 16_384 }, 'relay 1, direct WebSocket: falls silent after about 16 kB'],
    [
      'whose relay has another invite by now',
      { step: 'upgrade', fault: 'not-admitted' },
      'relay 1, direct WebSocket: its site answers, but does not know this invite',
    ],
  ]
  test.each(cases)('%s', (_, failed, words) => {
    const [way] = reportOf([tried(WAY, failed)]).ways
    expect(way && wayLine(way)).toBe(words)
  })

  test('by the try that came furthest, since a censor that heard a name may block the address for a while', () => {
    const told: unknown[] = []
    const history = new History()
    const tell = (outcome: object): unknown => told.push(outcome)
    expect(history.tried(tried(WAY, { step: 'tls', fault: 'reset' }), tell)).toBe(true)
    expect(history.tried(tried(WAY, { step: 'tcp', fault: 'refused' }), tell)).toBe(true)
    expect(told).toMatchObject(Array(2).fill({ kind: 'dial-failed', step: 'tls', fault: 'reset' }))
    expect(reportOf([], history).ways).toEqual([])
    expect(history.of(WAY)).toMatchObject({ failures: 2, failed: { step: 'tls' } })
  })

  test('as one that works after a failure, if it does', () => {
    const [way] = reportOf([tried(WAY, { step: 'tcp', fault: 'timeout' }), tried(WAY)]).ways
    expect(way && wayLine(way)).toBe('relay 1, direct WebSocket: works, 45 ms, after 1 failure')
  })
})

test('without a way that works and anybody else to ask, the verdict is unclear rather than good', () => {
  expect(reportOf([tried(WAY, { step: 'tcp', fault: 'timeout' })]).verdict).toBe('unclear')
  expect(reportOf([tried(WAY, { step: 'upgrade', fault: 'not-admitted' })]).verdict).toBe('open')
  expect(reportOf([tried(WAY)]).verdict).toBe('open')
})

test('numbers are rounded to two digits', () => {
  expect([0, 7, 45, 147, 1_234, 16_384, -86_399].map(roundOff)).toEqual([0, 7, 45, 150, 1_200, 16_000, -86_000])
})

// Whoever sends their report to somebody must not tell where they dial, who they are, or when. Method: invites, policies and results at random, with
// names that nobody would say by chance; then all that is printed or saved is searched.
describe('nothing that is printed or saved tells who or where anyone is', () => {
  const label = fc.stringMatching(/^[qxzjkvw]{5,9}$/)
  const host = fc.oneof(
    fc.array(label, { minLength: 2, maxLength: 3 }).map((labels) => labels.join('.')),
    fc.ipV4().filter((text) => text.split('.').some((part) => part.length > 2)),
    fc.ipV6(),
  )
  const port = fc.integer({ min: 1, max: 65_535 })
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const someEndpoint: fc.Arbitrary<Endpoint> = fc.record({
    address: fc.tuple(host, port).map(([name, number]) => (name.includes(':') ? `[${name}]:${number}` : `${name}:${number}`)),
    serverName: label.map((name) => `${name}.example`),
    hostName: label.map((name) => `${name}.example`),
    path: label.map((name) => `/${name}`),
    pin: fc.option(bytes32, { nil: undefined }),
    carriers: fc.constantFrom<Endpoint['carriers']>(['websocket'], ['http'], ['websocket', 'http']),
    isEdge: fc.boolean(),
  })
  const someInvite: fc.Arbitrary<Invite> = fc.record({
    relayKey: bytes32,
    psk: bytes32,
    policyKey: bytes32,
    endpoints: fc.array(someEndpoint, { minLength: 1, maxLength: 4 }),
  })
  const someFailure: fc.Arbitrary<Failed> = fc.record(
    {
      step: fc.constantFrom('dns', 'tcp', 'tls', 'upgrade', 'reply', 'carry'),
      fault: fc.constantFrom(
        'timeout',
        'reset',
        'refused',
        'no-network',
        'upstream',
        'no-name',
        'certificate',
        'clock',
        'expired',
        'not-admitted',
        'answer',
      ),
      bytes: fc.nat({ max: 10_000_000 }),
    },
    { requiredKeys: ['step', 'fault'] },
  )
  const run = fc.record({
    invites: fc.array(someInvite, { minLength: 1, maxLength: 3 }),
    canaries: fc.array(
      fc.record({ side: fc.constantFrom('domestic', 'foreign'), address: fc.tuple(host, port).map((pair) => pair.join(':')) }),
    ),
    failures: fc.array(fc.option(someFailure, { nil: undefined }), { minLength: 1, maxLength: 12 }),
    ms: fc.double({ min: 0, max: 20_000, noNaN: true }),
    clockOffsetMs: fc.integer({ min: -9e8, max: 9e8 }),
    network: fc.uint8Array({ minLength: 8, maxLength: 40 }),
  })

  type Given = typeof run extends fc.Arbitrary<infer T> ? T : never
  const SOURCES = ['doctor', 'verdict', 'way-name'].map((name) => new URL(`../../../client/contract/${name}.ts`, import.meta.url))
  const VOCABULARY = new Set(
    SOURCES.flatMap(
      (file) =>
        readFileSync(file, 'utf8')
          .toLowerCase()
          .match(/[a-z]+/g) ?? [],
    ).concat('true', 'false'),
  )

  /** Feeds a run to control and history as an examination does. */
  function play({ invites, canaries, failures, ms, clockOffsetMs, network }: Given): DoctorReport {
    const ways = waysOf(invites)
    const control = new Control({
      crypto: nodeCrypto,
      random: nodeRandom,
      saved: undefined,
      network,
      nowMs: 0,
      relays: invites,
      policy: undefined,
    })
    const history = new History()
    for (const [index, way] of [...ways, ...ways].entries()) {
      const failed = failures[index % failures.length]
      control.note({ kind: 'dialling', way }, index)
      history.tried(
        { ...tried(way, failed, failed === undefined || failed.step === 'carry' ? ms : undefined), clockOffsetS: 1 },
        (outcome) => control.note(outcome, index),
      )
      if (index % 3 === 0) history.liedAbout(way)
    }
    for (const [index, { side, address }] of canaries.entries()) {
      const fault = index % 2 === 0 ? undefined : 'timeout'
      const result: ProbeResult = { kind: 'canary', side, address, fault, clockOffsetMs }
      control.note({ kind: 'probed', result }, 100)
      history.asked({ side, address }, fault === undefined)
      history.clockOffsetsMs.push(clockOffsetMs)
    }
    return createReport({ finding: control.finding(), history, ways, names: new WayNames(ways), hasInterface: true })
  }

  test('whatever the invite and whatever happened', () => {
    fc.assert(
      fc.property(run, (given) => {
        const report = play(given)
        const text = `${JSON.stringify(withWords(report), undefined, 2)}\n${doctorLines(report).join('\n')}`.toLowerCase()
        const ofEndpoint = ({ address, serverName, hostName, path, pin }: Endpoint): readonly string[] => [
          ...partsOf(address),
          ...partsOf(serverName),
          ...partsOf(hostName),
          path,
          ...keyTexts(pin),
        ]
        const secrets = [
          ...given.invites.flatMap(({ relayKey, psk, policyKey, endpoints }) => [
            ...[relayKey, psk, policyKey].flatMap(keyTexts),
            ...endpoints.flatMap(ofEndpoint),
          ]),
          ...given.canaries.flatMap(({ address }) => partsOf(address)),
          ...keyTexts(given.network),
        ]
        expect(secrets.filter((secret) => text.includes(secret.toLowerCase()))).toEqual([])
        // No word but those that stand in the sources, so no user, machine or month either; no address, no clock time, no date.
        expect((text.match(/[a-z]+/g) ?? []).filter((word) => !VOCABULARY.has(word))).toEqual([])
        expect(text).not.toMatch(/\d+\.\d+\.\d|::|\d:\d|\d{4}-\d|\d{10}/)
        expect(numbersIn(report).filter((number) => number !== roundOff(number))).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  /** The whole, its host, and each long label of it. */
  function partsOf(address: string): string[] {
    const plain = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
    return [address, plain, ...plain.split('.').filter((part) => /^[a-z]{5,}$/.test(part) && part !== 'example')]
  }

  function keyTexts(key: Uint8Array | undefined): string[] {
    return key === undefined ? [] : [encodeHex(key).slice(0, 12), encodeBase64url(key).slice(0, 10)]
  }
})

/** All but counts. */
function numbersIn({ evidence, ways }: DoctorReport): number[] {
  return [
    ...evidence.flatMap(({ ms, bytes, bytesPerS }) => [ms, bytes, bytesPerS]),
    ...ways.flatMap(({ ms, failed }) => [ms, failed?.bytes]),
  ].filter((number) => number !== undefined)
}

test('ways are named by their place in invite and policy, and relays only where there are several', () => {
  const one = {
    relayKey: new Uint8Array(32),
    endpoints: [endpoint('192.0.2.1'), endpoint('e.example', { isEdge: true, carriers: ['http'] })],
  }
  const ways = waysOf([one])
  const names = new WayNames(ways)
  expect(ways.map((way) => names.nameOf(way))).toEqual([
    { place: 'direct', carrier: 'websocket' },
    { place: 'direct', carrier: 'http' },
    { place: 'edge', number: 1, carrier: 'http' },
  ])
  expect(new WayNames(WAYS).nameOf(WAYS.at(-1) as (typeof WAYS)[0])).toEqual({ relay: 2, place: 'edge', number: 1, carrier: 'http' })
})
