// What `check` says of the machine: its clock, its limits, its disk, and the addresses that a name leads to. They are those of a machine of the test's own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { checkFiles } from '../../relay/check/files.ts'
import type { Finding } from '../../relay/check/finding.ts'
import { checkDisk, checkMachine, type Machine, thisMachine } from '../../relay/check/machine.ts'
import { checkNetwork } from '../../relay/check/network.ts'
import { loadConfig } from '../../relay/config.ts'
import { initRelay } from '../../relay/init.ts'

const DAY_MS = 86_400_000
const base = mkdtempSync(join(tmpdir(), 'culvert-check-machine-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const machine: Machine = {
  ...thisMachine(Date.now()),
  openFilesMax: 65_536,
  memoryBytes: 2 ** 31,
  freeBytes: () => 2 ** 33,
  run: async () => undefined,
}

const of = (findings: readonly Finding[], subject: string): Finding | undefined => findings.find((one) => one.subject === subject)

let count = 0
async function made(listen: string): Promise<string> {
  const dir = join(base, `relay-${count++}`)
  await initRelay({ dir, domain: 'www.red-kettle.example', address: '127.0.0.1:8443', listen }, Date.now())
  return dir
}

describe('of the machine, check finds', () => {
  const cases: readonly (readonly [what: string, other: Partial<Machine>, subject: string, level: Finding['level']])[] = [
    ['nothing wrong with a good one', {}, 'clock', 'ok'],
    ['a clock before the relay was made', { nowMs: Date.now() - 3 * DAY_MS }, 'clock', 'error'],
    ['a clock that nobody sets', { run: async () => ({ exitCode: 0, output: 'no\n' }) }, 'clock', 'warning'],
    ['few open files', { openFilesMax: 4_096 }, 'open files', 'warning'],
    ['far too few open files', { openFilesMax: 256 }, 'open files', 'error'],
    ['an unknown number of open files', { openFilesMax: undefined }, 'open files', 'ok'],
    ['little memory', { memoryBytes: 2 ** 28 }, 'memory', 'warning'],
  ]
  test.each(cases)('%s', async (_, other, subject, level) => {
    expect(of(await checkMachine({ ...machine, ...other }, Date.now()), subject)?.level).toBe(level)
  })

  test('a clock that is behind, and of a certificate that is not good yet nothing else to do', async () => {
    const certificate = of(checkFiles(await made('127.0.0.1:8443'), { ...machine, nowMs: Date.now() - 3 * DAY_MS }).findings, 'certificate')
    expect(certificate).toMatchObject({
      level: 'error',
      says: expect.stringContaining('clock is behind'),
      mend: expect.stringMatching(/^Set the clock/),
    })
  })

  test.each([
    [2 ** 30, 'ok'],
    [2 ** 26, 'warning'],
    [4_096, 'error'],
    [undefined, 'ok'],
  ] as const)('a disk with %s bytes free: %s', (bytes, level) => {
    expect(checkDisk(base, { ...machine, freeBytes: () => bytes }).level).toBe(level)
  })

  test('the limits that this process really has', () => {
    const real = thisMachine(Date.now())
    expect(real.openFilesMax).toBeGreaterThan(100)
    expect(real.memoryBytes).toBeGreaterThan(2 ** 26)
    expect(real.freeBytes(base)).toBeGreaterThan(2 ** 20)
    expect(real.freeBytes(join(base, 'none'))).toBeUndefined()
  })

  test('a name that leads to an address of IPv6 where the relay does not listen', async () => {
    const at = { addresses: ['198.51.100.7', '2001:db8::7'] }
    const dir = await made('0.0.0.0:8443')
    const levelOf = async (relay: string, ...found: string[]): Promise<Finding | undefined> =>
      of(await checkNetwork(relay, loadConfig(relay), undefined, { ...machine, ...at, resolve: async () => found }), 'name')
    expect(await levelOf(dir, '2001:db8::7')).toMatchObject({ level: 'error', mend: expect.stringContaining('"[::]:8443"') })
    expect((await levelOf(dir, '198.51.100.7', '2001:db8::7'))?.level).toBe('warning')
    expect((await levelOf(dir, '198.51.100.7'))?.level).toBe('ok')
    expect((await levelOf(await made('[::]:8443'), '2001:db8::7'))?.level).toBe('ok')
  })
})
