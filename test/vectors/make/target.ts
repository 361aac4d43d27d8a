// Cases for SPEC.md §7.3: targets as bytes, and the texts that programs ask for. Either becomes the one canonical form, or is refused.
import { join, text8, u8, u16 } from './write.ts'

export interface TargetCase {
  readonly name: string
  /** What a program asked for; or else `bytes`. */
  readonly text?: readonly [host: string, port: number]
  readonly bytes?: string
  readonly expect: 'target' | 'bad-target' | 'bad-frame'
  /** Its canonical host, and its bytes. */
  readonly host?: string
  readonly encoded?: string
}

const PORT = 443

function name(host: string, port = PORT): Buffer {
  return join(u8(1), text8(host), u16(port))
}

function asked(host: string, canonical: string, encoded: Buffer): TargetCase {
  return { name: `“${host}”`, text: [host, PORT], expect: 'target', host: canonical, encoded: encoded.toString('hex') }
}

function refused(what: string, host: string, port = PORT): TargetCase {
  return { name: `${what}: “${host}”${port === PORT ? '' : ` ${port}`}`, text: [host, port], expect: 'bad-target' }
}

function decoded(what: string, bytes: Buffer, host: string): TargetCase {
  return { name: what, bytes: bytes.toString('hex'), expect: 'target', host, encoded: bytes.toString('hex') }
}

function wrong(what: string, bytes: Buffer, expect: TargetCase['expect'] = 'bad-target'): TargetCase {
  return { name: what, bytes: bytes.toString('hex'), expect }
}

const ipv4 = (...bytes: readonly number[]): Buffer => join(u8(4), Buffer.of(...bytes), u16(PORT))
const ipv6 = (hex: string, port = PORT): Buffer => join(u8(6), Buffer.from(hex.padStart(32, '0'), 'hex'), u16(port))
const LONGEST = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`

export const targetCases: readonly TargetCase[] = [
  asked('example.com', 'example.com', name('example.com')),
  asked('EXAMPLE.Com.', 'example.com', name('example.com')),
  asked('xn--e1afmkfd.xn--p1ai', 'xn--e1afmkfd.xn--p1ai', name('xn--e1afmkfd.xn--p1ai')),
  asked('_sip._tcp.a-b.example', '_sip._tcp.a-b.example', name('_sip._tcp.a-b.example')),
  asked('localhost', 'localhost', name('localhost')),
  asked(LONGEST, LONGEST, name(LONGEST)),
  asked('192.0.2.1', '192.0.2.1', ipv4(192, 0, 2, 1)),
  asked('0.0.0.0', '0.0.0.0', ipv4(0, 0, 0, 0)),
  asked('2001:DB8:0:0:0:0:0:1', '2001:db8::1', ipv6('20010db8000000000000000000000001')),
  asked('::', '::', ipv6('0')),
  asked('::ffff:192.0.2.1', '::ffff:c000:201', ipv6('ffffc0000201')),
  asked('2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1', ipv6('20010db8000000010001000100010001')),
  decoded('a name', name('a.b'), 'a.b'),
  decoded('port 1', name('a', 1), 'a'),
  decoded('port 65535', name('a', 65_535), 'a'),
  decoded('IPv4', ipv4(255, 255, 255, 255), '255.255.255.255'),
  decoded('IPv6', ipv6('1'), '::1'),
  refused('nothing', ''),
  refused('a dot', '.'),
  refused('an empty label', 'a..b'),
  refused('a label of 64 letters', `${'a'.repeat(64)}.b`),
  refused('a name of 254 letters', `${LONGEST}d`),
  refused('a hyphen in front', '-a.b'),
  refused('a hyphen behind', 'a-.b'),
  refused('a letter outside ASCII', 'bücher.example'),
  refused('a percent sign', 'a%2eb'),
  refused('a port in it', 'a.b:80'),
  refused('a space', 'a b'),
  refused('a zero byte', 'a\0b'),
  refused('a number', '2130706433'),
  refused('hexadecimal', '0x7f000001'),
  refused('a short address', '127.1'),
  refused('octal', '0177.0.0.1'),
  refused('a number too large', '256.0.0.1'),
  refused('five numbers', '1.2.3.4.5'),
  refused('an address with a dot behind', '1.2.3.4.'),
  refused('a last label that begins with a digit', 'example.1a'),
  refused('brackets', '[::1]'),
  refused('a zone', 'fe80::1%eth0'),
  refused('two gaps', '1::2::3'),
  refused('seven groups', '1:2:3:4:5:6:7'),
  refused('nine groups', '1:2:3:4:5:6:7:8:9'),
  refused('a gap of nothing', '1:2:3:4:5:6:7:8::'),
  refused('a group of five', '::12345'),
  refused('dotted in the middle', '1.2.3.4::'),
  refused('dotted and too short', '::1.2.3'),
  refused('port 0', 'a.b', 0),
  refused('a port too large', 'a.b', 65_536),
  refused('half a port', 'a.b', 80.5),
  wrong('kind 0', join(u8(0), text8('a'), u16(PORT))),
  wrong('kind 5', join(u8(5), text8('a'), u16(PORT))),
  wrong('a name in capitals', name('A.b')),
  wrong('a name with a dot behind', name('a.b.')),
  wrong('an empty name', name('')),
  wrong('IPv4 as a name', name('192.0.2.1')),
  wrong('IPv6 as a name', name('::1')),
  wrong('a name with a zero byte', name('a\0b')),
  wrong('port 0', name('a', 0)),
  wrong('IPv6 with port 0', ipv6('1', 0)),
  wrong('a name that is not UTF-8', join(u8(1), u8(2), Buffer.of(0xc3, 0x28), u16(PORT)), 'bad-frame'),
  wrong('nothing', Buffer.alloc(0), 'bad-frame'),
  wrong('a kind alone', u8(1), 'bad-frame'),
  wrong('a name that is cut', join(u8(1), u8(4), Buffer.from('abc')), 'bad-frame'),
  wrong('half a port', name('a').subarray(0, -1), 'bad-frame'),
  wrong('IPv4 that is cut', ipv4(1, 2, 3), 'bad-frame'),
]
