// The limits of locks, in one place. Tests pass smaller ones.

export interface LockLimits {
  /** How often who waits looks whether it is its turn; two that come at once draw a part of it, so that they do not meet again. */
  readonly lookMs: number
  /**
   * Who holds a lock, lives, and gives no sign for so long while it is watched, is taken for another program to which the number of a process that died
   * has passed on. Watched, and not read from the clock, which people set and which goes on while a computer sleeps.
   */
  readonly silentMs: number
}

/** What is done in milliseconds: writing a small file. Silence is for a disk that is slow, or a computer that is busy. */
export const briefLimits: LockLimits = { lookMs: 10, silentMs: 5_000 }

/** What is held for hours, and gives a sign each second: some file systems tell times apart by two seconds only. */
export const heldLimits: LockLimits & { readonly signMs: number } = { lookMs: 50, silentMs: 8_000, signMs: 1_000 }
