// A SOCKS5 proxy that knows no more than --upstream needs, and remembers what it was asked for. It can stand for a border, too, which resets what goes to some hosts.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { readExactly } from './through.ts'

export class Upstream {
  readonly server: Server
  /** host:port, in the order in which they came. */
  readonly asked: string[] = []
  /** What is open, by host. */
  readonly #onward = new Map<string, Set<Socket>>()
  readonly #blocked = new Set<string>()

  constructor(mood: 'serves' | 'refuses') {
    this.server = createServer((socket) => {
      socket.on('error', () => undefined)
      void this.#serve(socket, mood).catch(() => socket.destroy())
    })
  }

  /** From now on whatever is said to this host is answered by a reset, and what is open ends. */
  block(host: string): void {
    this.#blocked.add(host)
    for (const socket of this.#onward.get(host) ?? []) socket.destroy()
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
    if (this.#blocked.has(host)) return void socket.once('data', () => socket.resetAndDestroy())
    // Names of nobody are this machine's.
    const onward = connect(port, host.endsWith('.example') ? '127.0.0.1' : host)
    const open = this.#onward.get(host) ?? new Set()
    this.#onward.set(host, open.add(onward))
    onward.on('error', () => socket.destroy())
    onward.on('close', () => {
      open.delete(onward)
      socket.destroy()
    })
    socket.on('close', () => onward.destroy())
    socket.pipe(onward).pipe(socket)
  }
}
