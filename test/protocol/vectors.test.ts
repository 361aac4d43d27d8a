// The published vectors, each run with both cryptos. A case is right when it ends in the stated kind of outcome, not merely in some refusal.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  Cipher,
  type Crypto,
  consumeAdmission,
  consumeAttach,
  consumeAttached,
  consumeHandshake,
  createAttach,
  createAttached,
  createClientHandshake,
  decodeInvite,
  decodeNetworkInvite,
  deriveAdmissionKeys,
  deriveAttachKeys,
  deriveCarrierKeys,
  EnvelopeKind,
  encodeInvite,
  encodeNetworkInvite,
  type Invite,
  openEnvelope,
  ProtocolError,
  parseTarget,
  type Random,
  Reader,
  type ReplayMemory,
  type SessionKeys,
  type Target,
  Writer,
} from '#protocol'
import { pureCrypto } from '#protocol/pure'
import { expand32 } from '../../protocol/crypto.ts'
import { RecordOpener } from '../../protocol/record.ts'
import { decodeTarget, encodeTarget, TARGET_BYTES_MAX } from '../../protocol/target.ts'
import { WebSocketReader } from '../../protocol/websocket.ts'
import { vectorFiles } from '../vectors/generate.ts'
import type { AdmissionCase } from '../vectors/make/admission.ts'
import type { AttachCase } from '../vectors/make/attach.ts'
import type { FrameCase } from '../vectors/make/frame.ts'
import { type HandshakeCase, replyAround } from '../vectors/make/handshake.ts'
import type { InviteCase } from '../vectors/make/invite.ts'
import type { NetworkInviteCase } from '../vectors/make/network-invite.ts'
import type { RecordCase } from '../vectors/make/record.ts'
import type { TargetCase } from '../vectors/make/target.ts'
import type { WebSocketCase } from '../vectors/make/websocket.ts'
import { fastForward, skipOpening } from './fast-forward.ts'
import { CRYPTOS, codeOf, fromHex, toHex } from './fixtures.ts'
import { recordFrames } from './frames.ts'

function load<T>(name: string): T {
  return JSON.parse(readFileSync(`test/vectors/${name}.json`, 'utf8')) as T
}

function casesOf<T>(name: string): readonly T[] {
  return load<{ readonly cases: readonly T[] }>(name).cases
}

describe('the files', () => {
  test.each([...vectorFiles().keys()])('%s is what test/vectors/generate.ts writes', (name) => {
    expect(readFileSync(`test/vectors/${name}`, 'utf8')).toBe(vectorFiles().get(name))
  })

  test.each([...vectorFiles().keys()])('%s has more failures than successes, and no name twice', (name) => {
    const good = [
      'invite',
      'network invite',
      'admitted',
      'session',
      'opened',
      'ahead',
      'frames',
      'target',
      'complete',
      'attach',
      'attached',
      'end',
      'close',
      'taken',
      'signed',
      'included',
      'question',
      'passed',
      'answer',
    ]
    const cases = casesOf<{ readonly name: string; readonly expect: string; readonly reader?: string }>(name.replace('.json', ''))
    const failures = cases.filter(({ expect: outcome }) => !good.includes(outcome))
    expect(failures.length * 2).toBeGreaterThan(cases.length)
    expect(new Set(cases.map(({ name: title, reader }) => `${reader} ${title}`)).size).toBe(cases.length)
  })
})

describe('invite', () => {
  /** By what decodeInvite tells a person: each check has words of its own. */
  const KINDS: readonly (readonly [InviteCase['expect'], RegExp])[] = [
    ['length', /too long/],
    ['scheme', /begins with/],
    ['letters', /do not belong/],
    ['version', /Update Culvert|older version/],
    ['checksum', /damaged/],
    ['fields', /names no relay|^An endpoint |too early|left over|UTF-8/],
  ]

  function outcome(text: string): { readonly kind: string | undefined; readonly invite?: Invite } {
    try {
      return { kind: 'invite', invite: decodeInvite(text) }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return { kind: KINDS.find(([, words]) => words.test(error.message))?.[0] }
    }
  }

  function plain({ relayKey, psk, policyKey, endpoints }: Invite): InviteCase['invite'] {
    return {
      relayKey: toHex(relayKey),
      psk: toHex(psk),
      policyKey: toHex(policyKey),
      endpoints: endpoints.map(({ pin, ...rest }) => (pin === undefined ? rest : { ...rest, pin: toHex(pin) })),
    }
  }

  test.each(casesOf<InviteCase>('invite'))('$expect: $name', (one) => {
    const { kind, invite } = outcome(one.text)
    expect(kind).toBe(one.expect)
    if (invite === undefined) return
    expect(plain(invite)).toEqual(one.invite)
    expect(encodeInvite(invite).slice('culvert:'.length)).toBe(one.text.trim().slice('culvert:'.length))
  })
})

