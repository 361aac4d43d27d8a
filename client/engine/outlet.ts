// The proxies' way out: streams and associations on whatever session the link has.
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ProtocolError, parseTarget, ResetCode, type Stream, type StreamHandler, type Target } from '#protocol'
import { type Drive, Splice, StreamDuplex } from '#protocol/node'
import type { Link } from './link.ts'
import { type Outlet, type OutletAssociation, OutletError } from './proxy/outlet.ts'

/** An association's stream needs a target; the relay reads none of it. */
const NOWHERE = parseTarget('0.0.0.0', 1)

export class LinkOutlet implements Outlet {
  readonly #link: Link
  readonly #waitForDial: boolean

  /** `waitForDial`: answer an app when the relay has dialled, not at once. Costs a round trip, gives true reply codes. */
  constructor(link: Link, waitForDial: boolean) {
    this.#link = link
    this.#waitForDial = waitForDial
  }

  join(socket: Socket, target: Target, head: Uint8Array, answered: (failed: ResetCode | undefined) => void): void {
    this.#withDrive((drive) => {
      const opened = drive === undefined ? undefined : openStream(drive, target, { reportDial: this.#waitForDial })
      if (drive === undefined || opened === undefined)
        return answered(drive === undefined ? ResetCode.networkUnreachable : ResetCode.overload)
      if (socket.destroyed) return opened.reset(ResetCode.cancelled)
      if (this.#waitForDial) joinWhenDialled(drive, opened, socket, head, answered)
      else joinNow(drive, opened, socket, head, answered)
    })
  }

  open(target: Target): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      this.#withDrive((drive) => {
        const stream = drive === undefined ? undefined : openStream(drive, target, {})
        if (drive === undefined || stream === undefined)
          return reject(new OutletError(drive === undefined ? ResetCode.networkUnreachable : ResetCode.overload))
        // A reset that comes before whoever asked can listen would be uncaught.
        resolve(new StreamDuplex(drive, stream, (code) => new OutletError(code)).on('error', () => undefined))
      })
    })
  }

  associate(receive: (from: Target, payload: Uint8Array) => void, closed: () => void): OutletAssociation {
    const waiting: { readonly to: Target; readonly payload: Uint8Array }[] = []
    let send = (to: Target, payload: Uint8Array): void => {
      if (waiting.length < WAITING_DATAGRAMS_MAX) waiting.push({ to, payload: new Uint8Array(payload) })
    }
    let close = (): void => {
      send = () => undefined
      isClosed = true
    }
    let isClosed = false
    this.#withDrive((drive) => {
      if (isClosed) return
      const stream = drive === undefined ? undefined : openStream(drive, NOWHERE, { datagrams: true })
      if (drive === undefined || stream === undefined) return closed()
      stream.handler = associationHandler(stream, receive, closed)
      send = (to, payload) => drive.session.sendDatagram(stream, to, new Uint8Array(payload))
      close = () => stream.reset(ResetCode.cancelled)
      for (const { to, payload } of waiting) send(to, payload)
    })
    return { send: (to, payload) => send(to, payload), close: () => close() }
  }

  #withDrive(use: (drive: Drive | undefined) => void): void {
    if (this.#link.drive !== undefined) use(this.#link.drive)
    else this.#link.whenConnected(use)
  }
}

/** Datagrams of an association whose session is still to come; more are dropped, as a network would. */
const WAITING_DATAGRAMS_MAX = 16

function openStream(
  drive: Drive,
  target: Target,
  flags: { readonly reportDial?: boolean; readonly datagrams?: boolean },
): Stream | undefined {
  try {
    return drive.open(target, flags)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

function joinNow(drive: Drive, stream: Stream, socket: Socket, head: Uint8Array, answered: (failed: undefined) => void): void {
  const splice = new Splice(drive, stream)
  if (head.length > 0) stream.write(new Uint8Array(head))
  answered(undefined)
  splice.join(socket)
}

/** The app waits too, so its socket stays unread; that it leaves is seen by 'close'. */
function joinWhenDialled(
  drive: Drive,
  stream: Stream,
  socket: Socket,
  head: Uint8Array,
  answered: (failed: ResetCode | undefined) => void,
): void {
  const leave = (): void => stream.reset(ResetCode.cancelled)
  let isAnswered = false
  const splice = new Splice(drive, stream, (failed) => {
    if (isAnswered) return
    isAnswered = true
    socket.off('close', leave)
    answered(failed)
    if (failed !== undefined) return
    if (head.length > 0) stream.write(new Uint8Array(head))
    splice.join(socket)
  })
  socket.once('close', leave)
}

function associationHandler(stream: Stream, receive: (from: Target, payload: Uint8Array) => void, closed: () => void): StreamHandler {
  return {
    onDatagram: receive,
    onReset: closed,
    onFin: () => {
      stream.reset(ResetCode.cancelled)
      closed()
    },
    onData: () => {
      stream.reset(ResetCode.internal)
      closed()
    },
    onOpened: () => undefined,
    onRoom: () => undefined,
  }
}
