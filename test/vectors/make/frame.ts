// Cases for SPEC.md §7.2: plaintexts of records, and the frames in them. Those before a bad one count.
import type { Frame } from '../../protocol/frames.ts'

export interface FrameCase {
  readonly name: string
  readonly plaintext: string
  readonly expect: 'frames' | 'bad-frame' | 'bad-target'
  readonly frames: readonly Frame[]
}

const NAME = { host: 'example.com', port: 443 }
const IPV4 = { host: '192.0.2.1', port: 53 }
const IPV6 = { host: '2001:db8::1', port: 65_535 }
const NAME_HEX = '010b6578616d706c652e636f6d01bb'
const IPV4_HEX = '04c00002010035'
const IPV6_HEX = '0620010db8000000000000000000000001ffff'

function frames(name: string, hex: string, ...expected: readonly Frame[]): FrameCase {
  return { name, plaintext: hex.replaceAll(' ', ''), expect: 'frames', frames: expected }
}

function bad(name: string, hex: string, ...before: readonly Frame[]): FrameCase {
  return { name, plaintext: hex.replaceAll(' ', ''), expect: 'bad-frame', frames: before }
}

function badTarget(name: string, hex: string, ...before: readonly Frame[]): FrameCase {
  return { ...bad(name, hex, ...before), expect: 'bad-target' }
}

