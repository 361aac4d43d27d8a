// Every limit of the engine, in one place: counts, sizes and times, each with its reason. Tests pass smaller ones.

/** What apps on this machine may ask of one local proxy. */
export const proxyLimits = {
  /** Open sockets of apps: as many as a session has streams (STREAMS_MAX). Beyond, who has said nothing for longest makes way (room.ts). */
  socketsMax: 8192,
  /** Sockets that the kernel holds until they are accepted; Linux caps it at net.core.somaxconn (4096). */
  backlogMax: 4096,
  /** From accepted to a complete request, and from a refusal to the app's own close. Apps on one machine need milliseconds. */
  greetingMs: 10_000,
  /** How often overdue sockets are looked for, so that a socket needs no timer of its own. */
  sweepMs: 1_000,
  /** An HTTP request head; browsers stay under 8 KiB, and servers refuse more than 8 to 16 KiB themselves. */
  headBytesMax: 16_384,
  /** An HTTP response head: sites that set many cookies send more than what they accept. */
  responseHeadBytesMax: 65_536,
  /** Interim answers to one request: a site that says every few seconds that it is still at work, for minutes. */
  interimAnswersMax: 64,
  /** A persistent HTTP socket without a request. Chromium gives an idle one up after 300 s, curl after 118 s. */
  keepAliveMs: 120_000,
  /** HTTP requests that wait behind the one under way on the same socket. */
  pipelinedMax: 32,
  /** UDP associations, one UDP socket each. A browser opens one for each QUIC peer at most. */
  associationsMax: 256,
  /** Datagrams on their way to the app that the kernel has not taken yet; more are dropped, as a network would. */
  datagramQueueBytesMax: 1_048_576,
}
export type ProxyLimits = Readonly<typeof proxyLimits>

/** Running probes. */
export const probeRunLimits = {
  /** A whole probe: TCP repeats its first packet at 1, 3 and 7 s. */
  runMs: 8_000,
  /** One datagram and its answer. */
  udpMs: 3_000,
  /** Of an answer, at most. */
  headBytesMax: 16_384,
  /** Of the addresses that a name is said to have, so many are asked for its certificate. */
  knocksMax: 2,
}

/** What is remembered between runs. */
export const stateLimits = {
  /** Memory of networks (25 kB), the policies of all relays (16 kB each at most, most of them 1 kB), and the directory (a megabyte at most, mostly 10 kB). */
  fileBytesMax: 2_621_440,
  policiesMax: 16,
}

/** Watching the network beside the link. */
export const watchLimits = {
  /** How often control is asked for probes, and the verdict looked at. */
  lookMs: 500,
  /** How often the computer may be found on another network. */
  networkMs: 3_000,
  /** How often a relay is asked for its policy; it makes a new one each day. */
  policyMs: 21_600_000,
}
export type WatchLimits = Readonly<typeof watchLimits>

/** A relay's policy, fetched through its session. */
export const policyLimits = {
  /** Relays in all, those of invites included; a policy adds the further ones. */
  relaysMax: 16,
  /** Those that a network handed out in one run: three, and three more for each that was blocked. */
  handedMax: 256,
  /** From the stream's open frame to its end; a policy is a kilobyte or a few. */
  answerMs: 30_000,
  /** The largest policy that there can be (SPEC.md §13). */
  answerBytesMax: 65_535,
}
export type PolicyLimits = Readonly<typeof policyLimits>

/** The directory, fetched through a session or from a source. */
export const directoryLimits = {
  /** One question: a bundle of some kilobytes, or a roll of some tens, over a slow path. */
  answerMs: 60_000,
  /** A roll of as many relays as there can be. */
  answerBytesMax: 2_228_190,
  /** A fresh directory is looked after at drawn times: authorities make four a day. */
  freshMsMin: 7_200_000,
  freshMsMax: 21_600_000,
  /** One that is not fresh sooner. */
  staleMsMin: 30_000,
  staleMsMax: 120_000,
  /** Sources that are asked in one race, ways that are tried in all, how far apart, and how long it may take. All eight endpoints of one have their turn. */
  sourcesMax: 4,
  waysMax: 12,
  staggerMs: 1_500,
  raceMs: 60_000,
  /** One way to one source, until its session has begun. */
  wayMs: 15_000,
  /** Letters in one QR code: a telephone reads version 25 from a screen. */
  qrLetters: 1_200,
  /** Who has seen one of so many last directories can use QR codes: a week. */
  qrLeaves: 28,
}
export type DirectoryLimits = Readonly<typeof directoryLimits>

