// The door of what relay and engine share on Node.
export { nodeCrypto, nodeRandom } from './crypto.ts'
export { Drive, type DriveEnd } from './drive.ts'
export { captureReads, type ReadSink, readsAreCaptured } from './reads.ts'
export { resetSocket, Splice } from './splice.ts'
export { WebSocketCarrier } from './websocket-carrier.ts'
