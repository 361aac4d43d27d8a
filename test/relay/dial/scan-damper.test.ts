// What one session may look for: a browser's day passes, a scan does not.
import { expect, test } from 'vitest'
import { parseTarget } from '#protocol'
import { ScanDamper } from '../../../relay/dial/scan-damper.ts'
import { scanLimits } from '../../../relay/limits.ts'

function damper(): { one: ScanDamper; pass: (seconds: number) => void; asks: (host: string, port: number) => boolean } {
  let nowMs = 0
  const one = new ScanDamper(() => nowMs)
  return {
    one,
    pass: (seconds) => {
      nowMs += seconds * 1_000
    },
    asks: (host, port) => one.permits(parseTarget(host, port)),
  }
}

test('a hundred tabs with ten hosts each open at once', () => {
  const { asks } = damper()
  expect(Array.from({ length: 1_000 }, (_, n) => asks(`host${n}.example`, 443)).every(Boolean)).toBe(true)
})

test('ports of one host are tried until there are too many; those that were tried stay open, and other hosts do', () => {
  const { asks } = damper()
  const answers = Array.from({ length: 100 }, (_, n) => asks('scanned.example', n + 1))
  expect(answers.filter(Boolean)).toHaveLength(scanLimits.portsMax)
  expect([asks('scanned.example', 1), asks('scanned.example', 99), asks('other.example', 443)]).toEqual([true, false, true])
})

test('a sweep of a network ends when what it finds is nothing', () => {
  const { one, asks, pass } = damper()
  let permitted = 0
  for (let n = 0; n < 900; n++) {
    if (!asks(`198.51.100.${n % 256}`, 1 + Math.floor(n / 256))) continue
    permitted++
    one.failed()
  }
  expect(permitted).toBe(scanLimits.failuresBurst)
  pass(10)
  expect([asks('203.0.113.1', 22), asks('198.51.100.1', 1)]).toEqual([true, true])
})

test('new destinations come up again with time, so many a second', () => {
  const { asks, pass } = damper()
  for (let n = 0; n < scanLimits.destinationsBurst; n++) asks(`a${n}.example`, 443)
  expect(asks('one-more.example', 443)).toBe(false)
  pass(1)
  const answers = Array.from({ length: 20 }, (_, n) => asks(`b${n}.example`, 443))
  expect(answers.filter(Boolean)).toHaveLength(scanLimits.destinationsPerSecond)
})

test('what is remembered of one session has an end', () => {
  const { asks, pass } = damper()
  for (let n = 0; n < scanLimits.rememberedMax + 500; n++) {
    pass(1)
    expect(asks(`h${n}.example`, 443)).toBe(true)
  }
  // The first is forgotten, and so is new again.
  pass(1)
  expect(asks('h0.example', 443)).toBe(true)
})
