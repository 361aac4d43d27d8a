// Every limit of what a relay counts and hands on, in one place.

export const countingLimits = {
  /** Places that are counted apart: 250 countries by four ways. */
  placesMax: 1_100,
  /** A larger database of addresses is not read. */
  geoipBytesMax: 67_108_864,
  /** Days that a relay keeps because nobody took them; what is older is forgotten. */
  daysKeptMax: 7,
  /** How often the day's end is looked for, and what waits is offered again. */
  lookMs: 60_000,
  /** One request to the collector. */
  requestMs: 20_000,
  /** Of the collector's answer. */
  answerBytesMax: 4_096,
  /** Reports of clients on their way to the collector at once; a further one is turned away, and its client comes again. */
  reportsMax: 64,
  /** Addresses that sent a report today, as marks of 8 bytes that mean nothing after the day; beyond so many, reports are turned away. */
  marksMax: 100_000,
}
export type CountingLimits = Readonly<typeof countingLimits>
