// Who changes their mind about the public numbers, and changes it again, is one person all the same.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { Reporting } from '../../../client/engine/app/reporting.ts'
import type { AppState } from '../../../client/engine/app/saved-state.ts'
import type { Vault } from '../../../client/engine/app/vault.ts'
import type { ReporterState } from '../../../client/engine/reports/reporter.ts'

const DAYS = (month: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`)
const STATUS = {
  version: '1.2',
  relays: [],
  switches: [],
  capabilities: { systemLanguage: 'de' },
  settings: { language: 'de', domestic: {} },
}

/** What a person who takes part would tell on each day, by a vault that remembers. */
function person(reporter: ReporterState | undefined) {
  const vault = {
    state: { reporter } as Pick<AppState, 'reporter'>,
    status: { manner: 'sealed', fault: undefined },
    change: (change: Partial<AppState>) => void Object.assign(vault.state, change),
    flush: async () => undefined,
  }
  let day = '2026-11-10'
  const reporting = new Reporting({
    vault: vault as unknown as Vault,
    random: (count) => new Uint8Array(randomBytes(count)),
    nowMs: () => Date.parse(`${day}T10:00:00Z`),
    status: () => STATUS as never,
  })
  const due = (days: readonly string[]): string[] =>
    days.filter((one) => {
      day = one
      return reporting.preview(undefined).sends === 'today'
    })
  return { reporting, vault, due, set: (to: string) => (day = to) }
}

test('a yes that is taken back and given again in a month tells nothing more of it, and all of the next', () => {
  const { reporting, vault, due, set } = person({ secret: 'A'.repeat(43), usedMonth: '2026-11', toldDay: '2026-11-09' })
  reporting.take(true)
  set('2026-11-10')
  reporting.take(false)
  expect(vault.state.reporter).toBeUndefined()
  reporting.take(true)
  expect(due(DAYS('2026-11', 30))).toEqual([])
  expect(due(DAYS('2026-12', 31))).toHaveLength(8)
})

test('who had told nothing this month has all of its days', () => {
  const { reporting, due, set } = person({ secret: 'A'.repeat(43), usedMonth: '2026-11', toldDay: '2026-10-30' })
  reporting.take(true)
  set('2026-11-10')
  reporting.take(false)
  reporting.take(true)
  expect(due(DAYS('2026-11', 30))).toHaveLength(8)
})
