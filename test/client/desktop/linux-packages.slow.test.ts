// What people install must be theirs to read, whatever whoever packs it keeps from others: a server that is closed well has a umask of 027 or 077.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDeb, createTar } from '../../../client/desktop/build/linux-packages.ts'
import { needs } from '../../needs.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-packages-'))
const before = process.umask(0o077)
beforeAll(() => {
  mkdirSync(join(folder, 'linux-unpacked', 'resources'), { recursive: true })
  writeFileSync(join(folder, 'linux-unpacked', 'culvert'), '')
  chmodSync(join(folder, 'linux-unpacked', 'culvert'), 0o700)
  writeFileSync(join(folder, 'linux-unpacked', 'resources', 'app.asar'), '')
  writeFileSync(join(folder, 'icon.svg'), '<svg/>')
})
afterAll(() => {
  process.umask(before)
  rmSync(folder, { recursive: true })
})

/** Mode and name of each entry. */
function entriesOf(program: string, ...args: readonly string[]): readonly (readonly [string, string])[] {
  const lines = execFileSync(program, args, { encoding: 'utf8' }).trim().split('\n')
  return lines.map((line) => [line.slice(0, 10), line.split(/\s+/)[5] ?? ''] as const)
}

function expectOpen(entries: readonly (readonly [string, string])[]): void {
  expect(entries.filter(([mode]) => !/^(?:drwxr-xr-x|-rw-r--r--|-rwxr-xr-x|lrwxrwxrwx)$/.test(mode))).toEqual([])
  expect(entries.find(([, name]) => name.endsWith('/culvert'))?.[0]).toBe('-rwxr-xr-x')
}

describe('packed by somebody who keeps all from others', () => {
  const packing = { unpacked: join(folder, 'linux-unpacked'), output: folder, version: '1.0.0', arch: 'x64', epochS: 1_700_000_000 }

  test.runIf(needs('deb'))('the Debian package is for all to read', () => {
    expectOpen(entriesOf('dpkg-deb', '--contents', createDeb({ ...packing, icon: join(folder, 'icon.svg') })))
  })

  test('the archive is for all to read', () => {
    expectOpen(entriesOf('tar', '--list', '--verbose', '-f', createTar(packing)))
  })
})
