// Which authorities hand a relay out, where several do: SPEC.md §14.6.
//
// Each relay is one authority's. So who has invites of two authorities is shown two buckets of two worlds, and who loses a relay shared it with none but those
// whom the authority that blames them knows. Where relays are few, each is of so many authorities as leaves none of them without: in the end, of all.
import { equalBytes, utf8 } from '../bytes.ts'
import type { Crypto } from '../crypto.ts'
import { SHARE_RELAYS } from '../limits.ts'
import type { Consensus } from './consensus.ts'
import { compareBytes } from './signed.ts'

export type Sharing = Pick<Consensus, 'networkId' | 'handers' | 'rollSize'>

const PURPOSE = utf8('culvert v1 share')

/**
 * Root keys of the authorities that may hand out the relay of this policy key; none: every authority may. By rendezvous hashing: when an authority comes or
 * goes, no relay becomes another's but those that become its, or were.
 */
export function handersOf(crypto: Crypto, sharing: Sharing, policyKey: Uint8Array): readonly Uint8Array[] {
  const { networkId, handers } = sharing
  const count = handersPerRelay(sharing)
  if (count === handers.length) return handers
  return handers
    .map((key) => ({ key, score: crypto.sha256(PURPOSE, networkId, key, policyKey) }))
    .sort((a, b) => compareBytes(b.score, a.score))
    .slice(0, count)
    .map(({ key }) => key)
}

/** Whether the authority with this root key may hand out the relay of this policy key. */
export function mayHandOut(crypto: Crypto, sharing: Sharing, rootKey: Uint8Array, policyKey: Uint8Array): boolean {
  return sharing.handers.length === 0 || handersOf(crypto, sharing, policyKey).some((key) => equalBytes(key, rootKey))
}

/** 1 where there are relays enough. */
export function handersPerRelay({ handers, rollSize }: Omit<Sharing, 'networkId'>): number {
  return Math.min(Math.max(Math.ceil((SHARE_RELAYS * handers.length) / Math.max(rollSize, 1)), 1), handers.length)
}
