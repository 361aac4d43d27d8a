// The tree of an append-only log, as RFC 6962 and C2SP tlog-tiles have it, and what shows that something is in it, or that it only grew. SPEC.md §14.5.
//
// A consistency proof here is the frontier at one size and every leaf since: one proof then serves whoever stopped at that size or later, so that it can
// be handed on in a file. The log has one leaf a consensus, so that this is small.
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes } from '../bytes.ts'
import { assert } from '../errors.ts'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)
/** The root of a log without an entry. */
const EMPTY_ROOT = sha256(new Uint8Array())

export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(concatBytes(LEAF, entry))
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE, left, right))
}

/** The roots of the whole subtrees that a log of one size is made of, largest first: enough to go on appending, and to know its root. */
export class Frontier {
  readonly #hashes: Uint8Array[]
  #size: number

  /** Throws a bug where the count is not that of the size: `isFrontier` says so beforehand. */
  constructor(size = 0, hashes: readonly Uint8Array[] = []) {
    assert(hashes.length === frontierCount(size), 'a frontier has a hash for each one in its size')
    this.#size = size
    this.#hashes = [...hashes]
  }

  get size(): number {
    return this.#size
  }

  get hashes(): readonly Uint8Array[] {
    return this.#hashes
  }

  append(leaf: Uint8Array): void {
    let hash = leaf
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) hash = nodeHash(this.#hashes.pop() as Uint8Array, hash)
    this.#hashes.push(hash)
    this.#size++
  }

  root(): Uint8Array {
    const [last, ...others] = [...this.#hashes].reverse()
    return last === undefined ? EMPTY_ROOT : others.reduce((right, left) => nodeHash(left, right), last)
  }

  copy(): Frontier {
    return new Frontier(this.#size, this.#hashes)
  }
}

/** How many hashes the frontier of a size has: the ones in the size. */
export function frontierCount(size: number): number {
  let count = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}

/** The root of a log with these leaves, which are hashes already. */
export function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const frontier = new Frontier()
  for (const leaf of leaves) frontier.append(leaf)
  return frontier.root()
}

/** RFC 9162 §2.1.3.1, for any leaf of one tree: the hashes beside the way from there to the root, the lowest first. */
export function inclusionPaths(leaves: readonly Uint8Array[]): (index: number) => readonly Uint8Array[] {
  const levels = [leaves]
  for (let level = leaves; level.length > 1; levels.push(level)) level = pairUp(level)
  return (index) => {
    assert(index >= 0 && index < leaves.length, 'the leaf is in the log')
    return levels.flatMap((level, height) => {
      const at = Math.floor(index / 2 ** height)
      const beside = level[at % 2 === 0 ? at + 1 : at - 1]
      return beside === undefined || level.length === 1 ? [] : [beside]
    })
  }
}

/** The next level up: what has nothing beside it goes up as it is. */
function pairUp(level: readonly Uint8Array[]): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(level.length / 2) }, (_, at) => {
    const [left, right] = [level[2 * at] as Uint8Array, level[2 * at + 1]]
    return right === undefined ? left : nodeHash(left, right)
  })
}

/** RFC 9162 §2.1.3.2: whether a leaf stands at this place in a log of this size and root. */
export function isIncluded(leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[], root: Uint8Array): boolean {
  if (index >= size) return false
  let [at, last, hash] = [index, size - 1, leaf]
  for (const beside of path) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(beside, hash)
      while (at % 2 === 0 && at > 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
    } else hash = nodeHash(hash, beside)
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equalBytes(hash, root)
}

/** RFC 9162 §2.1.4.1: what shows to who has the root of the first `size` leaves that the log of all of them only adds to those; empty for none and for all. */
export function consistencyPath(leaves: readonly Uint8Array[], size: number): readonly Uint8Array[] {
  assert(size >= 0 && size <= leaves.length, 'the log was no larger than it is')
  return size === 0 ? [] : subproof(leaves, size, true)
}

function subproof(leaves: readonly Uint8Array[], size: number, isKnown: boolean): readonly Uint8Array[] {
  if (size === leaves.length) return isKnown ? [] : [rootOf(leaves)]
  const cut = largestPowerBelow(leaves.length)
  return size <= cut
    ? [...subproof(leaves.slice(0, cut), size, isKnown), rootOf(leaves.slice(cut))]
    : [...subproof(leaves.slice(cut), size - cut, false), rootOf(leaves.slice(0, cut))]
}

/** The largest power of two below a count of two or more. */
function largestPowerBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}
