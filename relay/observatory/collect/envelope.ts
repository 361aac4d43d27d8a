// What relays send: a text, who says it, and their signature over it. The form is in docs/SPEC.md §14.
import { verify } from 'node:crypto'
import { importPublicKey } from '../records.ts'
import { KEY, Parsed, parseJson, Refused, SIGNATURE } from './fields.ts'

export type EnvelopeKind = 'relay-day' | 'report'

export interface Envelope {
  /** The relay's Ed25519 key, base64url. */
  readonly relay: string
  readonly body: string
}

/** The very bytes that are signed. */
export function envelopeBytes(kind: EnvelopeKind, body: string): Uint8Array {
  return new TextEncoder().encode(`culvert ${kind} v1\n${body}`)
}

/** Throws Refused. Whether the relay is one that counts is not looked at. */
export function openEnvelope(kind: EnvelopeKind, text: string): Envelope {
  const fields = new Parsed(parseJson(text), ['relay', 'body', 'signature'])
  const relay = fields.text('relay', KEY)
  const signature = fields.text('signature', SIGNATURE)
  const body = fields.value('body')
  if (typeof body !== 'string') throw new Refused('body is not right')
  const key = importPublicKey(relay)
  if (key === undefined || !verify(undefined, envelopeBytes(kind, body), key, Buffer.from(signature, 'base64url')))
    throw new Refused('the signature is not right')
  return { relay, body }
}
