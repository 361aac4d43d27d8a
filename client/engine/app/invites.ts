// Finds invites in what a person pasted, opened or showed to the camera: a line of its own or one in the middle of a message. What is wrong with it is said by
// a code, each for something else to do.
import {
  type AnyInvite,
  decodeAnyInvite,
  decodeBase64url,
  encodeHex,
  equalBytes,
  type Invite,
  NETWORK_VERSION,
  NEWER_VERSION_MAX,
  type NetworkInvite,
  ProtocolError,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import type { InviteFault } from '../../contract/app-status.ts'
import { appLimits } from './limits.ts'

export interface ReadInvite {
  readonly text: string
  readonly any: AnyInvite
}

const SCHEME = 'culvert:'
const OLD_VERSION = 1
const CHECKSUM_BYTES = 4
/** A line that is no longer speaks of Culvert only; the shortest invite has thrice as many letters. */
const PROSE_MAX = 48

/** At least one, each relay once, the last of a relay's; or what is wrong with the first. */
export function readInvites(text: string, nowS: number): readonly ReadInvite[] | InviteFault {
  const plain = plainOf(text)
  if (plain.trim() === '') return 'invite-empty'
  const parts = partsOf(plain)
  if (parts.length === 0) return 'invite-none'
  if (parts.length > appLimits.invitesInTextMax) return 'invite-too-many'
  const found = new Map<string, ReadInvite>()
  const unread: string[] = []
  for (const part of parts) {
    const read = readPart(part)
    if (read === undefined) unread.push(lineOf(part))
    else if (read.any.kind === 'network' && read.any.invite.untilS <= nowS) return 'invite-expired'
    else found.set(keyOf(read.any), read)
  }
  // “For Culvert: culvert:…” is one invite.
  const wrong = unread.find((line) => found.size === 0 || line.length > PROSE_MAX)
  return wrong === undefined ? [...found.values()] : faultOf(wrong)
}

/** What an invite takes the place of: an older one of the same relay, or that of a network, since a client takes part in one. */
export function keyOf(any: AnyInvite): string {
  return any.kind === 'relay' ? encodeHex(any.invite.relayKey) : 'network'
}

/** Whether one of them leads to another network than the one that the person takes part in: its invite, and the trust that grows there, must not be lost unasked. */
export function isOfOtherNetwork(fresh: readonly ReadInvite[], kept: readonly { readonly any: AnyInvite }[]): boolean {
  const [ours, other] = [networkInvite(kept), networkInvite(fresh)]
  return ours !== undefined && other !== undefined && !equalBytes(ours.networkId, other.networkId)
}

export function relayInvites(invites: readonly { readonly any: AnyInvite }[]): readonly Invite[] {
  return invites.flatMap(({ any }) => (any.kind === 'relay' ? [any.invite] : []))
}

export function networkInvite(invites: readonly { readonly any: AnyInvite }[]): NetworkInvite | undefined {
  return invites.flatMap(({ any }) => (any.kind === 'network' ? [any.invite] : []))[0]
}

/** Without what nobody sees (marks of direction, which messengers put around what they copy, and the noughts of UTF-16), and with wide letters as plain ones. */
export function plainOf(text: string): string {
  return text.replace(/[\0\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '').normalize('NFKC')
}

/** What follows each “culvert:”, to the next one. */
function partsOf(plain: string): string[] {
  // A messenger's link to share has it as one part of an address.
  const shared = plain.replace(/culvert%3a([^\s&#]*)/gi, ' culvert:$1 ')
  return shared
    .split(/culvert:/i)
    .slice(1)
    .map((part) => part.replace(/^\/\//, ''))
}

/** The checksum tells which reading is right: words stand behind an invite, mail programs break it into lines, and editors make dashes of its hyphens. */
function readPart(part: string): ReadInvite | undefined {
  const words = part.trim().split(/\s+/, appLimits.inviteLinesMax)
  let body = ''
  for (const word of words) {
    // A quoting mail program begins its lines with a mark.
    body += /^[\w\u2010-\u2015\u2212-]*/.exec(word)?.[0] ?? ''
    for (const [short, long] of DASHES) {
      const read = decode(
        SCHEME +
          body
            .replace(/[\u2010-\u2012\u2212]/g, '-')
            .replace(/\u2013/g, short)
            .replace(/[\u2014\u2015]/g, long),
      )
      if (read !== undefined) return read
    }
  }
  return undefined
}

/** What a dash and a long dash stand for. */
const DASHES = [
  ['-', '-'],
  ['-', '--'],
  ['--', '--'],
] as const

/** As it was written, to be told what is wrong with it. */
function lineOf(part: string): string {
  const [word = ''] = part.trim().split(/\s/, 1)
  return SCHEME + word.replace(/[.,;:!?)\]}>"'’”»،。]+$/u, '')
}

function decode(text: string): ReadInvite | undefined {
  try {
    return { text, any: decodeAnyInvite(text) }
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** Why decodeAnyInvite refused a line; in its order. */
function faultOf(line: string): InviteFault {
  if (line.length > INVITE_TEXT_MAX) return 'invite-too-long'
  const bytes = decodeBase64url(line.slice(SCHEME.length))
  if (bytes === undefined) return 'invite-letters'
  if (bytes[0] === OLD_VERSION) return 'invite-old'
  const [version = 0] = bytes
  if (version > NETWORK_VERSION && version <= NEWER_VERSION_MAX) return 'invite-new'
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  const isWhole = equalBytes(nodeCrypto.sha256(body).subarray(0, CHECKSUM_BYTES), bytes.subarray(body.length))
  return isWhole ? 'invite-unusable' : 'invite-damaged'
}

/** The longest line that decodeAnyInvite reads (SPEC.md §3). */
const INVITE_TEXT_MAX = 8_192
