// What people install must be theirs to read, whatever whoever packs it keeps from others: a server that is closed well has a umask of 027 or 077.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

  test.runIf(needs('deb'))(
    'the Debian package can be removed though the app of one of two users hangs, and the other’s proxy is put back',
    () => {
      const file = createDeb({ ...packing, icon: join(folder, 'icon.svg') })
      execFileSync('dpkg-deb', ['--control', file, join(folder, 'control')])
      const programs = join(folder, 'programs')
      const program = (name: string, text: string): void => writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
      mkdirSync(programs)
      for (const user of ['hangs', 'works']) {
        mkdirSync(join(folder, user, '.config', 'Culvert'), { recursive: true })
        writeFileSync(join(folder, user, '.config', 'Culvert', 'system-proxy.json'), '{}')
      }
      program('getent', `for user in hangs works; do echo "$user:x:1:1::${folder}/$user:/bin/sh"; done`)
      program('runuser', `case $2 in hangs) exec sleep 600 ;; *) echo "$2" >>${folder}/repaired ;; esac`)
      // As the system's, with less patience.
      program('timeout', 'while case $1 in -*) true ;; *) false ;; esac; do shift; done; shift; exec /usr/bin/timeout 1 "$@"')
      const { status, stderr } = spawnSync('sh', [join(folder, 'control', 'prerm'), 'remove'], {
        env: { PATH: `${programs}:${process.env['PATH']}` },
        encoding: 'utf8',
        timeout: 15_000,
      })
      expect([status, readFileSync(join(folder, 'repaired'), 'utf8')]).toEqual([0, 'works\n'])
      expect(stderr).toContain('the proxy of hangs could not be put back')
    },
  )

  test('the archive is for all to read', () => {
    expectOpen(entriesOf('tar', '--list', '--verbose', '-f', createTar(packing)))
  })
})
