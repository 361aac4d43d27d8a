// What is given to `--invite`: a line as it was copied, or a file with one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { encodeInvite } from '#protocol'
import { readInvites } from '../../client/engine/arguments.ts'
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
