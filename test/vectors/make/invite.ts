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
    readonly policyKey: string
    readonly endpoints: readonly EndpointCase[]
  }
}

export interface EndpointCase {
  readonly address: string
  readonly serverName: string
  readonly hostName: string
  readonly path: string
  /** Left out where a public authority vouches for the name. */
  readonly pin?: string
  readonly carriers: readonly ('websocket' | 'http')[]
  readonly isEdge: boolean
}

const RELAY_KEY = draw('invite relay key', 32)
const PSK = draw('invite psk', 32)
const POLICY_KEY = draw('invite policy key', 32)
const PIN = draw('invite pin', 32)

interface Fields {
  readonly version?: number
  readonly count?: number
  readonly endpoints?: readonly Uint8Array[]
  readonly behind?: Uint8Array
}

interface EndpointFields {
  readonly address?: string
  readonly serverName?: string
  readonly hostName?: string
  readonly path?: string
  readonly flags?: number
  readonly pin?: Uint8Array
  readonly pinBytes?: number
}

export function endpoint({ address = '192.0.2.1:443', serverName = 'example.com', ...more }: EndpointFields = {}): Buffer {
  const { hostName = '', path = '/live', flags = 3, pin = PIN, pinBytes = pin.length } = more
  return join(text8(address), text8(serverName), text8(hostName), text8(path), u8(flags), u8(pinBytes), pin)
}

export function body({ version = 2, endpoints = [endpoint()], count = endpoints.length, behind = Buffer.alloc(0) }: Fields): Buffer {
  return join(u8(version), RELAY_KEY, PSK, POLICY_KEY, u8(count), ...endpoints, behind)
}

/** As the version before it was. */
function bodyOfVersion1(): Buffer {
  return join(u8(1), RELAY_KEY, PSK, u8(1), text8('192.0.2.1:443'), text8('example.com'), text8('/live'), u8(32), PIN)
}

export function text(bytes: Uint8Array): string {
  return `culvert:${join(bytes, sha256(bytes).subarray(0, 4)).toString('base64url')}`
}

const GOOD = text(body({}))
const KEYS = { relayKey: RELAY_KEY.toString('hex'), psk: PSK.toString('hex'), policyKey: POLICY_KEY.toString('hex') }
const DIRECT: EndpointCase = {
  address: '192.0.2.1:443',
  serverName: 'example.com',
  hostName: 'example.com',
  path: '/live',
  pin: PIN.toString('hex'),
  carriers: ['websocket', 'http'],
  isEdge: false,
}
const { pin: _, ...UNPINNED } = DIRECT

function wrong(name: string, expect: InviteCase['expect'], text: string): InviteCase {
  return { name, text, expect }
}

function fields(name: string, one: Fields): InviteCase {
  return wrong(name, 'fields', text(body(one)))
}

const good = Buffer.from(GOOD.slice('culvert:'.length), 'base64url')
const raw = (bytes: Uint8Array): string => `culvert:${Buffer.from(bytes).toString('base64url')}`

