import { describe, expect, test } from 'vitest'
import { selectionLimits } from '../../../client/engine/control/limits.ts'
import { Selection } from '../../../client/engine/control/selection.ts'
import { seededRandom } from '../../protocol/fixtures.ts'

const random = seededRandom('selection test')
/** Even enough, and quick: MINSTD. */
let state = 20_261_128
const draw = (): number => {
  state = (state * 48_271) % 2_147_483_647
  return state / 2_147_483_647
}

/** A client that knows relays of these weights. */
function client(weights: readonly number[]): Selection {
  return new Selection(
    random,
    weights.map((weight) => ({ weight, draw: draw() })),
  )
}

describe('the set', () => {
  test('is of three relays at most, each that may be used, and the rest are spare', () => {
    const selection = client([1, 0, 1, 1, 1, 1])
    expect(selection.set.length).toBe(3)
    expect(selection.set).not.toContain(1)
    expect([0, 2, 3, 4, 5].filter((index) => selection.isSpare(index)).length).toBe(2)
  })

  test('of one relay is that relay, and without any there is none to spare', () => {
    expect(client([1]).set).toEqual([0])
    expect(client([1]).isSpare(0)).toBe(false)
    expect(client([0]).isSpare(0)).toBe(false)
  })

  test('is the same in each run, and changes by one where one relay goes', () => {
    const candidates = Array.from({ length: 12 }, () => ({ weight: 5, draw: draw() }))
    const { set } = new Selection(random, candidates)
    expect(new Selection(random, candidates).set).toEqual(set)
    const [gone] = set as [number]
    const after = new Selection(
      random,
      candidates.map((one, index) => (index === gone ? { ...one, weight: 0 } : one)),
    ).set
    expect(after.slice(0, 2)).toEqual(set.slice(1))
  })

  test('of many clients is spread as the weights say', () => {
    const weights = [1, 2, 7, 10]
    const counts = [0, 0, 0, 0]
    const clients = 4_000
    for (let n = 0; n < clients; n++) {
      const first = client(weights).set[0] as number
      counts[first] = (counts[first] as number) + 1
    }
    for (const [index, weight] of weights.entries()) expect(Math.abs((counts[index] as number) / clients - weight / 20)).toBeLessThan(0.03)
  })
})

describe('the next session', () => {
  test('begins at another relay of the set, after a drawn time within what pages do', () => {
    for (let n = 0; n < 200; n++) {
      const selection = client([1, 1, 1, 1, 1])
      const [first] = selection.set as [number]
      selection.began(first, 0)
      expect(selection.next(0, selectionLimits.sessionMsMin - 1)).toBeUndefined()
      const next = selection.next(0, selectionLimits.sessionMsMax) as number
      expect(next).not.toBe(first)
      expect(selection.set).toContain(next)
    }
  })

  test('begins sooner where much was carried', () => {
    const selection = client([1, 1])
    selection.began(0, 0)
    expect(selection.next(selectionLimits.sessionBytesMin - 1, 1)).toBeUndefined()
    expect(selection.next(selectionLimits.sessionBytesMax, 1)).toBe(1)
  })

  test('begins at once where the relay is not to be used any more, as long as there is another', () => {
    const candidates = [1, 1].map((weight) => ({ weight, draw: draw() }))
    const selection = new Selection(random, candidates)
    selection.began(0, 1_000)
    expect(selection.next(0, 2_000)).toBeUndefined()
    const left = candidates.map((one, index) => (index === 0 ? { ...one, weight: 0 } : one))
    selection.update(left)
    expect(selection.next(0, 3_000)).toBe(1)
    expect(selection.next(0, 4_000)).toBeUndefined()
    selection.began(1, 5_000)
    expect(selection.next(0, 6_000)).toBeUndefined()
    selection.update(left.map((one) => ({ ...one, weight: 0 })))
    expect(selection.next(0, 7_000)).toBeUndefined()
  })

  test('of a client with one relay stays there', () => {
    const selection = client([1])
    selection.began(0, 0)
    expect(selection.next(selectionLimits.sessionBytesMax, selectionLimits.sessionMsMax)).toBeUndefined()
  })

  test('is not begun twice at a relay that could not be had: the others have their turn, then it is asked again', () => {
    const selection = client([1, 1, 1])
    selection.began(0, 0)
    const dueMs = selectionLimits.sessionMsMax
    const asked = [selection.next(0, dueMs), selection.next(0, dueMs), selection.next(0, dueMs)]
    expect(asked.slice(0, 2).sort()).toEqual([1, 2])
    expect(asked[2]).toBeUndefined()
    expect([1, 2]).toContain(selection.next(0, dueMs + selectionLimits.againMs))
  })
})