export const frameCases: readonly FrameCase[] = [
  frames('nothing', ''),
  frames('padding alone', '00'),
  frames('padding of any value', '00 0b ff'),
  frames('ack', '01 05', ['ack', 5]),
  frames('ack of the largest number', '01 c01fffffffffffff', ['ack', 2 ** 53 - 1]),
  frames('ping', '02', ['ping']),
  frames('open, a name', `03 01 00 ${NAME_HEX}`, ['open', 1, 0, NAME]),
  frames('open, both flags, IPv4', `03 4040 03 ${IPV4_HEX}`, ['open', 64, 3, IPV4]),
  frames('open, IPv6', `03 02 01 ${IPV6_HEX}`, ['open', 2, 1, IPV6]),
  frames('opened', '04 01', ['opened', 1]),
  frames('data', '05 01 03 616263', ['data', 1, '616263']),
  frames('empty data', '05 01 00', ['data', 1, '']),
  frames('data, its numbers longer than needed', '05 4001 80000003 616263', ['data', 1, '616263']),
  frames('fin', '06 bfffffff', ['fin', 2 ** 30 - 1]),
  frames('reset', '07 01 05', ['reset', 1, 5]),
  frames('reset by an unknown code: it reads as internal', '07 01 ff', ['reset', 1, 10]),
  frames('window', '08 01 80080000', ['window', 1, 524_288]),
  frames('datagram', `09 01 ${IPV4_HEX} 02 abcd`, ['datagram', 1, IPV4, 'abcd']),
  frames('an empty datagram', `09 01 ${NAME_HEX} 00`, ['datagram', 1, NAME, '']),
  frames('goaway', '0a 09', ['goaway', 9]),
  frames('goaway by an unknown code', '0a 0b', ['goaway', 10]),
  frames('the example of §7.2', `03 01 00 ${NAME_HEX} 05 01 02 6869`, ['open', 1, 0, NAME], ['data', 1, '6869']),
  frames('ack ahead', '0b 05 02 0180', ['ackAhead', 5, '0180']),
  frames('ack ahead, an empty byte at the end', '0b 05 02 0100', ['ackAhead', 5, '0100']),
  frames('ack ahead of 1,024 bytes', `0b 05 4400 ${'ff'.repeat(1_024)}`, ['ackAhead', 5, 'ff'.repeat(1_024)]),
  frames('retire', '0c 00000000', ['retire', 0]),
  frames('retire of the largest counter', '0c ffffffff', ['retire', 0xffff_ffff]),
  frames('part, the last of its record', `0d 05 0128 01 28 ${'61'.repeat(40)}`, ['part', 5, 296, 256, '61'.repeat(40)]),
  frames('part, the first of its record', `0d 05 0201 00 4100 ${'61'.repeat(256)}`, ['part', 5, 513, 0, '61'.repeat(256)]),
  frames('part, from the middle', `0d 05 0301 01 4200 ${'61'.repeat(512)}`, ['part', 5, 769, 256, '61'.repeat(512)]),
  frames('part that is a whole record, the smallest', `0d 00 0018 00 18 ${'61'.repeat(24)}`, ['part', 0, 24, 0, '61'.repeat(24)]),
  frames('part of the largest record, its last', `0d c01fffffffffffff ffff ff 40ff ${'61'.repeat(255)}`, [
    'part',
    2 ** 53 - 1,
    65_535,
    65_280,
    '61'.repeat(255),
  ]),
  frames('several, then padding', '01 07 02 06 01 00 ffff', ['ack', 7], ['ping'], ['fin', 1]),
  bad('an unknown type', '0e'),
  bad('an unknown type behind good frames', '02 06 01 0e', ['ping'], ['fin', 1]),
  bad('a type in two bytes', '4002'),
  bad('ack without a number', '01'),
  bad('ack of 2^53', '01 c020000000000000'),
  bad('ack cut in its number', '01 c0000000000000'),
  bad('open without flags', '03 01'),
  bad('open by an unknown flag', `03 01 04 ${NAME_HEX}`),
  bad('open by the highest flag', `03 01 80 ${NAME_HEX}`),
  bad('open without a target', '03 01 00'),
  bad('open with a name that is cut', '03 01 00 01 0b 6578'),
  bad('open without a port', `03 01 00 ${NAME_HEX.slice(0, -4)}`),
  bad('open with half a port', `03 01 00 ${NAME_HEX.slice(0, -2)}`),
  bad('open with an IPv4 address that is cut', '03 01 00 04 c00002'),
  bad('open with an IPv6 address that is cut', '03 01 00 06 20010db8'),
  bad('opened without an id', '04'),
  bad('data without a length', '05 01'),
  bad('data that is cut', '05 01 04 616263'),
  bad('data longer than any record', '05 01 bfffffff 616263'),
  bad('data longer than any memory', '05 01 c01fffffffffffff 616263'),
  bad('fin without an id', '06'),
  bad('reset without a code', '07 01'),
  bad('window without a limit', '08 01'),
  bad('window of 2^53', '08 01 c020000000000000'),
  bad('datagram without a length', `09 01 ${IPV4_HEX}`),
  bad('datagram that is cut', `09 01 ${IPV4_HEX} 03 abcd`),
  bad('datagram of 64,513 bytes', `09 01 ${IPV4_HEX} 8000fc01`),
  bad('goaway without a code', '0a'),
  bad('ack ahead without a number', '0b'),
  bad('ack ahead without a bitmap', '0b 05'),
  bad('ack ahead with a bitmap of no bytes', '0b 05 00'),
  bad('ack ahead with a bitmap of 1,025 bytes', `0b 05 4401 ${'ff'.repeat(1_025)}`),
  bad('ack ahead that is cut', '0b 05 02 01'),
  bad('retire without a counter', '0c'),
  bad('retire that is cut', '0c 000000'),
  bad('part without a number', '0d'),
  bad('part without a size', '0d 05'),
  bad('part without a place', '0d 05 0128'),
  bad('part without a length', '0d 05 0128 01'),
  bad('part that is cut', '0d 05 0128 01 28 6162'),
  bad('part without bytes', '0d 05 0128 01 00'),
  bad('part of a record of 23 bytes', `0d 05 0017 00 17 ${'61'.repeat(23)}`),
  bad('part of a record of no bytes', '0d 05 0000 00 01 61'),
  bad('part that reaches over the end of its record', `0d 05 0128 01 29 ${'61'.repeat(41)}`),
  bad('part that begins behind its record', '0d 05 0128 02 01 61'),
  bad('part that begins where its record ends', '0d 05 0100 01 01 61'),
  bad('part that ends within a unit', `0d 05 0128 00 40ff ${'61'.repeat(255)}`),
  bad('part that ends a byte behind a unit', `0d 05 0300 00 4101 ${'61'.repeat(257)}`),
  bad('part that ends a byte before its record', `0d 05 0128 01 27 ${'61'.repeat(39)}`),
  badTarget('open, an unknown kind of target', '03 01 00 02 0161 0050'),
  badTarget('open, a name in capitals', '03 01 00 01 01 41 0050'),
  badTarget('open, port 0', '03 01 00 04 c0000201 0000'),
  badTarget('open, an address as a name', '03 01 00 01 07 312e322e332e34 0050'),
  badTarget('datagram, an unknown kind of target', '09 01 00 00'),
  badTarget('a bad target behind a good frame', '02 03 01 00 01 00 0050', ['ping']),
]
