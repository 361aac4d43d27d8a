// `culvert-relay directory invite`, `blocked` and `shutdown`: how a group lets people in, says where relays can't be reached any more, and when those that are
// kept back are to be handed out. All write into the book while the authority runs.
import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { encodeNetworkInvite, type Invite, NETWORK_DOORS_MAX, SECRET_BYTES } from '#protocol'
import { loadConfig, loadKeys } from '../config.ts'
import { COUNTRIES } from '../countries.ts'
import { writeInviteFiles } from '../invite-files.ts'
import { OperatorError } from '../operator-error.ts'
import type { Book } from './book.ts'
import { inviteName, relayName } from './distributor.ts'
import { loadMandate } from './folder.ts'
import { isCountry } from './handing/rows.ts'
import { readInvite } from './init.ts'
import { distributorLimits } from './limits.ts'
import { loadSettings } from './settings.ts'
import { othersWith, refuseWithoutShare } from './share.ts'

const FOLDER = 'the folder that directory init made'
const DAY_S = 86_400

export function addHanding(command: Command): void {
  command
    .command('invite')
    .description('Make an invite of the network: whoever has it is handed a few of its relays.')
    .requiredOption('--dir <folder>', FOLDER)
    .option('--people <n>', 'for how many: 1, or as many as a group has', '1')
    .option('--days <n>', 'how long one can begin with it', '30')
    .option('--door <file...>', 'invites of relays that pass the first question on, where the authority itself is blocked', [])
    .option('--out <name>', 'also write it as NAME.culvert, which opens in the app, and as a QR code, NAME.svg and NAME.png')
    .action(async (options: InviteOptions) => void process.stdout.write(await makeNetworkInvite(options, Date.now() / 1_000)))
  command
    .command('blocked')
    .description('Say that a relay can’t be reached from a country: those there who were handed it get another in the next epoch.')
    .requiredOption('--dir <folder>', FOLDER)
    .requiredOption('--invite <file>', 'the relay’s invite')
    .requiredOption('--country <letters>', 'two letters, such as IR')
    .action(async (options: BlockedOptions) => void process.stdout.write(await reportBlocked(options, Date.now() / 1_000)))
  command
    .command('shutdown')
    .description('Say that a country shuts its network down: relays kept back for that are handed to those there who have none left.')
    .requiredOption('--dir <folder>', FOLDER)
    .requiredOption('--country <letters>', 'two letters, such as IR')
    .option('--from <day>', 'the first day, such as 2027-03-01; without it, now')
    .option('--until <day>', 'the last day')
    .option('--over', 'it is over: what is left is kept back again', false)
    .action(async (options: ShutdownOptions) => void process.stdout.write(await sayShutdown(options, Date.now() / 1_000)))
}

export interface InviteOptions {
  readonly dir: string
  readonly people: string
  readonly days: string
  readonly door: readonly string[]
  readonly out?: string
}

/** Returns what to tell the operator: the invite, and the files that it is in. Throws OperatorError. */
export async function makeNetworkInvite({ dir, people, days, door, out }: InviteOptions, nowS: number): Promise<string> {
  const uses = wholeNumber('--people', people, distributorLimits.usesMax)
  const untilS = Math.floor(nowS) + wholeNumber('--days', days, distributorLimits.inviteDaysMax) * DAY_S
  const mandate = loadMandate(dir)
  const { networkId, settings } = mandate
  const keys = loadKeys(loadConfig(dir))
  const doors = doorsOf(dir, door)
  const secret = new Uint8Array(randomBytes(SECRET_BYTES))
  await withBook(settings.store, (book) => refuseWithoutShare(mandate, book))
  const text = encodeNetworkInvite({ networkId, authorityKey: keys.publicKey, secret, untilS, doors })
  const files = out === undefined ? '' : await writeInviteFiles(text, out)
  const isAdded = await withBook(settings.store, (book) =>
    book.handing.addInvite({ invite: inviteName(keys, secret), inviter: '', untilS, uses }, nowS),
  )
  if (!isAdded) throw new OperatorError('There are more invites than this authority can keep. Let some expire first.')
  return `${text}\n${files}`
}

