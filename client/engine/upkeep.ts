// What is looked after each second among the carriers of a session: how fast they are, and which of them are to go.
import type { Way } from './control/way.ts'
import type { Leg, RelaySession } from './relay-session.ts'

export interface Rate {
  /** Something came since the last look. */
  readonly isHeard: boolean
  /** Both directions together, since the last look. */
  readonly bytesPerS: number
  /** Since the carrier began. */
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly livedMs: number
}

export function measureRate(session: RelaySession, leg: Leg, nowMs: number): Rate {
  const { receivedBytes, sentBytes } = session.drive.carried(leg.counter)
  const bytes = receivedBytes + sentBytes
  const bytesPerS = ((bytes - leg.seenBytes) / Math.max(1, nowMs - leg.seenMs)) * 1_000
  const isHeard = receivedBytes > leg.heardBytes
  leg.seenBytes = bytes
  leg.heardBytes = receivedBytes
  leg.seenMs = nowMs
  return { isHeard, bytesPerS, receivedBytes, sentBytes, livedMs: nowMs - leg.bornMs }
}

/** It has lived or carried what was drawn for it. */
export function isOld(session: RelaySession, leg: Leg, nowMs: number): boolean {
  const { receivedBytes, sentBytes } = session.drive.carried(leg.counter)
  return nowMs - leg.bornMs >= leg.life.ms || Math.max(receivedBytes, sentBytes) >= leg.life.bytes
}

/** A carrier that is slowed down on purpose holds up what goes by it: once there is a faster one, it goes. */
export function leaveSlow(session: RelaySession, isSlowed: (way: Way) => boolean): void {
  const { sound } = session
  const slow = sound.length < 2 ? [] : sound.filter(({ way }) => isSlowed(way))
  if (slow.length < sound.length) for (const leg of slow) session.leave(leg)
}

/** Carriers that trouble had called for go, the costliest first, once the youngest has lived for `surplusMs`: then it is over. */
export function leaveSurplus(session: RelaySession, count: number, nowMs: number, surplusMs: number): void {
  const { sound } = session
  if (sound.length <= count || sound.some(({ bornMs }) => nowMs - bornMs < surplusMs)) return
  const [costliest] = sound.sort((a, b) => costOf(b) - costOf(a) || a.bornMs - b.bornMs)
  if (costliest !== undefined) session.retire(costliest)
}

/** Edges cost money, and requests cost time. */
function costOf({ way: { endpoint, carrier } }: Leg): number {
  return (endpoint.isEdge ? 2 : 0) + (carrier === 'http' ? 1 : 0)
}
