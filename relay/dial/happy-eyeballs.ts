// One dial: races the addresses of a target (RFC 8305) until the first connects. A target with one address costs one connect and no timer.
//
// 1. offer() brings addresses as name servers answer: IPv6 starts the race at once, IPv4 alone waits a moment for IPv6 to join (§3).
// 2. Families take turns, IPv6 first (§4). The next attempt starts when one fails, or when all have been silent for the stagger (§5).
// 3. The first to connect wins, the others are destroyed. When none is left, the failure that came furthest is the answer.
import { isIPv6, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net'
import { ResetCode } from '#protocol'
import type { DialLimits } from '../limits.ts'
import type { SocketShare } from './sockets.ts'

export type DialResult = { readonly socket: Socket } | { readonly code: ResetCode }

/** `net.connect`, or a test's stand-in. */
export type Connect = (options: TcpNetConnectOpts) => Socket

export interface RaceOptions {
  readonly port: number
  readonly connect: Connect
  readonly limits: DialLimits
  readonly onread: OnReadOpts | undefined
  /** Of whoever dials: without room there is no further attempt. */
  readonly share: SocketShare
  /** By which of our addresses to leave for one of this family; undefined: as the system chooses. */
  readonly from: (family: 4 | 6) => string | undefined
}

export class Race {
  readonly #options: RaceOptions
  #done: ((result: DialResult) => void) | undefined
  readonly #waiting: { readonly 4: string[]; readonly 6: string[] } = { 4: [], 6: [] }
  readonly #running = new Set<Socket>()
  #nextFamily: 4 | 6 = 6
  #attemptCount = 0
  #moreToCome = true
  #isOver = false
  #failure: ResetCode | undefined
  /** Runs until IPv4 may go alone, then from one attempt to the next. */
  #timer: NodeJS.Timeout | undefined

  /** `done` is called once, never before the caller's turn of the event loop has ended, and not at all after cancel(). */
  constructor(options: RaceOptions, done: (result: DialResult) => void) {
    this.#options = options
    this.#done = done
  }

  /** Adds addresses, all of them checked: they are dialled as they are. `isLast`: no other offer will follow. */
  offer(addresses: readonly string[], isLast: boolean): void {
    if (this.#isOver) return
    for (const address of addresses) this.#waiting[isIPv6(address) ? 6 : 4].push(address)
    this.#moreToCome = !isLast
    if (this.#attemptCount > 0) {
      if (this.#timer === undefined) this.#next()
    } else if (isLast || this.#waiting[6].length > 0) this.#next()
    else if (this.#waiting[4].length > 0) this.#nextAfter(this.#options.limits.resolutionDelayMs)
  }

  /** Remembers why some address can't be dialled; the answer, should nothing come further than that. */
  note(code: ResetCode): void {
    this.#failure = furthest(this.#failure, code)
  }

  /** Ends the race with a failure. */
  fail(code: ResetCode): void {
    if (this.#isOver) return
    this.#end()
    process.nextTick(() => this.#done?.({ code }))
  }

  cancel(): void {
    this.#done = undefined
    this.#end()
  }

  #next(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { limits, share } = this.#options
    const { attemptsMax, staggerMs } = limits
    const hasRoom = share.hasRoom()
    if (!hasRoom) this.note(ResetCode.overload)
    const address = hasRoom && this.#attemptCount < attemptsMax ? this.#takeWaiting() : undefined
    if (address !== undefined) {
      this.#attempt(address)
      if (this.#moreToCome || this.#waiting[6].length + this.#waiting[4].length > 0) this.#nextAfter(staggerMs)
    } else if (this.#running.size === 0 && !(this.#moreToCome && this.#attemptCount < attemptsMax)) {
      this.fail(this.#failure ?? ResetCode.nameNotFound)
    }
  }

  #nextAfter(delayMs: number): void {
    this.#timer = setTimeout(() => this.#next(), delayMs)
  }

  #takeWaiting(): string | undefined {
    const turn = this.#waiting[this.#nextFamily].length > 0 ? this.#nextFamily : this.#nextFamily === 6 ? 4 : 6
    this.#nextFamily = turn === 6 ? 4 : 6
    return this.#waiting[turn].shift()
  }

  #attempt(address: string): void {
    const { port, connect, onread, share, from } = this.#options
    this.#attemptCount++
    // autoSelectFamily would be a second race inside this one; there is nothing to select for an address.
    const options: TcpNetConnectOpts = { host: address, port, noDelay: true, allowHalfOpen: true, autoSelectFamily: false }
    if (onread !== undefined) options.onread = onread
    const localAddress = from(isIPv6(address) ? 6 : 4)
    if (localAddress !== undefined) options.localAddress = localAddress
    const socket = connect(options)
    share.take(socket)
    // Paused before it connects: the kernel keeps what arrives until the owner resumes.
    socket.pause()
    this.#running.add(socket)
    const failed = (error: NodeJS.ErrnoException): void => {
      if (!this.#running.delete(socket)) return
      this.note(resetCodeOf(error))
      this.#next()
    }
    socket.once('connect', () => {
      if (!this.#running.delete(socket)) return
      socket.off('error', failed)
      this.#end()
      this.#done?.({ socket })
    })
    socket.on('error', failed)
  }

  #end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    for (const socket of this.#running) socket.destroy()
    this.#running.clear()
  }
}

/** What a system error of a dial is called on the wire. */
export function resetCodeOf(error: NodeJS.ErrnoException): ResetCode {
  return CODE_OF_ERRNO[error.code ?? ''] ?? ResetCode.internal
}

const CODE_OF_ERRNO: Readonly<Record<string, ResetCode>> = {
  ECONNREFUSED: ResetCode.refused,
  ECONNRESET: ResetCode.broken,
  ECONNABORTED: ResetCode.broken,
  EPIPE: ResetCode.broken,
  ETIMEDOUT: ResetCode.timeout,
  EHOSTUNREACH: ResetCode.hostUnreachable,
  EHOSTDOWN: ResetCode.hostUnreachable,
  ENETUNREACH: ResetCode.networkUnreachable,
  ENETDOWN: ResetCode.networkUnreachable,
  // The relay has no address, or no stack, of that family.
  EADDRNOTAVAIL: ResetCode.networkUnreachable,
  EAFNOSUPPORT: ResetCode.networkUnreachable,
  // The relay's own firewall.
  EACCES: ResetCode.denied,
  EPERM: ResetCode.denied,
  EMFILE: ResetCode.overload,
  ENFILE: ResetCode.overload,
  ENOBUFS: ResetCode.overload,
  ENOMEM: ResetCode.overload,
}

/** Failures by how far the dial came; a code that is not listed came least far. */
const BY_DISTANCE: readonly ResetCode[] = [
  ResetCode.nameNotFound,
  ResetCode.denied,
  ResetCode.overload,
  ResetCode.networkUnreachable,
  ResetCode.hostUnreachable,
  ResetCode.timeout,
  ResetCode.broken,
  ResetCode.refused,
]

/** Of two failures of one dial, the one that says more. */
export function furthest(one: ResetCode | undefined, other: ResetCode | undefined): ResetCode | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return BY_DISTANCE.indexOf(other) > BY_DISTANCE.indexOf(one) ? other : one
}
