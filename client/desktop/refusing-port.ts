// Where the system's proxy leads while the kill switch is on and nothing is connected: each program is told at once that it can't go out, and why.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Room } from '#protocol/room'
import { type RefusalLimits, refusalLimits } from './limits.ts'

/** No word of who says so: a web page can read what a plain request brings. */
const PAGE =
  '<!doctype html><meta charset="utf-8"><title>Not connected</title><h1>Not connected</h1><p>Nothing goes out at the moment.</p>\n'
const ANSWER = `HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(PAGE)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${PAGE}`

export class RefusingPort {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(limits: RefusalLimits) {
    this.#server = createServer((socket) => this.#refuse(socket, limits))
    new Room(this.#server, limits.socketsMax)
    // A failed accept is that program's loss.
    this.#server.on('error', () => undefined)
  }

  static async listen(limits: RefusalLimits = refusalLimits): Promise<RefusingPort> {
    const refusing = new RefusingPort(limits)
    refusing.#server.listen(0, '127.0.0.1')
    await once(refusing.#server, 'listening')
    refusing.#server.unref()
    return refusing
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** An HTTP request is read to the end of its head, so that its sender reads the answer; anything else is closed. */
  #refuse(socket: Socket, limits: RefusalLimits): void {
    this.#sockets.add(socket)
    socket.unref()
    socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket))
    socket.setTimeout(limits.answerMs, () => socket.destroy())
    let head = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      if (socket.writableEnded) return
      head += text
      if (head.length > limits.headBytesMax || !/^[A-Z]{1,16}(?: |$)/.test(head.slice(0, 17))) socket.destroy()
      else if (head.includes('\r\n\r\n')) socket.end(ANSWER)
    })
  }
}
