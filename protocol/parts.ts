// Sealed records that come in parts, until they are whole (SPEC.md §6.7).
import { ProtocolError } from './errors.ts'
import type { Part } from './frame.ts'
import { PART_UNIT_BYTES, PARTED_MAX } from './limits.ts'

interface Parted {
  readonly sealed: Uint8Array
  /** Offsets of the units that have come: at most 256, so that parts which overlap or come twice cost nothing. */
  readonly units: Set<number>
}

export class Parts {
  readonly #records = new Map<number, Parted>()

  /** What is held of records that are not whole. */
  get bytes(): number {
    let bytes = 0
    for (const { sealed } of this.#records.values()) bytes += sealed.length
    return bytes
  }

  /** Takes a part, which is not kept, of a record that has not come. Gives the sealed record once it is whole.
   *  Throws ProtocolError: 'bad-frame' (of another size than its fellows), 'limit' (of more records than there may be). */
  add({ number, size, offset, bytes }: Part): Uint8Array | undefined {
    const { sealed, units } = this.#records.get(number) ?? this.#begin(number, size)
    if (sealed.length !== size) throw new ProtocolError('bad-frame', 'parts of one record differ about its size')
    sealed.set(bytes, offset)
    for (let at = offset; at < offset + bytes.length; at += PART_UNIT_BYTES) units.add(at)
    return units.size < Math.ceil(size / PART_UNIT_BYTES) ? undefined : sealed
  }

  /** A record is there: its parts are needed no more. */
  drop(number: number): void {
    this.#records.delete(number)
  }

  #begin(number: number, size: number): Parted {
    if (this.#records.size >= PARTED_MAX) throw new ProtocolError('limit', 'too many records come in parts')
    const parted: Parted = { sealed: new Uint8Array(size), units: new Set() }
    this.#records.set(number, parted)
    return parted
  }
}
