// Two clients on one folder, by the real command: without a relay, as the folder matters before anything is dialled.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { encodeInvite } from '#protocol'
import { Program } from '../../e2e/program.ts'

const CLI = join(import.meta.dirname, '..', '..', '..', 'client', 'engine', 'cli.ts')
/** The discard port of this machine, where nobody answers. */
const INVITE = encodeInvite({
  relayKey: randomBytes(32),
  psk: randomBytes(32),
  policyKey: randomBytes(32),
  endpoints: [
    {
      address: '127.0.0.1:9',
      serverName: 'relay.example',
      hostName: 'relay.example',
      path: '/',
      pin: undefined,
      carriers: ['websocket'],
      isEdge: false,
    },
  ],
})

let folder: string
let state: string
const programs: Program[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-two-'))
  state = join(folder, 'state')
})
afterEach(async () => {
  await Promise.all(programs.splice(0).map((one) => one.kill()))
  rmSync(folder, { recursive: true })
})

function connect(...args: readonly string[]): Program {
  const program = new Program([process.execPath, CLI, 'connect', '--json', '--dir', state, ...args], { folder })
  programs.push(program)
  return program
}
const ready = (program: Program): Promise<true> => program.line((line) => /"event":"(?:ready|ui)"/.test(line) || undefined)

test('a second client on one folder ends with a sentence that names the first, and the next one has it once the first was killed', async () => {
  const first = connect('--invite', INVITE)
  await ready(first)
  for (const args of [['--invite', INVITE], ['--ui']]) {
    const second = connect(...args)
    expect((await second.ended).code).toBe(1)
    expect(second.stderr).toContain(`(process ${first.pid})`)
    expect(second.stderr).toMatch(/--dir/)
    expect(second.stdout).toBe('')
  }
  await first.kill()
  await ready(connect('--ui'))
}, 60_000)

test('a client that ends when it is asked to leaves the folder to the next', async () => {
  const first = connect('--invite', INVITE)
  await ready(first)
  first.signal('SIGTERM')
  expect((await first.ended).code).toBe(0)
  await ready(connect('--invite', INVITE))
  expect(existsSync(join(state, 'in-use'))).toBe(true)
}, 60_000)
