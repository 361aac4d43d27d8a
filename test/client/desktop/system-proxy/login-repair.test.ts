// Where the desktop is told to repair at the next login: in the folder that it reads, however the environment names it.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { LoginRepair } from '../../../../client/desktop/system-proxy/login-repair.ts'

const home = mkdtempSync(join(tmpdir(), 'culvert-login-'))
afterEach(() => rmSync(home, { recursive: true, force: true }))

function create(env: NodeJS.ProcessEnv): LoginRepair {
  const run = () => Promise.reject(new Error('Nothing is to be run here.'))
  return new LoginRepair({ command: ['/opt/Culvert/culvert'], platform: 'linux', env, run })
}

// https://specifications.freedesktop.org/basedir-spec/latest/: what is empty counts as not set, and what is relative is to be ignored.
test.each([
  ['is not set', {}, '.config'],
  ['is empty', { XDG_CONFIG_HOME: '' }, '.config'],
  ['is relative', { XDG_CONFIG_HOME: 'of the shell' }, '.config'],
  ['is another', { XDG_CONFIG_HOME: join(home, 'other') }, 'other'],
])('in the home where XDG_CONFIG_HOME %s, and gone again', async (_what, env, folder) => {
  const repair = create({ HOME: home, ...env })
  const before = readdirSync('.')
  await repair.arm()
  const file = join(home, folder, 'autostart', 'culvert-repair.desktop')
  expect([existsSync(file), readdirSync('.')]).toEqual([true, before])
  await repair.disarm()
  expect(existsSync(file)).toBe(false)
})
