// Tries one way for real: a handshake with the relay, and then some bytes, since a flow that is frozen after a few does not work.
import type { Crypto, Invite } from '#protocol'
import type { CarrierEnd } from '#protocol/node'
import type { WayFault, WayStep } from '../../contract/doctor.ts'
import type { Clock } from '../clock.ts'
import type { Way } from '../control/way.ts'
import { faultOf } from '../dial-way.ts'
import { type DoctorLimits, linkLimits, policyLimits } from '../limits.ts'
import { Opening } from '../opening.ts'
import { DialError, type Platform } from '../platform.ts'
import { type FetchedPolicy, fetchPolicy, readPolicy } from '../policy-fetch.ts'
import type { RelaySession } from '../relay-session.ts'

export interface TryOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  /** By Way.relayIndex. */
  readonly invites: readonly Invite[]
  readonly clock: Clock
  readonly limits: DoctorLimits
  readonly signal: AbortSignal
}

export interface Failed {
  readonly step: WayStep
  readonly fault: WayFault
  /** What had come, where it had begun to carry. */
  readonly bytes?: number
}

export interface Tried {
  readonly way: Way
  /** From the dial to the relay's first message; undefined: it did not come so far. */
  readonly ms: number | undefined
  readonly failed: Failed | undefined
  /** What it brought, in all. */
  readonly receivedBytes: number
  /** From the dial to the end. */
  readonly tookMs: number
  /** The relay's clock minus ours, as it was learned. */
  readonly clockOffsetS: number
  readonly policy: FetchedPolicy | undefined
}

type Lost = { readonly how: CarrierEnd; readonly receivedBytes: number }
type Brought = Pick<Tried, 'policy' | 'failed' | 'receivedBytes'>

/** Never rejects. */
export async function tryWay(way: Way, { platform, crypto, invites, clock, limits, signal }: TryOptions): Promise<Tried> {
  const lost = Promise.withResolvers<Lost>()
  const opening = new Opening({
    platform,
    crypto,
    invites,
    clock,
    lifeOf: () => ({ bytes: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }),
    sessionEvents: {
      onLost: (_session, _leg, how, { receivedBytes }) => lost.resolve({ how, receivedBytes }),
      onEnd: () => lost.resolve({ how: 'broken', receivedBytes: 0 }),
      onLate: () => undefined,
      onDraining: () => undefined,
    },
    limits: linkLimits,
  })
  let startedMs = performance.now()
  const onTry = (): void => {
    startedMs = performance.now()
  }
  const told = (): Pick<Tried, 'way' | 'clockOffsetS' | 'tookMs'> => ({
    way,
    clockOffsetS: clock.offsetS,
    tookMs: performance.now() - startedMs,
  })
  try {
    const session = await begin(opening, clock, way, AbortSignal.any([signal, AbortSignal.timeout(limits.tryMs)]), onTry)
    const ms = performance.now() - startedMs
    const brought = await carry(crypto, session, invites[way.relayIndex] as Invite, lost.promise, () => clock.nowS(), limits)
    session.drive.stop()
    return { ...told(), ...brought, ms }
  } catch (error) {
    if (!(error instanceof DialError)) throw error
    return { ...told(), ms: undefined, failed: { step: error.step, fault: faultOf(error) }, receivedBytes: 0, policy: undefined }
  }
}

/** A site that answers as a site may mean that our clock is wrong: its own tells, and then it is asked again. Rejects with a DialError. */
async function begin(opening: Opening, clock: Clock, way: Way, signal: AbortSignal, onTry: () => void): Promise<RelaySession> {
  let session: RelaySession | undefined
  for (let triesLeft = 2; session === undefined; triesLeft--) {
    onTry()
    const { offsetS } = clock
    try {
      await opening.begin(way, signal, (begun) => {
        session = begun
      })
    } catch (error) {
      const isClock = error instanceof DialError && error.reason === 'not-admitted' && clock.learn(error.siteTimeS, offsetS)
      if (!isClock || triesLeft === 0) throw error
    }
  }
  return session
}

/** Reads the relay's policy over and over until enough came, nothing more comes, or the carrier is gone. */
async function carry(
  crypto: Crypto,
  { drive }: RelaySession,
  { policyKey }: Invite,
  lost: Promise<Lost>,
  nowS: () => number,
  limits: DoctorLimits,
): Promise<Brought> {
  const reading = { ...policyLimits, answerMs: limits.stallMs }
  let policy: FetchedPolicy | undefined
  let receivedBytes = 0
  for (let round = 0; round < limits.readRoundsMax && receivedBytes < limits.carryBytes; round++) {
    const startedMs = performance.now()
    const reads = Array.from({ length: limits.readsAtOnce }, () => readPolicy(drive, reading))
    if (round === 0) {
      void fetchPolicy(crypto, drive, policyKey, nowS, reading).then((fetched) => {
        policy = fetched
      })
    }
    const end = await Promise.race([lost, Promise.all(reads)])
    if ('how' in end) return { policy, ...failure(FAULTS[end.how], end.receivedBytes) }
    receivedBytes = drive.carried(0).receivedBytes
    const isStalled = end.includes(undefined) && performance.now() - startedMs >= limits.stallMs
    if (isStalled) return { policy, ...failure('timeout', receivedBytes) }
  }
  return { policy, receivedBytes, failed: undefined }
}

const FAULTS = { closed: 'reset', reset: 'reset', silent: 'timeout', broken: 'answer' } as const satisfies Record<CarrierEnd, WayFault>

function failure(fault: WayFault, bytes: number): Omit<Brought, 'policy'> {
  return { receivedBytes: bytes, failed: { step: 'carry', fault, bytes } }
}
