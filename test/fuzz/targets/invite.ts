// Invites, as text that a person pastes and as the bytes inside.
import { createHash } from 'node:crypto'
import { decodeAnyInvite, type Endpoint, encodeBase64url, encodeInvite, encodeNetworkInvite, type Invite } from '#protocol'
import { bytesOf, type FuzzTarget, must, outcome, textOf } from '../target.ts'

const ENDPOINT: Endpoint = {
  address: 'relay.example:443',
  serverName: 'relay.example',
  hostName: 'relay.example',
  path: '/live',
  pin: undefined,
  carriers: ['websocket', 'http'],
  isEdge: false,
}
const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const INVITES: readonly Invite[] = [
  { relayKey: key(1), psk: key(2), policyKey: key(6), endpoints: [ENDPOINT] },
  {
    relayKey: key(3),
    psk: key(4),
    policyKey: key(7),
    endpoints: [
      { ...ENDPOINT, address: '[2001:db8::1]:8443', pin: key(5) },
      { ...ENDPOINT, address: '192.0.2.1:443', path: '/', hostName: 'hidden.example', carriers: ['http'], isEdge: true },
    ],
  },
]
const TEXTS: readonly string[] = [
  ...INVITES.map(encodeInvite),
  encodeNetworkInvite({
    networkId: key(8),
    authorityKey: key(9),
    secret: key(10).subarray(16),
    untilS: 2_000_000_000,
    doors: INVITES,
  }),
]
const WORDS = [
  'culvert:',
  'CULVERT:',
  ' \n',
  '\ufeff',
  '=',
  '-_',
  '[::1]:1',
  ':0',
  ':65536',
  '/\r\n',
  '..',
  'xn--',
  '\u00ef\u00bb\u00bf',
].map(bytesOf)

export const inviteText: FuzzTarget = {
  name: 'invite-text',
  seeds: TEXTS.map(bytesOf),
  words: WORDS,
  run: (input) => decode(textOf(input)),
}

/** With a right checksum, so that what is behind it is reached. */
export const inviteBody: FuzzTarget = {
  name: 'invite-body',
  seeds: TEXTS.map((text) => Buffer.from(text.slice('culvert:'.length), 'base64url').subarray(0, -4)),
  words: WORDS,
  run: (input) => decode(`culvert:${encodeBase64url(Buffer.concat([input, createHash('sha256').update(input).digest().subarray(0, 4)]))}`),
}

function decode(text: string): string {
  const decoded = outcome(['bad-invite'], () => decodeAnyInvite(text))
  if ('code' in decoded) return decoded.message
  const { value: any } = decoded
  const relays = any.kind === 'relay' ? [any.invite] : any.invite.doors
  must(relays.length >= 1 && relays.length <= 4, 'an invite has 1 to 4 relays or doors')
  const endpoints = relays.flatMap((relay) => relay.endpoints)
  must(
    relays.every((relay) => relay.endpoints.length >= 1 && relay.endpoints.length <= 8),
    'an invite has 1 to 8 endpoints',
  )
  must(
    endpoints.every(({ carriers }) => carriers.length >= 1 && carriers.length <= 2),
    'an endpoint has one or two carriers',
  )
  const again = any.kind === 'relay' ? encodeInvite(any.invite) : encodeNetworkInvite(any.invite)
  must(again.slice(8) === text.trim().slice(8), 'an invite has one spelling')
  return `${any.kind} ${endpoints.length} endpoints`
}
