// The client's commands: culvert connect, doctor, rehearse, recommend and directory. Only their options stand here.
import { Command, Option } from 'commander'
import { UsageError } from './arguments.ts'
import { type ConnectFlags, connect } from './connect.ts'
import { type ExportFlags, exportDirectory, type ImportFlags, importDirectory, showDirectory } from './directory-command.ts'
import type { FetchFlags } from './directory-fetch-command.ts'
import { type DoctorFlags, doctor } from './doctor/command.ts'
import { drillLimits } from './limits.ts'
import { type RecommendFlags, recommend } from './recommend.ts'
import { type RehearseFlags, rehearse } from './rehearse/command.ts'
import { readVersion } from './version.ts'

const INVITE = 'the invite: its file, or the line that begins with culvert:; several, for several relays'

const program: Command = new Command('culvert')
  .description('Carries programs’ traffic through a relay that looks like an ordinary web site.')
  .version(readVersion())
  .showHelpAfterError('(`culvert --help` names the commands, `culvert connect --help` explains each option of one)')

program
  .command('connect')
  .description('connect to the relay of an invite, and offer local SOCKS5 and HTTP proxies')
  .option('--invite <file-or-uri...>', INVITE)
  .option('--ui', 'show the app’s screens in a browser; invites, ports and password can be given there')
  .option('--socks <host:port>', 'where the SOCKS5 proxy listens; port 0 takes any free one', '127.0.0.1:0')
  .option('--http <host:port>', 'where the HTTP proxy listens', '127.0.0.1:0')
  .option('--dir <folder>', 'remember here what worked: the endpoint, and how far this computer’s clock is off (nothing else)')
  .option('--upstream <uri>', 'reach the relay through another proxy, such as socks5://127.0.0.1:9050 or http://192.0.2.1:8080')
  .option('--wait-for-dial', 'answer programs only when the relay has reached their destination: true error codes, one round trip more')
  .addOption(new Option('--password <text>', 'ask programs for this password (any user name)').env('CULVERT_PROXY_PASSWORD'))
  .option('--beyond-loopback', 'allow --socks and --http addresses that other machines can reach (dangerous: set a password)')
  .option('--country <letters>', 'where you are, two letters such as IR: which of the directory’s hints hold')
  .option('--network <id>', 'the id of the network to take part in: its signed directory is fetched through the relay, and kept')
  .option('--json', 'print one JSON object a line')
  .action((flags: Partial<ConnectFlags> & { readonly ui?: boolean }, command: Command) => startConnect(flags, command))

program
  .command('doctor')
  .description('say what is blocked on this network, and which ways to the relay work; names no host and no address')
  .option('--invite <file-or-uri...>', INVITE)
  .option('--dir <folder>', 'the folder that connect was given: whom to ask besides the relays')
  .option('--json', 'print one JSON object')
  .option('--export <file>', 'save the report, once it was shown and you agreed; nothing in it tells who or where you are')
  .option('--yes', 'agree beforehand')
  .action((flags: DoctorFlags) => doctor(flags))

program
  .command('rehearse')
  .description('a shutdown drill: connects, then takes one way after the other away from itself, and says what carries on')
  .requiredOption('--invite <file-or-uri...>', INVITE)
  .option('--dir <folder>', 'the folder that connect was given: fallbacks that the relay told of')
  .option('--url <url>', 'carry this download meanwhile, again and again, rather than small requests to the relay itself')
  .option('--step-seconds <n>', 'how long data may stand still in a step before it counts as cut off', String(drillLimits.stepMs / 1000))
  .option('--json', 'print one JSON object a line')
  .action((flags: RehearseFlags) => rehearse(flags))

program
  .command('recommend')
  .description('ask the network for an invite that you can give to a friend')
  .requiredOption('--invite <file-or-uri>', 'your own invite of the network')
  .requiredOption('--dir <folder>', 'the folder that connect was given')
  .option('--qr <file>', 'also write it as a QR code, PNG')
  .action((flags: RecommendFlags) => recommend(flags))

const directory = program.command('directory').description('the signed list of relays: hand it on, take it in, by file, link or QR code')
directory
  .command('import')
  .description('take a directory in; it is checked as if it came over the network')
  .argument('<part...>', 'a file, a link, or what each of the QR codes says')
  .requiredOption('--dir <folder>', 'the folder that connect was given')
  .option('--network <id>', 'the network’s id, if you were told it')
  .action((parts: readonly string[], flags: ImportFlags) => importDirectory(parts, flags, Math.floor(Date.now() / 1000)))
directory
  .command('fetch')
  .description('ask for a younger one now: relays of invites, and whom the last directory names')
  .requiredOption('--dir <folder>', 'the folder that connect was given')
  .option('--invite <file-or-uri...>', INVITE)
  .option('--network <id>', 'the network’s id, if this folder knows none yet')
  .option('--json', 'print one JSON object')
  .action(async (flags: FetchFlags) => {
    const { fetchDirectory } = await import('./directory-fetch-command.ts')
    // Sockets to hosts that never answer would keep the process.
    process.exit(await fetchDirectory(flags))
  })
directory
  .command('export')
  .description('hand the directory on; it names no relay')
  .requiredOption('--dir <folder>', 'the folder that connect was given')
  .option('--out <file>', 'write it to a file')
  .option('--link', 'print it as one line')
  .option('--qr <name>', 'write it as QR codes: NAME-1.png and so on')
  .action((flags: ExportFlags) => exportDirectory(flags))
directory
  .command('show')
  .description('say how old the directory is')
  .requiredOption('--dir <folder>', 'the folder that connect was given')
  .action(({ dir }: { dir: string }) => showDirectory(dir, Math.floor(Date.now() / 1000)))

/** What the screens have a place for is set there, and nowhere else. */
const SET_IN_SCREENS = ['socks', 'http', 'password', 'waitForDial', 'beyondLoopback', 'country'] as const

async function startConnect(flags: Partial<ConnectFlags> & { readonly ui?: boolean }, command: Command): Promise<void> {
  if (flags.ui === true) {
    const given = SET_IN_SCREENS.find((name) => command.getOptionValueSource(name) === 'cli')
    if (given !== undefined)
      throw new UsageError(`--ui and --${kebab(given)} don’t go together: the screens have a place for ports, password and country.`)
    if (flags.network !== undefined) throw new UsageError('--ui and --network don’t go together.')
    // Only here: the app core and what builds the screens need not be read otherwise.
    const { connectWithUi } = await import('./ui-server/command.ts')
    return connectWithUi(flags)
  }
  if (flags.invite === undefined) command.error("error: required option '--invite <file-or-uri...>' not specified")
  return connect(flags as ConnectFlags)
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
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
