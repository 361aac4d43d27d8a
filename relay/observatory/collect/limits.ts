// Every limit of the collector, in one place: what it takes, from whom, how often, and how far a single relay may move a total.

export const collectLimits = {
  /** A relay's part of a day: 1,100 places of about 120 bytes. */
  dayBytesMax: 262_144,
  /** A report with its envelope: the sealed report is 1,072 bytes. */
  reportBytesMax: 4_096,
  placesMax: 1_100,
  /** Of one relay on one day, before trimming: what a relay of this size could do at most (sessionsMax × a day's turnover). More is a lie or a fault. */
  sessionsMax: 10_000_000,
  /** Days that may still be told of: as long as raw counts live, less what the last release takes. */
  dayAgeMax: 12,
  /** Clocks differ. */
  dayAheadMax: 1,
  /** Requests of one relay in a minute; beyond, it is told to come later. */
  perRelayMax: 600,
  /** Requests in all, in a minute, before a signature is even looked at. */
  perMinuteMax: 60_000,
  /** Sockets at once, each with a body that comes; beyond, the one that came first makes way. */
  socketsMax: 512,
  /** Bodies that are being checked and kept at once: a store that is slow holds no more of them in memory. */
  atOnceMax: 256,
  requestMs: 20_000,
  /** Relays that are remembered for their pace. */
  relaysMax: 20_000,
}
export type CollectLimits = Readonly<typeof collectLimits>

/**
 * The most that one relay's day holds of one place, of whatever is counted: as many bytes as ten gigabits a second carry in a day. Sums of a week over all ways
 * stay below 2^53, beyond which a store gives no number out: a relay that told of more would keep everything from being published.
 */
export const SUM_MAX = 1e14

/** How far one relay may move what is published (docs/PRIVACY.md has the bound that follows). */
export const trimLimits = {
  /** What a relay may add in one country however few were served there before: a new country must be able to begin. */
  countryLeast: 20,
  /** … or this share of what the country had, on a day of the week before. */
  countryShare: 0.5,
  /** What a relay may add in all, however small the network. */
  relayLeast: 500,
  /** … or so many times what a relay had on average, on a day of the week before. */
  relayTimes: 5,
}
export type TrimLimits = Readonly<typeof trimLimits>

/** Of what clients tell through it, which a relay can make up too. A client is drawn on eight days of thirty, and not all opt in: a twentieth of the above. */
export const reportTrimLimits: TrimLimits = { ...trimLimits, countryLeast: 5, relayLeast: 25 }
