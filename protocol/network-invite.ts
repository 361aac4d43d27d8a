// What a person is given to be handed relays of a network, rather than one relay: whom to ask, by which right, and by which doors. Bytes: SPEC.md §3.1.

import { Reader, Writer } from './bytes.ts'
import { SECRET_BYTES } from './directory/handing.ts'
import { assert, ProtocolError } from './errors.ts'
import {
  decodeInvite,
  decodeInviteBody,
  encodeInviteBody,
  type Invite,
  NETWORK_VERSION,
  readInviteText,
  writeInviteText,
} from './invite.ts'
import { INVITE_TEXT_BYTES_MAX, NETWORK_DOORS_MAX } from './limits.ts'

export interface NetworkInvite {
  readonly networkId: Uint8Array
  /** The X25519 key of the authority that made it: questions are sealed to it, and it alone knows the secret. */
  readonly authorityKey: Uint8Array
  /** 16 random bytes: the right to be handed relays, for as many as it was made for. */
  readonly secret: Uint8Array
  /** Seconds since 1970: who has not begun by then can't any more. */
  readonly untilS: number
  /** Who takes the first question: the authority itself, or relays that pass it on. */
  readonly doors: readonly Invite[]
}

/** Either kind of invite. */
export type AnyInvite = { readonly kind: 'relay'; readonly invite: Invite } | { readonly kind: 'network'; readonly invite: NetworkInvite }

export function encodeNetworkInvite({ networkId, authorityKey, secret, untilS, doors }: NetworkInvite): string {
  assert(networkId.length === 32 && authorityKey.length === 32, 'keys are 32 bytes')
  assert(secret.length === SECRET_BYTES, 'a secret is 16 bytes')
  assert(doors.length >= 1 && doors.length <= NETWORK_DOORS_MAX, 'an invite has 1 to 4 doors')
  const writer = new Writer(new Uint8Array(INVITE_TEXT_BYTES_MAX))
  writer.u8(NETWORK_VERSION).put(networkId).put(authorityKey).put(secret).u32(untilS).u8(doors.length)
  for (const door of doors) {
    const body = encodeInviteBody(door)
    writer.u16(body.length).put(body)
  }
  return writeInviteText(writer.done())
}

/** Throws ProtocolError('bad-invite') whose message tells a person what is wrong with what they pasted. Whether it has expired is for who knows the time. */
export function decodeAnyInvite(text: string): AnyInvite {
  const body = readInviteText(text)
  if (body[0] !== NETWORK_VERSION) return { kind: 'relay', invite: decodeInvite(text) }
  const reader = new Reader(body, 'bad-invite', 1)
  const [networkId, authorityKey, secret] = [copy(reader, 32), copy(reader, 32), copy(reader, SECRET_BYTES)]
  const untilS = reader.u32()
  const count = reader.u8()
  if (count < 1 || count > NETWORK_DOORS_MAX) throw reader.error('This invite names no door of its network.')
  const doors = Array.from({ length: count }, () => decodeInviteBody(copy(reader, reader.u16()), 'bad-invite'))
  reader.end()
  return { kind: 'network', invite: { networkId, authorityKey, secret, untilS, doors } }
}

/** The invite of a network alone. Throws as decodeAnyInvite. */
export function decodeNetworkInvite(text: string): NetworkInvite {
  const any = decodeAnyInvite(text)
  if (any.kind === 'relay')
    throw new ProtocolError('bad-invite', 'This is the invite of one relay, and the invite of a network is wanted here.')
  return any.invite
}

function copy(reader: Reader, length: number): Uint8Array {
  return new Uint8Array(reader.take(length))
}
