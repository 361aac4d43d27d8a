// The preparedness plan of a grantee, filled from what drills said.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { preparednessPlan } from '../../../relay/observatory/report/plan.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-plan-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, ...lines: readonly unknown[]): string {
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return path
}

const report = {
  event: 'report',
  version: 1,
  steps: [
    { kind: 'direct-silent', outcome: 'survived', standstillMs: 2340, kept: true, carriedBy: [] },
    { kind: 'all-but-edge-silent', outcome: 'nothing-left' },
  ],
  missing: [{ code: 'no-edge' }],
  sentences: ['No edge in your invite.', '<img src=x onerror=alert(1)> [a](javascript:b)'],
  survived: false,
}

test('the plan has every step that was drilled, what was missing, and what is to be decided', () => {
  const plan = preparednessPlan([file('office.json', { event: 'step' }, report), file('home.json', report)], 'A House')
  expect(plan).toContain('| All direct ways fall silent | survived, stood still for 2.3 s |')
  expect(plan).toContain('### office')
  expect(plan).toContain('- [ ] No edge in your invite.')
  expect(plan).toContain('2 drills, 2 with something missing; the longest standstill was 2.3 s')
  expect(plan).toContain('## On the day')
})

test('what a file holds stays text', () => {
  const plan = preparednessPlan([file('odd.json', report)], '<script>')
  expect(plan).not.toMatch(/(?<!\\)<(?:img|script)/)
  expect(plan).not.toContain('[a](')
})

test('what is no drill’s output is refused in words', () => {
  for (const text of ['', 'null', '[]', '{"event":"report"}', '{"event":"report","steps":[{"kind":"x","outcome":"won"}],"survived":true}'])
    expect(() => preparednessPlan([file('bad.json', text)], 'x')).toThrow(/not what culvert rehearse|another version/)
  expect(() => preparednessPlan([join(folder, 'none')], 'x')).toThrow('can’t be read')
})
