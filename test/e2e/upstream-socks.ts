// A SOCKS5 proxy that knows no more than --upstream needs, and remembers what it was asked for.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { readExactly } from './through.ts'

export class Upstream {
  readonly server: Server
  /** host:port, in the order in which they came. */
  readonly asked: string[] = []

  constructor(mood: 'serves' | 'refuses') {
    this.server = createServer((socket) => {
      socket.on('error', () => undefined)
      void this.#serve(socket, mood).catch(() => socket.destroy())
    })
  }

  async #serve(socket: Socket, mood: 'serves' | 'refuses'): Promise<void> {
    const [, methods = 0] = await readExactly(socket, 2)
    await readExactly(socket, methods)
    socket.write(Buffer.from([5, 0]))
    const kind = (await readExactly(socket, 4))[3]
    const host =
      kind === 1 ? (await readExactly(socket, 4)).join('.') : String(await readExactly(socket, (await readExactly(socket, 1))[0] as number))
    const port = (await readExactly(socket, 2)).readUInt16BE()
    this.asked.push(`${host}:${port}`)
    socket.write(Buffer.from([5, mood === 'serves' ? 0 : 2, 0, 1, 0, 0, 0, 0, 0, 0]))
    if (mood === 'refuses') return void socket.end()
    const onward = connect(port, host)
    onward.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
    socket.pipe(onward).pipe(socket)
  }
}
