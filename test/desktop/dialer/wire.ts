// A wire that is read at two depths: what anyone sees of each TCP connection, and, since it holds the site's key, what is said inside TLS. Behind it is the
// real relay, which notices nothing.
import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTls, type TLSSocket } from 'node:tls'
import type { Origin } from '../../contract/origin.ts'
import { type ClientHello, readClientHello } from './client-hello.ts'

export interface Line {
  /** As anyone sees it, the client's bytes. */
  readonly outside: Buffer[]
  /** In TLS, the client's bytes; none while TLS has not been agreed. */
  readonly inside: Buffer[]
}

export class Wire {
  readonly #outer: Server
  readonly #inner: Server
  readonly #sockets = new Set<Socket>()
  readonly #byPort = new Map<number, Line>()
  /** In the order in which they came. */
  readonly lines: Line[] = []

  private constructor(origin: Origin) {
    const { cert, key } = origin.fixture
    this.#inner = createTls({ cert, key, ALPNProtocols: ['h2', 'http/1.1'] }, (near) => this.#carry(near, origin.port))
    this.#inner.on('tlsClientError', () => undefined)
    this.#outer = createServer((near) => {
      const far = connect((this.#inner.address() as AddressInfo).port, '127.0.0.1')
      const line: Line = { outside: [], inside: [] }
      this.lines.push(line)
      far.on('connect', () => this.#byPort.set(far.localPort as number, line))
      near.on('data', (bytes: Buffer) => line.outside.push(bytes))
      this.#join(near, far)
    })
  }

  static async to(origin: Origin): Promise<Wire> {
    const wire = new Wire(origin)
    for (const server of [wire.#outer, wire.#inner]) await once(server.listen(0, '127.0.0.1'), 'listening')
    return wire
  }

  get port(): number {
    return (this.#outer.address() as AddressInfo).port
  }

  /** Ends every TCP connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    for (const server of [this.#outer, this.#inner]) {
      server.close()
      await once(server, 'close')
    }
  }

  #carry(near: TLSSocket, port: number): void {
    const line = this.#byPort.get(near.remotePort as number)
    near.on('data', (bytes: Buffer) => line?.inside.push(bytes))
    const protocols = [near.alpnProtocol || 'http/1.1']
    this.#join(near, connectTls({ port, host: '127.0.0.1', ALPNProtocols: protocols, rejectUnauthorized: false }))
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
    }
  }
}

export function helloOf(line: Line | undefined): ClientHello {
  return readClientHello(Buffer.concat(line?.outside ?? []))
}

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** HTTP/2 as the client sent it (RFC 9113 §4.1). Throws where that is something else. */
export function framesOf(line: Line): Frame[] {
  const bytes = Buffer.concat(line.inside)
  if (bytes.subarray(0, PREFACE.length).toString('latin1') !== PREFACE) throw new Error('not HTTP/2')
  const frames: Frame[] = []
  for (let offset = PREFACE.length; offset + 9 <= bytes.length; ) {
    const end = offset + 9 + bytes.readUIntBE(offset, 3)
    if (end > bytes.length) break
    const stream = bytes.readUInt32BE(offset + 5) & 0x7fffffff
    frames.push({ type: bytes[offset + 3] as number, flags: bytes[offset + 4] as number, stream, payload: bytes.subarray(offset + 9, end) })
    offset = end
  }
  return frames
}

/** Names and values of each request's head, in order, as a server of Node's reads the same bytes again. */
export async function headsOf(line: Line): Promise<(readonly [string, string])[][]> {
  const bytes = Buffer.concat(line.inside)
  const heads: (readonly [string, string])[][] = []
  const keep = (raw: readonly string[]): void => void heads.push(pairs(raw))
  const isHttp2 = bytes.subarray(0, 3).toString('latin1') === 'PRI'
  const server = isHttp2
    ? createHttp2().on('stream', (stream, _headers, _flags, raw: readonly string[]) => {
        keep(raw)
        stream.on('error', () => undefined).resume()
      })
    : createHttp((request) => keep(request.rawHeaders)).on('upgrade', (request: IncomingMessage, socket: Socket) => {
        keep([':request', `${request.method} ${request.url}`, ...request.rawHeaders])
        socket.destroy()
      })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined).resume()
  socket.end(bytes)
  await once(socket, 'close')
  server.close()
  return heads
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[i * 2] as string, raw[i * 2 + 1] as string] as const)
}
