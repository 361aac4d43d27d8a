// One UDP association of the SOCKS5 proxy (RFC 1928 section 7): a UDP socket beside the TCP control socket, which ends it.
//
//   1. a UDP socket is bound where the app has reached the control socket; its address is the reply
//   2. datagrams of the app, from the control socket's address and one port only, go to the outlet without their header
//   3. datagrams of the relay go to that port, with the source's address in their header
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { isIPv6, type Socket } from 'node:net'
import type { Target } from '#protocol'
import type { ProxyLimits } from '../limits.ts'
import { ignoreError, plainAddress, targetOf } from './local.ts'
import type { Outlet, OutletAssociation } from './outlet.ts'
import { encodeDatagramHeader, encodeReply, Reply, readDatagram } from './socks5-messages.ts'

/**
 * Answers the request on control and destroys control when the association ends by itself. `announcedPort` is where the app says that it
 * sends from; 0: from where its first datagram comes. The address that it announces beside it is not used, since its own is known.
 */
export function openUdpAssociation(control: Socket, announcedPort: number, outlet: Outlet, limits: ProxyLimits): void {
  const { localAddress, remoteAddress } = control
  if (localAddress === undefined || remoteAddress === undefined) {
    control.destroy()
    return
  }
  new UdpAssociation(control, plainAddress(localAddress), plainAddress(remoteAddress), announcedPort, outlet, limits)
}

class UdpAssociation {
  readonly #control: Socket
  readonly #udp: UdpSocket
  readonly #appAddress: string
  /** 0 until it is known. */
  #appPort: number
  readonly #limits: ProxyLimits
  #association: OutletAssociation | undefined

  constructor(control: Socket, ownAddress: string, appAddress: string, appPort: number, outlet: Outlet, limits: ProxyLimits) {
    this.#control = control
    this.#appAddress = appAddress
    this.#appPort = appPort
    this.#limits = limits
    const family = isIPv6(ownAddress) ? 6 : 4
    // Without `lookup` Node takes a turn of the event loop for each datagram, to find that the address is one.
    this.#udp = createSocket({ type: `udp${family}`, lookup: (address, _options, done) => done(null, address, family) })
    this.#udp.on('error', () => control.destroy())
    this.#udp.on('message', (bytes, from) => this.#receiveFromApp(bytes, from))
    this.#udp.bind({ address: ownAddress, port: 0, exclusive: true }, () => this.#start(outlet))
    control.on('close', () => this.#close())
    control.resume()
  }

  #start(outlet: Outlet): void {
    if (this.#control.destroyed) return
    this.#association = outlet.associate(
      (from, payload) => this.#sendToApp(from, payload),
      () => this.#control.destroy(),
    )
    const { address, port } = this.#udp.address()
    this.#control.write(encodeReply(Reply.succeeded, address, port))
  }

  #receiveFromApp(bytes: Uint8Array, from: RemoteInfo): void {
    if (from.address !== this.#appAddress) return
    if (this.#appPort !== 0 && from.port !== this.#appPort) return
    const datagram = readDatagram(bytes)
    if (datagram === undefined) return
    const to = targetOf(datagram.host, datagram.port)
    if (to === undefined) return
    // Only what is SOCKS5 settles the port: a stray datagram can't take the association from the app.
    this.#appPort = from.port
    this.#association?.send(to, datagram.payload)
  }

  #sendToApp(from: Target, payload: Uint8Array): void {
    if (this.#control.destroyed || this.#appPort === 0) return
    if (this.#udp.getSendQueueSize() > this.#limits.datagramQueueBytesMax) return
    // What the kernel does not take is lost, as datagrams are.
    this.#udp.send([encodeDatagramHeader(from), payload], this.#appPort, this.#appAddress, ignoreError)
  }

  #close(): void {
    this.#udp.close()
    this.#association?.close()
  }
}
