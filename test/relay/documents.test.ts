// What the relay answers itself: the policy, as clients fetch it.
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  type Consensus,
  DIRECTORY_TARGET,
  decodeBundle,
  decodeInvite,
  decodePolicy,
  encodeBundle,
  encodeDirectoryRequest,
  type Policy,
  parseTarget,
  type Stream,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { policyLimits as fetchLimits } from '../../client/engine/limits.ts'
import { fetchPolicy } from '../../client/engine/policy-fetch.ts'
import * as wire from '../../protocol/limits.ts'
import { loadConfig, loadKeys } from '../../relay/config.ts'
import { bundleFor, serveDirectory } from '../../relay/directory/answer.ts'
import { LOAD_TARGET } from '../../relay/directory/examine.ts'
import { answerLimits, examineLimits } from '../../relay/directory/limits.ts'
import { PolicySource, serveDocuments, serveLoad } from '../../relay/documents.ts'
import { addEdge } from '../../relay/edge-commands.ts'
import { initRelay } from '../../relay/init.ts'
import { createRelayKeys, decodeRelayKeys, encodeRelayKeys, signPolicy } from '../../relay/keys.ts'
import { policyLimits } from '../../relay/limits.ts'
import { changePolicy } from '../../relay/policy-commands.ts'
import { holdSeveral, makeNetwork } from '../protocol/directory/network.ts'
import { fakeStream } from './fake-stream.ts'

