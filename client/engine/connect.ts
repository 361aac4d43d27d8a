// `culvert connect`: the engine on the command line.
import { versionOf } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { reasonSentence, type Status } from '../contract/status.ts'
import { evidenceSentence, type Finding, verdictSentence } from '../contract/verdict.ts'
import { parseLocal, readInvites, UsageError } from './arguments.ts'
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

/** Resolves once the proxies listen; runs until a signal ends the process. */
export async function connect(flags: ConnectFlags): Promise<void> {
  const say = flags.json === true ? (object: object) => process.stdout.write(`${JSON.stringify(object)}\n`) : sayInWords
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
    socks: parseLocal('--socks', flags.socks),
    http: parseLocal('--http', flags.http),
    password: flags.password,
    waitForDial: flags.waitForDial === true,
    beyondLoopback: flags.beyondLoopback === true,
    country: flags.country?.toUpperCase(),
    onStatus: (status) => say(statusEvent(status)),
    onFinding: (finding) => say(verdictEvent(finding)),
    age: { version: versionOf(version), onTooOld: (least) => say(tooOldEvent(version, least.join('.'))) },
  })
  const [socks, http] = [parseLocal('--socks', flags.socks).host, parseLocal('--http', flags.http).host]
  say({ event: 'ready', socks: formatAddress(socks, engine.socksPort), http: formatAddress(http, engine.httpPort) })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end(engine))
}

/** The same store, of a client that takes part in this network from now on. Throws UsageError where it takes part in another. */
function inNetwork(store: StateStore, network: string | undefined): StateStore {
  const state = store.load()
  const networkId = networkOfFolder(state, network)
  if (networkId === undefined || state.directory !== undefined) return store
  return { ...store, load: () => ({ ...store.load(), directory: { networkId, bundle: new Uint8Array() } }) }
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

function sayInWords(object: object): void {
  const event = object as { event: string; socks?: string; http?: string; state?: string; sentence?: string; retryInMs?: number }
  if (event.event === 'ready')
    process.stdout.write(`Programs can use SOCKS5 at ${event.socks} and HTTP at ${event.http}.\n${NODE_DIALER_NOTE}\n`)
  else if (event.event === 'too-old') process.stdout.write(`${event.sentence}\n`)
  else if (event.state === 'connecting') process.stdout.write('Connecting …\n')
  else if (event.state === 'recovering') process.stdout.write(`${event.sentence} Looking for another way; what is open stays open.\n`)
  else if (event.state === 'connected') process.stdout.write('Connected.\n')
  else if (event.state === 'waiting')
    process.stdout.write(`${event.sentence} Trying again in ${((event.retryInMs ?? 0) / 1000).toFixed(1)} s.\n`)
}

function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