/** Relays that a network hands out to this client. */
export const membershipLimits = {
  /** One question by one session; a relay that passes it on waits for the authority. The answer may have the whole directory with it (SPEC.md §14.10). */
  answerMs: 45_000,
  /** After that the doors are asked beside the session: with a relay that answers, the authority is a second or two away. */
  sessionMs: 10_000,
  answerBytesMax: 1_081_344,
  /** After nobody could be asked. */
  againS: 60,
  /** The same for who has no relay yet: soon, then ever later, up to that. Each wait is drawn, up to half as long again. */
  newcomerS: 5,
  /** While no relay can be reached: the first question soon, further ones ever further apart. */
  troubleMsMin: 60_000,
  troubleMsMax: 3_600_000,
  /** What a timer can wait is 24 days; a day does, and then it looks again. */
  waitMsMax: 86_400_000,
  /** An epoch is a week at most, and members ask in the next one (SPEC.md §14.10). */
  waitSMax: 1_209_600,
}
export type MembershipLimits = Readonly<typeof membershipLimits>

/** `culvert recommend`. */
export const recommendLimits = {
  /** Until one of the relays has answered: the ways that are tried first may each take a whole dial. */
  connectMs: 60_000,
}
export type RecommendLimits = Readonly<typeof recommendLimits>

/** The way to the relay. */
export const linkLimits = {
  /** TCP, TLS and the first request together; a slow mobile network needs some seconds. */
  dialMs: 20_000,
  /** From the first request's answer to the relay's first message. */
  replyMs: 15_000,
  /** Streams that wait for a session, and for how long. */
  waitersMax: 1_024,
  waitMs: 20_000,
  /** A clock that differs by more from the site's is the likely cause of not being admitted. */
  clockOffS: 60,
  /** How often carriers are looked at: their rates, and whether they have lived. */
  lookMs: 500,
  /** A carrier that carries less is idle, and its rate says nothing. */
  busyBytesPerS: 4_096,
  /** A carrier that could not be replaced is tried again after so long. */
  rotateAgainMs: 15_000,
  /** A retired carrier that the relay has not closed by then is given up. */
  retireMs: 20_000,
  /** A carrier more than is needed goes once things were calm for so long. */
  surplusMs: 20_000,
  /** How long a session without a carrier is met by error pages of an edge alone, until another is begun: longer than an origin is too busy for it, as a rule. */
  errorPagesMs: 10_000,
  /** How long streams of a session that another has replaced wait for a carrier. */
  orphanMs: 60_000,
}
export type LinkLimits = Readonly<typeof linkLimits>

/** The hidden windows of the desktop app. */
export const chromiumLimits = {
  /** Windows at once: a link has a few carriers, and races a few more. Each is a process of 50 MB or so. */
  panesMax: 12,
  /** Windows without a carrier that wait for the next, and for how long: a carrier is replaced after some minutes at most. */
  idlePanesMax: 3,
  idleMs: 180_000,
  /** TLS flows of one window: Chromium opens six to one host by HTTP/1.1, and closes the old while it opens the new. */
  flowsMax: 16,
  /** Sockets that may be open to the hop. */
  hopSocketsMax: 256,
  /** What the hop reads at a time: as much as the kernel has ready on a fast path. */
  readBytes: 131_072,
  /** TCP with an endpoint; the dial as a whole ends before (linkLimits.dialMs). */
  reachMs: 20_000,
  /** What was sent before a close has so long to leave. */
  closeMs: 10_000,
  /** The main process answers what it knows of a failure; it may be busy. */
  whyMs: 2_000,
  /** From a carrier's end to that of its flows: a window hears of the former in some milliseconds. */
  lingerMs: 200,
  /** A relay's first messages, until the session reads: its reply and what it says at once. */
  earlyBytesMax: 1_048_576,
  /** Of one answer, read from the window and not taken by the carrier. */
  bodyBytesMax: 524_288,
}

