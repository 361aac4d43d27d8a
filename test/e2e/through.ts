// A program's side of SOCKS5, byte by byte, and what tests do with the socket then. The other end here: a target that does as it is told.
import { connect, type Socket } from 'node:net'

export interface Through {
  /** RFC 1928 section 6. */
  readonly reply: number
  /** Paused; half-open is allowed. */
  readonly socket: Socket
}

/** Asks the SOCKS5 proxy for a name or an IPv4 address as text. Rejects when it closes without a reply. */
export async function through(socksPort: number, host: string, port: number): Promise<Through> {
  const socket = connect({ port: socksPort, host: '127.0.0.1', allowHalfOpen: true })
  const name = Buffer.from(host)
  socket.write(Buffer.from([5, 1, 0, 5, 1, 0, 3, name.length, ...name, port >> 8, port & 255]))
  const answer = await readExactly(socket, 12)
  return { reply: answer[3] as number, socket }
}

/** Reads so many bytes and leaves the rest, and the socket paused. */
export function readExactly(socket: Socket, count: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let held = Buffer.alloc(0)
    const fail = (): void => reject(new Error('the socket ended before all of it came'))
    const take = (chunk: Buffer): void => {
      held = Buffer.concat([held, chunk])
      if (held.length < count) return
      socket.off('data', take).off('end', fail).off('error', reject).pause()
      if (held.length > count) socket.unshift(held.subarray(count))
      resolve(held.subarray(0, count))
    }
    socket.on('data', take).on('end', fail).on('error', reject).resume()
  })
}

/** All that comes until the other side's end. Rejects with the socket's error, such as ECONNRESET. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** The code with which a socket ends in error, or 'end' when it ends well. What comes before is dropped. */
export function fateOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    socket.on('end', () => resolve('end'))
    socket.resume()
  })
}
