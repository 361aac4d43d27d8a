import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RECORD_PLAINTEXT_BYTES_MAX } from '../../protocol/limits.ts'
import { EARLY_RECORDS, paddedLength } from '../../protocol/padding.ts'

const length = fc.integer({ min: 0, max: RECORD_PLAINTEXT_BYTES_MAX })

test('padding never cuts and never overfills a record', () => {
  fc.assert(
    fc.property(length, fc.nat(100), fc.nat(255), (bytes, number, draw) => {
      const padded = paddedLength(bytes, number, draw)
      return Number.isInteger(padded) && padded >= bytes && padded <= RECORD_PLAINTEXT_BYTES_MAX
    }),
  )
})

test('an early record may have any length up to a full packet, whatever is in it', () => {
  for (const bytes of [0, 1, 517, 1_399]) {
    const lengths = Array.from({ length: 256 }, (_, draw) => paddedLength(bytes, EARLY_RECORDS - 1, draw))
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([bytes, 1_400])
    expect(new Set(lengths).size).toBe(Math.min(256, 1_400 - bytes + 1))
  }
})

test('later small records come in few sizes: a key stroke and its echo look alike', () => {
  const lengths = new Set(Array.from({ length: 1_024 }, (_, i) => paddedLength(i + 1, EARLY_RECORDS, 7)))
  expect([...lengths]).toEqual([128, 256, 384, 512, 640, 768, 896, 1_024])
})

test('large records are left as they are', () => {
  for (const number of [0, EARLY_RECORDS])
    for (const bytes of [1_400, 30_000, RECORD_PLAINTEXT_BYTES_MAX]) expect(paddedLength(bytes, number, 255)).toBe(bytes)
})
