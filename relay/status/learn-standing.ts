// What a relay learns of itself from the signed directory: whether it is listed, and whether its version may be. Kept in its folder for whoever shows it.
import { join } from 'node:path'
import { type Consensus, commitmentOf, compareBytes, compareVersions, decodeRoll, type Invite, revocationOf, type Version } from '#protocol'
import { replaceFile } from '../replace-file.ts'
import { STANDING_FILE } from './standing.ts'

/** The part of a standing that the directory and its authorities tell; where it is blocked is told by others. */
export interface Learned {
  readonly day: string
  readonly state: 'listed' | 'unlisted'
  readonly because?: string
  readonly versionLeast?: string
  /** Why authorities have not taken it in, in a sentence. */
  readonly refused?: string
}

/** `roll`: that of the consensus; both are checked already. */
export function standingIn(
  consensus: Consensus,
  roll: Uint8Array,
  invite: Invite,
  version: Version,
): Learned & { readonly versionLeast: string } {
  const told = { day: new Date(consensus.madeS * 1_000).toISOString().slice(0, 10), versionLeast: consensus.relayMin.join('.') }
  const because = whyUnlisted(consensus, roll, invite, version)
  return because === undefined ? { ...told, state: 'listed' } : { ...told, state: 'unlisted', because }
}

export function isTooOld({ relayMin }: Consensus, version: Version): boolean {
  return compareVersions(version, relayMin) < 0
}

/** Throws OperatorError. */
export function keepStanding(folder: string, learned: Learned): void {
  replaceFile(join(folder, STANDING_FILE), `${JSON.stringify({ ...learned, countries: [] })}\n`)
}

function whyUnlisted(consensus: Consensus, roll: Uint8Array, invite: Invite, version: Version): string | undefined {
  const [commitment, revocation] = [commitmentOf(invite), revocationOf(invite)]
  // One that is revoked may stand on the roll, by whose commitment nobody can tell it.
  if (consensus.revoked.some((one) => compareBytes(one, revocation) === 0)) return 'the authorities say that it is not to be used any more'
  if (decodeRoll(roll).some((entry) => compareBytes(entry.commitment, commitment) === 0)) return undefined
  if (isTooOld(consensus, version)) return `relays older than ${consensus.relayMin.join('.')} are not listed any more`
  return 'too few authorities have tested it yet, or it does not pass their tests'
}
