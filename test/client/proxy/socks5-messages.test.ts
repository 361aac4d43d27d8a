import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTarget, ResetCode } from '#protocol'
import {
  encodeDatagramHeader,
  encodeReply,
  Reply,
  readDatagram,
  readGreeting,
  readPassword,
  readRequest,
  replyOfReset,
} from '../../../client/engine/proxy/socks5-messages.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('a request', () => {
  test.each([
    ['IPv4', '05 01 00 01 c0000201 01bb', '192.0.2.1', 443],
    ['a name', '05 01 00 03 0b 6578616d706c652e6f7267 0050', 'example.org', 80],
    ['IPv6', '05 01 00 04 20010db8000000000000000000000001 0016', '2001:db8::1', 22],
  ])('with %s is read, and what follows is left', (_, bytes, host, port) => {
    const request = readRequest(hex(`${bytes} ffff`))
    if (typeof request !== 'object') throw new Error('no request')
    expect(parseTarget(request.host, request.port)).toEqual({ host, port })
    expect(request.length).toBe(hex(bytes).length)
  })

  test.each([
    ['BIND', '05 02 00 01', Reply.commandNotSupported],
    ['an unknown command', '05 f0 00 01', Reply.commandNotSupported],
    ['an unknown address type', '05 01 00 02', Reply.addressTypeNotSupported],
    ['a reserved byte that is set', '05 01 01 01', Reply.generalFailure],
    ['another version', '04 01 00 50', 'garbage'],
  ])('with %s is refused as soon as that is there', (_, bytes, outcome) => {
    expect(readRequest(hex(bytes))).toBe(outcome)
  })

  test('is short at every length below its own', () => {
    const whole = hex('05 01 00 03 0b 6578616d706c652e6f7267 0050')
    for (let length = 0; length < whole.length; length++) expect(readRequest(whole.subarray(0, length))).toBe('short')
  })

  test('keeps bytes that no host name has, so that they are refused and not repaired', () => {
    const request = readRequest(hex('05 01 00 03 03 61 00 e9 0050'))
    if (typeof request !== 'object') throw new Error('no request')
    expect(() => parseTarget(request.host, request.port)).toThrow('host name')
  })
})

test('no bytes make a reader throw or read past their end', () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.uint8Array({ maxLength: 600 }).map((bytes) => Uint8Array.of(5, ...bytes)),
    fc.uint8Array({ maxLength: 600 }).map((bytes) => Uint8Array.of(1, ...bytes)),
    fc.uint8Array({ maxLength: 600 }).map((bytes) => Uint8Array.of(5, 1, 0, ...bytes)),
  )
  fc.assert(
    fc.property(anything, (bytes) => {
      for (const read of [readGreeting, readPassword, readRequest]) {
        const message = read(bytes)
        if (typeof message === 'object') expect(message.length).toBeLessThanOrEqual(bytes.length)
        if (message === 'short') expect(bytes.length).toBeLessThan(513)
      }
    }),
  )
})

describe('a datagram', () => {
  test('is its target and its payload', () => {
    const datagram = readDatagram(hex('0000 00 01 c0000201 0035 cafe'))
    expect(datagram).toEqual({ host: '192.0.2.1', port: 53, payload: hex('cafe') })
  })

  test.each([
    ['a fragment', '0000 01 01 c0000201 0035 cafe'],
    ['a reserved byte that is set', '0001 00 01 c0000201 0035 cafe'],
    ['an unknown address type', '0000 00 07 c0000201 0035 cafe'],
    ['a cut address', '0000 00 01 c0000201 00'],
    ['nothing', ''],
  ])('with %s is dropped', (_, bytes) => {
    expect(readDatagram(hex(bytes))).toBeUndefined()
  })

  test('that is encoded reads back, whatever its source', () => {
    const name = fc.domain().filter((host) => host.length < 200)
    const target = fc
      .tuple(fc.oneof(fc.ipV4(), fc.ipV6(), name), fc.integer({ min: 1, max: 65535 }))
      .map(([host, port]) => parseTarget(host, port))
    fc.assert(
      fc.property(target, fc.uint8Array({ maxLength: 64 }), (from, payload) => {
        const read = readDatagram(Uint8Array.of(...encodeDatagramHeader(from), ...payload))
        if (read === undefined) throw new Error('dropped')
        expect(parseTarget(read.host, read.port)).toEqual(from)
        expect(read.payload).toEqual(payload)
      }),
    )
  })

  test('that is garbage never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readDatagram(Uint8Array.of(0, 0, 0, ...bytes))))
  })
})

test('every way that a dial fails has its reply of RFC 1928', () => {
  const replies = Object.entries(ResetCode).map(([name, code]) => [name, replyOfReset(code)])
  expect(Object.fromEntries(replies)).toEqual({
    cancelled: 1,
    refused: 5,
    hostUnreachable: 4,
    networkUnreachable: 3,
    timeout: 6,
    denied: 2,
    nameNotFound: 4,
    broken: 1,
    overload: 1,
    goingAway: 1,
    internal: 1,
  })
})

test('a reply has the address that it is given', () => {
  expect(toHex(encodeReply(Reply.refused))).toBe('05050001000000000000')
  expect(toHex(encodeReply(Reply.succeeded, '127.0.0.1', 0x1234))).toBe('050000017f0000011234')
  expect(toHex(encodeReply(Reply.succeeded, '::1', 0x1234))).toBe(`05000004${'00'.repeat(15)}011234`)
})
