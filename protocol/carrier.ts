// A carrier: a live, ordered pipe of byte messages that may die at any moment. Made by relay/carriers and client/engine; the session never sees one.
import type { SealedRecord } from './record.ts'

export interface Carrier {
  /** Begins to hand out messages, perhaps during the call. */
  start(): void
  /** Sends one record as one message. Never blocks; the caller looks at `hasRoom` first. */
  send(record: SealedRecord): void
  /** False while enough is queued below; `CarrierEvents.onRoom` says when that ends. */
  readonly hasRoom: boolean
  /** Ends it, telling the other side where it can. */
  close(): void
}

export interface CarrierEvents {
  /** A whole message; a view that is valid during the call only. */
  onMessage(message: Uint8Array): void
  onRoom(): void
  /** Called once, whoever ended it. */
  onClosed(): void
}
