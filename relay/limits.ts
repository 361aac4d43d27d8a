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

/** Sessions: what clients may hold of this relay. */
export const sessionLimits = {
  /** About 60 KiB each when idle. */
  sessionsMax: 10_000,
  /** A browser with 100 tabs stays under 1,000 streams. */
  streamsMax: 8_192,
  /** Dials under way for one session, so that one client cannot take all of the relay's; its further streams wait their turn. */
  dialsMax: 512,
  /** UDP associations of one session. */
  associationsMax: 64,
  /** Peers that one association has sent to and may be answered by. */
  peersMax: 256,
  /** Datagrams of one association whose name is being looked up. */
  lookupsMax: 64,
  /** A client pings after 45 s at most; twice that and a round trip without a word, and it is gone. */
  silenceMs: 120_000,
  /** How often silence and memory are looked at. */
  sweepMs: 1_000,
  /** Bytes that all sessions together may hold for slow readers (theirs and destinations'); above, the session that holds most ends. */
  heldBytesMax: 536_870_912,
  /** From SIGTERM until streams that are still open are reset. */
  drainMs: 10_000,
}
export type SessionLimits = Readonly<typeof sessionLimits>

/** The gate's memory of admissions. */
export const gateLimits = {
  /** An envelope is fresh for 240 s in all, and a generation is that long: what two generations hold covers it. */
  generationS: 240,
  /** Admissions in one generation: 500 a second. Above it nobody new is let in until the next one. */
  generationCountMax: 120_000,
}
export type GateLimits = Readonly<typeof gateLimits>

/** `culvert-relay check`. */
export const checkLimits = {
  /** One question to the network: a name, a port, a page. */
  questionMs: 5_000,
  /** Of a page that is looked at. */
  pageBytesMax: 1_048_576,
  /** Below so many days left a certificate is worth a warning: time for a person to act. */
  certificateDaysMin: 14,
  /** 5,000 sessions with some streams each (the bar for one process). */
  openFilesMin: 16_384,
  /** Fewer can't serve a hundred people. */
  openFilesLeast: 1_024,
  /** Node, its code and some hundred sessions. */
  memoryBytesMin: 402_653_184,
}
export type CheckLimits = Readonly<typeof checkLimits>
