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

/** Running probes. */
export const probeRunLimits = {
  /** A whole probe: TCP repeats its first packet at 1, 3 and 7 s. */
  runMs: 8_000,
  /** One datagram and its answer. */
  udpMs: 3_000,
  /** Of an answer, at most. */
  headBytesMax: 16_384,
}

/** What is remembered between runs. */
export const stateLimits = {
  /** Memory of networks (25 kB), and the policies of all relays (16 kB each at most, most of them 1 kB). */
  fileBytesMax: 1_048_576,
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
  /** From the stream's open frame to its end; a policy is a kilobyte or a few. */
  fetchMs: 30_000,
  /** The largest policy that there can be (SPEC.md §13). */
  bytesMax: 65_535,
}
export type PolicyLimits = Readonly<typeof policyLimits>

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
  /** A carrier more than is needed goes once things were calm for so long. */
  surplusMs: 20_000,
  /** How long streams of a session that another has replaced wait for a carrier. */
  orphanMs: 60_000,
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

/** What makes a verdict, and how long it stands. Chosen by simulation: test/client/control holds a day of a 5 % loss, 400 ms path against them. */
export const reachLimits = {
  /** A sign counts at weight 1. Sure: a failure beside others that work; two of them, or one that no chance explains. */
  weightSure: 0.5,
  /** A silence while nothing else was heard may be the whole network. */
  weightUnsure: 0.25,
  /** A reset in the middle of a flow: routers that forget flows do that too. */
  weightCut: 0.34,
  /** One unanswered UDP probe: a datagram gets lost easily. */
  weightUdp: 0.22,
  /** A control that is some times faster; 16 times is sure. */
  weightSlower: 0.2,
  /** Fallbacks are armed from this weight on. */
  uneasyWeight: 0.5,
  /** An unconfirmed sign loses half its weight in so long. */
  fadeMs: 300_000,
  /** A confirmed sign goes when so many successes outlast the calm while … */
  easedBy: 3,
  /** … or when nothing confirmed it for so long; twice as long each time that it comes back. */
  keepMsMin: 1_800_000,
  keepMsMax: 21_600_000,
  /** A better verdict must hold for so long; twice as long for each time that it became worse lately, up to the second. */
  calmMsMin: 60_000,
  calmMsMax: 1_800_000,
  flipsMs: 21_600_000,
  flipsMax: 16,
  /** Another host counts as heard beside a failure if it was heard so shortly before, or later. */
  besideMs: 1_000,
  /** So many dials to a host in so long, with a carrier to it alive: it is their number that is blocked. */
  burstMs: 30_000,
  burstDials: 4,
  /** Nothing heard for so long, and all that was asked failed: the network is dead. A lost packet is sent again within 3 s. */
  deadMs: 4_000,
  /** What looked blocked so shortly before a dead network was the network. */
  outageMs: 60_000,
  /** Without foreign canaries: so many silent relay hosts are a cutoff. */
  cutoffHosts: 3,
  /** What was heard of a side longer ago says nothing of now. */
  staleMs: 3_600_000,
  /** Worse than what TLS and admission bear with. */
  clockOffMs: 60_000,
  /** An attempt that lost a race although it had so many times what the winner needed, and more: something may be wrong there. */
  slowerTimes: 1.3,
  slowerMs: 50,
  signsMax: 128,
  suspectsMax: 16,
  hostsMax: 64,
  evidenceMax: 12,
}

/** When deaths of carriers make a pattern. */
export const lifeLimits = {
  /** Two deaths by the same cause at the same count of bytes: facts, flows freeze after 15 to 20 KB; measured inside TLS, so less. */
  alikeByBytes: 2,
  fewBytes: 32_768,
  bytesMax: 262_144,
  bytesSpread: 1.25,
  bytesSlack: 3_072,
  bytesFloor: 4_096,
  /** Two deaths at the same age, three where one was silent. */
  alikeByAge: 2,
  ageMsMin: 5_000,
  ageSlackMs: 3_000,
  ageSpread: 0.07,
  /** Deaths further apart have nothing to do with each other. */
  rememberMs: 1_800_000,
  deathsMax: 8,
  /** A carrier that carried, or lived, so many times more speaks against a pattern. */
  outgrows: 2,
  outlives: 1.3,
  hostsMax: 64,
}

/** When a rate is called slowed down. Facts: throttles of 128 kbit/s and somewhat above are in use. */
export const rateLimits = {
  windowMs: 6_000,
  samplesMin: 4,
  /** Faster than this is not worth leaving. */
  slowBytesPerS: 100_000,
  /** Less than this in a second is a stall. */
  stalledBytesPerS: 500,
  /** The control is so many times faster: then the more times, the more it says. On a lossy path two ways differ fourfold by chance, now and then. */
  timesMin: 4,
  timesSure: 16,
  /** A control is asked for so often: from the first, twice as long each time that it said nothing, to the second. It is held for the third. */
  controlGapMsMin: 600_000,
  controlGapMsMax: 7_200_000,
  controlMs: 30_000,
  waysMax: 64,
}

