// The messages of SOCKS5 (RFC 1928, RFC 1929) as bytes. Reading needs no more than a whole message and never reads past it.
//
//   greeting   05 count method[count]                          → 05 method
//   password   01 length user[length] length password[length]  → 01 status
//   request    05 command 00 address                           → 05 reply 00 address
//   datagram   00 00 fragment address payload
//   address    01 ipv4[4] port[2] | 03 length name[length] port[2] | 04 ipv6[16] port[2]
import { ResetCode, type Target } from '#protocol'

export const METHOD_NONE = 0
export const METHOD_PASSWORD = 2
export const COMMAND_CONNECT = 1
export const COMMAND_UDP_ASSOCIATE = 3

/** RFC 1928 section 6. */
export const Reply = {
  succeeded: 0,
  generalFailure: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  ttlExpired: 6,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const
export type Reply = (typeof Reply)[keyof typeof Reply]

/** What a message is while it is no message: incomplete so far, or nothing that more bytes could mend. */
export type Unread = 'short' | 'garbage'

const VERSION = 5
const PASSWORD_VERSION = 1
const IPV4 = 1
const NAME = 3
const IPV6 = 4

export const METHOD_REFUSED_ANSWER: Uint8Array = Uint8Array.of(VERSION, 0xff)
export const METHOD_NONE_ANSWER: Uint8Array = Uint8Array.of(VERSION, METHOD_NONE)
export const METHOD_PASSWORD_ANSWER: Uint8Array = Uint8Array.of(VERSION, METHOD_PASSWORD)
export const PASSWORD_RIGHT_ANSWER: Uint8Array = Uint8Array.of(PASSWORD_VERSION, 0)
export const PASSWORD_WRONG_ANSWER: Uint8Array = Uint8Array.of(PASSWORD_VERSION, 1)

const REPLY_OF_RESET: Readonly<Record<ResetCode, Reply>> = {
  [ResetCode.cancelled]: Reply.generalFailure,
  [ResetCode.refused]: Reply.refused,
  [ResetCode.hostUnreachable]: Reply.hostUnreachable,
  [ResetCode.networkUnreachable]: Reply.networkUnreachable,
  [ResetCode.timeout]: Reply.ttlExpired,
  [ResetCode.denied]: Reply.notAllowed,
  [ResetCode.nameNotFound]: Reply.hostUnreachable,
  [ResetCode.broken]: Reply.generalFailure,
  [ResetCode.overload]: Reply.generalFailure,
  [ResetCode.goingAway]: Reply.generalFailure,
  [ResetCode.internal]: Reply.generalFailure,
}

export function replyOfReset(code: ResetCode): Reply {
  return REPLY_OF_RESET[code]
}

export interface Greeting {
  readonly methods: Uint8Array
  readonly length: number
}

export function readGreeting(bytes: Uint8Array): Greeting | Unread {
  if (bytes.length > 0 && bytes[0] !== VERSION) return 'garbage'
  if (bytes.length < 2) return 'short'
  const length = 2 + byteAt(bytes, 1)
  return bytes.length < length ? 'short' : { methods: bytes.subarray(2, length), length }
}

export interface PasswordMessage {
  readonly password: Uint8Array
  readonly length: number
}

export function readPassword(bytes: Uint8Array): PasswordMessage | Unread {
  if (bytes.length > 0 && bytes[0] !== PASSWORD_VERSION) return 'garbage'
  if (bytes.length < 2) return 'short'
  const start = 3 + byteAt(bytes, 1)
  if (bytes.length < start) return 'short'
  const length = start + byteAt(bytes, start - 1)
  return bytes.length < length ? 'short' : { password: bytes.subarray(start, length), length }
}

export interface Request {
  readonly command: typeof COMMAND_CONNECT | typeof COMMAND_UDP_ASSOCIATE
  /** As asked: not canonical and not checked. */
  readonly host: string
  /** 0 to 65535. */
  readonly port: number
  readonly length: number
}

/** A Reply instead of a request is the refusal that it deserves. */
export function readRequest(bytes: Uint8Array): Request | Reply | Unread {
  if (bytes.length > 0 && bytes[0] !== VERSION) return 'garbage'
  if (bytes.length < 4) return 'short'
  const command = byteAt(bytes, 1)
  if (command !== COMMAND_CONNECT && command !== COMMAND_UDP_ASSOCIATE) return Reply.commandNotSupported
  if (bytes[2] !== 0) return Reply.generalFailure
  const address = readAddress(bytes, 3)
  if (address === 'garbage') return Reply.addressTypeNotSupported
  return address === 'short' ? 'short' : { command, host: address.host, port: address.port, length: address.end }
}

export function encodeReply(reply: Reply, address = '0.0.0.0', port = 0): Uint8Array {
  return Uint8Array.of(VERSION, reply, 0, ...encodeAddress({ host: address, port }))
}

export interface Datagram {
  /** As asked: not canonical and not checked. */
  readonly host: string
  readonly port: number
  /** A view of the bytes that were read. */
  readonly payload: Uint8Array
}

/** undefined for what is dropped: no whole header, or a fragment, which RFC 1928 section 7 allows to be dropped. */
export function readDatagram(bytes: Uint8Array): Datagram | undefined {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 0) return undefined
  const address = readAddress(bytes, 3)
  if (address === 'short' || address === 'garbage') return undefined
  return { host: address.host, port: address.port, payload: bytes.subarray(address.end) }
}

