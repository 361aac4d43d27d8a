// Every limit of what people sign and import.

export const adminLimits = {
  /** Relays that one correction leaves out. */
  withoutMax: 100,
  /** An event with all its evidence. */
  bodyBytesMax: 65_536,
  evidenceMax: 16,
  /** Kinds of evidence that an event needs at least: no one source alone makes a shutdown. */
  evidenceKindsMin: 2,
  /** From a signature to the deed: it is the moment of the decision, and all that is judged by it. */
  signedWithinMs: 600_000,
  sentenceMax: 400,
  noteMax: 4_000,
  urlMax: 500,
  /** A billion of any currency. */
  centsMax: 100_000_000_000,
  /** A file of public signals. */
  importBytesMax: 33_554_432,
  importRowsMax: 100_000,
}
export type AdminLimits = Readonly<typeof adminLimits>
