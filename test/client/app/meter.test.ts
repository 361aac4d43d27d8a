// What the graph is made of, and when it is drawn.
import { describe, expect, test } from 'vitest'
import { statusLimits } from '../../../client/contract/limits.ts'
import { appLimits } from '../../../client/engine/app/limits.ts'
import { Meter } from '../../../client/engine/app/meter.ts'

/** Samples these seconds, each with so many bytes down; says which of them are drawn. */
function drawnOf(meter: Meter, seconds: readonly number[]): readonly boolean[] {
  let down = meter.traffic.downBytes
  return seconds.map((bytes) => {
    down += bytes
    return meter.sample({ down, up: 0 })
  })
}

const still = (seconds: number): readonly number[] => Array.from({ length: seconds }, () => 0)
const BUSY = 100_000

describe('the graph', () => {
  test('is drawn each second while something moves, and once more when it stops', () => {
    expect(drawnOf(new Meter(), [BUSY, BUSY, BUSY, 0, 0])).toEqual([true, true, true, true, false])
  })

  test('is drawn seldom while it is still, a ping now and then included, and not at all once it is blank', () => {
    const meter = new Meter()
    drawnOf(meter, [BUSY, 0])
    const drawn = drawnOf(meter, [...still(20), 350, ...still(20), 350, ...still(3)])
    expect(drawn.filter(Boolean).length).toBe(Math.floor(45 / appLimits.stillSamples))
    const pinged = drawnOf(meter, Array.from({ length: 10 }, () => [...still(29), 350]).flat())
    expect(pinged.filter(Boolean).length).toBeLessThanOrEqual(300 / statusLimits.samplesMax + 2)
    drawnOf(meter, still(2 * statusLimits.samplesMax))
    expect(drawnOf(meter, still(100))).not.toContain(true)
  })

  test('counts each byte, drawn or not', () => {
    const meter = new Meter()
    drawnOf(meter, [BUSY, 0, 350, 350])
    expect(meter.traffic).toEqual({ downBytes: BUSY + 700, upBytes: 0, down: [BUSY, 0, 350, 350], up: [0, 0, 0, 0] })
  })
})
