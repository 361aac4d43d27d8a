// The volunteer's commands: culvert-relay init, run, status, check, set, edge, policy, invite, join, leave and front.
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { Command, CommanderError } from 'commander'
import ipaddr from 'ipaddr.js'
import { versionOf } from '#protocol'
import { listenFault } from './bind.ts'
import { loadConfig, loadKeys } from './config.ts'
import { describeInit } from './describe-init.ts'
import { directoryCommand } from './directory/commands.ts'
import { addEdge, type EdgeOptions, listEdges, removeEdge } from './edge-commands.ts'
import { type InitOptions, initRelay, writeFrontSite } from './init.ts'
import { makeInvite, writeInvite } from './invite.ts'
import { writeInviteFiles } from './invite-files.ts'
import { workerLimits } from './limits.ts'
import { addAdminCommands } from './observatory/admin/commands.ts'
import { addStoreCommands } from './observatory/commands.ts'
import { addSiteCommands } from './observatory/site-commands.ts'
import { OperatorError, withAdvice } from './operator-error.ts'
import { byOwnNames } from './own-folder.ts'
import { changePolicy, type PolicyOptions } from './policy-commands.ts'
import { renewOwnCertificate } from './renew.ts'
import { changeSettings, type SetOptions } from './set-command.ts'
import { StoreError } from './store/store-error.ts'
import { readVersion } from './version.ts'

const program = new Command('culvert-relay')
  .description('Runs a Culvert relay: a web site for whoever looks, a way out for whoever holds an invite.')
  .version(readVersion())
  .showHelpAfterError('Say culvert-relay --help, or culvert-relay COMMAND --help.')
  .exitOverride()

program
  .command('init')
  .description('Make a relay: its keys, certificate, cover site and invite, in a new folder.')
  .requiredOption('--dir <folder>', 'the folder to make')
  .requiredOption('--domain <name>', 'the name that people and the certificate know the site by')
  .option('--listen <host:port>', 'where to accept visitors (default: every address, at 443; behind a front 127.0.0.1:8080)')
  .option('--address <host:port>', 'what clients dial, when it is not the domain and that port')
  .option('--cover <folder|url>', 'the site that visitors see: a folder, or another site by URL (default: one is made up)')
  .option('--behind <front>', 'write the site file for a real web server in front: nginx or caddy')
  .option('--cert <file>', 'a certificate of your own, PEM, with its chain (default: one is made)')
  .option('--key <file>', 'the private key of that certificate, PEM')
  .option('--acme [directory]', 'get a certificate from Let’s Encrypt, or from the authority at that URL, and so agree to its terms')
  .option(
    '--acme-listen <host:port>',
    'where that authority asks whether the name is yours; it dials port 80 (default: every address, at 80)',
  )
  .option('--email <address>', 'where the authority may write to')
  .option('--join <code>', 'take part in a network: the code that one of its authorities gave you')
  .action(async (options: InitOptions) => {
    process.stdout.write(describeInit(await initRelay(options, Date.now())))
  })

