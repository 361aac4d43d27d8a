// An invite is found in whatever a person pasted: messengers, mail programs, editors and keyboards change what they carry, and the checksum says which
// reading is right.
import { expect, test } from 'vitest'
import { encodeInvite } from '#protocol'
import { nodeRandom } from '#protocol/node'
import { readInvites } from '../../../client/engine/app/invites.ts'
import { endpoint } from '../control/places.ts'

/** With hyphens, one and several in a row: what editors make dashes of. */
const text = inviteOf(new Uint8Array(32).map((_, index) => [0xfb, 0xef, 0xbe][index - 2] ?? 1))

function inviteOf(relayKey: Uint8Array): string {
  return encodeInvite({ relayKey, psk: nodeRandom(32), policyKey: new Uint8Array(32).fill(0xfb), endpoints: [endpoint('192.0.2.1')] })
}

test.each([
  ['in marks of direction', `\u2068${text}\u2069`],
  ['in marks of embedding', `\u202b${text}\u202c`],
  ['in German quotation marks', `„${text}“`],
  ['in Chinese brackets', `「${text}」`],
  ['in a Chinese sentence', `邀请码${text}，用app打开它`],
  ['with the colon of a Chinese keyboard', text.replace(':', '：')],
  ['before a Burmese full stop', `${text}။`],
  ['in the source of a page', `<a href="${text}">open</a>`],
  ['with a browser’s slash', `${text.replace('culvert:', 'culvert://')}/`],
  ['with what a messenger counts clicks by', `${text}?fbclid=abc`],
  ['with dashes', text.replaceAll('-', '–')],
  ['with minus signs', text.replaceAll('-', '\u2212')],
  ['with hyphens that do not break', text.replaceAll('-', '\u2011')],
  ['with a long dash for two hyphens', text.replaceAll('--', '—')],
  ['with a dash for two hyphens', text.replaceAll('--', '–')],
  ['in lines, with words after it', `${text.replace(/.{60}/g, '$&\r\n')}\r\n\r\nSent from my phone`],
  ['in lines that were quoted', `> ${text.replace(/.{60}/g, '$&\r\n> ')}`],
  ['in lines of a stored mail', text.replace(/.{60}/g, '$&=\r\n')],
  ['in UTF-16, as Windows writes it', Buffer.from(`\ufeff${text}`, 'utf16le').toString('utf8')],
  ['after a sentence that names Culvert', `For Culvert: ${text}`],
])('one is read %s', (_, changed) => {
  expect(changed).not.toBe(text)
  expect(readInvites(changed, 0)).toMatchObject([{ text }])
})

test('a damaged one beside a whole one is told of, and does not go unnoticed', () => {
  const damaged = text.replace(/.(?=.{20}$)/, (letter) => (letter === 'A' ? 'B' : 'A'))
  expect(readInvites(`${text} ${damaged}`, 0)).toBe('invite-damaged')
  expect(readInvites(`${damaged} ${text}`, 0)).toBe('invite-damaged')
})
