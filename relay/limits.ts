// Every limit of the relay, in one place: counts, sizes and times, each with its reason. Tests pass smaller ones.

/** Dials that are under way in all; what one session may dial at once is the session's own limit. */
export const dialLimits = {
  /** One file descriptor each, more while families race. Above it a dial fails with `overload`. */
  dialsMax: 4096,
  /** From the request to a connected socket, name included: Linux sends its SYN at 0, 1, 3 and 7 s. */
  dialMs: 10_000,
  /** How often overdue dials are looked for, so that a dial needs no timer of its own. */
  sweepMs: 250,
  /** RFC 8305 §5: Connection Attempt Delay. */
  staggerMs: 250,
  /** RFC 8305 §3: how long IPv4 addresses wait for the AAAA answer. */
  resolutionDelayMs: 50,
  /** Addresses that one dial tries. */
  attemptsMax: 8,
}
export type DialLimits = Readonly<typeof dialLimits>

/** Name resolution, for the whole relay. */
export const resolverLimits = {
  /** Names × families that are kept; about 0.5 KiB each. */
  entriesMax: 10_000,
  /** Addresses that are kept of one answer. */
  addressesMax: 8,
  /** Queries at the name servers at once, and queries that wait for their turn. */
  queriesMax: 256,
  queuedMax: 2048,
  /** Callers that wait for an answer, in all. */
  waitersMax: 16_384,
  /** Bounds for the TTL that a zone states: the lower one spares the name servers, the upper one follows moved sites. */
  ttlMinMs: 10_000,
  ttlMaxMs: 600_000,
  /** RFC 2308 §5 would have the SOA's minimum, which c-ares does not hand out. */
  noAddressMs: 30_000,
  /** RFC 9520 §3.2: failures are remembered for 1 s to 5 min. */
  failureMs: 5_000,
  /** One try at one name server, and tries; c-ares lengthens later tries by itself. */
  queryMs: 2_000,
  triesMax: 2,
  /** A larger hosts file is not read. */
  hostsBytesMax: 4_194_304,
}
export type ResolverLimits = Readonly<typeof resolverLimits>
