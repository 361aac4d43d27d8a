// `culvert directory fetch`: asks for a younger directory now, relays of one's invites and the sources that the last one names, all at once, each by its ways
// in a race. What comes is checked as ever; what is refused is told, with the check that refused it.
import type { Invite } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { readInvites, UsageError } from './arguments.ts'
import { invitesNamed, isInside } from './askable.ts'
import { Clock } from './clock.ts'
import { DirectoryBook, type Taken } from './control/directory.ts'
import { describeBook, HOW_TO_BEGIN, networkOfFolder, takenSentence } from './directory-command.ts'
import { fetchThrough } from './directory-fetch.ts'
import { directoryLimits } from './limits.ts'
import type { Platform } from './platform.ts'
import { NodePlatform } from './platform-node.ts'
import { raceSources } from './source-race.ts'
import { createFolderStore } from './state.ts'

export interface FetchFlags {
  readonly dir: string
  readonly invite?: readonly string[]
  /** The network’s id, where the person was told. */
  readonly network?: string
  readonly json?: boolean
}

/** Resolves with the exit status: 0 where the directory in force is the youngest that was found. Throws UsageError. */
export async function fetchDirectory({ dir, invite = [], network, json }: FetchFlags): Promise<number> {
  const store = createFolderStore(dir)
  const state = store.load()
  const given = readInvites(invite, Math.floor(Date.now() / 1000))
  const networkId = networkOfFolder(state, network) ?? given.network?.networkId
  if (networkId === undefined) throw new UsageError(`This folder knows no network. ${HOW_TO_BEGIN}`)
  const book = new DirectoryBook(nodeCrypto, state.directory ?? { networkId, bundle: new Uint8Array() })
  const own = given.network?.doors ?? given.invites
  const sources = invitesNamed(book.sources, isInside(own) || state.membership?.isInside === true)
  const whom = [...given.invites, ...(given.network?.doors ?? []), ...sources]
  if (whom.length === 0)
    throw new UsageError('There is nobody to ask: give the invite of a relay that takes part in the network (--invite).')
  const platform = new NodePlatform()
  const clock = new Clock(() => platform.nowS(), state.clockOffsetS)
  const answers = await Promise.all(whom.map((one) => ask(one, book, platform, clock)))
  const refused = [...new Set(answers.filter((taken) => taken !== 'younger' && taken !== 'known' && taken !== undefined))] as Taken[]
  const answered = answers.filter((taken) => taken !== undefined).length
  if (answers.includes('younger')) store.save({ directory: book.saved })
  const isWell = answers.includes('younger') || answers.includes('known')
  if (json === true) {
    const { number, rollSize } = book.consensus(clock.nowS()) ?? {}
    process.stdout.write(
      `${JSON.stringify({ event: 'fetched', asked: whom.length, answered, younger: answers.includes('younger'), refused, number, relays: rollSize })}\n`,
    )
    return isWell ? 0 : 1
  }
  process.stdout.write(`Asked ${whom.length}; ${answered} answered.\n`)
  for (const code of refused) process.stdout.write(`${takenSentence(code)}\n`)
  if (isWell)
    process.stdout.write(`${takenSentence(answers.includes('younger') ? 'younger' : 'known')}\n${describeBook(book, clock.nowS())}`)
  else if (answered === 0)
    process.stdout.write(
      'Nobody could be reached who has the directory. It can be taken in as a file, a link or QR codes as well: culvert directory import.\n',
    )
  return isWell ? 0 : 1
}

/** undefined: there was no answer by any of its ways. */
async function ask(source: Invite, book: DirectoryBook, platform: Platform, clock: Clock): Promise<Taken | undefined> {
  let said: Taken | undefined
  const options = { platform, crypto: nodeCrypto, clock, signal: new AbortController().signal, limits: directoryLimits }
  await raceSources(options, [source], async (drive) => {
    const taken = await fetchThrough(drive, book, clock)
    said ??= taken
    return taken !== undefined
  })
  return said
}
