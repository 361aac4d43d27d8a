// Brings the programs that the suites run: as root on Debian and Ubuntu by apt, elsewhere by saying what is missing and what can't run without it.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { complaintOf, NEEDS, type Need, needsToSkip } from './needs.ts'
import { missingPackages } from './programs.ts'

const APT_OPTIONS = ['-y', '-qq', '-o', 'DPkg::Lock::Timeout=180', '--no-install-recommends']

/** Asks Debian's packages not to start what they install: a test machine should not gain a web server and an ssh server. */
const POLICY_FILE = '/usr/sbin/policy-rc.d'

/** Installs what is missing, or says what will fail for lack of it. Returns either way: each suite checks its own needs. */
export function installMissingPrograms(): void {
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const packages = missingPackages()
    if (packages.length > 0) installPackages(packages)
  }
  const skipped = needsToSkip()
  const unmet = NEEDS.filter((need) => !skipped.includes(need) && complaintOf(need) !== undefined)
  for (const need of unmet) explain(need)
}

/** Installs Debian packages without a question asked, or says which it could not, and why. */
function installPackages(packages: readonly string[]): void {
  console.log(`Installing system packages that the tests run: ${packages.join(' ')} …`)
  const ownPolicy = !existsSync(POLICY_FILE)
  if (ownPolicy) writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const stale = apt('update', '-qq')
    const fault = install(packages)
    if (fault === '') return
    if (stale !== '') return console.error(`${stale}\n${fault}\nThe suites that need these packages will say so.`)
    // One that a release does not have keeps all others away when they are asked for together.
    for (const name of packages) {
      const said = install([name])
      if (said !== '') console.error(`${said}\n${name} could not be installed; the suites that need it will say so.`)
    }
  } finally {
    if (ownPolicy) rmSync(POLICY_FILE, { force: true })
  }
}

function install(packages: readonly string[]): string {
  return apt('install', ...APT_OPTIONS, ...packages)
}

/** What apt-get said if it failed, else nothing. */
function apt(...args: readonly string[]): string {
  const done = spawnSync('apt-get', args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return done.status === 0
    ? ''
    : `${done.stdout ?? ''}${done.stderr ?? ''}apt-get ${args[0]} ended with ${done.status ?? done.signal ?? done.error?.message}`
}

function explain(need: Need): void {
  const files = globSync('test/**/*.test.ts').filter((file) => suiteNeeds(file, need))
  if (need === 'shared-vectors') console.log(`Left out: ${complaintOf(need)}; it is not needed to build or use Culvert.`)
  else if (files.length > 0) console.log(`Will fail, ${complaintOf(need)} or say CULVERT_SKIP=${need}: ${files.sort().join(' ')}`)
}

function suiteNeeds(file: string, need: Need): boolean {
  const calls = readFileSync(file, 'utf8').matchAll(/\bneeds\(([^)]*)\)/g)
  return [...calls].some((call) => call[1]?.includes(`'${need}'`))
}
