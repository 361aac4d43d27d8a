// What a receiver's marks tell: how long nothing came, and when it came as before again.

export interface Mark {
  readonly atMs: number
  /** In all, by then. */
  readonly bytes: number
}

/** Bytes are looked at in slots of so much time … */
const SLOT_MS = 100
/** … of which one is dry that brings less than this part of what came before … */
const DRY_SHARE = 0.25
/** … and a flow is itself again after so many that are not. */
const WET_SLOTS = 3
/** "Before" is this long. */
const BEFORE_MS = 1_000
/** What an act does shows within this time. */
const SHOWS_MS = 2_500

/** The longest time without a byte that was under way, or began, between two moments. */
export function longestGapMs(marks: readonly Mark[], fromMs: number, toMs: number): number {
  let longest = 0
  for (const [index, { atMs }] of marks.entries()) {
    const before = marks[index - 1]
    if (before === undefined || atMs <= fromMs || before.atMs >= toMs) continue
    longest = Math.max(longest, atMs - before.atMs)
  }
  return longest
}

/** From a moment until data flows as it did before; 0: it was never less than that; undefined: it does not yet. */
export function recoveryMs(marks: readonly Mark[], fromMs: number): number | undefined {
  const wanted = ((bytesAt(marks, fromMs) - bytesAt(marks, fromMs - BEFORE_MS)) / BEFORE_MS) * SLOT_MS * DRY_SHARE
  const lastMs = marks.at(-1)?.atMs ?? 0
  let dryEndMs = fromMs
  let wet = 0
  for (let atMs = fromMs; atMs + SLOT_MS <= lastMs; atMs += SLOT_MS) {
    if (bytesAt(marks, atMs + SLOT_MS) - bytesAt(marks, atMs) < wanted) {
      dryEndMs = atMs + SLOT_MS
      wet = 0
    } else wet++
    const hasShown = dryEndMs > fromMs || atMs - fromMs >= SHOWS_MS
    if (hasShown && wet >= WET_SLOTS) return dryEndMs - fromMs
  }
  return undefined
}

export function bytesAt(marks: readonly Mark[], atMs: number): number {
  let [low, high] = [0, marks.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((marks[middle] as Mark).atMs <= atMs) low = middle + 1
    else high = middle
  }
  return marks[low - 1]?.bytes ?? 0
}

/** The value that so much of them do not exceed, by nearest rank; NaN of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN
}
