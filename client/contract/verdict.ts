// What reachability concludes of the network, and why, in words that a person understands. No host, address or key is ever part of it.

export type Verdict =
  /** Nothing stands in the way. */
  | 'open'
  /** Some ways are blocked, cut or lied about; others pass. */
  | 'interfered'
  /** Everything passes, some of it too slowly to be chance. */
  | 'throttled'
  /** Only what is allowed passes: sites of the country, perhaps CDNs. */
  | 'cutoff'
  /** Nothing passes at all. */
  | 'offline'

/** What was seen, for code; `evidenceSentence` has the words. */
export type EvidenceCode =
  | 'address-silent'
  | 'address-refused'
  | 'address-reset'
  | 'name-silent'
  | 'name-reset'
  | 'name-closed'
  | 'name-lied'
  | 'wrong-certificate'
  | 'intercepted'
  | 'frozen'
  | 'cut-by-bytes'
  | 'cut-by-age'
  | 'cut'
  | 'slowed'
  | 'flows-limited'
  | 'udp-blocked'
  | 'foreign-silent'
  | 'direct-silent'
  | 'edges-silent'
  | 'domestic-silent'
  | 'domestic-answers'
  | 'edges-answer'
  | 'portal'
  | 'no-network'
  | 'wrong-clock'

export interface Evidence {
  readonly code: EvidenceCode
  /** What it was seen of: the relay's own address, an edge that forwards to it, or the network as such. */
  readonly of: 'relay' | 'edge' | 'network'
  /** How often it was seen since it began. */
  readonly count: number
  /** After so many bytes, milliseconds, or at such a rate, where the code has one. */
  readonly bytes?: number
  readonly ms?: number
  readonly bytesPerS?: number
}

export interface Finding {
  readonly verdict: Verdict
  /** The most telling first; may be empty. */
  readonly evidence: readonly Evidence[]
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  open: 'Nothing stands in the way here.',
  interfered: 'Some ways out of this network are blocked or disturbed.',
  throttled: 'Someone on this network slows some traffic down on purpose.',
  cutoff: 'This network is cut off from abroad: only sites that are allowed still answer.',
  offline: 'This network carries nothing at all.',
}

/** What a relay that is switched off looks like, too. */
const DOUBTFUL: ReadonlySet<EvidenceCode> = new Set([
  'address-silent',
  'address-refused',
  'name-silent',
  'name-closed',
  'direct-silent',
  'edges-silent',
])

/** Whether all that speaks for interference may be one host that is switched off. */
export function isDoubtful({ verdict, evidence }: Finding): boolean {
  const isOfOne = new Set(evidence.map(({ code }) => code)).size === evidence.length
  return verdict === 'interfered' && isOfOne && evidence.length > 0 && evidence.every(({ code }) => DOUBTFUL.has(code))
}

/** One sentence that a person understands. */
export function verdictSentence(finding: Finding): string {
  return isDoubtful(finding)
    ? 'A relay or a CDN does not answer, while others do: it is blocked, or switched off.'
    : VERDICTS[finding.verdict]
}

const SENTENCES: Readonly<Record<EvidenceCode, (place: string, evidence: Evidence) => string>> = {
  'address-silent': (place) =>
    `Nothing comes back from the address of ${place}, while others answer: its address is probably blocked, unless it is switched off.`,
  'address-refused': (place) => `The address of ${place} refuses to be called: it is blocked, or switched off.`,
  'address-reset': (place) => `Calls to the address of ${place} are cut before they begin: its address is probably blocked.`,
  'name-silent': (place) => `Connections to ${place} fall silent right after its name is sent: its name may be blocked, or it hangs.`,
  'name-reset': (place) => `Connections to ${place} are cut right after its name is sent: its name is probably blocked.`,
  'name-closed': (place) =>
    `Connections to ${place} are closed in good order once its name is sent: its server turns them away, or its name is blocked.`,
  'name-lied': (place) => `This network gives a false address for ${place}.`,
  'wrong-certificate': (place) => `Something else answers in the place of ${place}: someone may be listening in. Nothing was sent to it.`,
  intercepted: () =>
    'Sites abroad answer with certificates that this computer does not trust: someone opens what is sent to them, and may be reading along.',
  frozen: (place, { bytes }) => `Connections to ${place} fall silent after about ${amount(bytes)}.`,
  'cut-by-bytes': (place, { bytes }) => `Connections to ${place} are cut after about ${amount(bytes)}.`,
  'cut-by-age': (place, { ms }) => `Connections to ${place} end after about ${duration(ms)}, whatever they carry.`,
  cut: (place, { count }) => `Connections to ${place} were cut ${count} times in a short while.`,
  slowed: (place, { bytesPerS }) =>
    `Traffic to ${place} is slowed down to about ${amount(bytesPerS)} a second, while other traffic is fast.`,
  'flows-limited': (place) => `Only a few connections to ${place} are let through in a short while; more are dropped.`,
  'udp-blocked': () => 'This network drops UDP, which calls and video use, while other traffic passes.',
  'foreign-silent': () => 'Well-known sites abroad do not answer.',
  'direct-silent': () => 'No relay answers at its own address.',
  'edges-silent': () => 'The relays’ CDNs do not answer.',
  'domestic-silent': () => 'Sites of this country do not answer either.',
  'domestic-answers': () => 'Sites of this country answer.',
  'edges-answer': () => 'Relays can be reached through a CDN.',
  portal: () => 'This network shows a sign-in page first. Sign in with a browser that does not go through Culvert.',
  'no-network': () => 'This computer has no network.',
  'wrong-clock': (_place, { ms }) =>
    `This computer’s clock is off by about ${duration(ms)}. Set date and time, or some sites may not open.`,
}

const PLACES: Readonly<Record<Evidence['of'], string>> = { relay: 'this relay', edge: 'the CDN', network: 'this network' }

/** One sentence that a person understands. */
export function evidenceSentence(evidence: Evidence): string {
  return SENTENCES[evidence.code](PLACES[evidence.of], evidence)
}

/** Such as “16 kB”. */
export function amount(bytes = 0): string {
  if (bytes < 1_000) return 'less than 1 kB'
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** Such as “2 minutes”; for what lasts longer than a second. */
export function duration(ms = 0): string {
  const s = Math.abs(ms) / 1_000
  if (s < 120) return `${Math.round(s)} seconds`
  if (s < 7_200) return `${Math.round(s / 60)} minutes`
  return s < 172_800 ? `${Math.round(s / 3_600)} hours` : `${Math.round(s / 86_400)} days`
}