/** Carriers of ordinary requests. */
export const httpLimits = {
  /** Requests that bring messages, at once; with three polls they make six in all, a browser's flows to one host. */
  upMax: 3,
  /** What one of them may bring: grows and shrinks between these, as its answer comes in less or more time than these. */
  upBytesMin: 32_768,
  upBytesMax: 950_272,
  upFastMs: 500,
  upSlowMs: 2_000,
  /** While others are under way, so much or more, if it fills no body, waits so long for what comes up next. Less is somebody's short message. */
  upBulkBytes: 8_192,
  upGatherMs: 15,
  /** Polls at once while there is much to fetch, and what a poll must have brought to count as much. */
  pollsMax: 3,
  pollFullBytes: 65_536,
  /** If the first answer ends so soon after the relay's reply (drawn), an edge has held both back. Two packets of one burst are closer, and its end by itself
   *  is later (350 ms). */
  streamsAfterMsMin: 60,
  streamsAfterMsMax: 160,
  /** A stream of which nothing has come for so long is held back as well. */
  streamSilentMs: 3_000,
  /** How long a stream is asked for, drawn: edges cap requests at 30 s and more. */
  streamMsMin: 15_000,
  streamMsMax: 22_000,
  /** … and how much it brings, drawn: no longer than the largest pictures and videos of ordinary sites. */
  streamBytesMin: 16_777_216,
  streamBytesMax: 50_331_648,
  /** A request without any answer: the longest poll (12 s), and a slow path. */
  answerMs: 30_000,
  /** From the carrier's end until what it had still to send is given up. */
  closeMs: 10_000,
  /** How often late answers are looked for. */
  sweepMs: 1_000,
}
export type HttpLimits = Readonly<typeof httpLimits>

/** `npm start`. */
export const demoLimits = {
  /** One step: a slow machine starts Node in a second or two, and makes up a year of numbers in twenty. */
  stepMs: 60_000,
  /** From SIGTERM until a child is killed. */
  endMs: 5_000,
  /** What a child says on stderr, at most, when it fails. */
  errorTextMax: 4_096,
}

/** `culvert doctor`. */
export const doctorLimits = {
  /** One attempt of a way, from its name to the relay's first message: TCP repeats its first packet at 1 and 3 s. */
  tryMs: 8_000,
  /** A way that fails is tried again so often in all: once may be chance, and what a censor does comes each time. */
  triesMax: 3,
  /** Between two tries: a censor that answers at once does so again. */
  againMs: 300,
  /** Endpoints at once: a browser that opens a page with pictures from so many sites does the same. */
  endpointsAtOnce: 4,
  /** What a way must bring to count as working: flows freeze after 12 to 20 KB in some countries. */
  carryBytes: 40_000,
  /** The policy, so often at once, and rounds of it at most: it has a kilobyte or less. */
  readsAtOnce: 16,
  readRoundsMax: 24,
  /** One round without any byte: the way has fallen silent. */
  stallMs: 5_000,
  /** Of each list of the policy, at most. */
  canariesMax: 3,
  /** Datagrams to sites that answer QUIC: one gets lost easily. */
  udpTries: 5,
}
export type DoctorLimits = Readonly<typeof doctorLimits>

/** `culvert rehearse`. */
export const drillLimits = {
  /** Data may stand still so long in a step; --step-seconds takes another number between these. A fallback is due within 8 s (RESILIENCE.md). */
  stepMs: 20_000,
  stepMsMin: 2_000,
  stepMsMax: 300_000,
  /** Data flows so long before something is taken away, and after it came back: paths are measured meanwhile. */
  steadyMs: 1_500,
  /** What is to be taken away must carry data first: longer than a dial and two of its repeats. */
  beginMs: 15_000,
  /** All is taken away for so long, or for half a step where that is less. */
  blackoutMs: 5_000,
  /** A small request so often, and so many without an answer at once. Even a relay far away notices nothing. */
  requestMs: 50,
  requestsMax: 8,
  /** How long such a request may take: it waits for a carrier as streams of programs do. */
  answerMs: 600_000,
  /** Edges that get steps of their own: two each. */
  edgesMax: 8,
  /** Chunks of data remembered in a step: 20 a second, or as many as a fast download brings in five minutes. */
  heardMax: 200_000,
  /** A download that fails is begun again after so long. */
  downloadAgainMs: 500,
}
export type DrillLimits = Readonly<typeof drillLimits>
