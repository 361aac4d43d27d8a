// Random bytes of the relay and the engine.
import { expect, test } from 'vitest'
import { nodeRandom } from '#protocol/node'

test('short draws never come again, alone or behind one another', () => {
  const drawn = Array.from({ length: 3_000 }, (_, n) => nodeRandom(1 + (n % 4)))
  expect(drawn.map(({ length }) => length)).toEqual(drawn.map((_, n) => 1 + (n % 4)))
  const text = drawn.map((bytes) => Buffer.from(bytes).toString('hex')).join('')
  const eights = new Set<string>()
  for (let at = 0; at + 16 <= text.length; at += 2) eights.add(text.slice(at, at + 16))
  expect(eights.size).toBe(text.length / 2 - 7)
})