const base = mkdtempSync(join(tmpdir(), 'culvert-documents-test-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const NOW_S = Math.floor(Date.now() / 1000)
const TARGET = parseTarget('policy.invalid', 1)

let count = 0
async function made(domain = 'www.red-kettle.example'): Promise<string> {
  const dir = join(base, `relay-${count++}`)
  await initRelay({ dir, domain, listen: '127.0.0.1:0' }, Date.now())
  return dir
}

/** The policy that a relay of this folder would hand out, and one that runs on. */
function source(dir: string, nowS: () => number = () => NOW_S): { readonly source: PolicySource; readonly read: () => Policy } {
  const config = loadConfig(dir)
  const keys = loadKeys(config)
  const made = new PolicySource(dir, config, keys, nowS)
  return { source: made, read: () => decodePolicy(nodeCrypto, made.current(), keys.policyKey, nowS()) }
}

describe('the policy', () => {
  test('is signed by the key in the invite and names the relay itself and its edges', async () => {
    const dir = await made()
    addEdge({ dir, name: 'www.blue-kettle.example' })
    const { policyKey, endpoints } = decodeInvite(readFileSync(join(dir, 'invite'), 'utf8'))
    const policy = decodePolicy(nodeCrypto, source(dir).source.current(), policyKey, NOW_S)
    expect(policy.endpoints).toEqual(endpoints)
    expect(policy).toMatchObject({ issuedS: NOW_S, relays: [], canaries: { domestic: [], foreign: [], udp: [] } })
  })

  test('changes while the relay runs when the operator changes it', async () => {
    const dir = await made()
    const { read } = source(dir)
    expect(read().endpoints.length).toBe(1)
    addEdge({ dir, name: 'www.blue-kettle.example' })
    changePolicy({
      dir,
      domestic: 'News.example:443, [2001:db8::1]:8443',
      foreign: 'far.example:443',
      resolvers: 'https://dns.example/dns-query',
    })
    expect(read()).toMatchObject({
      canaries: { domestic: ['news.example:443', '[2001:db8::1]:8443'], foreign: ['far.example:443'], udp: [] },
      resolvers: ['https://dns.example/dns-query'],
    })
    expect(read().endpoints.length).toBe(2)
  })

  test('stays what it was when the configuration is broken or gone', async () => {
    const dir = await made()
    const { source: own } = source(dir)
    const before = own.current()
    writeFileSync(join(dir, 'config.json'), '{')
    expect(own.current()).toBe(before)
    rmSync(join(dir, 'config.json'))
    expect(own.current()).toBe(before)
  })

  test('stays what it was while its folder can’t be looked into, however the system says that', async () => {
    const dir = await made()
    const { read } = source(dir)
    const before = read()
    renameSync(join(dir, 'config.json'), join(dir, 'aside'))
    symlinkSync('config.json', join(dir, 'config.json'))
    expect(read()).toEqual(before)
    rmSync(join(dir, 'config.json'))
    renameSync(join(dir, 'aside'), join(dir, 'config.json'))
    addEdge({ dir, name: 'www.blue-kettle.example' })
    expect(read().endpoints).toHaveLength(before.endpoints.length + 1)
  })

  test('is signed anew each day, and when the clock went back', async () => {
    let nowS = NOW_S
    const { read } = source(await made(), () => nowS)
    expect(read().issuedS).toBe(NOW_S)
    nowS += policyLimits.reissueS - 1
    expect(read().issuedS).toBe(NOW_S)
    nowS += 1
    expect(read().issuedS).toBe(nowS)
    nowS -= 100
    expect(read().issuedS).toBe(nowS)
  })

  test('fits the wire with everything at its largest', async () => {
    expect(policyLimits).toMatchObject({
      hostsMax: wire.POLICY_HOSTS_MAX,
      relaysMax: wire.POLICY_RELAYS_MAX,
      rotateBytesMin: wire.ROTATION_BYTES_MIN,
      rotateBytesMax: wire.ROTATION_BYTES_MAX,
      rotateSecondsMin: wire.ROTATION_SECONDS_MIN,
      rotateSecondsMax: wire.ROTATION_SECONDS_MAX,
    })
    expect(policyLimits.lifeS).toBeLessThan(wire.POLICY_LIFE_S_MAX)
    const dir = await made(`${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(55)}.example`)
    const long = (n: number): string => `${`${String.fromCharCode(97 + n).repeat(60)}.`.repeat(3)}${'e'.repeat(55)}.example`
    for (let n = 0; n < 7; n++) addEdge({ dir, name: long(n), host: long(n + 7) })
    const hosts = Array.from({ length: 16 }, (_, n) => `${long(n)}:65535`).join()
    const resolvers = Array.from({ length: 16 }, (_, n) => `https://dns.example/${'q'.repeat(235 - String(n).length)}`).join()
    // No invite is as long as the limit allows, so the configuration is written as if there were.
    changePolicy({ dir, domestic: hosts, foreign: hosts, udp: hosts, resolvers })
    const config = loadConfig(dir)
    const spare = wire.POLICY_BYTES_MAX - source(dir).source.current().length
    expect(spare).toBeGreaterThan(policyLimits.relaysMax * (policyLimits.relayBytesMax + 2))
    expect(config.policy.canaries.udp.length).toBe(16)
  })
})

describe('culvert-relay policy', () => {
  test('shows the policy, and tells of further relays only how many there are', async () => {
    const [dir, other] = [await made(), await made()]
    expect(changePolicy({ dir })).toMatch(/further relays +0/)
    const invite = readFileSync(join(other, 'invite'), 'utf8').trim()
    const said = changePolicy({ dir, relays: join(other, 'invite'), rotateBytes: '5000-6000', rotateSeconds: '60-120' })
    expect(said).toMatch(/further relays +1\n.* 60 to 120 s, 5000 to 6000 bytes/)
    expect(said).not.toContain(invite)
    expect(source(dir).read()).toMatchObject({
      relays: [invite],
      rotation: { bytesMin: 5000, bytesMax: 6000, secondsMin: 60, secondsMax: 120 },
    })
    changePolicy({ dir, relays: 'none' })
    expect(source(dir).read().relays).toEqual([])
    expect(source(dir).read().rotation.bytesMin).toBe(5000)
  })

  test.each([
    ['a site without a port', { domestic: 'news.example' }, /^--domestic must look like/],
    ['a resolver without TLS', { resolvers: 'http://dns.example/' }, /^--resolvers must be an https URL/],
    ['a relay file that is not there', { relays: '/nowhere/invite' }, /^--relays names a file that can’t be read/],
    ['a relay file that holds no invite', { relays: import.meta.filename }, /^--relays holds an invite that can’t be used/],
    ['too many sites', { foreign: Array.from({ length: 17 }, (_, n) => `n${n}.example:443`).join() }, /^--foreign may name 16 at most/],
    ['a life of nothing', { rotateBytes: '1-5000' }, /^--rotate-bytes must be FROM-TO/],
    ['a life that ends before it begins', { rotateSeconds: '60-30' }, /^--rotate-seconds must be FROM-TO/],
  ])('refuses %s in words, and changes nothing', async (_what, options, words) => {
    const dir = await made()
    const before = readFileSync(join(dir, 'config.json'), 'utf8')
    expect(() => changePolicy({ dir, ...options })).toThrow(
      expect.objectContaining({ name: 'OperatorError', message: expect.stringMatching(words) }),
    )
    expect(readFileSync(join(dir, 'config.json'), 'utf8')).toBe(before)
  })

  test('older configurations have the defaults', async () => {
    const dir = await made()
    const { policy, edges, ...older } = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))
    writeFileSync(join(dir, 'config.json'), JSON.stringify({ ...older, version: 1 }))
    expect([loadConfig(dir).policy.rotation.secondsMin, loadConfig(dir).edges, edges]).toEqual([300, [], undefined])
    expect(policy).toBeDefined()
  })
})

