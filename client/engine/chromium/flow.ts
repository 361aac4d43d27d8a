// One flow through the hop: bytes copied both ways, counted, and looked at only as far as to know whether TLS was agreed.
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { captureReads, type ReadSink } from '#protocol/node'
import { chromiumLimits } from '../limits.ts'
import { DialError } from '../platform.ts'

/** Makes the TCP connection of a flow. Rejects with a DialError. */
export type Reach = (signal: AbortSignal) => Promise<Socket>

/** TLS records (RFC 8446 §5.1): what a client sends of this type, it sends once it has taken the server's handshake for good. */
const APPLICATION = 23
const RECORD_HEADER_BYTES = 5

export class Flow {
  readonly #near: Duplex
  readonly #onReceived: (bytes: number) => void
  readonly #abort = new AbortController()
  #far: Socket | undefined
  /** Why there was no TCP connection. */
  failure: DialError | undefined
  isConnected = false
  /** The client has sent what it sends only within TLS. */
  isSecure = false
  /** The server ended the flow in order. */
  isEnded = false
  /** Of what the client sent: of the record under way, bytes still to come; and its header, as far as it is there. */
  #restBytes = 0
  #header: number[] = []

  constructor(near: Duplex, onReceived: (bytes: number) => void) {
    this.#near = near
    this.#onReceived = onReceived
  }

  /** Resolves when the flow is over. */
  async run(reach: Reach, head: Uint8Array): Promise<void> {
    const near = this.#near
    const onClose = (): void => this.#abort.abort()
    near.on('close', onClose)
    try {
      const far = await reach(AbortSignal.any([this.#abort.signal, AbortSignal.timeout(chromiumLimits.reachMs)]))
      this.#far = far
      await this.#carry(far, head)
    } catch (error) {
      this.failure = error instanceof DialError ? error : new DialError('unreachable', undefined, 'tcp')
      near.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n')
    }
  }

  cut(): void {
    this.#abort.abort()
    this.#near.destroy()
    this.#far?.destroy()
  }

  #carry(far: Socket, head: Uint8Array): Promise<void> {
    const near = this.#near
    return new Promise((resolve) => {
      if (near.destroyed) {
        far.destroy()
        return resolve()
      }
      this.isConnected = true
      far.setNoDelay(true)
      ;(near as Socket).setNoDelay?.(true)
      near.write('HTTP/1.1 200 OK\r\n\r\n')
      if (head.length > 0) near.unshift(head)
      captureReads(
        near as Socket,
        new Copy(far, (bytes) => {
          if (!this.isSecure) this.#look(bytes)
        }),
      )
      captureReads(far, new Copy(near, ({ length }) => this.#onReceived(length)))
      far.on('drain', () => near.resume())
      near.on('drain', () => far.resume())
      near.on('end', () => far.end())
      far.on('end', () => {
        this.isEnded = true
        near.end()
      })
      far.on('error', () => (near as Socket).resetAndDestroy?.())
      near.on('close', () => far.destroySoon())
      far.on('close', () => {
        near.end()
        resolve()
      })
      near.resume()
    })
  }

  /** Goes from record to record, which needs no more than their headers. */
  #look(bytes: Uint8Array): void {
    let offset = 0
    while (offset < bytes.length && !this.isSecure) {
      if (this.#restBytes > 0) {
        const skipped = Math.min(this.#restBytes, bytes.length - offset)
        this.#restBytes -= skipped
        offset += skipped
        continue
      }
      this.#header.push(bytes[offset++] as number)
      if (this.#header.length < RECORD_HEADER_BYTES) continue
      const [type, , , high = 0, low = 0] = this.#header
      this.#header = []
      this.#restBytes = high * 256 + low
      this.isSecure = type === APPLICATION
    }
  }
}

/** Copies what comes by memory that is used again: fresh buffers cost more in page faults than copying does. */
class Copy implements ReadSink {
  readonly #to: Duplex
  readonly #onBytes: (bytes: Uint8Array) => void
  target: Uint8Array = new Uint8Array(chromiumLimits.readBytes)

  constructor(to: Duplex, onBytes: (bytes: Uint8Array) => void) {
    this.#to = to
    this.#onBytes = onBytes
  }

  filled(count: number): boolean {
    const bytes = this.target.subarray(0, count)
    this.#onBytes(bytes)
    const goesOn = this.#to.write(bytes)
    // What the kernel has not taken at once is still to be sent from there.
    if (this.#to.writableLength > 0) this.target = new Uint8Array(chromiumLimits.readBytes)
    return goesOn
  }
}