describe('network invite', () => {
  const KINDS: readonly (readonly [NetworkInviteCase['expect'], RegExp])[] = [
    ['kind', /invite of one relay/],
    ['version', /Update Culvert/],
    ['checksum', /damaged/],
    ['fields', /names no door|names no relay|unknown version|too early|left over/],
  ]

  test.each(casesOf<NetworkInviteCase>('network-invite'))('$expect: $name', ({ text, expect: outcome, invite: shown }) => {
    if (outcome !== 'network invite') {
      const [, words] = KINDS.find(([kind]) => kind === outcome) as (typeof KINDS)[number]
      expect(() => decodeNetworkInvite(text)).toThrow(words)
      expect(codeOf(() => decodeNetworkInvite(text))).toBe('bad-invite')
      return
    }
    const invite = decodeNetworkInvite(text)
    const { networkId, authorityKey, secret, untilS, doors } = invite
    const keys = { networkId: toHex(networkId), authorityKey: toHex(authorityKey), secret: toHex(secret), untilS }
    expect({ ...keys, doors: doors.map(({ endpoints }) => endpoints.map(({ address }) => address)) }).toEqual(shown)
    expect(encodeNetworkInvite(invite)).toBe(text.trim())
    expect(() => decodeInvite(text)).toThrow(/invite of a network/)
  })
})

describe.each(CRYPTOS)('admission with $name', ({ crypto }) => {
  const { keys: published, cases } = load<{ readonly keys: Readonly<Record<string, string>>; readonly cases: readonly AdmissionCase[] }>(
    'admission',
  )
  const keys = deriveAdmissionKeys(crypto, fromHex(published['psk'] ?? ''), fromHex(published['relayKey'] ?? ''))

  test('the keys and the cookie’s name', () => {
    expect([toHex(keys.encrypt), toHex(keys.authenticate), keys.cookieName]).toEqual([
      published['encrypt'],
      published['authenticate'],
      published['cookieName'],
    ])
  })

  const ADMITTED = [EnvelopeKind.handshake, EnvelopeKind.attach, EnvelopeKind.request]
  const longest = (header: string): string => {
    const values = header.split(';').map((part) => part.slice(part.indexOf('=') + 1).trim())
    return values.reduce((best, value) => (value.length > best.length ? value : best), '')
  }
  const envelopeOf = (header: string): Uint8Array => Uint8Array.from(Buffer.from(longest(header), 'base64url'))

  function memoryOf(seen: readonly string[]): ReplayMemory {
    return { remember: (id) => !seen.includes(toHex(id)) }
  }

  function consume(header: string, nowS: number, seen: readonly string[]): string | undefined {
    const admission = consumeAdmission(crypto, keys, header, nowS, memoryOf(seen))
    return admission === undefined ? undefined : `${admission.kind} ${toHex(admission.message)}`
  }

  test.each(cases)('$expect: $name', ({ header, nowS, seen, expect: expected, kind, message }) => {
    const got = consume(header, nowS, seen)
    expect(got).toBe(expected === 'admitted' ? `${kind} ${message}` : undefined)
    if (expected === 'admitted') return
    // That it is refused for the stated reason: with that reason taken away, and only then, it is admitted.
    const opened = openEnvelope(crypto, keys, ADMITTED, envelopeOf(header))
    if (expected === 'replayed') expect(consume(header, nowS, [])).toBeDefined()
    else if (expected === 'not-fresh') expect(consume(header, opened?.timeS ?? 0, seen)).toBeDefined()
    else expect(opened === undefined || expected === 'no-cookie' || !/^[\w-]*$/.test(longest(header))).toBe(true)
    if (expected === 'malformed' || expected === 'not-genuine') {
      const envelope = envelopeOf(header)
      const tag = crypto.hmacSha256(keys.authenticate, envelope.subarray(0, -16)).subarray(0, 16)
      const isSealed = toHex(tag) === toHex(envelope.subarray(-16)) && envelope.length <= 3_000 && /^[\w-]*$/.test(longest(header))
      expect(isSealed).toBe(expected === 'malformed')
    }
  })
})

