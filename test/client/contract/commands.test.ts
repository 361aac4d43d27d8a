import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COMMANDS, type CommandName, type Executors, execute, isCommandName } from '../../../client/contract/commands.ts'
import { commandLimits } from '../../../client/contract/limits.ts'
import { checkSomeSettings, DEFAULT_SETTINGS } from '../../../client/contract/settings.ts'

const NAMES = Object.keys(COMMANDS) as CommandName[]

/** Carries nothing out, and notes what it was asked. */
function recorder(): { readonly executors: Executors; readonly asked: (readonly [string, unknown])[] } {
  const asked: (readonly [string, unknown])[] = []
  const note = (name: string) => (payload: unknown) => {
    asked.push([name, payload])
    return Promise.resolve({ ok: true, value: undefined })
  }
  const executors = Object.fromEntries(NAMES.map((name) => [name, note(name)])) as unknown as Executors
  return { executors, asked }
}

describe('the table of commands', () => {
  // Goal: nothing that a hostile screen sends reaches the core unless it is a command as the table has it. Method: any value as name and payload.
  test('lets no name through that is not in it, and no payload that its check would not give back the same', async () => {
    const name = fc.oneof(fc.constantFrom(...NAMES, '__proto__', 'constructor', 'toString'), fc.string(), fc.anything())
    await fc.assert(
      fc.asyncProperty(name, fc.anything(), async (name, payload) => {
        const { executors, asked } = recorder()
        const outcome = await execute(executors, name, payload)
        if (asked.length === 0) {
          expect(outcome).toEqual({ ok: false, fault: 'bad-command' })
          return
        }
        const [[asName, asPayload]] = asked as [readonly [CommandName, unknown]]
        expect(isCommandName(asName)).toBe(true)
        expect(COMMANDS[asName](asPayload)).toEqual({ value: asPayload })
      }),
      { numRuns: 500 },
    )
  })

  test('hands on a copy without prototype, getter or further field', async () => {
    const { executors, asked } = recorder()
    const hostile = JSON.parse('{"text":"culvert:x","__proto__":{"polluted":true}}')
    expect(await execute(executors, 'addInvite', hostile)).toEqual({ ok: false, fault: 'bad-command' })
    expect(await execute(executors, 'addInvite', { text: 'a', more: 1 })).toEqual({ ok: false, fault: 'bad-command' })
    expect(await execute(executors, 'addInvite', { text: 'culvert:x' })).toEqual({ ok: true, value: undefined })
    expect(asked).toEqual([['addInvite', { text: 'culvert:x' }]])
  })

  test('has a limit on everything that is long', async () => {
    const { executors } = recorder()
    const refused = { ok: false, fault: 'bad-command' }
    expect(await execute(executors, 'addInvite', { text: 'x'.repeat(commandLimits.inviteTextMax + 1) })).toEqual(refused)
    const hosts = Array.from({ length: commandLimits.domesticHostsMax + 1 }, () => 'a.example')
    expect(await execute(executors, 'changeSettings', { domestic: { isDirect: true, country: '', hosts } })).toEqual(refused)
  })

  test('answers with a fault where carrying out fails', async () => {
    const { executors } = recorder()
    const broken = { ...executors, connect: () => Promise.reject(new Error('broken')) }
    expect(await execute(broken, 'connect', undefined)).toEqual({ ok: false, fault: 'failed' })
  })
})

describe('settings', () => {
  test('are themselves after a check, and any part of them is', () => {
    expect(checkSomeSettings(DEFAULT_SETTINGS)).toEqual({ value: DEFAULT_SETTINGS })
    expect(checkSomeSettings({ theme: 'dark' })).toEqual({ value: { theme: 'dark' } })
  })

  test.each([
    { domestic: { isDirect: true, country: 'Iran', hosts: [] } },
    { domestic: { isDirect: true, country: 'IR', hosts: ['https://a.example/'] } },
    { domestic: { isDirect: true, country: 'IR', hosts: ['"); alert(1); ("'] } },
    { ports: { socks: 70_000, http: 0, hasPassword: false } },
    { language: 'xx' },
    { killSwitch: 1 },
    [],
  ])('refuse %j', (value) => {
    expect(checkSomeSettings(value)).toBeUndefined()
  })
})
