// The hidden windows as the engine has them: opened by the main process on request, each with one carrier at a time, and kept for the endpoint's next one.
//
// One carrier at a time, so that a window's flows are its carrier's: a carrier that ends takes them along, and the next one begins with a TCP connection of
// its own, as a rotation or a way around a frozen flow must. Its partition stays, and so TLS is resumed, as in a browser that comes back.
import { createHash } from 'node:crypto'
import type { Endpoint } from '#protocol'
import { type FromPane, type PaneId, readFromMain, type Told, type ToMain, type ToPane } from '../../contract/dialer-messages.ts'
import { authorityOf } from '../carriers/site.ts'
import { chromiumLimits } from '../limits.ts'
import { DialError } from '../platform.ts'
import type { Reach } from './flow.ts'
import { Hop, Passage } from './hop.ts'
import type { Line } from './line.ts'
import type { Port } from './port.ts'

export interface PaneEvents {
  onMessage(message: FromPane): void
  /** Of that WebSocket or request; a view that is valid during the call only. */
  onBytes?(id: number, bytes: Uint8Array): void
  /** The window crashed, or was closed. Called once at most. */
  onGone(): void
}

/** A window that somebody has: from `take` to `release`. */
export class Pane {
  readonly id: PaneId
  readonly place: string
  readonly index: number
  readonly passage: Passage
  readonly #panes: Panes
  #line: Line | undefined
  #events: PaneEvents | undefined
  isGone = false
  #nextId = 0
  idleTimer: NodeJS.Timeout | undefined

  constructor(panes: Panes, id: PaneId, place: string, index: number, passage: Passage) {
    this.#panes = panes
    this.id = id
    this.place = place
    this.index = index
    this.passage = passage
  }

  /** Whoever has the window hears of it from now on. */
  listen(events: PaneEvents): void {
    this.#events = events
    if (this.isGone) events.onGone()
  }

  /** For a WebSocket or a request. */
  newId(): number {
    return this.#nextId++
  }

  tell(message: ToPane): void {
    this.#line?.tell(message)
  }

  /** A message of that WebSocket, or the body of that request, in pieces; `onSent` is called once they are no longer needed. */
  send(id: number, pieces: readonly Uint8Array[], onSent?: () => void): void {
    if (this.#line === undefined) onSent?.()
    else this.#line.send(id, pieces, onSent)
  }

  /** What the main process knows of a failure. */
  why(): Promise<Told | undefined> {
    return this.#panes.ask(this)
  }

  /** Cuts the window's flows and leaves it to the next; in a moment, since what the window has still to give up it would ask again on a new flow. */
  release(): void {
    this.#events = undefined
    setTimeout(() => {
      this.passage.cut()
      this.#panes.keep(this)
    }, chromiumLimits.lingerMs).unref()
  }

  // For Panes

  connect(line: Line): void {
    this.#line = line
    line.start({
      onMessage: (message) => this.#events?.onMessage(message),
      onBytes: (id, bytes) => this.#events?.onBytes?.(id, bytes),
      onClosed: () => this.#panes.lost(this),
    })
  }

  gone(): void {
    if (this.isGone) return
    this.isGone = true
    clearTimeout(this.idleTimer)
    this.passage.cut()
    this.#line?.close()
    this.#events?.onGone()
  }
}

export class Panes {
  readonly #port: Port
  readonly #hop = new Hop()
  readonly #panes = new Map<PaneId, Pane>()
  readonly #idle = new Set<Pane>()
  readonly #opening = new Map<PaneId, (line: Line | undefined) => void>()
  readonly #asked = new Map<PaneId, (told: Told | undefined) => void>()
  #nextId: PaneId = 0
  #isClosed = false