interface AttachVectorKeys {
  readonly attach: string
  readonly sessionId: string
  readonly proof: string
  readonly carriers: readonly { readonly counter: number; readonly id: string; readonly key: string }[]
}

interface Transcript {
  readonly relaySecretKey: string
  readonly relayKey: string
  readonly psk: string
  readonly nowS: number
  readonly client: { readonly e: string; readonly e1Seed: string; readonly envelopePaddingDraw: string; readonly envelopeCounter: string }
  readonly relay: {
    readonly e: string
    readonly encapsulationSeed: string
    readonly envelopePaddingDraw: string
    readonly envelopeCounter: string
  }
  readonly message1: string
  readonly cookie: string
  readonly message2: string
  readonly reply: string
  readonly cipher: number
  readonly takesParts: boolean
  readonly up: string
  readonly down: string
  readonly attach: string
}

describe.each(CRYPTOS)('handshake with $name', ({ crypto }) => {
  const { transcript, cases } = load<{ readonly transcript: Transcript; readonly cases: readonly HandshakeCase[] }>('handshake')
  const scripted = (...parts: readonly string[]): Random => {
    const left = parts.map(fromHex)
    return () => left.shift() as Uint8Array
  }
  const { client, relay } = transcript
  const invite = { relayKey: fromHex(transcript.relayKey), psk: fromHex(transcript.psk) }
  const keyPair = { secretKey: fromHex(transcript.relaySecretKey), publicKey: invite.relayKey }
  /** The transcript is of somebody who prefers ChaCha20; and node:crypto draws the randomness of ML-KEM itself. */
  const repeatable: Crypto = { ...crypto, ciphers: pureCrypto.ciphers, mlkemEncapsulate: pureCrypto.mlkemEncapsulate }
  const begin = (): ReturnType<typeof createClientHandshake> =>
    createClientHandshake(
      repeatable,
      scripted(client.e, client.e1Seed, client.envelopePaddingDraw, client.envelopeCounter),
      invite,
      transcript.nowS,
    )
  const answer = (message: string): ReturnType<typeof consumeHandshake> =>
    consumeHandshake(
      repeatable,
      scripted(relay.e, relay.encapsulationSeed, relay.envelopePaddingDraw, relay.envelopeCounter),
      { keyPair, psk: invite.psk, admission: deriveAdmissionKeys(crypto, invite.psk, invite.relayKey) },
      fromHex(message),
      transcript.nowS,
    )

  test('the transcript, from the client’s side', () => {
    const handshake = begin()
    expect(handshake.cookie).toBe(transcript.cookie)
    const { up, down, attach, cipher, takesParts } = handshake.consumeReply(fromHex(transcript.reply))
    expect([up, down, attach].map(toHex)).toEqual([transcript.up, transcript.down, transcript.attach])
    expect([cipher, takesParts]).toEqual([transcript.cipher, transcript.takesParts])
  })

  test('the transcript, from the relay’s side', () => {
    const { reply, keys } = answer(transcript.message1)
    expect(toHex(reply)).toBe(transcript.reply)
    expect([keys.up, keys.down, keys.attach].map(toHex)).toEqual([transcript.up, transcript.down, transcript.attach])
    expect([keys.cipher, keys.takesParts]).toEqual([transcript.cipher, transcript.takesParts])
  })

  test.each(cases)('$expect: $reader reads $name', ({ reader, message, expect: expected, cipher, takesParts }) => {
    const read = (): SessionKeys =>
      reader === 'relay' ? answer(message).keys : begin().consumeReply(replyAround(crypto, fromHex(message)))
    if (expected === 'session') expect(read()).toMatchObject({ cipher, takesParts })
    else expect(codeOf(read)).toBe(expected)
  })
})

