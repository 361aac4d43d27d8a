// What an http carrier of either side has still to send: items of bodies (SPEC.md §2.5), given out in runs that are a body or a part of one.
import { BodyMark, encodeBodyHeader, encodeBodyMark } from '../http-body.ts'
import { letGo, type SealedRecord, sealedBytes } from '../record.ts'

/** The length in front of each message. */
const HEADER_BYTES = 2

type Item = SealedRecord | Uint8Array

export class BodyQueue {
  #items: Item[] = []
  #bytes = 0

  /** Of all items; 0 when there is none. */
  get bytes(): number {
    return this.#bytes
  }

  /** Holds the record until it is taken. */
  addRecord(record: SealedRecord): void {
    record.holds++
    this.#items.push(record)
    this.#bytes += itemBytes(record)
  }

  addMessage(message: Uint8Array): void {
    this.#items.push(message.slice())
    this.#bytes += itemBytes(message)
  }

  /** The first items, joined: as many as fit `bytesMax`, but one at least. `mark`, where there is one, comes behind; close only behind the last of all. */
  take(bytesMax: number, mark?: BodyMark): Buffer {
    const taken = this.#items.splice(0, this.#countFitting(bytesMax))
    const takenBytes = taken.reduce((sum, item) => sum + itemBytes(item), 0)
    this.#bytes -= takenBytes
    const last = mark === BodyMark.close && this.#bytes > 0 ? BodyMark.end : mark
    const pieces = taken.flatMap(piecesOf)
    if (last !== undefined) pieces.push(encodeBodyMark(last))
    const joined = Buffer.allocUnsafeSlow(pieces.reduce((sum, piece) => sum + piece.length, 0))
    let offset = 0
    for (const piece of pieces) {
      joined.set(piece, offset)
      offset += piece.length
    }
    taken.forEach(release)
    return joined
  }

  /** Forgets everything. */
  clear(): void {
    this.#items.forEach(release)
    this.#items = []
    this.#bytes = 0
  }

  #countFitting(bytesMax: number): number {
    let bytes = 0
    const beyond = this.#items.findIndex((item, index) => {
      bytes += itemBytes(item)
      return bytes > bytesMax && index > 0
    })
    return beyond === -1 ? this.#items.length : beyond
  }
}

/** A record as an item, in pieces that are the record's own. */
export function bodyPieces(record: SealedRecord): readonly Uint8Array[] {
  return [encodeBodyHeader(sealedBytes(record)), record.header, record.body, record.tag]
}

function piecesOf(item: Item): readonly Uint8Array[] {
  return 'holds' in item ? bodyPieces(item) : [encodeBodyHeader(item.length), item]
}

function itemBytes(item: Item): number {
  return HEADER_BYTES + ('holds' in item ? sealedBytes(item) : item.length)
}

function release(item: Item): void {
  if ('holds' in item) letGo(item)
}
