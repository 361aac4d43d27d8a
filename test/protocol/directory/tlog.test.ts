// The log's tree against RFC 9162's own definition, and what its proofs let through.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Frontier, inclusionPaths, isIncluded, leafHash } from '#protocol'
import { frontierCount, nodeHash, rootOf } from '../../../protocol/directory/tlog.ts'
import { flipBit, toHex } from '../fixtures.ts'

const leaves = (count: number): readonly Uint8Array[] => Array.from({ length: count }, (_, n) => leafHash(Uint8Array.of(n >> 8, n)))

/** RFC 9162 §2.1.1, word for word. */
function defined(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0] as Uint8Array
  let cut = 1
  while (cut * 2 < hashes.length) cut *= 2
  return nodeHash(defined(hashes.slice(0, cut)), defined(hashes.slice(cut)))
}

test('the roots are those that RFC 6962’s test data has', () => {
  // The tree of the eight inputs that the test data of the certificate-transparency project begins with: nothing, 00, 10, 2021 …
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const hashes = inputs.map((hex) => leafHash(Buffer.from(hex, 'hex')))
  expect(toHex(rootOf([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(toHex(rootOf(hashes.slice(0, 1)))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
  expect(toHex(rootOf(hashes))).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328')
})

test('a frontier that grows has the root of the whole log at each size', () => {
  const frontier = new Frontier()
  for (const [n, leaf] of leaves(70).entries()) {
    frontier.append(leaf)
    expect(toHex(frontier.root())).toBe(toHex(defined(leaves(n + 1))))
    expect(frontier.hashes.length).toBe(frontierCount(n + 1))
  }
})

describe('inclusion', () => {
  test('holds for each leaf of each log, at its own place, and at no other', () => {
    for (const size of [1, 2, 3, 7, 8, 13]) {
      const all = leaves(size)
      for (let index = 0; index < size; index++) {
        const path = inclusionPaths(all)(index)
        for (let other = 0; other <= size; other++)
          expect([size, index, other, isIncluded(all[index] as Uint8Array, other, size, path, rootOf(all))]).toEqual([
            size,
            index,
            other,
            other === index,
          ])
      }
    }
  })

  test('does not hold with a bit turned, a hash more or a hash less', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), fc.nat(), (size, at, where) => {
        const all = leaves(size)
        const index = at % size
        const leaf = all[index] as Uint8Array
        const path = [...inclusionPaths(all)(index)]
        const root = rootOf(all)
        const turned = path.map((hash, n) => (n === where % path.length ? flipBit(hash, where % 32) : hash))
        expect(isIncluded(leaf, index, size, turned, root)).toBe(false)
        expect(isIncluded(leaf, index, size, [...path, leaf], root)).toBe(false)
        expect(isIncluded(leaf, index, size, path.slice(1), root)).toBe(false)
        expect(isIncluded(flipBit(leaf, 0), index, size, path, root)).toBe(false)
      }),
      { numRuns: 60 },
    )
  })
})
