// Cases for SPEC.md §2.4: bytes behind the upgrade, and the messages in them (RFC 6455 §5). Those before a bad frame count.
export interface WebSocketCase {
  readonly name: string
  readonly from: 'client' | 'relay'
  readonly bytes: string
  /** `incomplete`: good so far, and more is to come. */
  readonly expect: 'complete' | 'incomplete' | 'bad-websocket'
  /** In order: `message HEX`, `ping HEX`, `close`. */
  readonly events: readonly string[]
}

function read(name: string, bytes: string, expect: WebSocketCase['expect'], ...events: readonly string[]): WebSocketCase {
  return { name, from: 'relay', bytes: bytes.replaceAll(' ', ''), expect, events }
}

function fromClient(name: string, bytes: string, expect: WebSocketCase['expect'], ...events: readonly string[]): WebSocketCase {
  return { ...read(name, bytes, expect, ...events), from: 'client' }
}

const LONG = 'ab'.repeat(126)

export const webSocketCases: readonly WebSocketCase[] = [
  read('a message', '82 02 abcd', 'complete', 'message abcd'),
  read('an empty message', '82 00', 'complete', 'message '),
  read('a message with a 16-bit length', `82 7e 007e ${LONG}`, 'complete', `message ${LONG}`),
  read('a length that is longer than needed', '82 7e 0002 abcd', 'complete', 'message abcd'),
  read('a 64-bit length', '82 7f 0000000000000002 abcd', 'complete', 'message abcd'),
  read('two messages', '82 01 aa 82 01 bb', 'complete', 'message aa', 'message bb'),
  read('a message in fragments', '02 01 aa 00 01 bb 80 01 cc', 'complete', 'message aabbcc'),
  read('fragments of nothing', '02 00 00 00 80 00', 'complete', 'message '),
  read('a ping between fragments', '02 01 aa 89 01 01 80 01 bb', 'complete', 'ping 01', 'message aabb'),
  read('a ping', '89 02 0102', 'complete', 'ping 0102'),
  read('a pong is ignored', '8a 02 0102', 'complete'),
  read('a close', '88 02 03e8', 'complete', 'close'),
  read('a close without a code', '88 00', 'complete', 'close'),
  fromClient('the zero mask', '82 82 00000000 abcd', 'complete', 'message abcd'),
  fromClient('a mask', '82 85 01020304 aaaaaaaaaa', 'complete', 'message aba8a9aeab'),
  fromClient('a masked ping', '89 81 ff000000 01', 'complete', 'ping fe'),
  read('nothing', '', 'incomplete'),
  read('half a header', '82', 'incomplete'),
  read('a length that is cut', '82 7e 00', 'incomplete'),
  read('a payload that is cut', '82 05 abcd', 'incomplete'),
  read('a fragment that is not the last', '02 01 aa', 'incomplete'),
  read('a message, and the beginning of another', '82 01 aa 82', 'incomplete', 'message aa'),
  fromClient('a mask that is cut', '82 82 000000', 'incomplete'),
  read('text', '81 01 61', 'bad-websocket'),
  read('opcode 3', '83 00', 'bad-websocket'),
  read('opcode 11', '8b 00', 'bad-websocket'),
  read('the first reserved bit', 'c2 01 aa', 'bad-websocket'),
  read('the second reserved bit', 'a2 01 aa', 'bad-websocket'),
  read('the third reserved bit', '92 01 aa', 'bad-websocket'),
  read('a masked frame from a relay', '82 82 00000000 abcd', 'bad-websocket'),
  fromClient('a bare frame from a client', '82 02 abcd', 'bad-websocket'),
  read('65,536 bytes', '82 7f 0000000000010000', 'bad-websocket'),
  read('2^63 bytes', '82 7f 8000000000000000', 'bad-websocket'),
  read('fragments of 65,536 bytes', '02 01 aa 80 7e ffff', 'bad-websocket'),
  read('a fragment without a beginning', '80 01 aa', 'bad-websocket'),
  read('a message among fragments', '02 01 aa 82 01 bb', 'bad-websocket'),
  read('a ping in fragments', '09 01 aa', 'bad-websocket'),
  read('a close in fragments', '08 00', 'bad-websocket'),
  read('a ping of 126 bytes', `89 7e 007e ${LONG}`, 'bad-websocket'),
  read('a bad frame behind a message', '82 01 aa 83 00', 'bad-websocket', 'message aa'),
]