describe('the key that signs', () => {
  test('follows from the relay’s private key, so that a key file of any age has it', () => {
    const keys = createRelayKeys()
    expect(decodeRelayKeys(encodeRelayKeys(keys))?.policyKey).toEqual(keys.policyKey)
    expect(createRelayKeys().policyKey).not.toEqual(keys.policyKey)
    expect(keys.policyKey).not.toEqual(keys.publicKey)
    expect(signPolicy(keys, new Uint8Array(3)).length).toBe(64)
  })
})

describe('a stream to the policy’s name', () => {
  const POLICY = Uint8Array.from({ length: 3000 }, (_, n) => n)

  test('gets the policy and its end, whatever a session then does with the bytes', () => {
    const documents = serveDocuments(() => POLICY)
    for (const _ of [1, 2]) {
      const stream = fakeStream()
      expect(documents(stream, TARGET, {})).toBe(true)
      const [chunk] = stream.queue
      expect([chunk?.buffer.subarray(chunk.start, chunk.end), stream.finQueued]).toEqual([POLICY, true])
      chunk?.buffer.fill(0)
    }
  })

  test('is told from all others', () => {
    const documents = serveDocuments(() => POLICY)
    for (const [host, port] of [
      ['policy.invalid', 443],
      ['www.policy.invalid', 1],
      ['policy.example', 1],
      ['127.0.0.1', 1],
    ] as const) {
      const stream = fakeStream()
      expect(documents(stream, parseTarget(host, port), {})).toBe(false)
      expect([stream.queuedBytes, stream.finQueued]).toEqual([0, false])
    }
  })

  test('is reset when it brings bytes or datagrams', () => {
    for (const bring of [
      (stream: Stream) => stream.handler.onData(new Uint8Array(1), true),
      (stream: Stream) => stream.handler.onDatagram(TARGET, new Uint8Array(1)),
    ]) {
      const stream = fakeStream()
      serveDocuments(() => POLICY)(stream, TARGET, {})
      bring(stream)
      expect(stream.resetDue).toBeDefined()
    }
  })
})

