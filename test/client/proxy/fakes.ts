// An outlet that dials by itself, with its own idea of names, and a raw TCP client that reads exactly what it expects.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ResetCode, type Target } from '#protocol'
import type { ProxyLimits } from '../../../client/engine/limits.ts'
import { proxyLimits } from '../../../client/engine/limits.ts'
import type { LocalProxy } from '../../../client/engine/proxy/local.ts'
import { type Outlet, type OutletAssociation, OutletError } from '../../../client/engine/proxy/outlet.ts'

export const smallLimits: ProxyLimits = { ...proxyLimits, greetingMs: 300, sweepMs: 50 }

/** Dials the port that `sites` has for a name, on this machine; other names are not found. */
export class FakeOutlet implements Outlet {
  readonly targets: Target[] = []
  readonly joined: Socket[] = []
  readonly heads: Uint8Array[] = []
  readonly datagrams: { to: Target; payload: Uint8Array }[] = []
  readonly sites: Map<string, number>
  waitForDial = false
  failWith: ResetCode | undefined
  openAssociations = 0
  /** What the association under way hands to the app, and its end. */
  receive: ((from: Target, payload: Uint8Array) => void) | undefined
  endAssociation: (() => void) | undefined
  echoDatagrams = true
  /** Called with each socket as it is handed over, before anything is done to it. */
  onJoin: ((socket: Socket) => void) | undefined

  constructor(sites: Record<string, number> = {}) {
    this.sites = new Map(Object.entries(sites))
  }

  join(socket: Socket, target: Target, head: Uint8Array, answered: (failed: ResetCode | undefined) => void): void {
    this.targets.push(target)
    this.joined.push(socket)
    this.heads.push(Uint8Array.from(head))
    this.onJoin?.(socket)
    const port = this.sites.get(target.host)
    if (this.failWith !== undefined || port === undefined) {
      const code = this.failWith ?? ResetCode.nameNotFound
      if (this.waitForDial) setImmediate(() => answered(code))
      else {
        answered(undefined)
        socket.on('error', () => {}).resetAndDestroy()
      }
      return
    }
    const origin = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const start = (): void => {
      if (this.waitForDial) answered(undefined)
      origin.write(head)
      socket.pipe(origin)
      origin.pipe(socket)
    }
    origin.on('error', () => socket.destroy()).on('connect', start)
    socket.on('error', () => origin.destroy()).on('close', () => origin.destroy())
    if (!this.waitForDial) answered(undefined)
  }

  async open(target: Target): Promise<Duplex> {
    this.targets.push(target)
    const port = this.sites.get(target.host)
    if (this.waitForDial && this.failWith !== undefined) throw new OutletError(this.failWith)
    if (port === undefined) throw new OutletError(ResetCode.nameNotFound)
    const origin = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
    if (this.failWith !== undefined) origin.destroy(new OutletError(this.failWith))
    return origin
  }

  associate(receive: (from: Target, payload: Uint8Array) => void, closed: () => void): OutletAssociation {
    this.openAssociations++
    this.receive = receive
    this.endAssociation = closed
    return {
      send: (to, payload) => {
        this.datagrams.push({ to, payload: Uint8Array.from(payload) })
        if (this.echoDatagrams) receive(to, payload)
      },
      close: () => {
        this.openAssociations--
      },
    }
  }
}

/** A raw socket to a proxy, which sends bytes as they are. */
export class RawClient {
  readonly socket: Socket
  #received: Uint8Array = new Uint8Array(0)
  #ended = false
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Uint8Array) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    const end = (): void => {
      this.#ended = true
      this.#wake()
    }
    socket.on('end', end).on('error', end).on('close', end)
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true })
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  write(bytes: Uint8Array | string): this {
    if (!this.socket.destroyed) this.socket.write(bytes)
    return this
  }

  /** FIN; reading goes on. */
  end(): this {
    this.socket.end()
    return this
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** The next bytes, as hex. Throws when the proxy ends before that many have come. */
  async hex(count: number): Promise<string> {
    return Buffer.from(await this.bytes(count)).toString('hex')
  }

  async bytes(count: number): Promise<Uint8Array> {
    while (this.#received.length < count) {
      if (this.#ended) throw new Error(`ended after ${this.#received.length} of ${count} bytes`)
      await this.#next()
    }
    return this.#take(count)
  }

  async textUntil(mark: string): Promise<string> {
    for (;;) {
      const index = Buffer.from(this.#received).indexOf(mark)
      if (index >= 0) return Buffer.from(this.#take(index + mark.length)).toString('latin1')
      if (this.#ended) throw new Error(`ended before ${JSON.stringify(mark)}: ${Buffer.from(this.#received).toString('latin1')}`)
      await this.#next()
    }
  }

  /** All that comes until the proxy ends or resets. */
  async rest(): Promise<Uint8Array> {
    while (!this.#ended) await this.#next()
    return this.#take(this.#received.length)
  }

  async restText(): Promise<string> {
    return Buffer.from(await this.rest()).toString('latin1')
  }

  #take(count: number): Uint8Array {
    const taken = this.#received.subarray(0, count)
    this.#received = this.#received.subarray(count)
    return taken
  }

  async #next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    await promise
  }
}

/** What to close after a test, in reverse order. */
export class Cleanup {
  readonly #steps: (() => unknown)[] = []

  add<T extends LocalProxy | Server>(thing: T): T {
    this.#steps.push(() => thing.close())
    return thing
  }

  defer(step: () => unknown): void {
    this.#steps.push(step)
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step()
  }
}

/** A TCP server on a port of the operating system's choice. */
export async function listenTcp(cleanup: Cleanup, accept: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    accept(socket)
  })
  cleanup.defer(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return await portOf(server)
}

export async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not a TCP port')
  return address.port
}