export const inviteCases: readonly InviteCase[] = [
  { name: 'one endpoint with a pin', text: GOOD, expect: 'invite', invite: { ...KEYS, endpoints: [DIRECT] } },
  {
    name: 'white space around it, and a scheme in capitals',
    text: ` \r\n${GOOD.replace('culvert', 'CULVERT')}\n`,
    expect: 'invite',
    invite: { ...KEYS, endpoints: [DIRECT] },
  },
  {
    name: 'three endpoints: a name, IPv6, and no pin',
    text: text(
      body({
        endpoints: [
          endpoint({ address: 'relay.example.net:8443' }),
          endpoint({ address: '[2001:db8::1]:443', serverName: 'a-b.example', path: '/' }),
          endpoint({ address: 'front.example:443', serverName: 'front.example', path: '/a/b?c=%20', pin: Buffer.alloc(0) }),
        ],
      }),
    ),
    expect: 'invite',
    invite: {
      ...KEYS,
      endpoints: [
        { ...DIRECT, address: 'relay.example.net:8443' },
        { ...DIRECT, address: '[2001:db8::1]:443', serverName: 'a-b.example', hostName: 'a-b.example', path: '/' },
        { ...UNPINNED, address: 'front.example:443', serverName: 'front.example', hostName: 'front.example', path: '/a/b?c=%20' },
      ],
    },
  },
  {
    name: 'two edges: one by its own name for one carrier, one that is fronted',
    text: text(
      body({
        endpoints: [
          endpoint({ address: 'd1.cdn.example:443', serverName: 'd1.cdn.example', flags: 6, pin: Buffer.alloc(0) }),
          endpoint({ address: '192.0.2.2:443', serverName: 'shop.example', hostName: 'd2.cdn.example', flags: 5, pin: Buffer.alloc(0) }),
        ],
      }),
    ),
    expect: 'invite',
    invite: {
      ...KEYS,
      endpoints: [
        {
          ...UNPINNED,
          address: 'd1.cdn.example:443',
          serverName: 'd1.cdn.example',
          hostName: 'd1.cdn.example',
          carriers: ['http'],
          isEdge: true,
        },
        {
          ...UNPINNED,
          address: '192.0.2.2:443',
          serverName: 'shop.example',
          hostName: 'd2.cdn.example',
          carriers: ['websocket'],
          isEdge: true,
        },
      ],
    },
  },
  {
    name: 'eight endpoints',
    text: text(body({ endpoints: Array.from({ length: 8 }, () => endpoint()) })),
    expect: 'invite',
    invite: { ...KEYS, endpoints: Array.from({ length: 8 }, () => DIRECT) },
  },
  wrong('nothing', 'scheme', ''),
  wrong('another scheme', 'scheme', GOOD.replace('culvert:', 'vmess:')),
  wrong('no scheme', 'scheme', GOOD.slice('culvert:'.length)),
  wrong('too long', 'length', `culvert:${'A'.repeat(8_185)}`),
  wrong('padding', 'letters', `${GOOD}=`),
  wrong('a letter of plain base64', 'letters', `${GOOD.slice(0, 20)}+${GOOD.slice(21)}`),
  wrong('a space in the middle', 'letters', `${GOOD.slice(0, 20)} ${GOOD.slice(20)}`),
  wrong('unused bits that are not zero', 'letters', 'culvert:AB'),
  wrong('version 1, whole and right', 'version', text(bodyOfVersion1())),
  wrong('version 4', 'version', text(body({ version: 4 }))),
  wrong('version 0', 'version', text(body({ version: 0 }))),
  wrong('a bit turned in the relay key', 'checksum', raw(turn(good, 1))),
  wrong('a bit turned in the checksum', 'checksum', raw(turn(good, -1))),
  wrong('the last byte missing', 'checksum', raw(good.subarray(0, -1))),
  wrong('nothing behind the scheme', 'checksum', 'culvert:'),
  wrong('a version byte alone', 'checksum', raw(u8(2))),
  fields('no endpoint', { endpoints: [] }),
  fields('nine endpoints', { endpoints: Array.from({ length: 9 }, () => endpoint()) }),
  fields('fewer endpoints than it says', { count: 2 }),
  fields('bytes left over', { behind: u8(0) }),
  fields('a pin of 20 bytes', { endpoints: [endpoint({ pin: PIN.subarray(0, 20) })] }),
  fields('a pin shorter than it says', { endpoints: [endpoint({ pin: PIN.subarray(0, 31), pinBytes: 32 })] }),
  fields('an address without a port', { endpoints: [endpoint({ address: '192.0.2.1' })] }),
  fields('port 0', { endpoints: [endpoint({ address: '192.0.2.1:0' })] }),
  fields('port 65536', { endpoints: [endpoint({ address: '192.0.2.1:65536' })] }),
  fields('IPv6 without brackets', { endpoints: [endpoint({ address: '2001:db8::1:443' })] }),
  fields('an address with a path', { endpoints: [endpoint({ address: 'example.com/a:443' })] }),
  fields('no server name', { endpoints: [endpoint({ serverName: '' })] }),
  fields('a server name with a space', { endpoints: [endpoint({ serverName: 'exam ple.com' })] }),
  fields('a host name with a space', { endpoints: [endpoint({ hostName: 'exam ple.com' })] }),
  fields('a host name that repeats the server name', { endpoints: [endpoint({ hostName: 'example.com' })] }),
  fields('no carrier', { endpoints: [endpoint({ flags: 4 })] }),
  fields('a flag that means nothing', { endpoints: [endpoint({ flags: 9 })] }),
  fields('a path without its slash', { endpoints: [endpoint({ path: 'live' })] }),
  fields('a path with a line break', { endpoints: [endpoint({ path: '/live\r\nHost: x' })] }),
  fields('a text that is not UTF-8', { endpoints: [join(u8(1), u8(0xff), text8('example.com'), text8(''), text8('/'), u8(3), u8(0))] }),
]
