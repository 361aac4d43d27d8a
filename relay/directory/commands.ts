// `culvert-relay directory …`: what an organisation does that runs an authority.
import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import {
  charterHash,
  cosignCheckpoint,
  type Directory,
  decodeBundle,
  decodeConsensus,
  encodeBundle,
  encodeNote,
  equalBytes,
  firstKnown,
  freshUntilS,
  type Known,
  keyNameOf,
  ProtocolError,
  revocationOf,
  trimBundle,
  validUntilS,
  verifyBundle,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { OperatorError } from '../operator-error.ts'
import type { Book } from './book.ts'
import { type CharterOptions, certify, createRoot, signCharter, writeCharter } from './ceremony.ts'
import { installCertificate, installCharter, loadMandate, readBytes, readCharter } from './folder.ts'
import { describeFork, numberOf } from './fork.ts'
import { addHanding } from './handing-commands.ts'
import { type AuthorityInitOptions, initAuthority, makeJoinCode, namePeers, readInvite } from './init.ts'
import { describeLogEnd } from './log-end.ts'
import { loadSettings, saveSettings } from './settings.ts'
import { describeShares } from './share.ts'
import type { Shutdown } from './shutdowns.ts'
import { loadKeyFile } from './signing-key.ts'

const FOLDER = 'the folder that directory init made'

export function directoryCommand(): Command {
  const command = new Command('directory').description(
    'For organisations that sign the directory together: docs/DIRECTORY.md, step by step.',
  )
  addCeremony(command)
  addAuthority(command)
  addDaily(command)
  addHanding(command)
  return command
}

function addCeremony(command: Command): void {
  command
    .command('root')
    .description('Make a root key. On a machine without a network.')
    .requiredOption('--out <file>', 'the key’s file')
    .action(({ out }: { out: string }) => tell(createRoot(out)))
  command
    .command('charter')
    .description('Write a charter: who the authorities are. It holds once enough root keys have signed it.')
    .requiredOption('--name <name>', 'the network’s name, such as directory.example.org')
    .requiredOption('--threshold <k>', 'how many authorities must sign; more than half')
    .requiredOption('--authority <name=key...>', 'an authority and the public half of its root key')
    .option('--witness <name=key...>', 'an organisation that watches the log', [])
    .option('--witness-threshold <n>', 'how many of them must have seen a directory', '0')
    .option('--period <seconds>', 'from meeting to meeting; else that of the charter before, or six hours')
    .option('--phase <seconds>', 'of a meeting’s phases; else that of the charter before, or two minutes')
    .option('--epoch <seconds>', 'after which relays are handed out anew; of a first charter alone; else a day')
    .option('--after <file>', 'the charter that this one follows')
    .requiredOption('--out <file>', 'the charter’s file')
    .action((options: CharterOptions) => tell(writeCharter(options, Date.now() / 1_000)))
  command
    .command('sign-root')
    .description('Sign with a root key: a charter, or the signing key of an authority.')
    .requiredOption('--key <file>', 'the root key')
    .option('--charter <file>', 'the charter to sign')
    .option('--request <file>', 'the signing request of an authority')
    .option('--days <n>', 'how long the certificate holds', '365')
    .option('--serial <n>', 'higher than that of every certificate before it', '1')
    .option('--out <file>', 'where the certificate goes')
    .action(({ key, charter, request, days, serial, out }: Readonly<Record<string, string | undefined>>) => {
      if (charter !== undefined && request === undefined) return tell(signCharter(key as string, charter))
      if (request === undefined || charter !== undefined || out === undefined)
        throw new OperatorError('Give either --charter, or --request with --out.')
      return tell(certify(key as string, request, days as string, serial as string, out, Date.now() / 1_000))
    })
}

function addAuthority(command: Command): void {
  command
    .command('init')
    .description('Make an authority: a site like a relay’s, a signing key, and a request for its certificate.')
    .requiredOption('--dir <folder>', 'the folder to make')
    .requiredOption('--domain <name>', 'the name that people and the certificate know the site by')
    .requiredOption('--charter <file>', 'the network’s charter, signed')
    .requiredOption('--member <name>', 'the authority’s name in it')
    .option('--listen <host:port>', 'where to accept visitors')
    .option('--address <host:port>', 'what is dialled, when it is not the domain and that port')
    .option('--cover <folder|url>', 'the site that visitors see')
    .option('--behind <front>', 'nginx or caddy')
    .option('--cert <file>', 'a certificate of your own, PEM')
    .option('--key <file>', 'its private key, PEM')
    .action(async (options: AuthorityInitOptions) => tell(await initAuthority(options)))
  command
    .command('install')
    .description('Put a certificate or the next charter in place. An authority that runs takes it up at its next meeting.')
    .requiredOption('--dir <folder>', FOLDER)
    .option('--certificate <file>', 'signed by the root key')
    .option('--charter <file>', 'signed by enough root keys')
    .action(({ dir, certificate, charter }: { dir: string; certificate?: string; charter?: string }) => {
      if (charter !== undefined) tell(`Charter ${installCharter(readBytes(charter), dir).charter.number} is in place.\n`)
      if (certificate !== undefined) installCertificate(readBytes(certificate), dir, Date.now() / 1_000)
      if (certificate !== undefined) tell('The certificate is in place.\n')
    })
  command
    .command('peer')
    .description('Name the other authorities, each by its invite.')
    .requiredOption('--dir <folder>', FOLDER)
    .requiredOption('--invite <file...>', 'their invites')
    .action(({ dir, invite }: { dir: string; invite: readonly string[] }) => {
      tell(`This authority meets ${namePeers(dir, invite)} others.\n`)
    })
  command
    .command('run')
    .description('Run the authority: test relays, meet the others, answer who asks.')
    .requiredOption('--dir <folder>', FOLDER)
    .option('--json', 'say what happens as JSON lines', false)
    .action(async (options: { dir: string; json: boolean }) => (await import('./run.ts')).runAuthority(options))
}

function addDaily(command: Command): void {
  command
    .command('join-code')
    .description('Make a code by which volunteers’ relays may take part.')
    .requiredOption('--dir <folder>', FOLDER)
    .option('--days <n>', 'how long it can be used', '30')
    .option('--uses <n>', 'for how many relays', '1')
    .action(({ dir, days, uses }: { dir: string; days: string; uses: string }) =>
      tell(`${makeJoinCode(dir, Number(days), Number(uses))}\n`),
    )
  command
    .command('revoke')
    .description('Say that a relay is not to be used any more. It takes k authorities who say so.')
    .requiredOption('--dir <folder>', FOLDER)
    .requiredOption('--invite <file>', 'the relay’s invite')
    .action(({ dir, invite }: { dir: string; invite: string }) => {
      const settings = loadSettings(dir)
      const revoked = [...settings.decided.revoked, revocationOf(readInvite(invite))]
      saveSettings({ ...settings, decided: { ...settings.decided, revoked } }, dir)
      tell('Revoked here. It holds for all once enough authorities have said the same.\n')
    })
  command
    .command('status')
    .description('Say how relays fare, and how old the directory is.')
    .requiredOption('--dir <folder>', FOLDER)
    .action(async ({ dir }: { dir: string }) => tell(await describeStatus(dir)))
  command
    .command('export')
    .description('Write the directory to a file: for clients that reach nobody, and for witnesses.')
    .requiredOption('--dir <folder>', FOLDER)
    .requiredOption('--out <file>', 'where it goes')
    .option('--since <size>', 'without the log that who has this many entries has', '0')
    .action(async ({ dir, out, since }: { dir: string; out: string; since: string }) => {
      const { bundle } = await current(dir)
      writeFileSync(resolve(out), encodeBundle(trimBundle(decodeBundle(bundle), Number(since))))
      tell(`The directory is in ${resolve(out)}.\n`)
    })
  command
    .command('witness')
    .description('Watch the log: check that a directory only adds to the one seen last, and sign its checkpoint.')
    .requiredOption('--key <file>', 'the witness’s key (directory root makes one)')
    .requiredOption('--seen <file>', 'the directory seen last; written anew')
    .requiredOption('--bundle <file>', 'the directory to look at')
    .requiredOption('--charter <file>', 'the network’s first charter')
    .requiredOption('--out <file>', 'where the checkpoint goes, with our signature')
    .action((options: WitnessOptions) => tell(witness(options, Date.now() / 1_000)))
}

/** Relays have these commands as well, and no use for what reads a store. */
async function openBook(store: string): Promise<Book> {
  const { Book } = await import('./book.ts')
  return Book.open(store)
}

async function current(dir: string): Promise<{ readonly bundle: Uint8Array; readonly roll: Uint8Array }> {
  const book = await openBook(loadSettings(dir).store)
  try {
    const found = await book.current()
    if (found === undefined) throw new OperatorError('There is no directory yet: the authorities have not met, or too few of them.')
    return found
  } finally {
    await book.close()
  }
}

export async function describeStatus(dir: string): Promise<string> {
  const mandate = loadMandate(dir)
  const { networkId, settings } = mandate
  const book = await openBook(settings.store)
  try {
    const nowS = Date.now() / 1_000
    const relays = await book.relays(nowS)
    const faults = new Map<string, number>()
    for (const { fault, testedS } of relays) {
      const word = testedS === 0 ? 'not tested yet' : fault === '' ? 'well' : fault
      faults.set(word, (faults.get(word) ?? 0) + 1)
    }
    const rows = [...faults].sort().map(([word, count]) => `  ${word.padEnd(20)}${count}\n`)
    const fork = await book.fork()
    const alarm = fork === undefined ? '' : `${describeFork(numberOf(fork))}\n`
    const known = `${alarm}${relays.length} relays are known here.\n${rows.join('')}`
    const shutdowns = (await book.shutdowns.during({ fromS: nowS, untilS: Number.MAX_SAFE_INTEGER })).map(describeShutdown).join('')
    const held = await book.current()
    if (held === undefined) return `${known}There is no directory yet.\n${shutdowns}`
    const { consensus, charter } = readAtItsTime(held.bundle, firstKnown(networkId))
    const end = describeLogEnd(consensus.number, charter.times)
    const hours = (untilS: number): string => `${((untilS - nowS) / 3_600).toFixed(1)} h`
    return `${known}Directory ${consensus.number} lists ${consensus.rollSize}; fresh for ${hours(freshUntilS(consensus))}, valid for ${hours(validUntilS(consensus))}.\n${end && `${end}\n`}${describeShares(consensus, mandate)}${shutdowns}`
  } finally {
    await book.close()
  }
}

function describeShutdown({ country, fromS, untilS }: Shutdown): string {
  const [first, last] = [fromS, untilS - 1].map((atS) => new Date(atS * 1_000).toISOString().slice(0, 10))
  return `What is kept back is for ${country} from ${first} until ${last}.\n`
}

interface WitnessOptions {
  readonly key: string
  readonly seen: string
  readonly bundle: string
  readonly charter: string
  readonly out: string
}

function witness({ key: keyFile, seen, bundle: file, charter: charterFile, out }: WitnessOptions, nowS: number): string {
  const key = loadKeyFile(keyFile)
  const first = readCharter(readBytes(charterFile))
  const bytes = readBytes(file)
  try {
    const before = existsSync(seen)
      ? readAtItsTime(readBytes(seen), firstKnown(charterHash(first.body))).known
      : firstKnown(charterHash(first.body))
    const { charter, bundle } = verifyBundle(nodeCrypto, bytes, before, nowS)
    const member = charter.witnesses.find((one) => equalBytes(one.key, key.publicKey))
    if (member === undefined) throw new OperatorError('The charter does not name this key as a witness.')
    const { checkpoint } = bundle.note
    const signature = cosignCheckpoint(checkpoint, keyNameOf(charter, member), key.publicKey, Math.floor(nowS), key.sign)
    // First kept, then signed: what was signed once is never forgotten.
    writeFileSync(seen, bytes)
    writeFileSync(out, encodeNote({ checkpoint, signatures: [signature] }))
    return `Seen and signed: a log of ${checkpoint.size} directories. The checkpoint is in ${resolve(out)}.\n`
  } catch (error) {
    if (error instanceof ProtocolError) throw new OperatorError(`Not signed. ${error.message}`)
    throw error
  }
}

/** A directory of any age, as it was when it was made. */
function readAtItsTime(bytes: Uint8Array, known: Known): Directory {
  return verifyBundle(nodeCrypto, bytes, known, decodeConsensus(decodeBundle(bytes).consensus).madeS)
}

function tell(text: string): void {
  process.stdout.write(text)
}
