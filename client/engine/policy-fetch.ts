// Fetches a relay's policy through a session: a stream to a name that the relay answers itself (SPEC.md §13), read to its end and checked.
import { type Crypto, decodePolicy, type Policy, ProtocolError, parseTarget } from '#protocol'
import { askStream, type Drive } from '#protocol/node'
import { type PolicyLimits, policyLimits } from './limits.ts'

const POLICY_TARGET = parseTarget('policy.invalid', 1)

export interface FetchedPolicy {
  readonly policy: Policy
  /** As it came, signature and all: to be kept and decoded again at the next start. */
  readonly bytes: Uint8Array
}

/**
 * undefined when there is none to be had: readPolicy has none, or it is not one of `policyKey`. Whoever asked keeps what they have, and asks again later.
 * Whether it is younger than that is theirs to look at. Never rejects.
 */
export async function fetchPolicy(
  crypto: Crypto,
  drive: Pick<Drive, 'open'>,
  policyKey: Uint8Array,
  nowS: () => number,
  limits: PolicyLimits = policyLimits,
): Promise<FetchedPolicy | undefined> {
  const bytes = await readPolicy(drive, limits)
  return bytes && decode(crypto, bytes, policyKey, nowS())
}

/**
 * The policy as it comes, unchecked; `onBytes` is told of each part. undefined: the session takes no stream or ends, the relay has no policy or says too
 * much, or nothing in time. Never rejects.
 */
export function readPolicy(
  drive: Pick<Drive, 'open'>,
  limits: PolicyLimits = policyLimits,
  onBytes: (count: number) => void = () => undefined,
): Promise<Uint8Array | undefined> {
  return askStream(drive, POLICY_TARGET, new Uint8Array(), limits, onBytes)
}

function decode(crypto: Crypto, bytes: Uint8Array, policyKey: Uint8Array, nowS: number): FetchedPolicy | undefined {
  try {
    return { policy: decodePolicy(crypto, bytes, policyKey, nowS), bytes }
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