describe('fetching the policy', () => {
  const keys = createRelayKeys()

  async function signed(): Promise<{ readonly bytes: Uint8Array; readonly policyKey: Uint8Array }> {
    const dir = await made()
    return { bytes: source(dir).source.current(), policyKey: loadKeys(loadConfig(dir)).policyKey }
  }

  test('gives the policy and its bytes, in whatever pieces they come, and closes the stream', async () => {
    const { bytes, policyKey } = await signed()
    for (const size of [1, 100, bytes.length]) {
      const stream = fakeStream()
      const fetched = fetchPolicy(nodeCrypto, { open: () => stream }, policyKey, () => NOW_S)
      expect(stream.finQueued).toBe(true)
      for (let at = 0; at < bytes.length; at += size) receive(stream, bytes.slice(at, at + size))
      stream.handler.onFin()
      expect((await fetched)?.bytes).toEqual(bytes)
      expect((await fetched)?.policy.issuedS).toBe(NOW_S)
    }
  })

  test.each([
    ['the stream is reset', (stream: Stream) => stream.handler.onReset(6)],
    ['there is nothing before the end', (stream: Stream) => stream.handler.onFin()],
    ['it is longer than a policy can be', (stream: Stream) => receive(stream, new Uint8Array(wire.POLICY_BYTES_MAX + 1))],
    ['it is not signed', (stream: Stream) => receive(stream, new Uint8Array(200), true)],
  ])('gives nothing when %s', async (_what, answer) => {
    const stream = fakeStream()
    const fetched = fetchPolicy(nodeCrypto, { open: () => stream }, keys.policyKey, () => NOW_S)
    answer(stream)
    expect(await fetched).toBeUndefined()
  })

  test('gives nothing when another relay has signed it, when it has expired, or when nothing comes in time', async () => {
    const { bytes, policyKey } = await signed()
    const fetched = [
      [keys.policyKey, NOW_S],
      [policyKey, NOW_S + policyLimits.lifeS],
    ].map(([key, nowS]) => {
      const stream = fakeStream()
      const fetching = fetchPolicy(nodeCrypto, { open: () => stream }, key as Uint8Array, () => nowS as number)
      receive(stream, bytes)
      stream.handler.onFin()
      return fetching
    })
    expect(await Promise.all(fetched)).toEqual([undefined, undefined])
    const silent = fakeStream()
    expect(await fetchPolicy(nodeCrypto, { open: () => silent }, policyKey, () => NOW_S, { ...fetchLimits, answerMs: 1 })).toBeUndefined()
    expect(silent.resetDue).toBeDefined()
  })
})

function receive(stream: Stream, bytes: Uint8Array, isLast = false): void {
  stream.unconsumedBytes += bytes.length
  stream.handler.onData(bytes, true)
  if (isLast) stream.handler.onFin()
}

describe('what is long and the same for all', () => {
  const count = new Uint8Array(4)
  new DataView(count.buffer).setUint32(0, examineLimits.loadBytesMax)
  const [held] = holdSeveral(makeNetwork('long', 1, 1), 1)
  const bundle = { ...decodeBundle(held?.bundle as Uint8Array), leaves: Array<Uint8Array>(20_000).fill(new Uint8Array(32)) }
  const shown = { bundle, consensus: held?.consensus as Consensus, roll: new Uint8Array() }
  test.each([
    ['bytes by which its speed is measured', serveLoad(), LOAD_TARGET, count, examineLimits.loadBytesMax],
    [
      'the directory',
      serveDirectory(() => shown),
      DIRECTORY_TARGET,
      encodeDirectoryRequest({ kind: 'bundle', size: 0 }),
      encodeBundle(bundle).length,
    ],
  ] as const)(
    '%s, is all there for who reads it, and holds little memory for who asks and reads nothing',
    async (_what, serve, target, asked, length) => {
      const stream = fakeStream()
      serve(stream, target, {})
      stream.unconsumedBytes += asked.length
      stream.handler.onData(asked, true)
      stream.handler.onFin()
      await Promise.resolve()
      let readBytes = 0
      for (let most = 0; !stream.finQueued || stream.queuedBytes > 0; ) {
        most = Math.max(most, stream.queuedBytes)
        expect(most).toBeLessThanOrEqual(wire.STREAM_QUEUE_BYTES_MAX)
        readBytes += stream.queuedBytes
        stream.queue.length = 0
        stream.queuedBytes = 0
        stream.handler.onRoom()
      }
      expect(readBytes).toBe(length)
    },
  )

  test('the directory is made once for all who stopped at the same log, and kept for no more than a few of such', () => {
    const first = bundleFor(bundle, 1)
    for (let size = 2; size <= answerLimits.sizesMax; size++) bundleFor(bundle, size)
    expect(bundleFor(bundle, 1)).toBe(first)
    for (let size = 2; size <= answerLimits.sizesMax + 1; size++) bundleFor(bundle, size)
    expect(bundleFor(bundle, 1)).not.toBe(first)
    expect(bundleFor(bundle, 1)).toEqual(first)
  })
})
