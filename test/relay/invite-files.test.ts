import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeAnyInvite, encodeNetworkInvite } from '#protocol'
import { writeInviteFiles } from '../../relay/invite-files.ts'
import { readDrawing, readPicture } from '../e2e/read-qr.ts'
import { drawInvite } from '../protocol/directory/network.ts'
import { seededRandom } from '../protocol/fixtures.ts'

let folder: string
const random = seededRandom('invite files')
const TEXT = encodeNetworkInvite({
  networkId: random(32),
  authorityKey: random(32),
  secret: random(16),
  untilS: 2_000_000_000,
  doors: [drawInvite('one'), drawInvite('two')],
})

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-invites-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('an invite is the same in its file, its drawing and its picture, and nobody else may read them', async () => {
  const name = join(folder, 'friend')
  await writeInviteFiles(TEXT, name)
  const read = (end: string): Buffer => readFileSync(`${name}.${end}`)
  expect(read('culvert').toString()).toBe(`${TEXT}\n`)
  expect(readDrawing(read('svg').toString())).toBe(TEXT)
  expect(readPicture(read('png'))).toBe(TEXT)
  expect(decodeAnyInvite(TEXT).kind).toBe('network')
  for (const end of ['culvert', 'svg', 'png']) expect(statSync(`${name}.${end}`).mode & 0o777).toBe(0o600)
})

test('an invite that is there is never written over, and one that is too long for a QR code says so', async () => {
  await expect(writeInviteFiles(TEXT, join(folder, 'friend'))).rejects.toThrow(/is there already/)
  await expect(writeInviteFiles(`culvert:${'A'.repeat(5_000)}`, join(folder, 'long'))).rejects.toThrow(/too long for a QR code/)
  await expect(writeInviteFiles(TEXT, join(folder, 'no', 'such', 'folder'))).rejects.toThrow(
    /the folder that it belongs into does not exist/,
  )
})
