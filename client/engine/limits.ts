// Every limit of the engine, in one place: counts, sizes and times, each with its reason. Tests pass smaller ones.

/** What apps on this machine may ask of one local proxy. */
export const proxyLimits = {
  /** Open sockets of apps: as many as a session has streams (STREAMS_MAX). What comes beyond is closed at once. */
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

/** A relay's policy, fetched through its session. */
export const policyFetchLimits = {
  /** From the stream's open frame to its end; a policy is a kilobyte or a few. */
  fetchMs: 30_000,
  /** The largest policy that there can be (SPEC.md §13). */
  bytesMax: 65_535,
}
export type PolicyFetchLimits = Readonly<typeof policyFetchLimits>

/** The way to the relay. */
export const linkLimits = {
  /** TCP, TLS and the upgrade together; a slow mobile network needs some seconds. */
  dialMs: 20_000,
  /** From the upgrade to the relay's answer. */
  replyMs: 15_000,
  /** Waits between attempts grow from the first to the last, and are drawn between half and all of it. */
  backoffMsMin: 500,
  backoffMsMax: 30_000,
  /** A session that lived for so long was a success: the next wait begins small again. */
  settledMs: 10_000,
  /** Streams that wait for a session, and for how long. */
  waitersMax: 1_024,
  waitMs: 20_000,
  /** A clock that differs by more from the site's is the likely cause of not being admitted. */
  clockOffS: 60,
}
export type LinkLimits = Readonly<typeof linkLimits>

/** Carriers of ordinary requests. */
export const httpLimits = {
  /** Requests that bring messages, at once; with three polls they make six in all, a browser's flows to one host. */
  upMax: 3,
  /** What one of them may bring: grows and shrinks between these, as its answer comes in less or more time than these. */
  upBytesMin: 32_768,
  upBytesMax: 524_288,
  upFastMs: 500,
  upSlowMs: 2_000,
  /** Polls at once while there is much to fetch, and what a poll must have brought to count as much. */
  pollsMax: 3,
  pollFullBytes: 65_536,
  /** If the first answer ends so soon after the relay's reply, an edge has held both back. Two packets of one burst are closer. */
  streamsAfterMs: 60,
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
  /** One step: a slow machine starts Node in a second or two. */
  stepMs: 30_000,
  /** From SIGTERM until a child is killed. */
  endMs: 5_000,
  /** What a child says on stderr, at most, when it fails. */
  errorTextMax: 4_096,
}
