// What `npm start` runs, without a terminal: it proves itself, says what to try, and leaves nothing behind.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { needs } from '../needs.ts'
import type { Program } from './program.ts'
import { World } from './world.ts'

const DEMO = resolve(import.meta.dirname, '../../client/engine/demo.ts')

const world = new World()
afterAll(() => world.close())

function demo(...args: readonly string[]): Program {
  return world.run([process.execPath, DEMO, ...args], { env: { TMPDIR: world.folder } })
}

/** The folder that the screen's last line names; the whole screen is there by then. */
function screenOf(program: Program): Promise<string> {
  return program.line((line) => /^Ctrl-C ends it and removes (.*)\.$/.exec(line)?.[1])
}

describe('npm start', () => {
  test('with --once shows that it works, and goes', async () => {
    const program = demo('--once')
    expect(await program.ended).toEqual({ code: 0, signal: undefined })
    expect(program.stderr).toBe('')
    expect(program.stdout.match(/✓/g)).toHaveLength(4)
    expect(existsSync(await screenOf(program))).toBe(false)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('runs until %s, and then takes its processes and its folder away', async (signal) => {
    const program = demo()
    const folder = await screenOf(program)
    expect(existsSync(folder)).toBe(true)
    const port = Number(/--resolve relay\.example:(\d+):/.exec(program.stdout)?.[1])
    program.signal(signal)
    expect(await program.ended).toEqual({ code: 0, signal: undefined })
    expect(program.stderr).toBe('')
    expect(existsSync(folder)).toBe(false)
    await expect(fetch(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  })

  test.runIf(needs('curl'))('shows commands that do what it says', async () => {
    const program = demo()
    await screenOf(program)
    const commands = [...program.stdout.matchAll(/^ {2}(curl .*127\.0\.0\.1.*)$/gm)].map(([, command = '']) => command)
    const [page = '', , , site = ''] = commands
    const outputOf = async (command: string): Promise<string> => {
      const ran = world.run(['sh', '-c', command])
      await ran.ended
      return ran.stdout
    }
    expect(await outputOf(page)).toMatch(/^This page came through Culvert/)
    expect(await outputOf(site)).toMatch(/<\/html>\s*$/i)
    program.signal('SIGTERM')
    await program.ended
  })
})
