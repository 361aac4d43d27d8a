// Dials one way to one relay, until the relay's first message is understood.
//
// 1. the platform makes a carrier whose first request has the admission cookie
// 2. the relay's first message is handed to `take`, in the same turn; what comes behind it goes where `take` says
import { type Carrier, type CarrierEvents, ProtocolError } from '#protocol'
import type { Reason } from '../contract/status.ts'
import type { DialFault } from './control/outcome.ts'
import type { Way } from './control/way.ts'
import { DialError, type Platform } from './platform.ts'

export interface DialWayOptions {
  readonly platform: Platform
  readonly way: Way
  readonly cookie: string
  readonly requestCookie: (sequence: number) => string
  /** Reads the relay's first message; throws ProtocolError where it is not the relay's. */
  readonly take: (message: Uint8Array, carrier: Carrier) => CarrierEvents
  /** From the carrier to the first message. */
  readonly replyMs: number
  readonly signal: AbortSignal
}

/** Resolves when the carrier has been taken; from then on it is the taker's. Rejects with a DialError. */
export async function dialWay({ platform, way, cookie, requestCookie, take, replyMs, signal }: DialWayOptions): Promise<void> {
  const answer = Promise.withResolvers<void>()
  answer.promise.catch(() => undefined)
  let seat: CarrierEvents | undefined
  let isOver = false
  const events: CarrierEvents = {
    onMessage: (message) => {
      if (seat !== undefined) return seat.onMessage(message)
      if (isOver) return
      try {
        seat = take(message, carrier)
        answer.resolve()
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        answer.reject(new DialError('wrong-answer', undefined, 'reply'))
      }
    },
    onRoom: () => seat?.onRoom(),
    onClosed: (wasReset) => {
      answer.reject(new DialError('reset', undefined, 'reply'))
      seat?.onClosed(wasReset)
    },
  }
  const carrier = await platform.dial({ endpoint: way.endpoint, carrier: way.carrier, cookie, requestCookie, events, signal })
  const giveUp = (): void => answer.reject(new DialError('timeout', undefined, 'reply'))
  const late = setTimeout(giveUp, replyMs)
  signal.addEventListener('abort', giveUp)
  try {
    if (signal.aborted) giveUp()
    else carrier.start()
    await answer.promise
  } catch (error) {
    isOver = true
    carrier.close()
    throw error
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', giveUp)
  }
}

const FAULTS: Readonly<Partial<Record<Reason, DialFault>>> = {
  refused: 'refused',
  unreachable: 'refused',
  upstream: 'upstream',
  reset: 'reset',
  'carrier-closed': 'closed',
  timeout: 'timeout',
  'wrong-certificate': 'certificate',
  'wrong-clock': 'clock',
  'expired-certificate': 'expired',
  'not-admitted': 'not-admitted',
  'wrong-answer': 'answer',
}

/** What stands before the relay answers that it did not reach it. */
export function isErrorPage({ reason, step }: DialError): boolean {
  return reason === 'refused' && step === 'upgrade'
}

/** What control is told of a failure. */
export function faultOf(error: DialError): DialFault {
  const { reason, step } = error
  if (isErrorPage(error)) return 'answer'
  if (reason === 'offline') return step === 'dns' ? 'timeout' : 'no-network'
  if (reason === 'unreachable' && step === 'dns') return 'no-name'
  return FAULTS[reason] ?? 'answer'
}
