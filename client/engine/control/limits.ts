// Every limit of control, in one place: weights, times, counts and costs, each with its reason. Chosen by simulation (test/client/control).

/** What makes a verdict, and how long it stands. Chosen by simulation: test/client/control holds a day of a 5 % loss, 400 ms path against them. */
export const reachLimits = {
  /** A sign counts at weight 1. Sure: a failure beside others that work; two of them, or one that no chance explains. */
  weightSure: 0.5,
  /** A silence while nothing else was heard may be the whole network. */
  weightUnsure: 0.25,
  /** A reset in the middle of a flow: routers that forget flows do that too. */
  weightCut: 0.34,
  /** A new flow that had to wait: five in a row, some 15 s apart. */
  weightKept: 0.225,
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
  /** So many dials to a host in so long, with a carrier to it that answers: it is their number that is blocked. */
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
  /** So fast in a single second, on a carrier that has carried more than any throttle lets pass first, is not slowed down. */
  freeBytesPerS: 400_000,
  freeBytes: 4_194_304,
  /** Less than this in a second is a stall. */
  stalledBytesPerS: 500,
  /** The control is so many times faster: then the more times, the more it says. On a lossy path two ways differ fourfold by chance, now and then. */
  timesMin: 4,
  timesSure: 16,
  /** A way of which nothing was reported for so long has ended. */
  goneMs: 1_000,
  /** A control is asked for so often: from the first, twice as long each time that it said nothing, to the second. It is held for the third. */
  controlGapMsMin: 600_000,
  controlGapMsMax: 7_200_000,
  controlMs: 30_000,
  waysMax: 64,
}

/** When flows are said to begin fast and to be held back then. */
export const startLimits = {
  /** What passes before a throttle sets in: 100 KB in the one that is seen most, and what came with the last of them. */
  bytes: 131_072,
  /** Reports of what follows, and how far their halves, and carriers, may lie apart: a trickle comes a TLS record at a time. */
  samples: 4,
  spread: 2,
  /** So many carriers in a row. */
  alike: 3,
  bornSlackMs: 100,
  carriersMax: 32,
}

/** When a host is said to be given only so many new flows. */
export const waitLimits = {
  /** TCP repeats a first packet after 1, 3 and 7 s (RFC 6298): two of them unanswered is more than a chance, and less than one is none at all. */
  keptMs: 2_500,
  quickMs: 900,
  /** TCP, TLS and the first request take three or four of them. */
  roundTrips: 6,
  /** One that is answered so soon after another was not speaks for a limit, not for a block. */
  afterRefusalMs: 60_000,
  hostsMax: 64,
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
  /** A reserve that is wanted soon: failures so long ago are no longer fresh; a host that failed is left alone for so long. */
  freshMs: 30_000,
  askAgainMs: 1_000,
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
    'name-closed': 40,
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
  /** A relay outside this client's set: tried when those of the set have failed once or twice. */
  spareRelay: 45,
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

/** The set of relays, and how long a session stays with one of them. */
export const selectionLimits = {
  /** Three: one in use, one for the next session, one more where a country blocks the first two. */
  setMax: 3,
  /** People stay at a site for minutes to an hour or so, and load from a page to some films. Drawn evenly on a logarithmic scale. */
  sessionMsMin: 1_200_000,
  sessionMsMax: 5_400_000,
  sessionBytesMin: 268_435_456,
  sessionBytesMax: 2_147_483_648,
  /** A relay that could not be had is asked again after so long. */
  againMs: 120_000,
}

/** The directory that is kept. */
export const directoryLimits = {
  /** Of the log: two years at four a day, 93 kB. Beyond it only the end is kept, which is enough for oneself. */
  leavesMax: 2_920,
}
