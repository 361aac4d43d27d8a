// What an opted-in client tells, in full: this is the one place that makes it, so what is previewed is what is sent. No identifier, no address, no network, no
// time but the day. docs/SPEC.md §15 has the form.
import { createCipheriv, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync } from 'node:crypto'
import type { Verdict } from '../../contract/verdict.ts'
import { type ReportLimits, reportLimits } from './limits.ts'

/** A carrier kind, and whether it goes to the relay itself or through an edge. */
export type WayKind = 'websocket-direct' | 'websocket-edge' | 'http-direct' | 'http-edge'

/** What a client knows of itself on a day. */
export interface ReportFacts {
  /** YYYY-MM-DD, UTC. */
  readonly day: string
  /** Whether it was not used earlier in the calendar month. */
  readonly isFirstOfMonth: boolean
  /** ISO 3166-1 alpha-2, where the person has said it; relays behind an edge can't tell. */
  readonly country: string | undefined
  /** On the one day of the month that is drawn for it. */
  readonly coarse: CoarseFacts | undefined
}

export interface CoarseFacts {
  /** Since the day began. */
  readonly verdicts: readonly Verdict[]
  readonly worked: readonly WayKind[]
  /** From the first dial to the first live session; undefined: there was none. */
  readonly connectMs: number | undefined
  /** The client's: of 1.24.3 only 1.24 is told. */
  readonly version: string
  /** The app's, as a BCP 47 tag: of pt-BR only pt is told. */
  readonly language: string
}

const BUCKETS = [
  [1_000, 'under-1s'],
  [3_000, 'under-3s'],
  [10_000, 'under-10s'],
  [30_000, 'under-30s'],
] as const

/** The exact text that is sealed but for its padding, which is spaces: for the person to see. `mark` is drawn for this report alone, 16 bytes. */
export function reportText({ day, isFirstOfMonth, country, coarse }: ReportFacts, mark: Uint8Array): string {
  return JSON.stringify({
    version: 1,
    mark: Buffer.from(mark).toString('hex'),
    day,
    firstOfMonth: isFirstOfMonth ? 1 : 0,
    ...(country !== undefined && { country }),
    ...(coarse && { coarse: coarsen(coarse) }),
  })
}

/** Text → the bytes that leave: an ephemeral X25519 key, the padded text under AES-256-GCM, its tag. The key of the collector comes with the client. */
export function sealReport(text: string, collectorKey: string, limits: ReportLimits = reportLimits): Uint8Array {
  const plain = Buffer.alloc(limits.bytes, ' ')
  if (Buffer.byteLength(text) > limits.bytes) throw new Error('assertion failed: a report fits its one size')
  plain.write(text)
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  const ephemeral = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url')
  const peer = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: collectorKey }, format: 'jwk' })
  const shared = diffieHellman({ privateKey, publicKey: peer })
  const secret = Buffer.from(
    hkdfSync('sha256', shared, Buffer.concat([ephemeral, Buffer.from(collectorKey, 'base64url')]), 'culvert report v1', 44),
  )
  const sealing = createCipheriv('aes-256-gcm', secret.subarray(0, 32), secret.subarray(32))
  return new Uint8Array(Buffer.concat([ephemeral, sealing.update(plain), sealing.final(), sealing.getAuthTag()]))
}

function coarsen({ verdicts, worked, connectMs, version, language }: CoarseFacts): Readonly<Record<string, unknown>> {
  const bucket = connectMs === undefined ? undefined : BUCKETS.find(([mostMs]) => connectMs < mostMs)
  return {
    verdicts: [...new Set(verdicts)].sort(),
    worked: [...new Set(worked)].sort(),
    connect: bucket?.[1] ?? 'longer',
    version: /^\d{1,3}\.\d{1,3}/.exec(version)?.[0] ?? '0.0',
    language: coarseLanguage(language),
  }
}

/** The language, and its script where that is named; no region. */
function coarseLanguage(tag: string): string {
  const [language = '', script = ''] = tag.split('-')
  if (!/^[a-z]{2,3}$/.test(language)) return 'und'
  return /^[A-Z][a-z]{3}$/.test(script) ? `${language}-${script}` : language
}
