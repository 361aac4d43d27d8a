// A carrier: a live, ordered pipe of byte messages that may die at any moment. Made by relay/carriers and client/engine; the session never sees one.
import type { SealedRecord } from './record.ts'

/** A WebSocket, or a run of ordinary HTTP requests. */
export type CarrierKind = 'websocket' | 'http'

export interface Carrier {
  /** Begins to hand out messages, perhaps during the call. */
  start(): void
  /** Sends one record as one message. Never blocks; the caller looks at `hasRoom` first. */
  send(record: SealedRecord): void
  /** Sends bytes that are no record: an envelope. 1 to 65,535 of them, not kept. */
  sendMessage(message: Uint8Array): void
  /** False while enough is queued below; `CarrierEvents.onRoom` says when that ends. */
  readonly hasRoom: boolean
  /** What came in all, parts of messages included: tells a slow carrier from a frozen one. */
  readonly receivedBytes: number
  /** Ends it at once for the caller. What was sent before still goes out, for as long as that is bearable; then the other side sees the end. */
  close(): void
}

export interface CarrierEvents {
  /** A whole message; a view that is valid during the call only. */
  onMessage(message: Uint8Array): void
  onRoom(): void
  /** Called once, whoever ended it. `wasReset`: it was cut, without the other side's word. */
  onClosed(wasReset?: boolean): void
}
