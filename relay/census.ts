// Who is told of sessions to count them, where the operator takes part in the observatory: numbers and a country come of it (observatory/counting/).
import type { CarrierKind, Stream, Target } from '#protocol'
import type { MakeCarrier } from './carriers/make-carrier.ts'

/** Where a carrier comes from, as far as this process sees it. */
export interface Origin {
  readonly kind: CarrierKind
  /** Of the socket: of a front or an edge, where one is between; undefined where another process of the relay handed it over. */
  readonly address: string | undefined
}

export interface Census {
  /** A session begins. */
  enter(origin: Origin): Counted
  /** Hands on what was counted. */
  close(): Promise<void>
}

/** One session, to be counted. */
export interface Counted {
  /** As `make`, with a count of what passes in between. */
  around(make: MakeCarrier, origin: Origin): MakeCarrier
  /** Answers a stream that hands in a report; false: it leads elsewhere. */
  serve(stream: Stream, target: Target): boolean
  end(): void
}
