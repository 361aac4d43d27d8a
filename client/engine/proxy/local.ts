// What the local proxies share: listening where only this machine reaches, sockets that owe us something by a deadline, the password, and
// handing an app's socket to the outlet.
import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { isIP, type Server, type Socket } from 'node:net'
import { ProtocolError, parseTarget, type ResetCode, type Target } from '#protocol'
import type { ProxyLimits } from '../limits.ts'
import type { Outlet } from './outlet.ts'

export interface LocalProxyOptions {
  /** An IP address of this machine. */
  readonly host: string
  /** 0 lets the operating system choose. */
  readonly port: number
  readonly outlet: Outlet
  /** Asked of every app, with any user name, when it is there. */
  readonly password?: string
  /** Allows a host that other machines reach. */
  readonly beyondLoopback?: boolean
  /** proxyLimits when left out. */
  readonly limits?: ProxyLimits
}

export interface LocalProxy {
  readonly port: number
  /** Frees the port and closes the sockets that no stream is joined to; the outlet ends the others. */
  close(): Promise<void>
}

/** Resolves with the port. Throws an Error with words for people when the address is not one to listen on, or is taken. */
export async function listenLocal(server: Server, options: LocalProxyOptions, limits: ProxyLimits): Promise<number> {
  const { host, port } = options
  if (isIP(host) === 0) throw new Error('a local proxy listens on an IP address, such as 127.0.0.1')
  if (!isLoopback(host) && options.beyondLoopback !== true) {
    throw new Error('a local proxy listens on 127.0.0.1 or ::1 only, unless it is told to serve other machines')
  }
  server.listen({ host, port, backlog: limits.backlogMax })
  await once(server, 'listening')
  // A failed accept (no file descriptors left) is the app's loss, not the engine's end.
  server.on('error', ignoreError)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a local proxy listens on TCP')
  return address.port
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

/** The IPv4 address inside an IPv4-mapped one, as which a dual-stack socket shows it; any other address as it is. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** What an app asked for, in its canonical form; undefined for what is no host name or address, or has no port. */
export function targetOf(host: string, port: number): Target | undefined {
  try {
    return parseTarget(host, port)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** Keeps a socket's error from being uncaught where 'close' says all that matters. */
export function ignoreError(): void {}

/** The sockets that must send, or close, by a deadline, each with a state. One coarse timer serves all of them. */
export class PendingSockets<State> {
  readonly #entries = new Map<Socket, { readonly state: State; readonly dueSweep: number }>()
  readonly #timer: NodeJS.Timeout
  readonly #sweepsAllowed: number
  #sweep = 0

  constructor(limits: ProxyLimits) {
    this.#sweepsAllowed = Math.ceil(limits.greetingMs / limits.sweepMs)
    this.#timer = setInterval(() => this.#destroyOverdue(), limits.sweepMs).unref()
  }

  /** Starts the deadline anew when the socket is already here. */
  add(socket: Socket, state: State): void {
    this.#entries.delete(socket)
    this.#entries.set(socket, { state, dueSweep: this.#sweep + this.#sweepsAllowed })
  }

  get(socket: Socket): State | undefined {
    return this.#entries.get(socket)?.state
  }

  delete(socket: Socket): void {
    this.#entries.delete(socket)
  }

  close(): void {
    clearInterval(this.#timer)
    for (const socket of this.#entries.keys()) socket.destroy()
    this.#entries.clear()
  }

  #destroyOverdue(): void {
    this.#sweep++
    // Entries are in the order of their deadlines.
    for (const [socket, { dueSweep }] of this.#entries) {
      if (dueSweep > this.#sweep) return
      this.#entries.delete(socket)
      socket.destroy()
    }
  }
}

/** Compares in constant time, whatever the lengths. */
export function createPasswordCheck(password: string): (given: Uint8Array) => boolean {
  const expected = createHash('sha256').update(password).digest()
  return (given) => timingSafeEqual(createHash('sha256').update(given).digest(), expected)
}

/** Hands over a socket that has no listener left but ignoreError. Writes `success`, or calls `refuse`, when the outlet has answered. */
export function joinOutlet(
  outlet: Outlet,
  socket: Socket,
  target: Target,
  head: Uint8Array,
  success: Uint8Array,
  refuse: (code: ResetCode) => void,
): void {
  socket.pause()
  outlet.join(socket, target, head, (failed) => {
    if (failed !== undefined) {
      if (!socket.destroyed) refuse(failed)
      return
    }
    socket.removeListener('error', ignoreError)
    if (!socket.destroyed) socket.write(success)
  })
}
