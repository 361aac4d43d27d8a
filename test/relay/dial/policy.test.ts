import { BlockList } from 'node:net'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { createAddressPolicy, isPortRefused, nameToAsk } from '../../../relay/dial/policy.ts'

describe('createAddressPolicy', () => {
  const permits = createAddressPolicy([], [])

  // Goal: no range of ours is mistyped. Method: another author's table has to refuse nothing that we permit.
  test('permits no IPv4 address that ipaddr.js calls special', () => {
    const special = (address: string): boolean => !['unicast', 'as112', 'amt'].includes(ipaddr.parse(address).range())
    fc.assert(
      fc.property(fc.ipV4(), (address) => permits(address) === !special(address) || address === '168.63.129.16'),
      { numRuns: 2000 },
    )
  })

  test('permits no IPv6 address that ipaddr.js calls special, but NAT64', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const range = ipaddr.parse(address).range()
        return !permits(address) || range === 'unicast' || range === 'as112v6' || range === 'rfc6052'
      }),
      { numRuns: 2000 },
    )
  })

  // Goal: CIDR arithmetic is right for any prefix length. Method: Node's own BlockList says the same.
  test.each([4, 6] as const)('opens exactly the range of an allowed CIDR, IPv%i', (family) => {
    const bitsMax = family === 4 ? 32 : 128
    const address = family === 4 ? fc.nat(255).map((low) => `10.1.${low}.0`) : fc.nat(0xffff).map((low) => `fd00:1:${low.toString(16)}::`)
    fc.assert(
      fc.property(address, address, fc.nat(bitsMax), (base, asked, bits) => {
        const list = new BlockList()
        list.addSubnet(base, bits, `ipv${family}`)
        return createAddressPolicy([`${base}/${bits}`], [])(asked) === list.check(asked, `ipv${family}`)
      }),
    )
  })

  test('refuses an own address, alone or as a range, unless allow opens it', () => {
    expect(createAddressPolicy([], ['1.2.3.4', '2600:1::/32'])('1.2.3.4')).toBe(false)
    expect(createAddressPolicy([], ['1.2.3.4', '2600:1::/32'])('2600:1:2::3')).toBe(false)
    expect(createAddressPolicy([], ['1.2.3.4', '2600:1::/32'])('1.2.3.5')).toBe(true)
    expect(createAddressPolicy(['1.2.3.0/24'], ['1.2.3.4'])('1.2.3.4')).toBe(true)
  })

  test('does not open mapped IPv4 for a range of IPv4', () => {
    expect(createAddressPolicy(['127.0.0.0/8'], [])('::ffff:127.0.0.1')).toBe(false)
    expect(createAddressPolicy(['0.0.0.0/0'], [])('::1')).toBe(false)
    expect(createAddressPolicy(['::ffff:0:0/96'], [])('::ffff:127.0.0.1')).toBe(true)
  })

  test.each([
    '',
    '10',
    '10/8',
    '010.0.0.0/8',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::/129',
    'fe80::1%lo/64',
    'example.com',
  ])('refuses %j as a range, in words for the operator', (text) => {
    expect(() => createAddressPolicy([text], [])).toThrow(/is not an address or a range/)
    expect(() => createAddressPolicy([], [text])).toThrow(/is not an address or a range/)
  })
})

describe('isPortRefused', () => {
  test.each([25, 0, -1, 65536, 1.5, Number.NaN])('refuses %d', (port) => expect(isPortRefused(port)).toBe(true))
  test.each([1, 24, 26, 80, 443, 465, 587, 65535])('permits %d', (port) => expect(isPortRefused(port)).toBe(false))
})

describe('nameToAsk', () => {
  // Goal: c-ares, getaddrinfo or a resolver behind them never get a text that they would read as an address.
  test('never gives a name that ends in a number, by the rule of the WHATWG URL standard', () => {
    const part = fc.oneof(
      fc.nat().map(String),
      fc.nat().map((n) => `0x${n.toString(16)}`),
      fc.nat().map((n) => `0${n.toString(8)}`),
      fc.domain(),
    )
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.constantFrom('', '.'), (parts, end) => {
        const name = nameToAsk(parts.join('.') + end)
        return name === undefined || !/(^|\.)(\d+|0x[0-9a-f]*)$/.test(name)
      }),
    )
  })

  test('gives every ordinary domain back in lower case', () => {
    fc.assert(fc.property(fc.domain(), (domain) => nameToAsk(domain.toUpperCase()) === domain.toLowerCase()))
  })
})
