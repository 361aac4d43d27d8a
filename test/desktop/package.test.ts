// The packages of Linux that are made here: the same bytes of the same folder, and where they put things.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createDeb, createTar } from '../../client/desktop/build/linux-packages.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'culvert-package-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.runIf(process.platform === 'linux')('a package', () => {
  test('of the same folder is the same bytes each time, as tar.gz and as deb', () => {
    const unpacked = join(folder, 'linux-unpacked')
    mkdirSync(join(unpacked, 'resources'), { recursive: true })
    for (const name of ['culvert', 'chrome-sandbox', 'resources/app.asar']) writeFileSync(join(unpacked, name), name)
    const made = [1, 2].map((round) => {
      const output = join(folder, String(round))
      mkdirSync(output)
      const copy = join(output, 'linux-unpacked')
      cpSync(unpacked, copy, { recursive: true, preserveTimestamps: true })
      const packing = { unpacked: copy, output, version: '1.2.3', arch: 'x64', epochS: 1_790_000_000 }
      return [createTar(packing), createDeb({ ...packing, icon: join(ROOT, 'client/desktop/icons/culvert.svg') })]
    })
    const [first, second] = made as [string[], string[]]
    expect(first.map((file) => readFileSync(file))).toEqual(second.map((file) => readFileSync(file)))
    const control = execFileSync('dpkg-deb', ['--field', first[1] as string], { encoding: 'utf8' })
    expect(control).toMatch(/^Package: culvert\nVersion: 1\.2\.3\nArchitecture: amd64$/m)
    const names = execFileSync('dpkg-deb', ['--contents', first[1] as string], { encoding: 'utf8' })
    for (const name of ['./opt/Culvert/culvert', './usr/share/applications/culvert.desktop', './usr/bin/culvert-app'])
      expect(names).toContain(name)
    // Folders of the system would get what the temporary one has.
    expect(names.split('\n')[0]).toMatch(/^drwxr-xr-x root\/root .* \.\/$/)
  })
})