program
  .command('run')
  .description('Run the relay that init made. Ctrl-C or SIGTERM lets people finish, then ends.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .option('--allow-destination <cidr>', 'let clients reach this private range, such as 10.0.0.0/8; may be repeated', collectRange, [])
  .option('--json', 'say what happens as JSON lines', false)
  .option('--user <name>', 'become this user once the port is open (when started as root; default: the folder’s owner)')
  .option('--workers <number>', 'processes that share the work: a number, or auto for one each processor', parseWorkers, 1)
  .action(async (options: { dir: string; allowDestination: string[]; json: boolean; user?: string; workers: number }) => {
    const config = loadConfig(options.dir)
    renewOwnCertificate(config, Date.now())
    // The others do not wait for all that a running relay needs.
    const { runRelay } = await import('./run.ts')
    const { allowDestination: allow, dir, json, user, workers } = options
    await runRelay({ dir, config, allow, json, user, workers })
  })

program
  .command('check')
  .description('Say in plain words what is wrong with the relay, and how to mend it.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .option('--json', 'say it as one JSON object', false)
  .action(async (options: { dir: string; json: boolean }) => {
    const { checkRelay, describeFindings, isServing } = await import('./check.ts')
    const findings = await checkRelay(options.dir)
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ok: isServing(findings), findings })}\n`
        : describeFindings(findings, process.stdout.columns ?? 100),
    )
    if (!isServing(findings)) process.exitCode = 1
  })

program
  .command('status')
  .description('Say how the running relay is: whether people come, and if not why; today’s rounded counts; what to look at.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .option('--json', 'say it as one JSON object', false)
  .action(async (options: { dir: string; json: boolean }) => {
    const { askStatus, sayStatus } = await import('./status/command.ts')
    const report = await askStatus(options.dir)
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : sayStatus(report))
    if (report.health.state === 'failing') process.exitCode = 1
  })

program
  .command('set')
  .description('Show what you may choose for this relay, or change it. Lists have commas; none takes a setting away.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .option('--rate <bytes>', 'bytes a second for all people together, such as 5M')
  .option('--session-rate <bytes>', 'bytes a second for one session')
  .option('--month <bytes>', 'bytes a calendar month, such as 2T: then the relay rests until the next')
  .option('--hours <from-to>', 'when it serves, by UTC, such as 18:00-06:00: else it rests')
  .option('--ports <port,…>', 'destination ports that people may reach, such as 80,443,8000-8999')
  .option('--blocked <file>', 'a list of addresses, ranges and names that nobody reaches, one a line')
  .option('--from <address,…>', 'this machine’s addresses that people’s traffic leaves by')
  .option('--page <host:port>', 'show the status page and the metrics on a loopback port, too')
  .option('--webhook <url>', 'tell there when something is wrong')
  .option('--mail <address>', 'tell by mail when something is wrong')
  .option('--mail-server <url>', 'the server that takes that mail: smtps://USER:PASSWORD@HOST')
  .option('--store <url>', 'one of several hosts: the Redis that they share, redis://HOST:PORT')
  .option('--peer <host:port>', 'one of several hosts: where the others reach this one, in a network of their own')
  .action((options: SetOptions) => void process.stdout.write(changeSettings(options)))

const edge = program.command('edge').description('Other ways in: CDNs and web servers of others that forward to this relay.')
edge
  .command('add')
  .description('Add an edge: into the configuration and the invite. Says what to put in place there.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .requiredOption('--name <name>', 'the edge’s name, which its certificate has')
  .option('--address <host:port>', 'what clients dial (default: the name, port 443)')
  .option('--host <name>', 'the site’s name inside TLS, where the edge allows it to be another (fronting)')
  .option('--carrier <kind>', 'what passes there: websocket, http or both (default: both)')
  .option('--pin-from <file>', 'the edge’s certificate, PEM, where no public authority has signed it')
  .action((options: EdgeOptions) => void process.stdout.write(addEdge(options)))
edge
  .command('list')
  .description('Name the edges of this relay.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .action((options: { dir: string }) => void process.stdout.write(listEdges(options.dir)))
edge
  .command('remove')
  .description('Retire an edge: out of the configuration and the invite.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .requiredOption('--name <name>', 'the edge’s name')
  .option('--host <name>', 'only that which has this name inside TLS')
  .action((options: EdgeOptions) => void process.stdout.write(removeEdge(options)))

program
  .command('policy')
  .description('Show what clients of this relay are told, or change it. Lists have commas; none is an empty one.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .option('--domestic <host:port,…>', 'sites inside the country, to ask whether its network works')
  .option('--foreign <host:port,…>', 'sites outside, to ask whether the border is open')
  .option('--udp <host:port,…>', 'sites outside that answer QUIC')
  .option('--resolvers <url,…>', 'DNS over HTTPS, to compare the network’s own answers with')
  .option('--relays <file,…>', 'invites of further relays')
  .option('--rotate-bytes <from-to>', 'how much a carrier carries before the next one takes over')
  .option('--rotate-seconds <from-to>', 'how long it lives')
  .action((options: PolicyOptions) => void process.stdout.write(changePolicy(options)))

program
  .command('invite')
  .description('Write the invite anew, from what configuration, keys and certificate are now.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .option('--out <name>', 'also write it as NAME.culvert, which opens in the app, and as a QR code, NAME.svg and NAME.png')
  .action(async ({ dir, out }: { dir: string; out?: string }) => {
    const text = makeInvite(loadConfig(dir))
    const file = writeInvite(text, dir)
    process.stdout.write(`The invite is in ${file}. Whoever has this line can use the relay.\n`)
    if (out !== undefined) process.stdout.write(await writeInviteFiles(text, out))
  })

program
  .command('join')
  .description('Take part in a network, or by another code than before. A relay that runs does so by itself.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .requiredOption('--code <code>', 'the join code that one of its authorities gave you')
  .action(async ({ dir, code }: { dir: string; code: string }) => {
    const { joinNetwork } = await import('./take-part.ts')
    loadConfig(dir)
    process.stdout.write(joinNetwork(dir, code))
  })

program
  .command('leave')
  .description('Leave the network that the relay took part in. Those who hold its invite can still use it.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .action(async ({ dir }: { dir: string }) => {
    const { capacityOf, leaveNetwork } = await import('./join.ts')
    const config = loadConfig(dir)
    process.stdout.write(
      await leaveNetwork(dir, {
        keys: loadKeys(config),
        capacityBytesPerS: capacityOf(config.caps),
        version: versionOf(readVersion()),
        nowS: () => Math.floor(Date.now() / 1_000),
      }),
    )
  })

program
  .command('front')
  .description('Write the site file for nginx or Caddy anew. What was changed in it by hand is lost.')
  .requiredOption('--dir <folder>', 'the folder that init made')
  .action((options: { dir: string }) => {
    const file = writeFrontSite(loadConfig(options.dir), options.dir)
    process.stdout.write(`The site file is ${file}. The web server reads it when it is reloaded.\n`)
  })

const observatory = program
  .command('observatory')
  .description('Numbers of the whole network that can’t be turned against the people counted.')
addStoreCommands(observatory)
addSiteCommands(observatory)
addAdminCommands(observatory)

program.addCommand(directoryCommand())

await program.parseAsync().catch((failed: unknown) => {
  if (failed instanceof CommanderError) {
    process.exitCode = failed.exitCode
    return
  }
  process.stderr.write(`${describeFailure(failed)}\n`)
  process.exitCode = 1
})

function parseWorkers(text: string): number {
  const count = text === 'auto' ? availableParallelism() : /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > workerLimits.workersMax)
    throw new OperatorError(`--workers must be auto or a number up to ${workerLimits.workersMax}, but is “${text}”.`)
  return count
}

function collectRange(text: string, ranges: string[]): string[] {
  if (!ipaddr.isValidCIDR(text) && !ipaddr.isValid(text))
    throw new OperatorError(`--allow-destination must be an address or a range such as 10.0.0.0/8, but is “${text}”.`)
  return [...ranges, text]
}

/** One sentence for what an operator can mend; all there is to know for what only a programmer can. */
function describeFailure(failed: unknown): string {
  if (failed instanceof OperatorError || failed instanceof StoreError) return withAdvice(byOwnNames(failed.message))
  if (!(failed instanceof Error)) return String(failed)
  return listenFault(failed) ?? failed.stack ?? failed.message
}
