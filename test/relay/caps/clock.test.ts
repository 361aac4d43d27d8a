// The month's volume of a relay whose disk takes nothing more.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NO_CAPS } from '../../../relay/caps/caps.ts'
import { CapClock, readUsage, USAGE_FILE } from '../../../relay/caps/clock.ts'
import { capLimits } from '../../../relay/limits.ts'
import type { Snapshot } from '../../../relay/serve.ts'

const NOW_MS = Date.parse('2026-11-28T12:00:00Z')
const before = process.cwd()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-caps-'))
  process.chdir(folder)
})
afterEach(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

test('a month’s sum that can’t be written down ends no relay, is told of once, and is written down when it can be', () => {
  let [nowMs, bytes] = [NOW_MS, 1_000]
  const told: string[] = []
  const snapshot = (): Snapshot => ({ sums: { upBytes: bytes, downBytes: 0 } }) as Snapshot
  const serving = { snapshot, drain: () => Promise.resolve(), open: () => undefined }
  const caps = { ...NO_CAPS, bytesPerMonth: capLimits.monthMin }
  const clock = new CapClock(
    caps,
    serving,
    () => nowMs,
    (resting) => told.push(String(resting)),
    (words) => told.push(words),
  )
  // Nothing can be put in the place of a folder.
  rmSync(USAGE_FILE)
  mkdirSync(USAGE_FILE)
  for (let minute = 0; minute < 3; minute++) {
    nowMs += capLimits.writeMs
    clock.look()
  }
  expect(told).toEqual([expect.stringContaining(USAGE_FILE)])
  bytes = capLimits.monthMin
  clock.look()
  expect([clock.resting, told.length]).toEqual(['month', 2])
  rmSync(USAGE_FILE, { recursive: true })
  clock.close()
  expect(readUsage('2026-11')).toBe(capLimits.monthMin)
})