  constructor(port: Port) {
    this.#port = port
    port.on('message', ({ data }) => this.#hear(data))
    port.on('close', () => this.#forgetAll())
    port.start()
  }

  /** A window for one carrier, or for one visit. Rejects with a DialError. */
  async take(endpoint: Endpoint, reach: Reach, signal: AbortSignal): Promise<Pane> {
    const place = this.#placeOf(endpoint)
    for (const pane of this.#idle) {
      if (pane.place !== place) continue
      this.#idle.delete(pane)
      clearTimeout(pane.idleTimer)
      pane.passage.begin()
      return pane
    }
    return this.#open(endpoint, place, reach, signal)
  }

  close(): void {
    if (!this.#isClosed) for (const { id } of this.#panes.values()) this.#tell({ kind: 'close', pane: id })
    this.#forgetAll()
    this.#port.close()
  }

  // For Pane

  ask(pane: Pane): Promise<Told | undefined> {
    if (pane.isGone || this.#isClosed) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      this.#asked.get(pane.id)?.(undefined)
      this.#asked.set(pane.id, resolve)
      setTimeout(() => resolve(undefined), chromiumLimits.whyMs).unref()
      this.#tell({ kind: 'why', pane: pane.id })
    })
  }

  keep(pane: Pane): void {
    if (pane.isGone) return
    this.#idle.add(pane)
    pane.idleTimer = setTimeout(() => this.#shut(pane), chromiumLimits.idleMs)
    pane.idleTimer.unref()
    const [oldest] = this.#idle
    if (this.#idle.size > chromiumLimits.idlePanesMax && oldest !== undefined) this.#shut(oldest)
  }

  lost(pane: Pane): void {
    if (pane.isGone) return
    this.#tell({ kind: 'close', pane: pane.id })
    this.#forget(pane)
  }

  async #open(endpoint: Endpoint, place: string, reach: Reach, signal: AbortSignal): Promise<Pane> {
    if (this.#isClosed || this.#panes.size >= chromiumLimits.panesMax) throw new DialError('unreachable', undefined, 'tcp')
    const id = this.#nextId++
    const taken = new Set([...this.#panes.values()].filter((one) => one.place === place).map(({ index }) => index))
    const index = Array.from({ length: chromiumLimits.panesMax }, (_, i) => i).find((i) => !taken.has(i)) ?? 0
    const { address, serverName, hostName, pin } = endpoint
    const portNumber = address.slice(address.lastIndexOf(':') + 1)
    const pane = new Pane(this, id, place, index, new Passage(`${serverName}:${portNumber}`, reach))
    this.#panes.set(id, pane)
    const hop = await this.#hop.admit(userOf(pane), pane.passage).catch(() => {
      this.#forget(pane)
      throw new DialError('unreachable', undefined, 'tcp')
    })
    const line = await this.#opened(pane, signal, {
      kind: 'open',
      pane: id,
      partition: `${place}-${index}`,
      origin: `https://${authorityOf({ ...endpoint, hostName: serverName })}`,
      hostName: hostName === serverName ? undefined : hostName,
      pin: pin && new Uint8Array(pin),
      hop,
    })
    if (line === undefined) {
      this.#shut(pane)
      throw new DialError(signal.aborted ? 'timeout' : 'unreachable', undefined, 'tcp')
    }
    pane.connect(line)
    return pane
  }

  /** undefined: the window could not be had, or nobody waits for it any more. */
  #opened({ id, passage }: Pane, signal: AbortSignal, order: ToMain): Promise<Line | undefined> {
    return new Promise((resolve) => {
      const finish = (line?: Line): void => {
        // It asked for its line while somebody waited, and has it now that nobody does.
        if (!this.#opening.delete(id)) return line?.close()
        signal.removeEventListener('abort', onAbort)
        passage.onLine = undefined
        resolve(line)
      }
      const onAbort = (): void => finish()
      this.#opening.set(id, finish)
      if (signal.aborted) return finish()
      signal.addEventListener('abort', onAbort)
      passage.onLine = finish
      this.#tell(order)
    })
  }

  #hear(data: unknown): void {
    const message = readFromMain(data)
    if (message?.kind === 'told') {
      this.#asked.get(message.pane)?.(message)
      this.#asked.delete(message.pane)
    } else if (message?.kind === 'gone') {
      this.#opening.get(message.pane)?.(undefined)
      const pane = this.#panes.get(message.pane)
      if (pane !== undefined) this.#forget(pane)
    }
  }

  #shut(pane: Pane): void {
    this.#tell({ kind: 'close', pane: pane.id })
    this.#forget(pane)
  }

  #forget(pane: Pane): void {
    this.#panes.delete(pane.id)
    this.#idle.delete(pane)
    this.#asked.get(pane.id)?.(undefined)
    this.#asked.delete(pane.id)
    this.#hop.leave(userOf(pane))
    pane.gone()
  }

  #forgetAll(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const opened of [...this.#opening.values()]) opened(undefined)
    for (const pane of [...this.#panes.values()]) this.#forget(pane)
    this.#hop.close()
  }

  #tell(message: ToMain): void {
    if (!this.#isClosed) this.#port.postMessage(message)
  }

  /** What windows must share to serve the same endpoint, as a name that says nothing of it. */
  #placeOf({ address, serverName, hostName, pin }: Endpoint): string {
    const text = JSON.stringify([address, serverName, hostName, pin === undefined ? '' : Buffer.from(pin).toString('hex')])
    return createHash('sha256').update(text).digest('hex').slice(0, 32)
  }
}

function userOf({ id }: Pane): string {
  return `pane${id}`
}
