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
  /** SESSION_BYTES each when idle; fewer where that is more than a part of the machine's memory. */
  sessionsMax: 10_000,
  /** A browser with 100 tabs stays under 1,000 streams. */
  streamsMax: 8_192,
  /** Dials under way for one session, so that one client cannot take all of the relay's; its further streams wait their turn. */
  dialsMax: 512,
  /** Sockets to destinations of all sessions together, about 8 KiB each; fewer where the process may have fewer files (SOCKET_FILES_PART). A session may
   *  have as many as are free. */
  socketsMax: 65_536,
  /** Streams of one session that the relay answers itself, a megabyte each at most: a relay has asked an authority so many questions at once. */
  documentsMax: 64,
  /** UDP associations of one session. */
  associationsMax: 64,
  /** Peers that one association has sent to and may be answered by. */
  peersMax: 256,
  /** Datagrams of one session whose name is being looked up, 64 KiB each. */
  lookupsMax: 64,
  /** Of one association and family, given to Node and not yet taken by the kernel; more are dropped, as a network would. */
  datagramQueueBytesMax: 262_144,
  /** A client pings after 45 s at most; twice that and a round trip without a word, and the carrier is dead. */
  silenceMs: 120_000,
  /** Of one session at once. */
  carriersMax: 7,
  /** How long a session waits for a carrier: longer than a lift, a short train ride, or a person who looks for another network. */
  graceMs: 600_000,
  /** How often silence and memory are looked at. */
  sweepMs: 1_000,
  /** Bytes that all sessions together may hold for slow readers (theirs and destinations') and for carriers that are to come; above, sessions end,
   *  those that wait for a carrier first. Less on a machine of less than 2 GiB. */
  heldBytesMax: 536_870_912,
  /** From SIGTERM until streams that are still open are reset. */
  drainMs: 10_000,
  /** From then until sessions end whose clients have not acknowledged it: two round trips of a slow path, and whoever ends us waits for 20 s in all. */
  farewellMs: 3_000,
}
export type SessionLimits = Readonly<typeof sessionLimits>

/** What an idle session costs. */
export const SESSION_BYTES = 61_440

/** What a stranger's idle connection costs, TLS and HTTP/2 included: measured with 4,000, November 2026. */
export const VISITOR_BYTES = 98_304

/** Parts of the machine's memory, of all processes of a relay together. What is left is for Node itself, for what the kernel holds of sockets, and for whatever
 *  else runs there: with less, the system would end the relay, and all sessions with it, before a limit ends some of them. */
export const MEMORY_PARTS = { sessions: 0.25, held: 0.25, unread: 0.0625, visitors: 0.1 }

/** Of the files that a process may have open, for sockets to destinations. The rest is for carriers, visitors of the cover site, name servers and files. */
export const SOCKET_FILES_PART = 0.75
/** And for who is not let in. */
export const VISITOR_FILES_PART = 0.0625

/** TLS handshakes while the event loop has no time to spare. */
export const acceptLimits = {
  /** A handshake and a refusal cost 1.7 ms (608 a second of one core, docs/BENCHMARKS.md): so many take less than a tenth of those who are inside. */
  busyPerSecond: 40,
  /** … beyond what comes at once: a browser opens six. */
  burstMax: 16,
  /** Above this share of work the loop has no time to spare: handshakes come on top of it, and stall what they do not starve. */
  busyUtilization: 0.5,
  /** How often those who wait are looked at, and how many begin then at most, when there is time again. */
  stepMs: 10,
  stepCountMax: 4,
  /** Sockets that wait, some KiB each, in all and of one network; what comes beyond is closed. */
  waitingMax: 2_048,
  networkWaitingMax: 256,
  /** Beside the above, from networks where people were let in of late: a fifth of the loop, for who is inside too. A thousand are back within ten seconds. */
  vouchedPerSecond: 120,
  /** For each flow on which somebody was let in, so many may come again: a person's are one or two … */
  vouchedPerFlow: 2,
  /** … of a network, as many as may wait; for as long as a session waits for them (graceMs). */
  vouchedFlowsMax: 2_048,
  vouchedMs: 600_000,
  vouchedNetworksMax: 8_192,
}
export type AcceptLimits = Readonly<typeof acceptLimits>

