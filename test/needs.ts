// What a suite needs of the machine: `describe.runIf(needs('nginx'))(…)`. A need that is not met fails with a sentence that says what to do,
// unless whoever runs the tests named it: CULVERT_SKIP=chromium,root npm test.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { hasTestRuntime } from '../client/desktop/build/test-runtime.ts'
import { refusalOf } from './lab/spaces.ts'
import { adviceOn, findProgram, type ProgramName } from './programs.ts'

export const NEEDS = [
  'root',
  'namespaces',
  'nginx',
  'nginxStream',
  'caddy',
  'varnish',
  'chromium',
  'git',
  'ssh',
  'netcat',
  'tinyproxy',
  'curl',
  'cc',
  'dig',
  'python',
  'xvfb',
  'electron',
  'certutil',
  'dbus',
  'gsettings',
  'dconf',
  'kconfig',
  'tcpdump',
  'postgres',
  'redis',
  'haproxy',
  'pebble',
  'deb',
  'systemd',
  'shared-vectors',
] as const
export type Need = (typeof NEEDS)[number]

/** Tests of these names stand for a suite that was left out for a reason that is all right; test/run.ts reads them. */
export const LEFT_OUT_PREFIX = 'left out: '

/** Vectors that others made, too large to copy into the repository; only some machines have them beside it. */
export const SHARED_VECTORS: string = fileURLToPath(new URL('../../shared/vectors/', import.meta.url))

/** Whether to run what needs all of these. Call it while tests are collected: where the answer is no, it registers a test that says why. */
export function needs(...wanted: readonly Need[]): boolean {
  return wanted.map(answer).every((met) => met)
}

/** The needs that whoever runs the tests asked to leave out. Throws on a name that is none. */
export function needsToSkip(): readonly Need[] {
  const names = (process.env['CULVERT_SKIP'] ?? '').split(',').filter((name) => name !== '')
  const unknown = names.filter((name) => !NEEDS.some((need) => need === name))
  if (unknown.length > 0) throw new Error(`CULVERT_SKIP names ${unknown.join(', ')}, which is none of ${NEEDS.join(', ')}`)
  return NEEDS.filter((need) => names.includes(need))
}

/** Says what is missing and what brings it, or undefined where the need is met. */
export function complaintOf(need: Need): string | undefined {
  switch (need) {
    case 'root':
      return process.getuid?.() === 0 ? undefined : 'it must run as root (sudo npm test)'
    case 'namespaces':
      return refusalOf()
    case 'varnish':
      return firstOf(['hitch', 'varnishd', 'stunnel'])
    case 'gsettings':
      return lacking('gsettings') ?? lacking('proxySchema')
    case 'dconf':
      return lacking('dconf') ?? lacking('dconfBackend')
    case 'ssh':
      return firstOf(['ssh', 'sshd'])
    case 'electron':
      return hasTestRuntime ? firstOf(['xvfb', 'gtk', 'nss', 'gbm', 'asound', 'xss']) : 'its runtime for tests is for linux-x64 only'
    case 'shared-vectors':
      return existsSync(SHARED_VECTORS) ? undefined : `${SHARED_VECTORS} is not there`
    default:
      return lacking(need)
  }
}

function answer(need: Need): boolean {
  if (needsToSkip().includes(need)) {
    test.runIf(false)(`${LEFT_OUT_PREFIX}${need}, because CULVERT_SKIP names it`)
    return false
  }
  const complaint = complaintOf(need)
  if (complaint === undefined) return true
  if (need === 'shared-vectors') test.runIf(false)(`${LEFT_OUT_PREFIX}${complaint}`)
  else {
    test(`needs ${need}`, () => {
      throw new Error(`This suite needs ${need}: ${complaint}. To leave such suites out, say CULVERT_SKIP=${need}.`)
    })
  }
  return false
}

function firstOf(programs: readonly ProgramName[]): string | undefined {
  return programs.map(lacking).find((complaint) => complaint !== undefined)
}

function lacking(program: ProgramName): string | undefined {
  return findProgram(program) === undefined ? adviceOn(program) : undefined
}
