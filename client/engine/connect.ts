// `culvert connect`: the engine on the command line.
import { versionOf } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { reasonSentence, type Status } from '../contract/status.ts'
import { duration, evidenceSentence, type Finding, verdictSentence } from '../contract/verdict.ts'
import { parseCountry, parseLocal, readInvites, UsageError } from './arguments.ts'
import { networkOfFolder } from './directory-command.ts'
import { type Engine, startEngine } from './engine.ts'
import { NODE_DIALER_NOTE, NodePlatform } from './platform-node.ts'
import { createFolderStore, holdFolder, noStore, type StateStore } from './state.ts'
import { parseUpstream } from './upstream.ts'
import { readVersion } from './version.ts'

export interface ConnectFlags {
  readonly invite: readonly string[]
  readonly socks: string
  readonly http: string
  readonly dir?: string
  readonly upstream?: string
  readonly password?: string
  readonly waitForDial?: boolean
  readonly beyondLoopback?: boolean
  readonly country?: string
  /** The id of the network to take part in. */
  readonly network?: string
  readonly json?: boolean
}

/** A wait that is over before it has been read. */
const AT_ONCE_MS = 1_500

/** Why the system lets no proxy listen there, by its code. */
const PORT_REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program has that port. Give --socks or --http another one; port 0 takes any free one.',
  EACCES: 'You may not listen on that port. Give --socks or --http one above 1023; port 0 takes any free one.',
  EADDRNOTAVAIL: 'This machine does not have that address. Give --socks or --http one that it has, such as 127.0.0.1.',
}

/** Resolves once the proxies listen; runs until a signal ends the process. */
export async function connect(flags: ConnectFlags): Promise<void> {
  const say = flags.json === true ? (object: object) => process.stdout.write(`${JSON.stringify(object)}\n`) : sayInWords
  const allow = flags.beyondLoopback === true
  const [socks, http] = [parseLocal('--socks', flags.socks, allow), parseLocal('--http', flags.http, allow)]
  const given = readInvites(flags.invite, Math.floor(Date.now() / 1000))
  if (given.network !== undefined && flags.dir === undefined)
    throw new UsageError('An invite of a network needs a folder, to know you again: add --dir FOLDER.')
  if (flags.dir !== undefined) await holdFolder(flags.dir)
  const version = readVersion()
  const engine = await startEngine({
    platform: new NodePlatform(flags.upstream === undefined ? undefined : parseUpstream(flags.upstream)),
    crypto: nodeCrypto,
    ...given,
    store: inNetwork(flags.dir === undefined ? noStore : createFolderStore(flags.dir), flags.network),
    socks,
    http,
    password: flags.password,
    waitForDial: flags.waitForDial === true,
    beyondLoopback: allow,
    country: flags.country === undefined ? undefined : parseCountry(flags.country),
    onStatus: (status) => say(statusEvent(status)),
    onFinding: (finding) => say(verdictEvent(finding)),
    age: { version: versionOf(version), onTooOld: (least) => say(tooOldEvent(version, least.join('.'))) },
  }).catch(refusePort)
  say({ event: 'ready', socks: formatAddress(socks.host, engine.socksPort), http: formatAddress(http.host, engine.httpPort) })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end(engine))
}

/** The same store, of a client that takes part in this network from now on. Throws UsageError where it takes part in another. */
function inNetwork(store: StateStore, network: string | undefined): StateStore {
  const state = store.load()
  const networkId = networkOfFolder(state, network)
  if (networkId === undefined || state.directory !== undefined) return store
  return { ...store, load: () => ({ ...store.load(), directory: { networkId, bundle: new Uint8Array() } }) }
}

function refusePort(error: NodeJS.ErrnoException): never {
  const refusal = PORT_REFUSALS[error.code ?? '']
  throw refusal === undefined ? error : new UsageError(refusal)
}

async function end(engine: Engine): Promise<void> {
  await engine.stop()
  process.exit(0)
}

function statusEvent(status: Status): object {
  return 'reason' in status ? { event: 'status', ...status, sentence: reasonSentence(status.reason) } : { event: 'status', ...status }
}

/** What k authorities have signed: it may be that this version gives its user away, or that relays stop answering it. */
function tooOldEvent(version: string, least: string): object {
  const sentence = `This is Culvert ${version}, and the people who run the network say that versions older than ${least} should not be used any more. Update it.`
  return { event: 'too-old', version, least, sentence }
}

function verdictEvent(finding: Finding): object {
  const { verdict, evidence } = finding
  return { event: 'verdict', verdict, sentences: [verdictSentence(finding), ...evidence.map(evidenceSentence)], evidence }
}

function sayInWords(event: object): void {
  const words = eventInWords(event)
  if (words !== undefined) process.stdout.write(`${words}\n`)
}

/** What a person reads in the place of the object; of an end that they asked for, nothing. */
export function eventInWords(object: object): string | undefined {
  const event = object as { event: string; socks?: string; http?: string; state?: string; sentence?: string; retryInMs?: number }
  if (event.event === 'ready') return `Programs can use SOCKS5 at ${event.socks} and HTTP at ${event.http}.\n${NODE_DIALER_NOTE}`
  if (event.event === 'verdict') return (object as { readonly sentences: readonly string[] }).sentences.join(' ')
  if (event.state === 'connecting') return 'Connecting …'
  if (event.state === 'connected') return 'Connected.'
  if (event.state === 'recovering') return `${event.sentence} Looking for another way; what is open stays open.`
  if (event.state === 'waiting') return `${event.sentence} ${retryInWords(event.retryInMs ?? 0)}`
  return event.sentence
}

function retryInWords(ms: number): string {
  return ms < AT_ONCE_MS ? 'Trying again.' : `Trying again in ${duration(ms)}.`
}

function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
