// `culvert connect`: the engine on the command line.
import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { decodeInvite, type Invite, ProtocolError } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { reasonSentence, type Status } from '../contract/status.ts'
import { evidenceSentence, type Finding, verdictSentence } from '../contract/verdict.ts'
import { type Engine, type LocalAddress, startEngine } from './engine.ts'
import { NodePlatform } from './platform-node.ts'
import { createFolderStore, noStore } from './state.ts'
import { parseUpstream } from './upstream.ts'

interface ConnectFlags {
  readonly invite: readonly string[]
  readonly socks: string
  readonly http: string
  readonly dir?: string
  readonly upstream?: string
  readonly password?: string
  readonly waitForDial?: boolean
  readonly beyondLoopback?: boolean
  readonly json?: boolean
}

/** A fault that the person can mend; shown as one sentence. */
class UsageError extends Error {}

const program: Command = new Command('culvert')
  .description('Carries programs’ traffic through a relay that looks like an ordinary web site.')
  .showHelpAfterError('(`culvert connect --help` explains each option)')

program
  .command('connect')
  .description('connect to the relay of an invite, and offer local SOCKS5 and HTTP proxies')
  .requiredOption('--invite <file-or-uri...>', 'the invite: its file, or the line that begins with culvert:; several, for several relays')
  .option('--socks <host:port>', 'where the SOCKS5 proxy listens; port 0 takes any free one', '127.0.0.1:0')
  .option('--http <host:port>', 'where the HTTP proxy listens', '127.0.0.1:0')
  .option('--dir <folder>', 'remember here what worked: the endpoint, and how far this computer’s clock is off (nothing else)')
  .option('--upstream <uri>', 'reach the relay through another SOCKS5 proxy, such as socks5://127.0.0.1:9050')
  .option('--wait-for-dial', 'answer programs only when the relay has reached their destination: true error codes, one round trip more')
  .addOption(new Option('--password <text>', 'ask programs for this password (any user name)').env('CULVERT_PROXY_PASSWORD'))
  .option('--beyond-loopback', 'allow --socks and --http addresses that other machines can reach (dangerous: set a password)')
  .option('--json', 'print one JSON object a line')
  .action((flags: ConnectFlags) => connect(flags))

async function connect(flags: ConnectFlags): Promise<void> {
  const say = flags.json === true ? (object: object) => process.stdout.write(`${JSON.stringify(object)}\n`) : sayInWords
  const engine = await startEngine({
    platform: new NodePlatform(flags.upstream === undefined ? undefined : parseUpstream(flags.upstream)),
    crypto: nodeCrypto,
    invites: flags.invite.map(readInvite),
    store: flags.dir === undefined ? noStore : createFolderStore(flags.dir),
    socks: parseLocal('--socks', flags.socks),
    http: parseLocal('--http', flags.http),
    password: flags.password,
    waitForDial: flags.waitForDial === true,
    beyondLoopback: flags.beyondLoopback === true,
    onStatus: (status) => say(statusEvent(status)),
    onFinding: (finding) => say(verdictEvent(finding)),
  })
  const [socks, http] = [parseLocal('--socks', flags.socks).host, parseLocal('--http', flags.http).host]
  say({ event: 'ready', socks: formatAddress(socks, engine.socksPort), http: formatAddress(http, engine.httpPort) })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end(engine))
}

async function end(engine: Engine): Promise<void> {
  await engine.stop()
  process.exit(0)
}

function statusEvent(status: Status): object {
  return 'reason' in status ? { event: 'status', ...status, sentence: reasonSentence(status.reason) } : { event: 'status', ...status }
}

function verdictEvent({ verdict, evidence }: Finding): object {
  return { event: 'verdict', verdict, sentences: [verdictSentence(verdict), ...evidence.map(evidenceSentence)], evidence }
}

function sayInWords(object: object): void {
  const event = object as { event: string; socks?: string; http?: string; state?: string; sentence?: string; retryInMs?: number }
  if (event.event === 'ready') process.stdout.write(`Programs can use SOCKS5 at ${event.socks} and HTTP at ${event.http}.\n`)
  else if (event.state === 'connecting') process.stdout.write('Connecting …\n')
  else if (event.state === 'recovering') process.stdout.write(`${event.sentence} Looking for another way; what is open stays open.\n`)
  else if (event.state === 'connected') process.stdout.write('Connected.\n')
  else if (event.state === 'waiting')
    process.stdout.write(`${event.sentence} Trying again in ${((event.retryInMs ?? 0) / 1000).toFixed(1)} s.\n`)
}

function readInvite(text: string): Invite {
  try {
    return decodeInvite(/^culvert:/i.test(text) ? text : readInviteFile(text))
  } catch (error) {
    throw error instanceof ProtocolError ? new UsageError(error.message) : error
  }
}

function readInviteFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new UsageError(`The invite file ${path} can’t be read. Give its path, or the invite itself.`)
  }
}

function parseLocal(option: string, text: string): LocalAddress {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:]+)):(\d{1,5})$/.exec(text)
  if (match === null || Number(match[3]) > 65535) throw new UsageError(`${option} wants an address and a port, such as 127.0.0.1:1080.`)
  return { host: (match[1] ?? match[2]) as string, port: Number(match[3]) }
}

function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Runs the command line; a fault that the person can mend is a sentence, not a stack. */
async function main(argv: readonly string[]): Promise<void> {
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 1
  }
}

await main(process.argv)
