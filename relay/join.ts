// Taking part in a network: the relay says what it is to the authorities, again and again, and hands their directory on to its clients.
//
// 1. init --join CODE keeps the code in the folder, and so does join (take-part.ts)         keepCode
// 2. at start and each hour: a fresh descriptor to every authority that is known            Membership
// 3. and the youngest directory from one of them, checked, and kept for those who serve     KeptDirectory
//    what it says of this relay, its version above all, goes to the operator, and so        keepStanding
//    does a directory with another past than its own, which is kept as proof                 keepFork
//    does why authorities have not taken it in                                              whyOthers
// 4. leave: a last descriptor that says so                                                  leaveNetwork
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  type Descriptor,
  type Directory,
  decodeBundle,
  decodeInvite,
  encodeBundle,
  encodeDescriptor,
  equalBytes,
  firstKnown,
  type Invite,
  type Known,
  keepCertificates,
  type Version,
  validUntilS,
  verifyBundle,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import type { Caps } from './caps/caps.ts'
import { askOnce } from './directory/ask.ts'
import { fetchDirectory, orUndefined } from './directory/fetch.ts'
import { describeFork, FORK_FILE, keepFork, numberOf } from './directory/fork.ts'
import { decodeJoinCode, encodePass, type JoinCode } from './directory/join-code.ts'
import { DIRECTORY_FILE, KeptDirectory } from './directory/kept.ts'
import { type JoinLimits, joinLimits } from './directory/limits.ts'
import { AUTHORITY_TARGET, encodeRegister } from './directory/peer.ts'
import { INVITE_FILE } from './invite.ts'
import { type RelayKeys, signPolicy } from './keys.ts'
import { OperatorError } from './operator-error.ts'
import { replaceFile } from './replace-file.ts'
import { isTooOld, keepStanding, type Learned, standingIn } from './status/learn-standing.ts'
import { STANDING_FILE } from './status/standing.ts'

export const CODE_FILE = 'join'

/** How it went, in counts. */
export type JoinEvent = (
  event:
    | { readonly event: 'registered'; readonly authorities: number; readonly of: number; readonly others: string }
    | { readonly event: 'not-registered' }
    | { readonly event: 'left' }
    | { readonly event: 'fork'; readonly number: number }
    | { readonly event: 'too-old'; readonly version: string; readonly least: string },
  sentence: string,
) => void

/** Why an authority has not taken a relay in, by its own word, as its operator is told. Of other words nothing is shown. */
const REFUSALS: Readonly<Record<string, string>> = {
  'bad-descriptor': 'it is not understood, or its clock is wrong',
  'bad-code': 'its join code is of another network',
  'old-code': 'its join code has expired',
  'used-code': 'its join code is used up',
  older: 'its clock is behind, or was ahead before',
  full: 'there is no room for more relays',
  'too-often': 'it has changed too often within an hour',
}

/** Checks a code as it was typed or pasted. Throws OperatorError. */
export function parseJoinCode(text: string): string {
  decodeJoinCode(text)
  return text.trim()
}

/** Throws OperatorError. */
export function keepCode(code: string, dir: string): void {
  replaceFile(join(resolve(dir), CODE_FILE), `${code}\n`)
}

/** Whom the code in a relay's folder names: in a network that is new, a relay may have guests before it has the first directory. Never throws. */
export function authoritiesOfCode(folder: string): readonly Invite[] {
  try {
    return decodeJoinCode(readFileSync(join(folder, CODE_FILE), 'utf8').trim()).authorities
  } catch {
    return []
  }
}

export interface MembershipOptions {
  readonly folder: string
  readonly keys: RelayKeys
  readonly version: Version
  /** What it is ready to carry: authorities measure as well, and the lower of the two counts. */
  readonly capacityBytesPerS: number
  readonly nowS: () => number
  readonly tell: JoinEvent
  readonly limits?: JoinLimits
}

export class Membership {
  readonly #options: MembershipOptions
  readonly #join: JoinCode
  #known: Known
  #leaves: readonly Uint8Array[] = []
  readonly #kept: KeptDirectory
  #sources: readonly Invite[] = []
  #timer: NodeJS.Timeout | undefined
  #isOver = false
  /** The least version that was told of last. */
  #toldOf = ''
  #learned: Learned | undefined
  #refused: string | undefined
  /** What the authorities answered, where one took it in and the network has no directory yet: they hear a relay some times an hour. */
  #registered: Registered | undefined

  /** undefined: this relay takes part in no network. Throws OperatorError where its code is damaged. */
  static begin(options: MembershipOptions): Membership | undefined {
    const file = join(options.folder, CODE_FILE)
    return existsSync(file) ? new Membership(options, readFileSync(file, 'utf8').trim()) : undefined
  }

