// Cases for SPEC.md §3: texts that are invites, and texts that are not, each for one reason.
import { draw, join, sha256, text8, turn, u8 } from './write.ts'

export interface InviteCase {
  readonly name: string
  readonly text: string
  /** `invite`, or which check of §3 says no. */
  readonly expect: 'invite' | 'length' | 'scheme' | 'letters' | 'version' | 'checksum' | 'fields'
  readonly invite?: {
    readonly relayKey: string
    readonly psk: string
    /** `pin` is left out where a public authority vouches for the name. */
    readonly endpoints: readonly { readonly address: string; readonly serverName: string; readonly path: string; readonly pin?: string }[]
  }
}

const RELAY_KEY = draw('invite relay key', 32)
const PSK = draw('invite psk', 32)
const PIN = draw('invite pin', 32)

interface Fields {
  readonly version?: number
  readonly count?: number
  readonly endpoints?: readonly Uint8Array[]
  readonly behind?: Uint8Array
}

function endpoint(
  address = '192.0.2.1:443',
  serverName = 'example.com',
  path = '/live',
  pin: Uint8Array = PIN,
  pinBytes: number = pin.length,
): Buffer {
  return join(text8(address), text8(serverName), text8(path), u8(pinBytes), pin)
}

function body({ version = 1, endpoints = [endpoint()], count = endpoints.length, behind = Buffer.alloc(0) }: Fields): Buffer {
  return join(u8(version), RELAY_KEY, PSK, u8(count), ...endpoints, behind)
}

function text(bytes: Uint8Array): string {
  return `culvert:${join(bytes, sha256(bytes).subarray(0, 4)).toString('base64url')}`
}

const GOOD = text(body({}))
const KEYS = { relayKey: RELAY_KEY.toString('hex'), psk: PSK.toString('hex') }
const PINNED = { address: '192.0.2.1:443', serverName: 'example.com', path: '/live', pin: PIN.toString('hex') }

function wrong(name: string, expect: InviteCase['expect'], text: string): InviteCase {
  return { name, text, expect }
}

function fields(name: string, one: Fields): InviteCase {
  return wrong(name, 'fields', text(body(one)))
}

const good = Buffer.from(GOOD.slice('culvert:'.length), 'base64url')
const raw = (bytes: Uint8Array): string => `culvert:${Buffer.from(bytes).toString('base64url')}`

export const inviteCases: readonly InviteCase[] = [
  { name: 'one endpoint with a pin', text: GOOD, expect: 'invite', invite: { ...KEYS, endpoints: [PINNED] } },
  {
    name: 'white space around it, and a scheme in capitals',
    text: ` \r\n${GOOD.replace('culvert', 'CULVERT')}\n`,
    expect: 'invite',
    invite: { ...KEYS, endpoints: [PINNED] },
  },
  {
    name: 'three endpoints: a name, IPv6, and no pin',
    text: text(
      body({
        endpoints: [
          endpoint('relay.example.net:8443'),
          endpoint('[2001:db8::1]:443', 'a-b.example', '/'),
          endpoint('front.example:443', 'front.example', '/a/b?c=%20', Buffer.alloc(0)),
        ],
      }),
    ),
    expect: 'invite',
    invite: {
      ...KEYS,
      endpoints: [
        { ...PINNED, address: 'relay.example.net:8443' },
        { ...PINNED, address: '[2001:db8::1]:443', serverName: 'a-b.example', path: '/' },
        { address: 'front.example:443', serverName: 'front.example', path: '/a/b?c=%20' },
      ],
    },
  },
  {
    name: 'eight endpoints',
    text: text(body({ endpoints: Array.from({ length: 8 }, () => endpoint()) })),
    expect: 'invite',
    invite: { ...KEYS, endpoints: Array.from({ length: 8 }, () => PINNED) },
  },
  wrong('nothing', 'scheme', ''),
  wrong('another scheme', 'scheme', GOOD.replace('culvert:', 'vmess:')),
  wrong('no scheme', 'scheme', GOOD.slice('culvert:'.length)),
  wrong('too long', 'length', `culvert:${'A'.repeat(8_185)}`),
  wrong('padding', 'letters', `${GOOD}=`),
  wrong('a letter of plain base64', 'letters', `${GOOD.slice(0, 20)}+${GOOD.slice(21)}`),
  wrong('a space in the middle', 'letters', `${GOOD.slice(0, 20)} ${GOOD.slice(20)}`),
  wrong('unused bits that are not zero', 'letters', 'culvert:AB'),
  wrong('version 2', 'version', text(body({ version: 2 }))),
  wrong('version 0', 'version', text(body({ version: 0 }))),
  wrong('a bit turned in the relay key', 'checksum', raw(turn(good, 1))),
  wrong('a bit turned in the checksum', 'checksum', raw(turn(good, -1))),
  wrong('the last byte missing', 'checksum', raw(good.subarray(0, -1))),
  wrong('nothing behind the scheme', 'checksum', 'culvert:'),
  wrong('a version byte alone', 'checksum', raw(u8(1))),
  fields('no endpoint', { endpoints: [] }),
  fields('nine endpoints', { endpoints: Array.from({ length: 9 }, () => endpoint()) }),
  fields('fewer endpoints than it says', { count: 2 }),
  fields('bytes left over', { behind: u8(0) }),
  fields('a pin of 20 bytes', { endpoints: [endpoint(undefined, undefined, undefined, PIN.subarray(0, 20))] }),
  fields('a pin shorter than it says', { endpoints: [endpoint(undefined, undefined, undefined, PIN.subarray(0, 31), 32)] }),
  fields('an address without a port', { endpoints: [endpoint('192.0.2.1')] }),
  fields('port 0', { endpoints: [endpoint('192.0.2.1:0')] }),
  fields('port 65536', { endpoints: [endpoint('192.0.2.1:65536')] }),
  fields('IPv6 without brackets', { endpoints: [endpoint('2001:db8::1:443')] }),
  fields('an address with a path', { endpoints: [endpoint('example.com/a:443')] }),
  fields('no server name', { endpoints: [endpoint(undefined, '')] }),
  fields('a server name with a space', { endpoints: [endpoint(undefined, 'exam ple.com')] }),
  fields('a path without its slash', { endpoints: [endpoint(undefined, undefined, 'live')] }),
  fields('a path with a line break', { endpoints: [endpoint(undefined, undefined, '/live\r\nHost: x')] }),
  fields('a text that is not UTF-8', { endpoints: [join(u8(1), u8(0xff), text8('example.com'), text8('/'), u8(0))] }),
]
