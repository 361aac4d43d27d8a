// `culvert recommend`: asks the network for an invite that can be given to a friend. The network knows who asked, and holds both to account for each other:
// friends of a censor's agents are given their relays apart.
//
// 1. only who was handed relays before asks, by the same folder: asking must not use up an invite      refuseStranger
// 2. the picture's file is made before anything is asked: what is given out can't be asked for again     reserve
// 3. a session with one of the relays, within a limit, and one question by it                          ask
import { rmSync, writeFileSync } from 'node:fs'
import { toBuffer } from 'qrcode'
import { encodeNetworkInvite, equalBytes, type NetworkInvite, type Refused } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { readInvites, UsageError } from './arguments.ts'
import { type Core, startCore } from './core.ts'
import { type RecommendLimits, recommendLimits } from './limits.ts'
import { NodePlatform } from './platform-node.ts'
import { createFolderStore, loadFolder } from './state.ts'

export interface RecommendFlags {
  readonly invite: string
  readonly dir: string
  readonly qr?: string
}

const SENTENCES: Readonly<Record<Refused, string>> = {
  'not-yet':
    'The network gives you no invite for a friend yet. It gives some to those who have used it for a few weeks, and another when those are used.',
  'none-free': 'The network has no room for more people at present. Try again in a few days.',
  unknown: 'The network does not know your invite. Ask whoever gave it to you for another.',
  expired: 'Your invite has expired, and you had not begun with it. Ask whoever gave it to you for another.',
  'used-up': 'Your invite was used by others before you. Ask whoever gave it to you for another.',
}

/** Throws UsageError. */
export async function recommend({ invite, dir, qr }: RecommendFlags, limits: RecommendLimits = recommendLimits): Promise<void> {
  const given = readInvites([invite], Math.floor(Date.now() / 1000))
  if (given.network === undefined)
    throw new UsageError('This is the invite of one relay: your friend can use the same. Ask whoever runs it whether they may.')
  refuseStranger(given.network, dir)
  if (qr !== undefined) await reserve(qr, given.network)
  try {
    const friend = await ask(given.network, dir, limits)
    const text = encodeNetworkInvite(friend)
    process.stdout.write(`${text}\n`)
    const until = new Date(friend.untilS * 1_000).toISOString().slice(0, 10)
    process.stderr.write(`It is for one person, who must begin with it by ${until}. Give it to somebody you would answer for.\n`)
    if (qr !== undefined) write(qr, await picture(text), 'w')
  } catch (error) {
    if (qr !== undefined) rmSync(qr, { force: true })
    throw error
  }
}

/** Who asks by a folder that was handed nothing would begin anew, and use an invite up. Throws UsageError. */
function refuseStranger({ authorityKey }: NetworkInvite, dir: string): void {
  const { membership } = loadFolder(dir)
  if (membership === undefined || !equalBytes(membership.authorityKey, authorityKey) || membership.relays.length === 0)
    throw new UsageError(`Nobody has connected with this invite and the folder ${dir} yet: culvert connect --invite … --dir ${dir}`)
}

/** The file that the picture will be in, readable by its user only. A friend's invite is as long as one's own. Throws UsageError. */
async function reserve(path: string, own: NetworkInvite): Promise<void> {
  await picture(encodeNetworkInvite(own))
  write(path, '', 'wx')
}

function picture(text: string): Promise<Buffer> {
  return toBuffer(text, { type: 'png', scale: 6 }).catch(() => {
    throw new UsageError('Invites of this network are too long for a QR code: they name many doors. Ask without --qr, and give it as text.')
  })
}

function write(path: string, bytes: string | Uint8Array, flag: 'w' | 'wx'): void {
  try {
    writeFileSync(path, bytes, { mode: 0o600, flag })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST')
      throw new UsageError(`${path} is there already. Give another name, or remove it: it may be an invite that somebody holds.`)
    throw new UsageError(`${path} can’t be written (${code}).`)
  }
}

/** Throws UsageError. */
async function ask(network: NetworkInvite, dir: string, limits: RecommendLimits): Promise<NetworkInvite> {
  const nothing = (): void => undefined
  const core = startCore({
    ...{ invites: [], network, platform: new NodePlatform(), crypto: nodeCrypto, store: createFolderStore(dir) },
    ...{ onStatus: nothing, onFinding: nothing },
  })
  try {
    if (!(await connected(core, limits.connectMs)))
      throw new UsageError(
        `None of your relays could be reached within ${limits.connectMs / 1_000} seconds. What is blocked says: culvert doctor`,
      )
    const friend = await core.askForFriend()
    if (friend === undefined) throw new UsageError('The network does not answer at present. Try again in a few minutes.')
    if (typeof friend === 'string') throw new UsageError(SENTENCES[friend])
    return friend
  } finally {
    core.stop()
  }
}

/** False: it took too long. The link lets nobody wait longer than a program would, so it is asked again. */
async function connected({ link }: Core, limitMs: number): Promise<boolean> {
  const over = AbortSignal.timeout(limitMs)
  const isOver = new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }))
  while (link.drive === undefined && !over.aborted) await Promise.race([new Promise((resolve) => link.whenConnected(resolve)), isOver])
  return link.drive !== undefined
}
