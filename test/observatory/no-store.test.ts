// A store whose name was mistyped: said, and not made.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { World } from '../e2e/world.ts'

const RELAY = join(import.meta.dirname, '../../relay/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'culvert-store-'))
const world = new World()
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

test('commands that read or keep a store say that there is none, and make none', async () => {
  const store = join(folder, 'mistyped.db')
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'file.json')]
  writeFileSync(file, '{}')
  await world.run([process.execPath, RELAY, 'observatory', 'key', '--to', key]).ended
  const commands: readonly (readonly string[])[] = [
    ['run', '--listen', '127.0.0.1:0'],
    ['report', '--month', '2026-10', '--out', folder, '--key', key],
    ['verify', file],
    ['backup', '--to', join(folder, 'copy.db')],
    ['audit'],
    ['act', 'dismiss', file, '--as', 'first', '--key', key],
  ]
  const ends = commands.map(async (command) => {
    const program = world.run([process.execPath, RELAY, 'observatory', ...command, '--store', store])
    return [command[0], await program.ended, /There is no store .*mistyped\.db\. One is made by/.test(program.stderr)]
  })
  expect(await Promise.all(ends)).toEqual(commands.map(([name]) => [name, { code: 1, signal: undefined }, true]))
  expect(existsSync(store)).toBe(false)
})
