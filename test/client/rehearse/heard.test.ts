import { expect, test } from 'vitest'
import { Heard } from '../../../client/engine/rehearse/heard.ts'
import { endpoint } from '../control/places.ts'

const DIRECT = { endpoint: endpoint('192.0.2.1'), carrier: 'websocket' } as const
const EDGE = { endpoint: endpoint('edge.example', { isEdge: true }), carrier: 'http' } as const

function heardAt(...moments: readonly number[]): Heard {
  const heard = new Heard({ heardMax: 100 })
  for (const atMs of moments) heard.note(DIRECT, 100, atMs)
  return heard
}

test('the standstill is the longest time without payload, from the denial to the first and from the last to the end included', () => {
  expect(heardAt(5, 900, 1_000).standstillMs(10, 1_050)).toBe(890)
  expect(heardAt(20, 1_000, 1_050).standstillMs(10, 1_060)).toBe(980)
  expect(heardAt(20, 30).standstillMs(10, 800)).toBe(770)
  expect(heardAt().standstillMs(10, 800)).toBe(790)
})

test('carriers are told by how much they brought since a moment, and those of less than a tenth are not', () => {
  const heard = heardAt(1, 2)
  for (let ms = 10; ms < 30; ms++) heard.note(EDGE, 100, ms)
  heard.note(DIRECT, 100, 30)
  expect(heard.carriersSince(5)).toEqual([EDGE])
  expect(heard.carriersSince(28)).toEqual([EDGE, DIRECT])
})

test('the next payload is awaited for so long and no longer, or until it is given up', async () => {
  const heard = heardAt(1)
  const stop = new AbortController()
  const next = heard.next(({ endpoint: { isEdge } }) => isEdge, 10_000, stop.signal)
  heard.note(DIRECT, 1, 2)
  heard.note(EDGE, 1, 3)
  expect(await next).toBe(3)
  expect(await heard.next(() => true, 1, stop.signal)).toBeUndefined()
  const never = heard.next(() => true, 10_000, stop.signal)
  stop.abort(new Error('enough'))
  await expect(never).rejects.toThrow('enough')
  await expect(heard.next(() => true, 10_000, stop.signal)).rejects.toThrow('enough')
})