/** What stands before the payload of a datagram. */
export function encodeDatagramHeader(from: Target): Uint8Array {
  return Uint8Array.of(0, 0, 0, ...encodeAddress(from))
}

function readAddress(bytes: Uint8Array, offset: number): { host: string; port: number; end: number } | Unread {
  if (bytes.length <= offset) return 'short'
  const type = bytes[offset]
  const start = offset + (type === NAME ? 2 : 1)
  if (type !== IPV4 && type !== IPV6 && type !== NAME) return 'garbage'
  if (bytes.length < start) return 'short'
  const portOffset = start + (type === IPV4 ? 4 : type === IPV6 ? 16 : byteAt(bytes, start - 1))
  const end = portOffset + 2
  if (bytes.length < end) return 'short'
  const host = type === IPV4 ? ipv4Text(bytes, start) : type === IPV6 ? ipv6Text(bytes, start) : nameText(bytes, start, portOffset)
  return { host, port: (byteAt(bytes, portOffset) << 8) | byteAt(bytes, portOffset + 1), end }
}

function ipv4Text(bytes: Uint8Array, start: number): string {
  return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`
}

/** All eight groups; parseTarget shortens them. */
function ipv6Text(bytes: Uint8Array, start: number): string {
  const groups: string[] = []
  for (let i = start; i < start + 16; i += 2) groups.push(((byteAt(bytes, i) << 8) | byteAt(bytes, i + 1)).toString(16))
  return groups.join(':')
}

/** One character a byte: bytes that no host name has stay characters that no host name has. */
function nameText(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) text += String.fromCharCode(byteAt(bytes, i))
  return text
}

function encodeAddress({ host, port }: Target): number[] {
  const portBytes = [port >> 8, port & 0xff]
  if (host.includes(':')) return [IPV6, ...ipv6Bytes(host), ...portBytes]
  const parts = host.split('.').map(Number)
  if (parts.length === 4 && parts.every((part) => part <= 255)) return [IPV4, ...parts, ...portBytes]
  return [NAME, host.length, ...Array.from(host, (character) => character.charCodeAt(0)), ...portBytes]
}

/** Of RFC 5952 text. */
function ipv6Bytes(text: string): number[] {
  const [head = [], tail = []] = text.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const zeros = new Array<string>(8 - head.length - tail.length).fill('0')
  return [...head, ...zeros, ...tail].flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] as number
}