describe.each(CRYPTOS)('record with $name', ({ crypto }) => {
  test.each(casesOf<RecordCase>('record'))('$expect: $name', ({ cipher, secret, expected, sealed, expect: outcome, plaintext }) => {
    const opener = new RecordOpener(fastForward(crypto, expected), Cipher[cipher], fromHex(secret))
    skipOpening(
      opener,
      expected,
      crypto.blockMask(expand32(crypto, fromHex(secret), Buffer.from('culvert v1 record mask')))(new Uint8Array(16)),
    )
    let isNew = false
    const code = codeOf(() => {
      isNew = opener.open(fromHex(sealed)) !== undefined
    })
    const opened = opener.take()
    expect(code ?? (isNew ? (opened === undefined ? 'ahead' : 'opened') : 'duplicate')).toBe(outcome)
    expect(opened === undefined ? undefined : toHex(opened)).toBe(plaintext)
    expect(opener.expected).toBe(outcome === 'opened' ? expected + 1 : expected)
  })
})

describe.each(CRYPTOS)('attach with $name', ({ crypto }) => {
  const { keys: published, cases } = load<{ readonly keys: AttachVectorKeys; readonly cases: readonly AttachCase[] }>('attach')
  const secret = fromHex(published.attach)
  const keys = deriveAttachKeys(crypto, secret)
  const isOurs = (id: Uint8Array): boolean => toHex(id) === published.sessionId

  test('the keys', () => {
    expect([keys.sessionId, keys.proof].map(toHex)).toEqual([published.sessionId, published.proof])
    for (const { counter, id, key } of published.carriers) {
      const derived = deriveCarrierKeys(crypto, secret, counter)
      expect([derived.id, derived.key].map(toHex)).toEqual([id, key])
    }
  })

  test.each(cases)('$expect: $reader reads $name', ({ reader, message, expect: expected, name: _, ...said }) => {
    const bytes = fromHex(message)
    if (reader === 'relay') {
      const attach = consumeAttach(crypto, bytes, (id) => (isOurs(id) ? keys : undefined))
      const plain = attach && { counter: attach.counter, expected: attach.expected, gone: [...attach.gone] }
      return expect(plain).toEqual(expected === 'attach' ? said : undefined)
    }
    const read = (): number => consumeAttached(crypto, keys, 7, bytes)
    if (expected === 'attached') expect(read()).toBe(said.expected)
    else expect(codeOf(read)).toBe('bad-handshake')
  })

  test('what we write is what the cases say', () => {
    for (const { name, message, counter = 0, expected = 0, gone, reader } of cases) {
      if (name === 'a varint longer than needed') continue
      if (reader === 'relay' && gone !== undefined) expect(toHex(createAttach(crypto, keys, { counter, expected, gone }))).toBe(message)
    }
    const answer = cases.find(({ name }) => name === 'the answer')
    expect(toHex(createAttached(crypto, keys, 7, 5))).toBe(answer?.message)
  })
})

describe('frame', () => {
  test.each(casesOf<FrameCase>('frame'))('$expect: $name', ({ plaintext, expect: expected, frames }) => {
    expect(recordFrames(fromHex(plaintext))).toEqual({ frames, error: expected === 'frames' ? undefined : expected })
  })
})

describe('target', () => {
  test.each(casesOf<TargetCase>('target'))('$expect: $name', ({ text, bytes, expect: expected, host, encoded }) => {
    let target: Target | undefined
    const code = codeOf(() => {
      target = text === undefined ? decodeTarget(new Reader(fromHex(bytes ?? ''), 'bad-frame')) : parseTarget(text[0], text[1])
    })
    expect(code ?? 'target').toBe(expected)
    if (target === undefined) return
    const writer = new Writer(new Uint8Array(TARGET_BYTES_MAX))
    encodeTarget(writer, target)
    expect([target.host, toHex(writer.done())]).toEqual([host, encoded])
  })
})

describe.each([
  { how: 'in one piece', size: Number.POSITIVE_INFINITY },
  { how: 'byte by byte', size: 1 },
])('websocket, $how', ({ size }) => {
  test.each(casesOf<WebSocketCase>('websocket'))('$expect: $name', ({ from, bytes, expect: expected, events }) => {
    const got: string[] = []
    const reader = new WebSocketReader(from === 'client', {
      onMessage: (message) => got.push(`message ${toHex(message)}`),
      onPing: (payload) => got.push(`ping ${toHex(payload)}`),
      onClose: () => got.push('close'),
    })
    const all = fromHex(bytes)
    const code = codeOf(() => {
      for (let offset = 0; offset < all.length; offset += size) reader.take(all.slice(offset, Math.min(all.length, offset + size)))
    })
    reader.close()
    expect(got).toEqual(events)
    expect(code).toBe(expected === 'bad-websocket' ? expected : undefined)
  })
})
