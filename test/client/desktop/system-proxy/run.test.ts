import { describe, expect, test } from 'vitest'
import { createRun, createWaitingRun } from '../../../../client/desktop/system-proxy/run.ts'

const node = (script: string): [string, string[]] => [process.execPath, ['-e', script]]

const KINDS = [
  ['a program of the system', createRun],
  ['a program that is waited for', createWaitingRun],
] as const

describe.each(KINDS)('%s', (_, create) => {
  const run = create({ PATH: process.env['PATH'] }, { runMs: 20_000, outputBytesMax: 1_000 })

  test('is given its arguments and input as they are, without a shell', async () => {
    const { code, stdout } = await run(
      process.execPath,
      ['-e', 'process.stdin.pipe(process.stdout); console.log(process.argv[1])', '$(id); "'],
      'in\0put',
    )
    expect([code, stdout]).toEqual([0, '$(id); "\nin\0put'])
  })

  test('that is not there, fails or is killed says so and throws nothing', async () => {
    expect((await run('/nowhere/program', [])).code).toBeUndefined()
    expect((await run(...node('process.exit(3)'))).code).toBe(3)
    expect((await run(...node('process.kill(process.pid, "SIGKILL")'))).code).toBeUndefined()
  })

  test('that reads none of its input is no fault', async () => {
    expect((await run(process.execPath, ['-e', 'process.exit(0)'], 'x'.repeat(1_000_000))).code).toBe(0)
  })

  test('that never ends, or never stops talking, is ended', async () => {
    const impatient = create({}, { runMs: 100, outputBytesMax: 1_000 })
    expect((await impatient(...node('setInterval(() => 0, 1000)'))).code).toBeUndefined()
    expect((await run(...node('for (;;) process.stdout.write("x".repeat(1000))'))).code).toBeUndefined()
  })

  test('gets none of the libraries and settings of the package that the app runs from', async () => {
    const packaged = create({
      LD_LIBRARY_PATH: '/tmp/x',
      GSETTINGS_BACKEND: 'memory',
      NODE_OPTIONS: '--bad',
      LC_ALL: 'fa_IR',
      KEPT: 'yes',
    })
    const { stdout } = await packaged(...node('console.log(Object.keys(process.env).sort().join(), process.env.LC_ALL)'))
    expect(stdout).toMatch(/KEPT/)
    expect(stdout).toMatch(/ C\n$/)
    expect(stdout).not.toMatch(/LD_LIBRARY_PATH|GSETTINGS_BACKEND|NODE_OPTIONS/)
  })
})
