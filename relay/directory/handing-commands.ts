// `culvert-relay directory invite` and `blocked`: how a group lets people in, and says where relays can't be reached any more. Both write into the book
// while the authority runs.
import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { encodeNetworkInvite, type Invite, NETWORK_DOORS_MAX, SECRET_BYTES } from '#protocol'
import { loadConfig, loadKeys } from '../config.ts'
import { writeInviteFiles } from '../invite-files.ts'
import { OperatorError } from '../operator-error.ts'
import { Book } from './book.ts'
import { inviteName, relayName } from './distributor.ts'
import { loadMandate } from './folder.ts'
import { isCountry } from './handing/rows.ts'
import { readInvite } from './init.ts'
import { distributorLimits } from './limits.ts'
import { loadSettings } from './settings.ts'

const FOLDER = 'the folder that directory init made'

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
  const untilS = Math.floor(nowS) + wholeNumber('--days', days, distributorLimits.inviteDaysMax) * 86_400
  const { networkId, settings } = loadMandate(dir)
  const keys = loadKeys(loadConfig(dir))
  const doors = doorsOf(dir, door)
  const secret = new Uint8Array(randomBytes(SECRET_BYTES))
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
  const country = letters.toUpperCase()
  if (country === '' || !isCountry(country)) throw new OperatorError(`--country must be two letters such as IR, but is “${letters}”.`)
  const relay = relayName(readInvite(invite))
  const settings = loadSettings(dir)
  const isKnown = await withBook(settings.store, async (book) => {
    const isListed = (await book.relays(nowS)).some(({ descriptor }) => relayName(descriptor.invite) === relay)
    if (isListed) await book.handing.report({ relay, country })
    return isListed
  })
  if (!isKnown) throw new OperatorError('This authority knows no such relay: nobody was handed it from here.')
  return `Noted. Those in ${country} who were handed this relay get another when the next epoch begins.\n`
}

async function withBook<T>(store: string, use: (book: Book) => Promise<T>): Promise<T> {
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