  private constructor(options: MembershipOptions, code: string) {
    this.#options = options
    this.#join = decodeJoinCode(code)
    this.#known = firstKnown(this.#join.ticket.networkId)
    this.#kept = new KeptDirectory(options.folder)
    void this.#refresh()
  }

  stop(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  /** A full disk, or an invite that somebody is at work on, costs one round and not the relay. */
  async #refresh(): Promise<void> {
    const isWell = await this.#tryRefresh().catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException
      if (!(error instanceof OperatorError) && code === undefined) throw error
      const words = error instanceof OperatorError ? error.message : `The relay could not be registered (${code}).`
      this.#options.tell({ event: 'not-registered' }, words)
      return false
    })
    if (this.#isOver) return
    const { refreshMs, againMs } = this.#options.limits ?? joinLimits
    this.#timer = setTimeout(() => void this.#refresh(), isWell ? refreshMs : againMs).unref()
  }

  /** True: nothing is left to be done for long. Rejects with OperatorError where the relay's folder can't be read or written. */
  async #tryRefresh(): Promise<boolean> {
    // Whoever has just said by `leave` that it goes away does not say now that it is there.
    if (!existsSync(join(this.#options.folder, CODE_FILE))) return true
    if (this.#leaves.length === 0) this.#recall()
    const { refreshMs } = this.#options.limits ?? joinLimits
    const before = this.#registered
    const isFresh = before !== undefined && performance.now() - before.atMs < refreshMs
    const registered = isFresh ? before : await register(this.#join, this.#authorities, this.#options, false)
    this.#refused = registered.isRefused ? sentenceOf(registered) : undefined
    for (const from of this.#authorities) if (await this.#fetch(from)) break
    if (this.#isOver) return true
    this.#keepStanding()
    const { taken, all, others } = registered
    if (!isFresh) this.#options.tell({ event: 'registered', authorities: taken, of: all, others }, sentenceOf(registered))
    const isWell = taken > 0 && this.#leaves.length > 0
    this.#registered = taken > 0 && !isWell ? registered : undefined
    return isWell
  }

  /** Those of the code, and those that the directory names. */
  get #authorities(): readonly Invite[] {
    return together(this.#join.authorities, this.#sources)
  }

  /** True: that one has given us all there is. */
  async #fetch(from: Invite): Promise<boolean> {
    const nowS = this.#options.nowS()
    const fetched = await fetchDirectory(
      (invite, target, request) => askOnce(invite, target, request, nowS),
      from,
      this.#known,
      this.#leaves,
      nowS,
      (bytes) => this.#alarm(bytes),
    )
    if (fetched === undefined || this.#isOver) return false
    const bundle = decodeBundle(fetched.bytes)
    // What lies on the disk may be damaged: then nothing is kept of it.
    const kept = orUndefined(() => keepCertificates(nodeCrypto, bundle, this.#kept.current()?.bundle)) ?? bundle
    this.#kept.keep(encodeBundle(kept), fetched.roll)
    this.#take(fetched.directory, fetched.leaves, fetched.roll)
    return true
  }

  /** Said each time: whoever looks at what the relay says is not to miss it. */
  #alarm(bundle: Uint8Array): void {
    const { folder, tell } = this.#options
    const number = numberOf(bundle)
    tell({ event: 'fork', number }, describeFork(number))
    keepFork(folder, bundle)
  }

  #take({ consensus, known }: Directory, leaves: readonly Uint8Array[], roll: Uint8Array): void {
    this.#known = known
    this.#leaves = leaves
    this.#sources = consensus.sources
    const { folder, version, tell } = this.#options
    const standing = standingIn(consensus, roll, ownInvite(folder), version)
    this.#learned = standing
    this.#keepStanding()
    const { versionLeast: least, state } = standing
    if (!isTooOld(consensus, version) || this.#toldOf === `${least} ${state}`) return
    this.#toldOf = `${least} ${state}`
    const what = state === 'listed' ? 'will not be listed any more' : 'are not listed any more'
    tell(
      { event: 'too-old', version: version.join('.'), least },
      `Update this relay: relays older than ${least} ${what}; this is ${version.join('.')}.`,
    )
  }

  /** Who was refused before there is any directory is in none. */
  #keepStanding(): void {
    const { folder, nowS } = this.#options
    const refused = this.#refused
    const learned = this.#learned ?? (refused === undefined ? undefined : { day: dayOf(nowS()), state: 'unlisted' as const })
    if (learned !== undefined) keepStanding(folder, refused === undefined ? learned : { ...learned, refused })
  }

  /** What the last run kept. Of one that has expired, whom to ask: who was away for long may find no authority of its code any more. */
  #recall(): void {
    const kept = this.#kept.current()
    const directory = kept && orUndefined(() => verifyBundle(nodeCrypto, encodeBundle(kept.bundle), this.#known, kept.consensus.madeS))
    if (kept === undefined || directory === undefined) return
    if (this.#options.nowS() < validUntilS(directory.consensus)) this.#take(directory, directory.bundle.leaves, kept.roll)
    else this.#sources = directory.consensus.sources
  }
}

/** Tells all authorities that the relay goes away, and takes no part any more. Returns what to tell the operator. Throws OperatorError. */
export async function leaveNetwork(dir: string, options: Omit<MembershipOptions, 'folder' | 'tell' | 'limits'>): Promise<string> {
  const file = join(resolve(dir), CODE_FILE)
  if (!existsSync(file)) throw new OperatorError('This relay takes part in no network.')
  const code = decodeJoinCode(readFileSync(file, 'utf8'))
  const { sources } = new KeptDirectory(resolve(dir)).current()?.consensus ?? { sources: [] }
  const authorities = together(code.authorities, sources)
  const { taken, all, others } = await register(code, authorities, { ...options, folder: resolve(dir) }, true)
  if (taken === 0)
    throw new OperatorError(
      `No authority has heard it (${others}). Try again; until then the relay stays listed for as long as it answers.`,
    )
  // What is left behind would speak of this network in another.
  for (const name of [CODE_FILE, DIRECTORY_FILE, STANDING_FILE, FORK_FILE]) rmSync(join(resolve(dir), name), { force: true })
  return `${taken} of ${all} authorities know that this relay goes away. Those who hold its invite can use it for as long as it runs.\n`
}

interface Registered {
  readonly atMs: number
  readonly taken: number
  readonly all: number
  /** Why the others have not, each with how many; empty where there are none. */
  readonly others: string
  /** Not only by silence, or by the silence of all. */
  readonly isRefused: boolean
}

/** Says the descriptor to all. */
async function register(
  code: JoinCode,
  authorities: readonly Invite[],
  { folder, keys, version, capacityBytesPerS, nowS }: Omit<MembershipOptions, 'tell' | 'limits'>,
  isLeaving: boolean,
): Promise<Registered> {
  const invite = ownInvite(folder)
  const issuedS = nowS()
  const descriptor: Descriptor = {
    issuedS,
    expiresS: issuedS + joinLimits.descriptorLifeS,
    isLeaving,
    version,
    capacityBytesPerS,
    contact: '',
    invite,
  }
  const request = encodeRegister(
    encodePass(code, keys.policyKey),
    encodeDescriptor(descriptor, (bytes) => signPolicy(keys, bytes)),
  )
  const answers = await Promise.all(authorities.map((one) => askOnce(one, AUTHORITY_TARGET, request, nowS())))
  const refused = answers.filter((answer) => answer?.length !== 0)
  const taken = answers.length - refused.length
  return {
    atMs: performance.now(),
    taken,
    all: answers.length,
    others: whyOthers(refused),
    isRefused: taken === 0 || refused.some((answer) => answer !== undefined),
  }
}

function sentenceOf({ taken, all, others }: Registered): string {
  return `${taken} of ${all} authorities have taken this relay in${others && `; the others: ${others}`}.`
}

function whyOthers(refused: readonly (Uint8Array | undefined)[]): string {
  const words = refused.map((answer) =>
    answer === undefined ? 'no answer' : (REFUSALS[Buffer.from(answer).toString('latin1')] ?? 'refused'),
  )
  return [...Map.groupBy(words, (one) => one)].map(([word, all]) => `${word} (${all.length})`).join(', ')
}

function dayOf(atS: number): string {
  return new Date(atS * 1_000).toISOString().slice(0, 10)
}

/** What the operator's caps leave for one moment: the rate, and a month's volume as if it were used evenly. */
export function capacityOf({ bytesPerSecond, bytesPerMonth }: Pick<Caps, 'bytesPerSecond' | 'bytesPerMonth'>): number {
  const evenly = bytesPerMonth === undefined ? joinLimits.capacityBytesPerS : bytesPerMonth / joinLimits.monthS
  return Math.max(1, Math.floor(Math.min(bytesPerSecond ?? joinLimits.capacityBytesPerS, evenly)))
}

/** Throws OperatorError. */
function ownInvite(folder: string): Invite {
  const file = join(folder, INVITE_FILE)
  try {
    return decodeInvite(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new OperatorError(`${file} can’t be read, or is not an invite.`, { cause: error })
  }
}

function together(some: readonly Invite[], more: readonly Invite[]): readonly Invite[] {
  return [...some, ...more.filter(({ relayKey }) => !some.some((one) => equalBytes(one.relayKey, relayKey)))]
}
