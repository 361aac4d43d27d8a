import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import jsQr from 'jsqr'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LANGUAGES } from '../../../client/contract/settings.ts'
import { giveToFriend, INVITE_FILE, INVITE_PICTURE, READ_ME_FILE } from '../../../client/desktop/share.ts'
import { READ_ME } from '../../../client/desktop/share-words.ts'
import type { Installer } from '../../../client/desktop/update/updates.ts'

const INVITE = `culvert:${randomBytes(200).toString('base64url')}`
const BYTES = randomBytes(10_000)

let place: string
let installer: Installer
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'culvert-share-'))
  mkdirSync(join(place, 'app'))
  const path = join(place, 'app', 'culvert-0.2.0.deb')
  writeFileSync(path, BYTES)
  const file = {
    target: 'linux-x64-deb',
    name: 'culvert-0.2.0.deb',
    bytes: BYTES.length,
    sha256: createHash('sha256').update(BYTES).digest('hex'),
  }
  installer = { path, file, version: '0.2.0', document: '{"rotations":[]}', isNewer: false }
})
afterEach(() => rmSync(place, { recursive: true }))

const readMe = (folder = 'Culvert'): string => readFileSync(join(place, folder, READ_ME_FILE), 'utf8')

/** Enough of PNG (ISO/IEC 15948) for what the library writes: eight bits, RGBA, filters 0 to 2. */
function pixelsOf(png: Buffer): { readonly data: Uint8ClampedArray; readonly width: number; readonly height: number } {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  const parts: Buffer[] = []
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
  }
  const raw = inflateSync(Buffer.concat(parts))
  const data = new Uint8ClampedArray(width * height * 4)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (width * 4 + 1)] as number
    expect(filter).toBeLessThan(5)
    for (let x = 0; x < width * 4; x++) {
      const value = raw[y * (width * 4 + 1) + 1 + x] as number
      const left = x >= 4 ? (data[y * width * 4 + x - 4] as number) : 0
      const up = y > 0 ? (data[(y - 1) * width * 4 + x] as number) : 0
      const corner = x >= 4 && y > 0 ? (data[(y - 1) * width * 4 + x - 4] as number) : 0
      data[y * width * 4 + x] = (value + [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!) & 255
    }
  }
  return { data, width, height }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [left, up, corner].map((one) => Math.abs(guess - one)) as [number, number, number]
  return a <= b && a <= c ? left : b <= c ? up : corner
}

describe('what is given to a friend', () => {
  test('is the installer with its document, the invite as a file and a picture, and what to do', async () => {
    expect(await giveToFriend({ place, language: 'en', invite: INVITE, installer })).toEqual({ folder: 'Culvert', hasApp: true })
    expect(readdirSync(join(place, 'Culvert')).sort()).toEqual(
      [INVITE_FILE, INVITE_PICTURE, READ_ME_FILE, 'culvert-0.2.0.deb', 'culvert.update'].sort(),
    )
    expect(readFileSync(join(place, 'Culvert', 'culvert-0.2.0.deb'))).toEqual(BYTES)
    expect(readFileSync(join(place, 'Culvert', INVITE_FILE), 'utf8')).toBe(`${INVITE}\n`)
    const { data, width, height } = pixelsOf(readFileSync(join(place, 'Culvert', INVITE_PICTURE)))
    expect((jsQr as unknown as typeof jsQr.default)(data, width, height)?.data).toBe(INVITE)
    expect(readMe()).toMatch(/^\ufeffCulvert\r\n/)
    expect(readMe()).toContain('The invite is a secret')
  })

  test('says only what is true of what is there', async () => {
    expect(await giveToFriend({ place, language: 'en' })).toEqual({ folder: 'Culvert', hasApp: false })
    expect(readdirSync(join(place, 'Culvert'))).toEqual([READ_ME_FILE])
    expect(readMe()).not.toMatch(/invite|\.update|\{file\}/)
    await giveToFriend({ place, language: 'en', invite: `culvert:${'A'.repeat(4_000)}` })
    expect(readdirSync(join(place, 'Culvert 2')).sort()).toEqual([INVITE_FILE, READ_ME_FILE])
    expect(readMe('Culvert 2')).not.toContain(INVITE_PICTURE)
  })

  test('overwrites nothing', async () => {
    mkdirSync(join(place, 'Culvert'))
    writeFileSync(join(place, 'Culvert', READ_ME_FILE), 'mine')
    expect(await giveToFriend({ place, language: 'en', invite: INVITE })).toEqual({ folder: 'Culvert 2', hasApp: false })
    expect(readMe()).toBe('mine')
  })

  test('is nothing at all where it can’t be whole', async () => {
    expect(await giveToFriend({ place: join(place, 'nowhere'), language: 'en', invite: INVITE })).toBe('failed')
    writeFileSync(installer.path, BYTES.subarray(1))
    expect(await giveToFriend({ place, language: 'en', invite: INVITE, installer })).toBe('failed')
    rmSync(installer.path)
    expect(await giveToFriend({ place, language: 'en', invite: INVITE, installer })).toBe('failed')
    chmodSync(place, 0o700)
    expect(readdirSync(place)).toEqual(['app'])
  })

  test('speaks every language of the app, whole and without a word of another’s', () => {
    for (const language of LANGUAGES) {
      const words = READ_ME[language]
      expect(Object.keys(words)).toEqual(Object.keys(READ_ME.en))
      for (const [name, text] of Object.entries(words)) {
        expect([language, name, text.includes('{file}')]).toEqual([
          language,
          name,
          READ_ME.en[name as keyof typeof words].includes('{file}'),
        ])
        if (language !== 'en') expect(text).not.toBe(READ_ME.en[name as keyof typeof words])
      }
    }
  })
})
