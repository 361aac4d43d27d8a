// What an operator is told of how authorities share the relays that they hand out (SPEC.md §14.6): by names, as the directory in force has it.
import {
  type Consensus,
  decodeBundle,
  decodeCertificate,
  decodeCharter,
  decodeConsensus,
  equalBytes,
  handersOf,
  handersPerRelay,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { OperatorError } from '../operator-error.ts'
import type { Mandate } from './authority.ts'
import type { Book } from './book.ts'

/** Throws OperatorError where the directory gives this authority no relay to hand out. */
export async function refuseWithoutShare(mandate: Mandate, book: Book): Promise<void> {
  const { handers } = (await consensusIn(book)) ?? { handers: [] }
  if (handers.length === 0 || handers.some((key) => equalBytes(key, rootKeyOf(mandate)))) return
  throw new OperatorError(
    `By the directory in force relays are handed out by ${namesOf(handers, mandate)} alone, so who comes by this invite would be given none. Once enough authorities name ${mandate.settings.member} in “handers” of authority.json it has a share.`,
  )
}

/** A sentence about the other authorities that hand this relay out; empty where there are none. */
export async function othersWith(policyKey: Uint8Array, mandate: Mandate, book: Book): Promise<string> {
  const consensus = await consensusIn(book)
  const owners = consensus === undefined ? [] : handersOf(nodeCrypto, consensus, policyKey)
  const others = owners.filter((key) => !equalBytes(key, rootKeyOf(mandate)))
  return others.length === 0 ? '' : `It is handed out by ${namesOf(others, mandate)}: have it said there, too.\n`
}

/** For `directory status`. */
export function describeShares(consensus: Consensus, mandate: Mandate): string {
  const { handers, rollSize } = consensus
  if (handers.length === 0) return 'Each authority hands out every relay: none is named in “handers” by enough of them.\n'
  const [names, each] = [namesOf(handers, mandate), handersPerRelay(consensus)]
  if (handers.length === 1) return `Relays are handed out by ${names}.\n`
  if (each === handers.length) return `Each of ${names} hands out every relay: there are too few of them to be shared.\n`
  const share = `about ${Math.round((rollSize * each) / handers.length)} by each`
  return `Relays are handed out by ${names}, ${share}${each === 1 ? '' : `; each relay by ${each}, since there are few`}.\n`
}

function namesOf(keys: readonly Uint8Array[], { charters }: Mandate): string {
  const { authorities } = decodeCharter(charters.at(-1) as Uint8Array).charter
  const names = keys.map((key) => authorities.find((one) => equalBytes(one.key, key))?.name ?? 'one that the charter has no more').sort()
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function rootKeyOf({ certificate }: Mandate): Uint8Array {
  return decodeCertificate(nodeCrypto, certificate).rootKey
}

async function consensusIn(book: Book): Promise<Consensus | undefined> {
  const held = await book.current()
  return held && decodeConsensus(decodeBundle(held.bundle).consensus)
}
