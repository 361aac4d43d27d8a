import { describe, expect, test } from 'vitest'
import { Starts } from '../../../client/engine/control/starts.ts'
import { type Way, waysOf } from '../../../client/engine/control/way.ts'
import { PLACES } from './places.ts'

const ways = waysOf(PLACES.relays)

/** What is concluded of carriers, on two ways by turns, by what each carried in its seconds, bytes a second. */
function concluded(carriers: readonly (readonly number[])[]): (number | undefined)[] {
  const starts = new Starts()
  return carriers.map((rates, index) => {
    let bytes = 0
    const said = rates.map((bytesPerS, second) => {
      bytes += bytesPerS
      const livedMs = (second + 1) * 1_000
      return starts.note(ways[index % 2] as Way, bytesPerS, bytes, livedMs, index * 60_000 + livedMs)
    })
    return said.find((rate) => rate !== undefined)
  })
}

const THROTTLED = [105_000, 17_000, 16_000, 15_000, 16_000, 17_000, 15_000]

describe('flows that begin fast and are then held back', () => {
  test('are told from the third in a row on, whichever way they went', () => {
    expect(concluded([THROTTLED, THROTTLED, THROTTLED, THROTTLED])).toEqual([undefined, undefined, 16_000, 16_000])
  })

  test('want one more flow to be sure once two were held back alike, and until a third says', () => {
    const starts = new Starts()
    const wants = [0, 1, 2].map((flow) => {
      const [startMs, way] = [flow * 60_000, ways[flow % 2] as Way]
      for (const [second, bytesPerS] of THROTTLED.entries()) {
        const bytes = THROTTLED.slice(0, second + 1).reduce((sum, one) => sum + one, 0)
        starts.note(way, bytesPerS, bytes, (second + 1) * 1_000, startMs + (second + 1) * 1_000)
      }
      return starts.isNearlySure
    })
    expect(wants).toEqual([false, true, false])
  })

  test('are told apart where two carriers of one way live at once', () => {
    const starts = new Starts()
    const way = ways[0] as Way
    const said = [0, 1, 2].flatMap((pair) =>
      THROTTLED.flatMap((bytesPerS, second) => {
        const livedMs = (second + 1) * 1_000
        const bytes = THROTTLED.slice(0, second + 1).reduce((sum, one) => sum + one, 0)
        const nowMs = pair * 60_000 + livedMs
        return [starts.note(way, bytesPerS, bytes, livedMs, nowMs), starts.note(way, bytesPerS, bytes, livedMs, nowMs + 500)]
      }),
    )
    expect(said.filter((rate) => rate !== undefined)).toEqual(Array(4).fill(16_000))
  })

  test('say nothing when one between them goes on as fast as it began', () => {
    const fast = [110_000, 120_000, 120_000, 110_000, 120_000, 130_000]
    expect(concluded([THROTTLED, THROTTLED, fast, THROTTLED, THROTTLED])).toEqual(Array(5).fill(undefined))
  })

  test('are not taken for what is slow from its start', () => {
    const slow = [9_000, ...Array(14).fill(16_000)]
    expect(concluded([slow, slow, slow, slow])).toEqual(Array(4).fill(undefined))
  })

  test('are not taken for what loss does to each flow in its own way', () => {
    const lossy = [60_000, 22_000, 8_000, 3_000].map((bytesPerS) => [130_000, ...Array(6).fill(bytesPerS)])
    expect(concluded(lossy)).toEqual(Array(4).fill(undefined))
  })
})
