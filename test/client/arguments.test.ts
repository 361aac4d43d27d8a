// What the commands are given: an invite as a line that was copied, or a file with one; an address, a country. And what connect answers to a person.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { encodeInvite } from '#protocol'
import { parseCountry, parseLocal, readInvites } from '../../client/engine/arguments.ts'
import { eventInWords } from '../../client/engine/connect.ts'
import { drawInvite } from '../protocol/directory/network.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-arguments-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const invite = drawInvite('relay')
const text = encodeInvite(invite)

describe('an invite is read', () => {
  test.each([
    ['as it is', text],
    ['with a capital scheme', text.replace('culvert:', 'CULVERT:')],
    ['behind a space', ` ${text}\n`],
    ['in marks of direction', `\u2068${text}\u2069`],
    ['behind a byte order mark', `\ufeff${text}`],
    ['with a zero-width letter within', text.replace(':', ':\u200b')],
    ['in quotation marks', `“${text}”`],
    ['in a message', `Here it is: ${text}. Keep it!`],
  ])('%s, on the command line and in a file', (_how, given) => {
    const file = join(folder, 'invite')
    writeFileSync(file, given)
    for (const one of [given, file]) expect(readInvites([one], 0).invites).toEqual([invite])
  })

  test('from a file of Windows, in UTF-16', () => {
    const file = join(folder, 'wide')
    writeFileSync(file, Buffer.from(`\ufeff${text}`, 'utf16le'))
    expect(readInvites([file], 0).invites).toEqual([invite])
  })

  test('from a file whose name speaks of invites', () => {
    const file = join(folder, 'my culvert: invite')
    writeFileSync(file, text)
    expect(readInvites([file], 0).invites).toEqual([invite])
  })
})

test.each([
  ['that is damaged', `\u2068${text.slice(0, -3)}\u2069`, 'Copy it again, whole'],
  ['without its beginning', text.slice('culvert:'.length), 'can’t be read'],
])('one %s is told of in words that hold nothing of it', (_what, given, words) => {
  const said = (): unknown => readInvites([given], 0)
  expect(said).toThrow(words)
  expect(said).not.toThrow(text.slice(20, 40))
})

test.each([
  ['0.0.0.0:1080', false, 'add --beyond-loopback'],
  ['[::]:1080', false, 'add --beyond-loopback'],
  ['localhost:1080', true, 'in numbers'],
  ['1080', true, 'an address and a port'],
])('the address %s is refused in words that say what to do', (address, isOpen, words) => {
  expect(() => parseLocal('--socks', address, isOpen)).toThrow(words)
  expect(() => parseLocal('--socks', address, isOpen)).toThrow('--socks')
})

test('an address of this machine is taken, and one that others reach where that is wanted', () => {
  expect(parseLocal('--socks', '[::1]:9', false)).toEqual({ host: '::1', port: 9 })
  expect(parseLocal('--socks', '0.0.0.0:9', true)).toEqual({ host: '0.0.0.0', port: 9 })
})

test.each([
  ['AAAA', 'damaged'],
  [`${Buffer.from([200, ...new Uint8Array(90)]).toString('base64url')}`, 'damaged'],
  [`${Buffer.from([9, ...new Uint8Array(90)]).toString('base64url')}`, 'Update Culvert'],
])('an invite culvert:%s is refused as what it most likely is: %s', (letters, words) => {
  expect(() => readInvites([`culvert:${letters}`], 0)).toThrow(words)
})

test('a country is two letters', () => {
  expect(parseCountry('ir')).toBe('IR')
  for (const text of ['Iran', 'I', '', 'I1']) expect(() => parseCountry(text)).toThrow('two letters')
})

describe('connect says to a person', () => {
  const waiting = (retryInMs: number): string | undefined =>
    eventInWords({ event: 'status', state: 'waiting', reason: 'silent', sentence: 'The relay stopped answering.', retryInMs })

  test('when it tries again, in seconds and in minutes', () => {
    expect(waiting(300)).toBe('The relay stopped answering. Trying again.')
    expect(waiting(4_600)).toBe('The relay stopped answering. Trying again in 5 seconds.')
    expect(waiting(125_000)).toBe('The relay stopped answering. Trying again in 2 minutes.')
  })

  test('what the network does to it, and why it is thought so', () => {
    const sentences = ['This network is cut off from abroad: only sites that are allowed still answer.', 'Sites of this country answer.']
    expect(eventInWords({ event: 'verdict', verdict: 'cutoff', sentences, evidence: [] })).toBe(sentences.join(' '))
  })
})
