// The door of what relay and engine share on Node.

export { letGo, type SealedRecord } from '../record.ts'
export { askStream, type QuestionLimits } from './ask-stream.ts'
export { BodyQueue, bodyPieces } from './body-queue.ts'
export { checkedLookup } from './checked-lookup.ts'
export { nodeCrypto, nodeRandom } from './crypto.ts'
export { type Carried, type CarrierEnd, Drive, type DriveEvents } from './drive.ts'
export { makeFolder } from './make-folder.ts'
export { captureReads, type ReadSink, readsAreCaptured } from './reads.ts'
export { resetSocket, Splice } from './splice.ts'
export { StreamDuplex } from './stream-duplex.ts'
export { nodeTiming, type Timing } from './timing.ts'
export { WebSocketCarrier } from './websocket-carrier.ts'
