// What a volunteer installs: the Debian package, built and laid into a scratch root and run from there, and what systemd thinks of its unit.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { makeDeb } from '../../../relay/package/make-deb.ts'
import { metricsOf } from '../../../relay/status/metrics.ts'
import type { Report } from '../../../relay/status/report.ts'
import { needs } from '../../needs.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-package-'))
afterAll(() => rmSync(folder, { recursive: true }))
const UNIT = 'relay/package/culvert-relay.service'

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1_048_576 })
}

describe.runIf(needs('deb'))('the Debian package', () => {
  test('brings a relay that runs with nothing else installed, and its unit and page', { timeout: 120_000 }, () => {
    // Somebody's relay that lies in the checkout. As on a server that is closed well; what is packed is for the relay's user to read.
    const stray = mkdtempSync(join('relay', 'stray-'))
    writeFileSync(join(stray, 'keys.json'), '{}')
    const before = process.umask(0o077)
    const file = makeDeb(folder, 'none')
    process.umask(before)
    rmSync(stray, { recursive: true })
    expect(run('dpkg-deb', '--field', file, 'Package', 'Architecture')).toMatch(/^Package: culvert-relay\nArchitecture: \w+\n$/)
    const listed = run('dpkg-deb', '--contents', file)
    for (const line of listed.trim().split('\n')) expect(line).toMatch(/^(?:drwxr-xr-x|-rw-r--r--|-rwxr-xr-x|lrwxrwxrwx) root\/root /)
    expect(listed).not.toContain('stray-')
    expect(listed).not.toMatch(/culvert-relay\/(?:test|client)\/|node_modules\/(?:electron|typescript|vitest)\//)
    const root = join(folder, 'root')
    run('dpkg-deb', '--extract', file, root)
    expect(statSync(join(root, 'usr/bin/culvert-relay')).mode & 0o777).toBe(0o755)
    for (const name of [
      'usr/lib/systemd/system/culvert-relay.service',
      'usr/share/doc/culvert-relay/OPERATORS.md',
      'usr/share/doc/culvert-relay/copyright',
    ])
      expect(statSync(join(root, name)).size).toBeGreaterThan(100)
    const home = join(root, 'usr/lib/culvert-relay')
    const relay = (...args: readonly string[]): string => run(join(home, 'bin/node'), join(home, 'relay/main.ts'), ...args)
    const dir = join(folder, 'relay')
    expect(relay('init', '--dir', dir, '--domain', 'relay.example', '--listen', '127.0.0.1:0')).toContain('A relay for relay.example is in')
    expect(relay('set', '--dir', dir, '--month', '1T')).toContain('1T bytes a month')
  })
})

describe.runIf(needs('systemd'))('the unit', () => {
  test('is one that systemd finds closed', () => {
    const said = run('systemd-analyze', 'security', '--offline=true', '--no-pager', UNIT)
    const level = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(said)?.[1])
    expect(level).toBeLessThan(2)
  })
})

test('the Grafana board asks for metrics that there are', async () => {
  const board = readFileSync('relay/package/grafana.json', 'utf8')
  const asked = new Set(board.match(/culvert_relay_[a-z_]+/g))
  const report = {
    version: '1',
    health: { state: 'serving', says: '', warnings: [] },
    workers: 1,
    now: { sessions: 0, streams: 0 },
    sums: { sessions: 0, streams: 0, upBytes: 0, downBytes: 0, dialsFailed: 0, dialsRefused: 0 },
    month: { bytes: 0, capBytes: 1 },
    certificate: { kind: 'own', daysLeft: 1 },
    memoryBytes: 0,
  } as unknown as Report
  const { text } = await metricsOf(report)
  expect([...asked].filter((name) => !text.includes(`\n${name}`) && !text.startsWith(name))).toEqual([])
})
