// Every limit of what an opted-in client tells, in one place.

export const reportLimits = {
  /** Of a calendar month, drawn anew each month; the observatory's accounts rest on it (docs/PRIVACY.md). */
  daysPerMonth: 8,
  /** Every report has this size before it is sealed, whatever it says. */
  bytes: 1_024,
  /** From the first byte to the relay's answer: the relay asks the collector meanwhile. */
  answerMs: 30_000,
  /** After the relay said “later”, or nothing. */
  againMs: 1_800_000,
}
export type ReportLimits = Readonly<typeof reportLimits>