/** The gate's memory of admissions. */
export const gateLimits = {
  /** An envelope is fresh for 240 s in all, and a generation is that long: what two generations hold covers it. */
  generationS: 240,
  /** Admissions in one generation: 500 a second. Above it nobody new is let in until the next one. */
  generationCountMax: 120_000,
  /** How often processes of one relay read what the others have seen. */
  readMs: 20,
}
export type GateLimits = Readonly<typeof gateLimits>

/** Edges of one relay. */
export const edgeLimits = {
  /** An invite has eight endpoints, of which one is the relay itself. */
  edgesMax: 7,
}

/** What clients are told of this relay. Bounds of the wire are those of SPEC.md §13. */
export const policyLimits = {
  /** In each list of canaries, and resolvers. */
  hostsMax: 16,
  relaysMax: 8,
  /** Of an invite that is handed on: eight of them, with all else, fit a policy. */
  relayBytesMax: 4_096,
  resolverBytesMax: 255,
  rotateBytesMin: 4_096,
  rotateBytesMax: 1_099_511_627_776,
  rotateSecondsMin: 5,
  rotateSecondsMax: 86_400,
  /** A client that was cut off for some weeks still has endpoints to try. */
  lifeS: 5_184_000,
  /** How old a policy is that is handed out, at most. */
  reissueS: 86_400,
}
export type PolicyLimits = Readonly<typeof policyLimits>

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
  /** What a relay writes in months; below the least not even a certificate. */
  diskBytesMin: 268_435_456,
  diskBytesLeast: 1_048_576,
}
export type CheckLimits = Readonly<typeof checkLimits>

/** Carriers of ordinary requests. */
export const httpLimits = {
  /** Three for each of as many sessions as there may be. */
  carriersMax: 30_000,
  /** In our process for a stream, and asked for more below it: as for a WebSocket. */
  streamQueueBytesMax: 196_608,
  /** One answer to a poll, and what waits for it: three polls at 100 ms of round trip then carry 15 MB/s. */
  pollBytesMax: 524_288,
  /** A poll without news is answered after a time drawn between these: CDNs wait for 15 s and more. */
  pollMsMin: 6_000,
  pollMsMax: 12_000,
  /** A client asks for the next stream after 22 s at most, which takes some seconds to come. From then on a stream is asked whether anybody is there … */
  streamLateMs: 26_000,
  /** … and ends here. */
  streamMs: 30_000,
  /** From the reply to the end of the first answer, drawn between these: what an edge that buffers adds to a dial, and most round trips are shorter. */
  firstAnswerMsMin: 350,
  firstAnswerMsMax: 550,
  /** Without any request under way: a client has one at all times, and a new one after a round trip. */
  idleMs: 30_000,
  /** Since when a number is missing while later ones wait: as long as a silent peer is borne (SILENCE_MS_MAX). */
  gapMs: 15_000,
  /** Bodies that came before their turn, of all carriers together; less on a machine of less than 2 GiB. */
  unreadBytesMax: 134_217_728,
  /** From its end until it is forgotten; what it had still to send leaves meanwhile. */
  closeMs: 10_000,
  /** How often all of these are looked at. */
  sweepMs: 1_000,
}
export type HttpLimits = Readonly<typeof httpLimits>

export interface ListenLimits {
  readonly visitorsMax: number
  readonly deadSessionSweepMs: number
  readonly accept: AcceptLimits
}

/** The listener. */
export const listenLimits: ListenLimits = {
  /** Connections on which nobody is let in, handshakes that have begun included; fewer on a machine of less than 8 GiB, or of few files. */
  visitorsMax: 8_192,
  /** How often HTTP/2 sessions whose peer is gone are looked for: a system call of a microsecond for each. */
  deadSessionSweepMs: 1_000,
  accept: acceptLimits,
}

/** What an operator may set as caps, and how they are kept. */
export const capLimits = {
  /** One record at this rate takes a second: below it a page does not open. */
  rateMin: 65_536,
  rateMax: 100_000_000_000,
  monthMin: 1_000_000_000,
  monthMax: 1_000_000_000_000_000,
  /** How often the rate is shared out: so long is a click held up at most by it. */
  shareMs: 20,
  /** What a session may save up of its share while it is silent: a page. */
  burstBytes: 524_288,
  /** Below so many bytes a second for each session that carries something, nobody new is let in: they find a relay that has room. */
  sessionRateLeast: 32_768,
  /** How often volume and hours are looked at, and the month's sum is written down. */
  lookMs: 1_000,
  writeMs: 60_000,
}
export type CapLimits = Readonly<typeof capLimits>