/** Probes: few, light, at drawn moments. */
export const probeLimits = {
  /** One probe may take so long (probeRunLimits). */
  answerMs: 8_000,
  /** The same probe again, at the earliest. */
  againMs: 3_000,
  /** First round on a network, drawn up to this. */
  firstMs: 5_000,
  firstUdpMs: 120_000,
  /** Rounds while all is well, and while it is not: growing from one to the other. All drawn by a quarter around. */
  calmMs: 1_500_000,
  troubledMsMin: 15_000,
  troubledMsMax: 300_000,
  /** A suspect is asked so often in a row, so far apart; then as rarely as rounds go. */
  suspectMs: 4_000,
  suspectTries: 3,
  /** A suspect that answered is asked again until its signs go. */
  easingMs: 30_000,
  /** Canaries heard so lately need not be asked. */
  freshMs: 8_000,
  udpMs: 1_200_000,
  udpTries: 5,
  /** A bucket of probes: so many at once, and one more in so long. */
  burst: 16,
  refillMs: 15_000,
  /** How soon to look again. */
  tickMs: 1_000,
  askedMax: 128,
}

/** The race for a carrier, and its life. */
export const planLimits = {
  /** When each attempt of a race begins: three unrelated ways within a second, as browsers race addresses (RFC 8305: 250 ms), then more. */
  staggerMs: [0, 300, 800, 2_500, 4_500, 7_000] as readonly number[],
  /** A way that worked here gets this many times what dialling it took, and no more than this, before a fallback begins. */
  headStart: 4,
  headStartMsMax: 6_000,
  /** Waits of one way after failures in a row: from the first to the last, drawn between half and all of it. */
  backoffMsMin: 500,
  backoffMsMax: 60_000,
  /** Chrome's own limit of parallel flows to one host: more is a mark. */
  flowsPerHostMax: 6,
  /** A carrier that lived for so long was a success. */
  settledMs: 10_000,
  deathsMax: 6,
  /** What was held against a way counts half after so long. */
  forgiveMs: 600_000,
  /** One point for so much of the time that dialling takes, or that back-off has left. */
  dialMsMax: 3_000,
  dialMsPoint: 300,
  waitMsPoint: 100,
  /** Below this a carrier is all handshake. */
  usefulBytes: 65_536,
  /** A life is drawn between these parts of what the network allows, so that rotation comes before the censor. */
  lifeShareMin: 0.55,
  lifeShareMax: 0.75,
  /** Once nothing speaks for a limit any more, one life in so many is drawn beyond it, to see whether it is still there. */
  overreachOne: 8,
  overreach: 2.5,
  lifeBytesMin: 4_096,
  lifeMsMin: 5_000,
  /** Without a policy: long enough that most downloads stay on one carrier, short enough that no flow lasts for a day. */
  rotation: { bytesMin: 268_435_456, bytesMax: 4_294_967_296, secondsMin: 1_200, secondsMax: 7_200 },
  /** Carriers in reserve while something happens, and for how long after the last act; one while it stays bad. */
  reserveMax: 2,
  alertMs: 600_000,
  /** A way must be better by so many points to be called home. */
  homeMargin: 5,
  /** Dials remembered for each host: more than fit in the time that counts. */
  dialsKept: 32,
}

/** Points of order.ts: only their order matters. A way that failed once comes before an edge; one that
 *  failed twice, or whose carriers died young three times, does not. A WebSocket by an edge comes
 *  before HTTP by that edge even beside another WebSocket (stream is above sameManner), and polling has its place in a race where all else hangs. */
export const costs = {
  direct: { open: 0, throttled: 0, interfered: 0, cutoff: 60, offline: 0 },
  edge: { open: 30, throttled: 12, interfered: 12, cutoff: 0, offline: 12 },
  requests: 10,
  /** Worked here last, and at some time. */
  last: -14,
  known: -8,
  firstFail: 20,
  moreFails: 12,
  moreDeaths: 5,
  failsMax: 80,
  /** Carriers there die young: too young to be of use, or only so that they must be rotated. */
  shortLife: 45,
  limitedLife: 10,
  signs: {
    'address-silent': 40,
    'address-refused': 40,
    'address-reset': 40,
    'name-silent': 40,
    'name-reset': 40,
    'name-lied': 30,
    'wrong-certificate': 50,
    frozen: 15,
    'cut-by-bytes': 15,
    cut: 12,
    slowed: 40,
    'flows-limited': 10,
  } as Readonly<Partial<Record<string, number>>>,
  /** Another relay than the one that has the session: what is under way could not go on there. */
  otherRelay: 20,
  /** How alike two ways of one race are. */
  sameHost: 40,
  sameRelay: 4,
  sameManner: 8,
  bothEdges: 2,
  bothDirect: 18,
}

/** The way back home. */
export const homeLimits = {
  /** Trials: from a minute apart, when they go well, to ten minutes. */
  gapMsMin: 60_000,
  gapMsMax: 600_000,
  /** So many in a row, over so long; twice as long after each relapse. */
  wins: 3,
  spanMsMin: 150_000,
  spanMsMax: 21_600_000,
  /** A trial that went well so long ago says nothing. */
  winMs: 600_000,
  /** A death so soon after a move is a relapse. */
  relapseMs: 600_000,
  waysMax: 128,
}

/** What is remembered of networks: those of a person's weeks, and of each the ways that worked. 16 × 16 entries are 25 kB. */
export const memoryLimits = {
  networksMax: 16,
  waysMax: 16,
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
