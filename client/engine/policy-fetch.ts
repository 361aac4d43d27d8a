// Fetches a relay's policy through a session: a stream to a name that the relay answers itself (SPEC.md §13), read to its end and checked.
import { decodePolicy, type Policy, ProtocolError, parseTarget, ResetCode, type Stream } from '#protocol'
import type { Drive } from '#protocol/node'
import { type PolicyLimits, policyLimits } from './limits.ts'

const POLICY_TARGET = parseTarget('policy.invalid', 1)

export interface FetchedPolicy {
  readonly policy: Policy
  /** As it came, signature and all: to be kept and decoded again at the next start. */
  readonly bytes: Uint8Array
}

/**
 * undefined when there is none to be had: the session takes no stream or ends, the relay has no policy or says too much or nothing, or it is not one of
 * `policyKey`. Whoever asked keeps what they have, and asks again later. Whether it is younger than that is theirs to look at. Never rejects.
 */
export function fetchPolicy(
  drive: Pick<Drive, 'open'>,
  policyKey: Uint8Array,
  nowS: () => number,
  limits: PolicyLimits = policyLimits,
): Promise<FetchedPolicy | undefined> {
  return new Promise((resolve) => {
    const stream = open(drive)
    if (stream === undefined) return resolve(undefined)
    const overdue = setTimeout(() => finish(undefined), limits.fetchMs)
    let bytes = new Uint8Array()
    const finish = (fetched: FetchedPolicy | undefined): void => {
      clearTimeout(overdue)
      stream.reset(ResetCode.cancelled)
      resolve(fetched)
    }
    stream.handler = {
      onData: (more) => {
        if (bytes.length + more.length > limits.bytesMax) return finish(undefined)
        bytes = Buffer.concat([bytes, more])
        stream.consumed(more.length)
      },
      onFin: () => finish(decode(new Uint8Array(bytes), policyKey, nowS())),
      onReset: () => finish(undefined),
      onDatagram: () => finish(undefined),
      onOpened: () => undefined,
      onRoom: () => undefined,
    }
    stream.fin()
  })
}

function open(drive: Pick<Drive, 'open'>): Stream | undefined {
  try {
    return drive.open(POLICY_TARGET, {})
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

function decode(bytes: Uint8Array, policyKey: Uint8Array, nowS: number): FetchedPolicy | undefined {
  try {
    return { policy: decodePolicy(bytes, policyKey, nowS), bytes }
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
