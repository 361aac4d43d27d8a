// One UDP association: datagrams out to destinations that the dialer allows, and back from those only.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { parseTarget, ResetCode, type Session, type Stream, type StreamHandler, type Target } from '#protocol'
import type { Dialer, UdpDestination } from './dial/dial.ts'
import type { SocketShare } from './dial/sockets.ts'
import type { SessionLimits } from './limits.ts'

/** What is being looked up for one session's datagrams. */
export interface Lookups {
  count: number
}

export interface AssociationEvents {
  /** Asked for each datagram: false drops it. */
  permits(target: Target): boolean
  onOver(): void
}

export class Association implements StreamHandler {
  readonly #session: Session
  readonly #stream: Stream
  readonly #dialer: Dialer
  readonly #share: SocketShare
  readonly #lookups: Lookups
  readonly #limits: SessionLimits
  readonly #events: AssociationEvents
  readonly #sockets = new Map<4 | 6, Socket>()
  /** Addresses with port that were sent to: nobody else may answer. The oldest is forgotten first. */
  readonly #peers = new Set<string>()
  #isOver = false

  constructor(
    session: Session,
    stream: Stream,
    dialer: Dialer,
    share: SocketShare,
    lookups: Lookups,
    limits: SessionLimits,
    events: AssociationEvents,
  ) {
    this.#session = session
    this.#stream = stream
    this.#dialer = dialer
    this.#share = share
    this.#lookups = lookups
    this.#limits = limits
    this.#events = events
    stream.handler = this
  }

  onDatagram(target: Target, bytes: Uint8Array): void {
    if (this.#lookups.count >= this.#limits.lookupsMax || !this.#events.permits(target)) return
    this.#lookups.count++
    this.#dialer.resolveUdp(target, this.#share, (result) => {
      this.#lookups.count--
      if (typeof result === 'object' && !this.#isOver) this.#send(result, target.port, bytes)
    })
  }

  onFin(): void {
    this.#stream.fin()
    this.#close()
  }

  onReset(): void {
    this.#close()
  }

  onData(): void {
    this.#stream.reset(ResetCode.internal)
    this.#close()
  }

  onOpened(): void {}

  onRoom(): void {}

  #send({ address, family }: UdpDestination, port: number, bytes: Uint8Array): void {
    const socket = this.#socket(family)
    // Without room for a socket, or behind more than the kernel takes, a datagram is lost, as any may be.
    if (socket === undefined || socket.getSendQueueSize() > this.#limits.datagramQueueBytesMax) return
    const peer = peerName(address, port)
    this.#peers.delete(peer)
    this.#peers.add(peer)
    if (this.#peers.size > this.#limits.peersMax) this.#peers.delete(this.#peers.values().next().value as string)
    // So is one that the system refuses.
    socket.send(bytes, port, address, () => undefined)
  }

  /** undefined: the session has as many as it may. */
  #socket(family: 4 | 6): Socket | undefined {
    let socket = this.#sockets.get(family)
    if (socket === undefined && this.#share.hasRoom()) {
      socket = createSocket(family === 4 ? 'udp4' : 'udp6')
      this.#share.take(socket)
      socket.on('message', (bytes, from) => this.#receive(bytes, from))
      socket.on('error', () => this.#close())
      const from = this.#dialer.localAddress(family)
      if (from !== undefined) socket.bind({ address: from })
      this.#sockets.set(family, socket)
    }
    return socket
  }

  #receive(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    // Anybody can send from port 0 (RFC 768: no answer is wanted), where nobody was sent to and which is no target.
    if (port === 0 || !this.#peers.has(peerName(address, port))) return
    this.#session.sendDatagram(this.#stream, parseTarget(address, port), bytes)
  }

  #close(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const socket of this.#sockets.values()) socket.close()
    this.#stream.reset(ResetCode.cancelled)
    this.#events.onOver()
  }
}

/** Addresses in one spelling, so that what was dialled and what answers compare. */
function peerName(address: string, port: number): string {
  return `${parseTarget(address.split('%')[0] as string, port).host} ${port}`
}
