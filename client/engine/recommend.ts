// `culvert recommend`: asks the network for an invite that can be given to a friend. The network knows who asked, and holds both to account for each other:
// friends of a censor's agents are given their relays apart.
import { toFile } from 'qrcode'
import { encodeNetworkInvite, type Refused } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { readInvites, UsageError } from './arguments.ts'
import { startCore } from './core.ts'
import { NodePlatform } from './platform-node.ts'
import { createFolderStore } from './state.ts'

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
export async function recommend({ invite, dir, qr }: RecommendFlags): Promise<void> {
  const given = readInvites([invite], Math.floor(Date.now() / 1000))
  if (given.network === undefined)
    throw new UsageError('This is the invite of one relay: your friend can use the same. Ask whoever runs it whether they may.')
  const nothing = (): void => undefined
  const core = startCore({
    ...given,
    platform: new NodePlatform(),
    crypto: nodeCrypto,
    store: createFolderStore(dir),
    onStatus: nothing,
    onFinding: nothing,
  })
  try {
    await new Promise((resolve) => core.link.whenConnected(resolve))
    const friend = await core.askForFriend()
    if (friend === undefined) throw new UsageError('Nobody who could be asked answers. Connect first (culvert connect), and try again.')
    if (typeof friend === 'string') throw new UsageError(SENTENCES[friend])
    const text = encodeNetworkInvite(friend)
    process.stdout.write(`${text}\n`)
    if (qr !== undefined) await toFile(qr, text, { type: 'png', scale: 6 })
    const until = new Date(friend.untilS * 1_000).toISOString().slice(0, 10)
    process.stderr.write(`It is for one person, who must begin with it by ${until}. Give it to somebody you would answer for.\n`)
  } finally {
    core.stop()
  }
}
