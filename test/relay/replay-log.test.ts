// The memory of admissions: for one process and for several that share a folder, over restarts and generations.
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { gateLimits } from '../../relay/limits.ts'
import { ReplayLog } from '../../relay/replay-log.ts'

const base = mkdtempSync(join(tmpdir(), 'culvert-replay-'))
afterAll(() => rmSync(base, { recursive: true }))
const START_S = 1_800_000_000 - (1_800_000_000 % gateLimits.generationS)

function id(number: number): Uint8Array {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setUint32(0, number)
  return bytes
}

function folder(): string {
  return mkdtempSync(join(base, 'x'))
}

class Clock {
  nowS = START_S
}

function open(dir: string, clock: Clock, alone: boolean, limits = gateLimits): ReplayLog {
  return new ReplayLog({ dir, nowS: () => clock.nowS, alone }, limits)
}

for (const alone of [true, false]) {
  describe(alone ? 'alone' : 'among others', () => {
    test('an admission is new once, also after a restart, for as long as it could be fresh', () => {
      const [dir, clock] = [folder(), new Clock()]
      let log = open(dir, clock, alone)
      clock.nowS += gateLimits.generationS - 1
      expect([log.remember(id(1), clock.nowS + 240), log.remember(id(1), clock.nowS + 240)]).toEqual([true, false])
      log.close()
      log = open(dir, clock, alone)
      for (const seconds of [0, 1, 100, 139]) {
        clock.nowS += seconds
        expect(log.remember(id(1), clock.nowS + 1), `${seconds} s later`).toBe(false)
      }
      log.close()
    })

    test('what would be fresh for longer than it is remembered is not let in: the clock was set back as it came', () => {
      const [dir, clock] = [folder(), new Clock()]
      const log = open(dir, clock, alone)
      expect(log.remember(id(1), clock.nowS + gateLimits.generationS + 1)).toBe(false)
      expect(log.remember(id(1), clock.nowS + gateLimits.generationS)).toBe(true)
      log.close()
    })

    test('what is stale is forgotten, in memory and on disk', () => {
      const [dir, clock] = [folder(), new Clock()]
      const log = open(dir, clock, alone)
      for (let generation = 0; generation < 5; generation++) {
        for (let n = 0; n < 10; n++) expect(log.remember(id(n + generation * 100), clock.nowS + 100)).toBe(true)
        clock.nowS += gateLimits.generationS
      }
      expect(log.remember(id(0), clock.nowS)).toBe(true)
      expect(readdirSync(dir).length).toBeLessThanOrEqual(3)
      log.close()
    })

    // Whoever sets the relay's clock back, and then lets it run on, must not make what was captured fresh again.
    test('an admission is no newer once the clock was set back and has come to that time again', () => {
      for (const isStarted of [true, false]) {
        const [dir, clock] = [folder(), new Clock()]
        let log = open(dir, clock, alone)
        expect(log.remember(id(1), clock.nowS + 100)).toBe(true)
        for (const seconds of [-10 * gateLimits.generationS, 8 * gateLimits.generationS, 2 * gateLimits.generationS]) {
          clock.nowS += seconds
          if (isStarted) log.close()
          if (isStarted) log = open(dir, clock, alone)
          expect(log.remember(id(-seconds), clock.nowS + 100)).toBe(true)
        }
        expect(log.remember(id(1), clock.nowS + 100)).toBe(false)
        log.close()
      }
    })

    test('above so many in a generation nobody new is let in, until the next', () => {
      const [dir, clock] = [folder(), new Clock()]
      const log = open(dir, clock, alone, { ...gateLimits, generationCountMax: 3 })
      expect([1, 2, 3, 4].map((n) => log.remember(id(n), clock.nowS))).toEqual([true, true, true, false])
      clock.nowS += gateLimits.generationS
      expect(log.remember(id(4), clock.nowS)).toBe(true)
      log.close()
    })
  })
}

describe('several processes', () => {
  test('let each admission in once among them all, in whatever order they ask', () => {
    const [dir, clock] = [folder(), new Clock()]
    const logs = Array.from({ length: 5 }, () => open(dir, clock, false))
    for (let n = 0; n < 500; n++) {
      const answers = logs.map((_, index) => logs[(index + n) % logs.length]?.remember(id(n), clock.nowS + 100))
      expect(answers.filter(Boolean)).toHaveLength(1)
    }
    for (const log of logs) log.close()
  })

  test('whose clocks stand on two sides of a boundary don’t let it in twice', () => {
    const [dir, early, late] = [folder(), new Clock(), new Clock()]
    early.nowS = START_S + gateLimits.generationS - 1
    late.nowS = START_S + gateLimits.generationS
    for (let round = 0; round < 2; round++) {
      const [one, other] = [open(dir, early, false), open(dir, late, false)]
      expect([one.remember(id(round * 2), late.nowS), other.remember(id(round * 2), late.nowS)]).toEqual([true, false])
      expect([other.remember(id(round * 2 + 1), late.nowS), one.remember(id(round * 2 + 1), late.nowS)]).toEqual([true, false])
      one.close()
      other.close()
    }
  })

  test('know what one has seen that is gone', () => {
    const [dir, clock] = [folder(), new Clock()]
    const one = open(dir, clock, false)
    expect(one.remember(id(7), clock.nowS)).toBe(true)
    one.close()
    const other = open(dir, clock, false)
    expect(other.remember(id(7), clock.nowS)).toBe(false)
    other.close()
  })
})

test('an end in the middle of a write puts nothing out of step', () => {
  const [dir, clock] = [folder(), new Clock()]
  const log = open(dir, clock, true)
  expect(log.remember(id(1), clock.nowS)).toBe(true)
  log.close()
  const [name = ''] = readdirSync(dir)
  writeFileSync(join(dir, name), new Uint8Array(7), { flag: 'a' })
  open(dir, clock, true).close()
  const [one, other] = [open(dir, clock, false), open(dir, clock, false)]
  expect([one.remember(id(1), clock.nowS), one.remember(id(2), clock.nowS), other.remember(id(2), clock.nowS)]).toEqual([
    false,
    true,
    false,
  ])
  one.close()
  other.close()
})

test('a memory that can’t be written lets nobody in, and says why', () => {
  const [dir, clock] = [folder(), new Clock()]
  const log = open(dir, clock, true)
  rmSync(dir, { recursive: true })
  writeFileSync(dir, '')
  chmodSync(dir, 0o400)
  clock.nowS += 10 * gateLimits.generationS
  expect(log.remember(id(1), clock.nowS)).toBe(false)
  expect(log.fault).toContain('nobody is let in')
  log.close()
})