/** What an operator may refuse to dial. */
export const exitLimits = {
  portRangesMax: 64,
  /** A list of blocked destinations: lines, and bytes of the file. */
  blockedMax: 200_000,
  blockedBytesMax: 16_777_216,
  /** How often that file is looked at. */
  lookMs: 10_000,
}
export type ExitLimits = Readonly<typeof exitLimits>

/** What one session may dial that it has not dialled before. A browser that opens a hundred tabs at once asks for some hundred hosts. */
export const scanLimits = {
  /** New destinations (host and port) at once, and each second after that. */
  destinationsBurst: 1_000,
  destinationsPerSecond: 5,
  /** Different ports of one host within the memory below: programs use one to four, a scan uses all. */
  portsMax: 32,
  /** Dials that failed: at once, and each second after that. A sweep of a network fails nearly everywhere. */
  failuresBurst: 200,
  failuresPerSecond: 1,
  /** Destinations that are remembered of one session, as keyed hashes of eight bytes; the oldest go first. */
  rememberedMax: 4_096,
}
export type ScanLimits = Readonly<typeof scanLimits>

/** Certificates from a public authority. */
export const acmeLimits = {
  /** One answer of the authority: a certificate's chain is some kilobytes. */
  answerMs: 30_000,
  answerBytesMax: 262_144,
  /** From the first question to the certificate: an authority looks from several places, and says when to ask again. */
  orderMs: 900_000,
  lookMs: 3_600_000,
  /** A certificate is renewed in the last third of its life (what Let's Encrypt asks for), not all relays at the same moment. */
  lastPart: 0.33,
  drawnPart: 0.08,
  /** After a failure, twice as long after each further one. Let's Encrypt bears five failures an hour. */
  retryMs: 900_000,
  retryMsMax: 86_400_000,
  /** On the plain port at once, where an answer is a line: as many as nginx takes where nobody sets it, so that those of guests have their files. */
  socketsMax: 512,
}

/** What a relay says of itself. */
export const statusLimits = {
  /** So long "new" is why nobody comes. */
  newMs: 604_800_000,
  /** Below so many days a certificate is worth an alarm: a renewal that works comes weeks earlier. */
  certificateDaysMin: 10,
  /** How often the public address is tried from here, and when first. */
  selfTestMs: 1_800_000,
  selfTestFirstMs: 60_000,
  /** What a directory says of this relay. */
  standingBytesMax: 65_536,
  standingAgeMsMax: 604_800_000,
  countriesMax: 250,
  wordsMax: 200,
  /** The operator's page: sockets at once, and how long a request may take. */
  socketsMax: 16,
  requestMs: 5_000,
  /** How often alerts are looked for. */
  lookMs: 10_000,
  /** Of a report: some kilobytes, with two hundred countries twenty. */
  answerBytesMax: 1_048_576,
}

/** Alerts to the operator. */
export const alertLimits = {
  /** The same kind again, at the earliest; and in a day, whatever their kinds. */
  sameKindMs: 21_600_000,
  perDayMax: 12,
  /** After one that could not be delivered. */
  againMs: 900_000,
  /** A warning must have stood for so long. */
  standsMs: 120_000,
  sendMs: 20_000,
}

/** Several processes of one relay. */
export const workerLimits = {
  workersMax: 64,
  /** What a process knows of the sessions and carriers of the others: about 200 bytes each. */
  sessionsMax: 640_000,
  carriersMax: 640_000,
  /** From a hand-over to the other process's answer. */
  answerMs: 10_000,
  /** How often processes say how they are. */
  reportMs: 500,
  /** From a process's start until it serves. */
  startMs: 30_000,
  /** One that ended unasked is started again after so long, twice as long each time that it ends within a minute. */
  restartMs: 200,
  restartMsMax: 30_000,
  steadyMs: 60_000,
  /** How many more sockets than its share a process may have, so that a network's visitors stay with one. */
  unevenness: 1.25,
  unevenCount: 8,
}

/** Several hosts of one relay. */
export const clusterLimits = {
  /** One question to the store, and a connection to it. */
  askMs: 2_000,
  questionsMax: 10_000,
  reconnectMs: 250,
  /** How often a host says that it lives, and after how long a silence its sessions are forgotten. */
  aliveMs: 1_000,
  silenceMs: 5_000,
}

/** Failures of our own, of programs that keep a store. */
export const faultLimits = {
  /** From one word of them to the next: a store that is gone fails every question, and they are counted meanwhile. */
  tellMs: 60_000,
}
