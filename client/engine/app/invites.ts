// Finds invites in what a person pasted, opened or showed to the camera: a line of its own or one in the middle of a message. What is wrong with it is said by
// a code, each for something else to do.
import {
  type AnyInvite,
  decodeAnyInvite,
  decodeBase64url,
  encodeHex,
  equalBytes,
  type Invite,
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
const VERSIONS = { old: 1, relay: 2, network: 3, newest: 15 } as const
const CHECKSUM_BYTES = 4

/** At least one, each relay once, the last of a relay's; or what is wrong with the first. */
export function readInvites(text: string, nowS: number): readonly ReadInvite[] | InviteFault {
  const trimmed = text.trim()
  if (trimmed === '') return 'invite-empty'
  const lines = linesOf(trimmed)
  if (lines.length === 0) return 'invite-none'
  if (lines.length > appLimits.invitesInTextMax) return 'invite-too-many'
  const found = new Map<string, ReadInvite>()
  for (const line of lines) {
    const read = decode(line) ?? (lines.length === 1 ? decode(rejoined(trimmed)) : undefined)
    if (read === undefined) return faultOf(line)
    if (read.any.kind === 'network' && read.any.invite.untilS <= nowS) return 'invite-expired'
    found.set(keyOf(read.any), read)
  }
  return [...found.values()]
}

/** What an invite takes the place of: an older one of the same relay, or that of a network, since a client takes part in one. */
export function keyOf(any: AnyInvite): string {
  return any.kind === 'relay' ? encodeHex(any.invite.relayKey) : 'network'
}

export function relayInvites(invites: readonly { readonly any: AnyInvite }[]): readonly Invite[] {
  return invites.flatMap(({ any }) => (any.kind === 'relay' ? [any.invite] : []))
}

export function networkInvite(invites: readonly { readonly any: AnyInvite }[]): NetworkInvite | undefined {
  return invites.flatMap(({ any }) => (any.kind === 'network' ? [any.invite] : []))[0]
}

/** From each “culvert:” to the next space; zero-width and soft-hyphen letters, which messengers put in, are dropped. */
function linesOf(text: string): string[] {
  const plain = text.replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '')
  // A messenger's link to share has it as one part of an address.
  const shared = plain.replace(/culvert%3a([^\s&#]*)/gi, ' culvert:$1 ')
  const lines = [...shared.matchAll(/culvert:(?:\/\/)?(\S*)/gi)].map(([, body = '']) => body)
  return lines.map((body) => SCHEME + body.replace(/[.,;:!?)\]}>"'’”»،。]+$/u, ''))
}

/** Mail programs break long lines. */
function rejoined(text: string): string {
  return text.slice(text.toLowerCase().indexOf(SCHEME)).replace(/\s+/g, '')
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
  if (bytes[0] === VERSIONS.old) return 'invite-old'
  // Only what comes next counts as newer: any other number was made of letters that changed, as by a keyboard that capitalises.
  const [version = 0] = bytes
  if (version > VERSIONS.network && version <= VERSIONS.newest) return 'invite-new'
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  const isWhole = equalBytes(nodeCrypto.sha256(body).subarray(0, CHECKSUM_BYTES), bytes.subarray(body.length))
  return isWhole ? 'invite-unusable' : 'invite-damaged'
}

/** The longest line that decodeAnyInvite reads (SPEC.md §3). */
const INVITE_TEXT_MAX = 8_192
