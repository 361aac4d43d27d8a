// What an evil edge does to the bytes that pass: now and then it damages a message of a WebSocket or a piece of a body.
import { Transform } from 'node:stream'

/**
 * corrupt: a bit is turned. double: it comes twice. reorder: a message comes after the next one; a body's piece, second half first. truncate: half of a
 * message; of a body nothing more comes, and it ends as if it were whole.
 */
export const FAULT_KINDS = ['corrupt', 'double', 'reorder', 'truncate'] as const

export interface Fault {
  readonly kind: (typeof FAULT_KINDS)[number]
  /** up: to the relay. */
  readonly way: 'up' | 'down'
  /** It strikes each time that so many more bytes have passed, counted over all that passes the edge this way. */
  readonly everyBytes: number
}

/** Counts what passes an edge one way, and says when to strike. */
export class Meter {
  readonly fault: Fault
  readonly #onStrike: () => void
  #left: number

  constructor(fault: Fault, onStrike: () => void) {
    this.fault = fault
    this.#onStrike = onStrike
    this.#left = fault.everyBytes
  }

  strikes(bytes: number): boolean {
    this.#left -= bytes
    // Too little to be damaged in every way.
    if (this.#left > 0 || bytes < 2) return false
    this.#left = this.fault.everyBytes
    this.#onStrike()
    return true
  }
}

/** For a WebSocket's messages as Buffers. */
export function damagedMessages(meter: Meter): Transform {
  let held: Buffer | undefined
  return new Transform({
    objectMode: true,
    transform(message: Buffer, _encoding, done) {
      if (held !== undefined) {
        this.push(message)
        this.push(held)
        held = undefined
      } else if (!meter.strikes(message.length)) this.push(message)
      else if (meter.fault.kind === 'reorder') held = message
      else for (const one of damaged(message, meter.fault)) this.push(one)
      done()
    },
    flush(done) {
      done(undefined, held)
    },
  })
}

/** For a body's bytes. */
export function damagedBody(meter: Meter): Transform {
  let isCut = false
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      const strikes = !isCut && meter.strikes(piece.length)
      if (strikes) for (const one of damaged(piece, meter.fault)) this.push(one)
      else if (!isCut) this.push(piece)
      if (strikes && meter.fault.kind === 'truncate') {
        isCut = true
        this.push(null)
      }
      done()
    },
  })
}

/** What becomes of a piece of two bytes or more. */
function damaged(piece: Buffer, { kind }: Fault): Buffer[] {
  const half = piece.length >> 1
  switch (kind) {
    case 'corrupt': {
      const copy = Buffer.from(piece)
      copy[half] = copy[half]! ^ 1
      return [copy]
    }
    case 'double':
      return [piece, piece]
    case 'reorder':
      return [piece.subarray(half), piece.subarray(0, half)]
    case 'truncate':
      return [piece.subarray(0, half)]
  }
}
