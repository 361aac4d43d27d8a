// What `culvert doctor` found, and its words. A report is codes, small counts and rounded numbers: there is no place in it for a host, an address, a key or
// a time of day.
import { amount, type Evidence, evidenceSentence, type Verdict, verdictSentence } from './verdict.ts'
import { type WayName, wayPhrase } from './way-name.ts'

/** How far a way came before it failed. `carry`: it answered as a relay does, and then brought no more. */
export type WayStep = 'dns' | 'tcp' | 'tls' | 'upgrade' | 'reply' | 'carry'

export type WayFault =
  /** Nothing came in time. */
  | 'timeout'
  /** Cut in the middle (RST). */
  | 'reset'
  /** Closed in good order (FIN), or turned away by TLS, before the handshake was through. */
  | 'closed'
  /** TCP refused (RST to the first packet), or unreachable by ICMP. */
  | 'refused'
  /** The network has no way there at all, as the operating system says (no interface, no route). */
  | 'no-network'
  /** The proxy that we go out by is gone or refuses: what lies behind it was not asked, and nothing is known of it. */
  | 'upstream'
  /** The name has no address. */
  | 'no-name'
  /** Another certificate than the pinned or vouched one. */
  | 'certificate'
  /** The right certificate, as far as can be seen, but of another time than this computer’s. */
  | 'clock'
  /** One that has expired: by a clock that is ahead, or by somebody who has no other. */
  | 'expired'
  /** The site answered as a site. */
  | 'not-admitted'
  /** An answer that makes no sense, or an edge's error page. */
  | 'answer'

export interface WayReport {
  readonly name: WayName
  readonly works: boolean
  /** From the dial to the relay's first message, to two digits. */
  readonly ms?: number
  /** Of the try that came furthest. */
  readonly failed?: { readonly step: WayStep; readonly fault: WayFault; readonly bytes?: number }
  /** Tries that failed, those before a success included. */
  readonly failures: number
  /** This network gives a false address for it. */
  readonly isLiedAbout: boolean
}

export interface Asked {
  readonly asked: number
  readonly answered: number
}

export interface NetworkReport {
  readonly hasInterface: boolean
  readonly clock: 'right' | 'wrong' | 'unknown'
  /** Of the country, and abroad. */
  readonly domestic: Asked
  readonly foreign: Asked
  readonly udp: 'passes' | 'blocked' | 'unknown'
  readonly portal: 'shown' | 'none' | 'unknown'
}

export interface DoctorReport {
  readonly version: 1
  /** `unclear`: no way works, and there was nobody else to ask. */
  readonly verdict: Verdict | 'unclear'
  readonly evidence: readonly Evidence[]
  readonly network: NetworkReport
  readonly ways: readonly WayReport[]
}

/** The report and its words in one object, as --json prints it and --export saves it. */
export function withWords(report: DoctorReport): object {
  return { ...report, sentences: findingLines(report), ways: report.ways.map((way) => ({ ...way, sentence: wayLine(way) })) }
}

/** One screen. */
export function doctorLines(report: DoctorReport): string[] {
  const { ways, network } = report
  const found = findingLines(report)
  const none = 'No invite was given, so that no way could be tried: culvert doctor --invite FILE'
  return [
    ...found.map((line, index) => (index === 0 ? line : `  · ${line}`)),
    '',
    ...(ways.length === 0 ? [none] : ['Ways to the relay', ...columns(ways.map(wayCells))]),
    '',
    'This network',
    ...columns(networkCells(network)),
  ]
}

/** Such as “direct WebSocket: works, 45 ms”. */
export function wayLine(way: WayReport): string {
  return wayCells(way).join(': ')
}

function findingLines({ verdict, evidence, ways }: DoctorReport): string[] {
  return [sentenceOf(verdict, evidence, ways), ...evidence.map(evidenceSentence)]
}

function sentenceOf(verdict: DoctorReport['verdict'], evidence: readonly Evidence[], ways: readonly WayReport[]): string {
  if (verdict === 'unclear') return 'No way to the relay works, and there was nobody else to ask: the relay may be gone, or blocked.'
  if (ways.length === 0 && verdict === 'open') return 'This computer has a network. Nothing more can be said without an invite.'
  return verdictSentence({ verdict, evidence })
}

function wayCells({ name, works, ms, failed, failures, isLiedAbout }: WayReport): [string, string] {
  const again = failures === 0 ? '' : `, after ${failures} ${failures === 1 ? 'failure' : 'failures'}`
  const how = works || failed === undefined ? `works, ${ms ?? 0} ms${again}` : failurePhrase(failed)
  return [wayPhrase(name), isLiedAbout ? `${how}; this network gives a false address for it` : how]
}

const BEFORE: Readonly<Record<WayStep, string>> = {
  dns: 'while its name is looked up',
  tcp: 'before it begins',
  tls: 'after its name is sent',
  upgrade: 'after its first request is sent',
  reply: 'after its first answer',
  carry: '',
}

/** Said in this way wherever it happens. */
const ALWAYS: Readonly<Partial<Record<WayFault, string>>> = {
  'no-network': 'this computer has no network',
  upstream: 'the proxy that leads there can’t be used, or refuses',
  'no-name': 'its name has no address here',
  certificate: 'something else answers in its place; nothing was sent to it',
  expired: 'its certificate has expired, or this computer’s clock is ahead',
  clock: 'its certificate does not fit this computer’s clock, which is probably wrong',
  'not-admitted': 'its site answers, but does not know this invite',
  answer: 'what answers there is not the relay',
}

function failurePhrase({ step, fault, bytes }: NonNullable<WayReport['failed']>): string {
  const always = ALWAYS[fault]
  if (always !== undefined) return always
  if (step === 'carry') return `${fault === 'reset' ? 'is cut' : 'falls silent'} after about ${amount(bytes)}`
  if (fault === 'refused') return 'its address refuses to be called'
  if (fault === 'reset' || fault === 'closed') return `${fault === 'reset' ? 'cut' : 'closed'} ${BEFORE[step]}`
  if (step === 'dns') return 'its name cannot be looked up: no name server answers'
  return step === 'tcp' ? 'nothing comes back from its address' : `falls silent ${BEFORE[step]}`
}

function networkCells({ hasInterface, clock, domestic, foreign, udp, portal }: NetworkReport): [string, string][] {
  const answers = ({ asked, answered }: Asked): string => (asked === 0 ? 'none known to ask' : `${answered} of ${asked} answer`)
  const words = { unknown: 'unknown', right: 'right', wrong: 'wrong', passes: 'passes', blocked: 'blocked', shown: 'shown', none: 'none' }
  return [
    ['interface', hasInterface ? 'up' : 'none'],
    ['sites of this country', answers(domestic)],
    ['sites abroad', answers(foreign)],
    ['UDP', words[udp]],
    ['sign-in page', words[portal]],
    ['clock', words[clock]],
  ]
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([first]) => first.length))
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`)
}

/** Two digits of a number: enough to tell fast from slow, too few to tell one computer from another. */
export function roundOff(value: number): number {
  const size = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(value)))) - 1)
  return Math.round(value / size) * size
}
