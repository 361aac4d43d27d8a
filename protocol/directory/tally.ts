// From votes to a consensus: the same for everyone who has the same votes. What a minority says changes nothing: what is listed needs k votes, and numbers
// are the lower median of all. SPEC.md §14.8.
import { encodeHex, equalBytes } from '../bytes.ts'
import { encodeInviteBody } from '../invite.ts'
import { AUTHORITIES_MAX, COUNTRIES_MAX, REVOKED_MAX, ROLL_RELAYS_MAX, SOURCES_MAX } from '../limits.ts'
import type { Charter } from './charter.ts'
import { type Consensus, policyBytes, type RollEntry, rollRootOf, type Settings } from './consensus.ts'
import { compareVersions, type Version } from './descriptor.ts'
import { compareBytes } from './signed.ts'
import type { Frontier } from './tlog.ts'
import type { Vote } from './vote.ts'

export interface TallyOptions {
  readonly networkId: Uint8Array
  readonly charter: Charter
  readonly roundS: number
  /** That we stand on. */
  readonly log: Frontier
}

export interface Agreed {
  readonly consensus: Consensus
  readonly roll: readonly RollEntry[]
}

/** undefined: fewer than k stand where we stand, so that there can be no consensus. At most one vote of each authority. */
export function tally(votes: readonly Vote[], { networkId, charter, roundS, log }: TallyOptions): Agreed | undefined {
  const root = log.root()
  const here = votes.filter(({ base, charterNumber }) => {
    return base.size === log.size && equalBytes(base.root, root) && charterNumber === charter.number
  })
  const { threshold } = charter
  if (here.length < threshold) return undefined
  const roll = agreedRoll(here, threshold)
  const consensus: Consensus = {
    networkId,
    number: log.size + 1,
    madeS: roundS,
    charterNumber: charter.number,
    rollSize: roll.length,
    rollRoot: rollRootOf(roll),
    ...agreedSettings(here, threshold),
  }
  return { consensus, roll }
}

/** Relays that passed the tests of k authorities. */
function agreedRoll(votes: readonly Vote[], threshold: number): RollEntry[] {
  const weights = new Map<string, { readonly commitment: Uint8Array; readonly weights: number[] }>()
  for (const { commitment, weight } of votes.flatMap(({ verdicts }) => verdicts)) {
    if (weight === 0) continue
    const name = encodeHex(commitment)
    const known = weights.get(name)
    if (known === undefined) weights.set(name, { commitment, weights: [weight] })
    else known.weights.push(weight)
  }
  return [...weights.values()]
    .filter((one) => one.weights.length >= threshold)
    .map((one) => ({ commitment: one.commitment, weight: lowMedian(one.weights, (a, b) => a - b) }))
    .sort((a, b) => compareBytes(a.commitment, b.commitment))
    .slice(0, ROLL_RELAYS_MAX)
}

function agreedSettings(votes: readonly Vote[], threshold: number): Settings {
  const versionOf = (read: (vote: Vote) => Version): Version => lowMedian(votes.map(read), compareVersions)
  const policies = agreedItems(votes, threshold, (vote) => vote.policies, policyBytes)
  const sources = agreedItems(votes, threshold, (vote) => vote.sources, encodeInviteBody)
  const keysOf = (read: (vote: Vote) => readonly Uint8Array[]): Uint8Array[] =>
    agreedItems(votes, threshold, read, (key) => key).sort(compareBytes)
  return {
    clientMin: versionOf((vote) => vote.clientMin),
    relayMin: versionOf((vote) => vote.relayMin),
    policies: policies.sort((a, b) => (a.country < b.country ? -1 : 1)).slice(0, COUNTRIES_MAX),
    sources: sources.sort((a, b) => compareBytes(a.relayKey, b.relayKey)).slice(0, SOURCES_MAX),
    handers: keysOf((vote) => vote.handers).slice(0, AUTHORITIES_MAX),
    revoked: keysOf((vote) => vote.revoked).slice(0, REVOKED_MAX),
  }
}

/** What k votes hold in the same words. A vote counts once for each item: decodeVote takes no list that names one twice. */
function agreedItems<T>(
  votes: readonly Vote[],
  threshold: number,
  read: (vote: Vote) => readonly T[],
  bytesOf: (item: T) => Uint8Array,
): T[] {
  const counts = new Map<string, { readonly item: T; count: number }>()
  for (const item of votes.flatMap(read)) {
    const name = encodeHex(bytesOf(item))
    const known = counts.get(name)
    if (known === undefined) counts.set(name, { item, count: 1 })
    else known.count++
  }
  return [...counts.values()].filter(({ count }) => count >= threshold).map(({ item }) => item)
}

/** The lower of the two in the middle: no minority can move it beyond what the others said. */
function lowMedian<T>(values: readonly T[], compare: (a: T, b: T) => number): T {
  const sorted = [...values].sort(compare)
  return sorted[Math.floor((sorted.length - 1) / 2)] as T
}
