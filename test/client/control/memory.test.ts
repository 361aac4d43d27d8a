import { expect, test } from 'vitest'
import { nodeCrypto } from '#protocol/node'
import { Memory, parseMemory } from '../../../client/engine/control/memory.ts'
import { type Way, waysOf } from '../../../client/engine/control/way.ts'
import { Dice } from '../../sim/dice.ts'
import { PLACES } from './places.ts'

const HOME = new TextEncoder().encode('192.168.1.1 wlan0 Café Nowhere')
const ways = waysOf(PLACES.relays)
const [a, b, c] = ways as [Way, Way, Way]

function create(network: Uint8Array = HOME, saved?: ReturnType<Memory['saved']>, seed = 1): Memory {
  const dice = new Dice(seed)
  return new Memory(nodeCrypto, (length) => dice.bytes(length), saved, network)
}

test('what worked on a network is found there by the next run, the last first, and nowhere else', () => {
  const memory = create()
  memory.worked(a, 120, {})
  memory.worked(b, 90.4, { bytes: 14_000 })
  const saved = parseMemory(JSON.parse(JSON.stringify(memory.saved())))
  const next = create(HOME, saved, 2)
  expect(next.find(b)).toEqual({ recency: 0, dialMs: 90, life: { bytes: 14_000 } })
  expect(next.find(a)).toEqual({ recency: 1, dialMs: 120, life: {} })
  expect(next.find(c)).toBeUndefined()
  next.move(new Uint8Array([1]))
  expect(next.find(a)).toBeUndefined()
  next.move(HOME)
  expect(next.find(a)?.recency).toBe(1)
})

test('the file names no network, no host and no relay, and two installations write nothing alike', () => {
  const texts = [1, 2].map((seed) => {
    const memory = create(HOME, undefined, seed)
    for (const way of ways) memory.worked(way, 100, {})
    return JSON.stringify(memory.saved())
  })
  for (const text of texts) for (const word of ['example', '192.', 'wlan', 'Caf', 'live', '0101']) expect(text).not.toContain(word)
  const [one = '', two = ''] = texts
  const words = (text: string): string[] => [...text.matchAll(/"([\w-]{16,})"/g)].map(([, word]) => word as string)
  expect(words(one).filter((word) => words(two).includes(word))).toEqual([])
})

test('networks and ways are few: the oldest go', () => {
  const memory = create()
  for (let network = 0; network < 40; network++) {
    memory.move(new Uint8Array([network]))
    for (const way of ways) memory.worked(way, 100, {})
  }
  const { networks } = memory.saved()
  expect(networks.length).toBe(16)
  expect(Math.max(...networks.map((network) => network.ways.length))).toBeLessThanOrEqual(16)
  memory.move(new Uint8Array([39]))
  expect(memory.find(a)).toBeDefined()
  memory.move(new Uint8Array([0]))
  expect(memory.find(a)).toBeUndefined()
})

test('whatever the file holds is read without harm, and what is whole in it is kept', () => {
  for (const value of [undefined, 1, '', [], {}, { key: 'x', networks: [] }, { key: 'A'.repeat(43) }, { key: 5, networks: 5 }]) {
    expect(parseMemory(value)).toBeUndefined()
  }
  const memory = create()
  memory.worked(a, 100, {})
  const saved = memory.saved()
  const dirty = {
    ...saved,
    networks: [...saved.networks, 5, { id: 'x', ways: [] }, { id: saved.networks[0]?.id, ways: [{ id: 'x', dialMs: 1 }, 7] }],
  }
  expect(parseMemory(dirty)?.networks[0]).toEqual(saved.networks[0])
  expect(parseMemory(dirty)?.networks[1]?.ways).toEqual([])
})
