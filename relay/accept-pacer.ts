// When TLS handshakes begin. Each costs the event loop more than a millisecond, so a flood of strangers would take that time from everyone inside. While
// the loop has time to spare, every socket begins at once, in the turn in which it was accepted: then nothing tells this from a server without a pacer.
// While it has none, so many begin in a second and the others wait, in turns by the network that they come from. Who comes from where people were let in of late
// has a second of their own.
//
// 1. accepted: begins if the second has room for it, or the loop time     accept
// 2. else it waits, unread                                                #queue
// 3. every few milliseconds: the next of each network in turn             #step
// 4. somebody is let in: as many more may come from there                 vouch
import { createHmac, randomBytes } from 'node:crypto'
import { isIPv6, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { AcceptLimits } from './limits.ts'
import { VouchedNetworks } from './vouched.ts'

/** Of the whole process: a dump of its memory tells no network without it, and it is never written down. */
const KEY = randomBytes(32)

/** What the pacer goes by; tests have their own. */
export interface Surroundings {
  nowMs(): number
  /** Share of the last moments in which the event loop was at work, 0 to 1. */
  utilization(): number
  /** Calls `step` again and again until what it returns is called. */
  every(periodMs: number, step: () => void): () => void
}

export class AcceptPacer {
  readonly #begin: (socket: Socket) => void
  readonly #around: Surroundings
  readonly #limits: AcceptLimits
  /** By network's mark, each with what to call when it closes. The first in order is the next in turn; none is empty. */
  readonly #queues = new Map<string, Map<Socket, () => void>>()
  readonly #vouched: VouchedNetworks
  /** Flows that have been vouched for. */
  readonly #known = new WeakSet<object>()
  #waitingCount = 0
  #tokens: number
  #filledMs: number
  #stopSteps: (() => void) | undefined

  /** `begin` takes a socket as the server would have, had nobody stood between. Sockets come unread (`pauseOnConnect`). */
  constructor(begin: (socket: Socket) => void, limits: AcceptLimits, around: Surroundings = thisProcess()) {
    this.#begin = begin
    this.#around = around
    this.#limits = limits
    this.#tokens = limits.burstMax
    this.#filledMs = around.nowMs()
    this.#vouched = new VouchedNetworks(limits, this.#filledMs)
  }

  get waitingCount(): number {
    return this.#waitingCount
  }

  accept(socket: Socket): void {
    const network = markOf(socket.remoteAddress)
    if ((this.#waitingCount === 0 && this.#takeTurn()) || this.#vouched.take([network], this.#around.nowMs()) !== undefined)
      this.#begin(socket)
    else this.#queue(socket, network)
  }

  /** Somebody was let in on this flow, which comes from there. Each flow counts once. */
  vouch(flow: object, address: string | undefined): void {
    if (this.#known.has(flow)) return
    this.#known.add(flow)
    this.#vouched.add(markOf(address), this.#around.nowMs())
  }

  #takeTurn(): boolean {
    const nowMs = this.#around.nowMs()
    this.#tokens = Math.min(this.#limits.burstMax, this.#tokens + ((nowMs - this.#filledMs) * this.#limits.busyPerSecond) / 1_000)
    this.#filledMs = nowMs
    if (this.#tokens >= 1) {
      this.#tokens--
      return true
    }
    return this.#around.utilization() < this.#limits.busyUtilization
  }

  #queue(socket: Socket, network: string): void {
    const queue = this.#queues.get(network) ?? new Map<Socket, () => void>()
    const waitingMax = this.#limits.networkWaitingMax + this.#vouched.count(network, this.#around.nowMs())
    if (queue.size >= waitingMax || this.#waitingCount >= this.#limits.waitingMax) {
      socket.destroy()
      return
    }
    const leave = (): void => this.#remove(network, socket)
    this.#queues.set(network, queue.set(socket, leave))
    this.#waitingCount++
    socket.once('close', leave)
    this.#stopSteps ??= this.#around.every(this.#limits.stepMs, () => this.#step())
  }

  #remove(network: string, socket: Socket): void {
    const queue = this.#queues.get(network)
    if (!queue?.delete(socket)) return
    if (queue.size === 0) this.#queues.delete(network)
    this.#waitingCount--
    if (this.#waitingCount > 0) return
    this.#stopSteps?.()
    this.#stopSteps = undefined
  }

  #step(): void {
    for (let n = 0; n < this.#limits.stepCountMax && this.#waitingCount > 0; n++) {
      const next = this.#takeTurn() ? this.#queues.keys().next().value : this.#vouched.take(this.#queues.keys(), this.#around.nowMs())
      if (next === undefined) return
      this.#beginNext(next)
    }
  }

  #beginNext(network: string): void {
    const queue = this.#queues.get(network)
    if (queue === undefined) return
    const [waiting] = queue
    if (waiting === undefined) return
    const [socket, leave] = waiting
    this.#remove(network, socket)
    // The others of its network stand behind those of all others now.
    if (queue.size > 0) {
      this.#queues.delete(network)
      this.#queues.set(network, queue)
    }
    socket.off('close', leave)
    this.#begin(socket)
  }
}

function markOf(address: string | undefined): string {
  return createHmac('sha256', KEY).update(networkOf(address)).digest().subarray(0, 8).toString('base64')
}

/** The part of an address that one subscriber or hoster has: /24 of IPv4, /48 of IPv6. Never leaves the pacer's memory. */
export function networkOf(address = ''): string {
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/i.exec(address)?.[1]
  if (ipv4 !== undefined) return ipv4
  if (!isIPv6(address)) return ''
  const [head = '', tail] = address.split('::')
  const groups = head.split(':').filter((group) => group !== '')
  return (tail === undefined ? groups : [...groups, '0', '0', '0']).slice(0, 3).join(':')
}

/** The utilization is that of the time since it was last looked at, and at least of so long. */
const WINDOW_MS = 50

function thisProcess(): Surroundings {
  let mark = performance.eventLoopUtilization()
  let markedMs = performance.now()
  let last = 0
  return {
    nowMs: () => performance.now(),
    utilization: () => {
      const nowMs = performance.now()
      if (nowMs - markedMs < WINDOW_MS) return last
      const now = performance.eventLoopUtilization()
      last = performance.eventLoopUtilization(now, mark).utilization
      mark = now
      markedMs = nowMs
      return last
    },
    every: (periodMs, step) => {
      const timer = setInterval(step, periodMs)
      return () => clearInterval(timer)
    },
  }
}
