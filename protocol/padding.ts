// The padding policy: how long a record's plaintext becomes (SPEC.md §8). The receiver ignores padding, so the policy is the sender's own.
import { RECORD_PLAINTEXT_BYTES_MAX } from './limits.ts'

/** The first records of a direction carry what a classifier looks at: the handshakes inside (USENIX Security 2024, "TLS in TLS"). */
export const EARLY_RECORDS = 16
const EARLY_BYTES_MAX = 1_400
/** Beyond those, small records are rounded up, so that a keystroke and a short answer look alike; large ones are left alone. */
const STEP_BYTES = 128
const ROUNDED_BYTES_MAX = 1_024

/** Length to pad to. `draw` is uniform in 0..255. */
export function paddedLength(plaintextBytes: number, number: number, draw: number): number {
  if (number < EARLY_RECORDS && plaintextBytes < EARLY_BYTES_MAX) {
    const room = EARLY_BYTES_MAX - plaintextBytes
    return plaintextBytes + Math.floor((room * draw) / 255)
  }
  if (plaintextBytes > ROUNDED_BYTES_MAX) return plaintextBytes
  return Math.min(RECORD_PLAINTEXT_BYTES_MAX, Math.ceil(plaintextBytes / STEP_BYTES) * STEP_BYTES)
}