/** Doors that were named, or the authority’s own site and edges. Throws OperatorError. */
function doorsOf(dir: string, files: readonly string[]): readonly Invite[] {
  if (files.length > NETWORK_DOORS_MAX) throw new OperatorError(`An invite has ${NETWORK_DOORS_MAX} doors at most.`)
  return files.length > 0 ? files.map(readInvite) : [readInvite(join(resolve(dir), 'invite'))]
}

export interface BlockedOptions {
  readonly dir: string
  readonly invite: string
  readonly country: string
}

/** Throws OperatorError. */
export async function reportBlocked({ dir, invite, country: letters }: BlockedOptions, nowS: number): Promise<string> {
  const country = parseCountry(letters)
  const { policyKey } = readInvite(invite)
  const relay = relayName({ policyKey })
  const mandate = loadMandate(dir)
  return withBook(mandate.settings.store, async (book) => {
    const isListed = (await book.relays(nowS)).some(({ descriptor }) => relayName(descriptor.invite) === relay)
    if (!isListed) throw new OperatorError('This authority knows no such relay: nobody was handed it from here.')
    await book.handing.report({ relay, country })
    const others = await othersWith(policyKey, mandate, book)
    return `Noted. Those in ${country} who were handed this relay from here get another when the next epoch begins.\n${others}`
  })
}

export interface ShutdownOptions {
  readonly dir: string
  readonly country: string
  readonly from?: string
  readonly until?: string
  readonly over: boolean
}

/** Throws OperatorError. */
export async function sayShutdown({ dir, country: letters, from, until, over }: ShutdownOptions, nowS: number): Promise<string> {
  const country = parseCountry(letters)
  const { store } = loadSettings(dir)
  if (over) {
    if (from !== undefined || until !== undefined) throw new OperatorError('--over goes with no days: it is over now.')
    if (!(await withBook(store, ({ shutdowns }) => shutdowns.takeBack(country))))
      throw new OperatorError(`No shutdown of ${country} is known here.`)
    return `What is left is kept back for ${country} again.\n`
  }
  if (until === undefined) throw new OperatorError('Give the last day with --until. If it turns out to be over sooner, say so with --over.')
  const [fromS, untilS] = [from === undefined ? Math.floor(nowS) : dayS('--from', from), dayS('--until', until) + DAY_S]
  if (untilS <= nowS) throw new OperatorError(`--until ${until} is over already.`)
  if (untilS <= fromS) throw new OperatorError('--until is before --from.')
  if (untilS - fromS > distributorLimits.shutdownDaysMax * DAY_S)
    throw new OperatorError(`A shutdown has ${distributorLimits.shutdownDaysMax} days at most; say it anew when it goes on.`)
  await withBook(store, ({ shutdowns }) => shutdowns.say({ country, fromS, untilS }))
  const since = from === undefined || fromS <= nowS ? 'From the next epoch' : `From ${from}`
  return `Noted. ${since} until ${until}, those in ${country} who have no relay left are handed what was kept back.\n`
}

/** Throws OperatorError. */
function parseCountry(letters: string): string {
  const country = letters.toUpperCase()
  if (country === '' || !isCountry(country)) throw new OperatorError(`--country must be two letters such as IR, but is “${letters}”.`)
  // Nobody is from there, and nothing would come of what is said of it.
  if (!COUNTRIES.includes(country)) throw new OperatorError(`--country: no country has the letters “${letters}” in ISO 3166.`)
  return country
}

/** The first second of a day, UTC. Throws OperatorError. */
function dayS(option: string, text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text)
    throw new OperatorError(`${option} must be a day such as 2027-03-01, but is “${text}”.`)
  return ms / 1_000
}

async function withBook<T>(store: string, use: (book: Book) => Promise<T>): Promise<T> {
  const { Book } = await import('./book.ts')
  const book = await Book.open(store)
  try {
    return await use(book)
  } finally {
    await book.close()
  }
}

function wholeNumber(option: string, text: string, max: number): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > max) throw new OperatorError(`${option} must be a number from 1 to ${max}, but is “${text}”.`)
  return number
}
