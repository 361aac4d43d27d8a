// Where a stream goes: a name or an address, and a port. One canonical text form, and the bytes of SPEC.md §7.3.
import { type Reader, utf8, type Writer } from './bytes.ts'
import { ProtocolError } from './errors.ts'

/** host: lower-case DNS name without trailing dot, dotted IPv4, or RFC 5952 IPv6 without brackets. */
export interface Target {
  readonly host: string
  readonly port: number
}

const KIND_NAME = 1
const KIND_IPV4 = 4
const KIND_IPV6 = 6
const NAME_BYTES_MAX = 253
/** An IPv6 target, the longest address; names are longer: 1 + 1 + 253 + 2. */
export const TARGET_BYTES_MAX = 257

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
/** Underscore is not a host-name letter but appears in names that resolve; a last label that begins with a digit would be an address spelling. */
const NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** Canonicalises what an app asked for. Throws ProtocolError('bad-target') for what is neither a name nor a plain address. */
export function parseTarget(host: string, port: number): Target {
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new ProtocolError('bad-target', 'the port is not between 1 and 65535')
  if (IPV4.test(host)) return { host, port }
  if (host.includes(':')) return { host: formatIpv6(parseIpv6(host)), port }
  const name = (host.endsWith('.') ? host.slice(0, -1) : host).toLowerCase()
  if (name.length > NAME_BYTES_MAX || !NAME.test(name)) throw new ProtocolError('bad-target', 'this is not a host name')
  return { host: name, port }
}

/** For writing: the target's bytes, to be encoded once and sent as they are. */
export function encodeTarget(writer: Writer, target: Target): void {
  if (IPV4.test(target.host)) {
    writer.u8(KIND_IPV4)
    for (const part of target.host.split('.')) writer.u8(Number(part))
  } else if (target.host.includes(':')) writer.u8(KIND_IPV6).put(parseIpv6(target.host))
  else {
    const name = utf8(target.host)
    writer.u8(KIND_NAME).u8(name.length).put(name)
  }
  writer.u16(target.port)
}

/** Throws ProtocolError('bad-target') for what parseTarget would not have made. */
export function decodeTarget(reader: Reader): Target {
  const kind = reader.u8()
  let host: string
  if (kind === KIND_IPV4) host = reader.take(4).join('.')
  else if (kind === KIND_IPV6) host = formatIpv6(reader.take(16))
  else if (kind === KIND_NAME) host = decodeName(reader)
  else throw new ProtocolError('bad-target', 'unknown kind of target')
  const target = parseTarget(host, reader.u16())
  if (target.host !== host) throw new ProtocolError('bad-target', 'the name is not in its canonical form')
  return target
}

/** An address has a kind of its own, so that no target has two encodings. */
function decodeName(reader: Reader): string {
  const name = reader.text8()
  if (IPV4.test(name) || name.includes(':')) throw new ProtocolError('bad-target', 'an address is given as a name')
  return name
}

function parseIpv6(text: string): Uint8Array {
  const bytes = new Uint8Array(16)
  const halves = text.split('::')
  if (halves.length > 2) throw new ProtocolError('bad-target', 'this is not an IPv6 address')
  const head = ipv6Groups(halves[0] as string, halves.length === 1)
  const tail = halves.length === 2 ? ipv6Groups(halves[1] as string, true) : []
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) throw new ProtocolError('bad-target', 'this is not an IPv6 address')
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  for (const [i, group] of groups.entries()) {
    bytes[2 * i] = group >> 8
    bytes[2 * i + 1] = group & 0xff
  }
  return bytes
}

/** `isEnd`: the last group is the address's own last, where dotted IPv4 may stand. */
function ipv6Groups(text: string, isEnd: boolean): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group, i, all) => {
    if (isEnd && i === all.length - 1 && IPV4.test(group)) {
      const [a, b, c, d] = group.split('.').map(Number) as [number, number, number, number]
      return [(a << 8) | b, (c << 8) | d]
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) throw new ProtocolError('bad-target', 'this is not an IPv6 address')
    return [Number.parseInt(group, 16)]
  })
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`. */
function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number))
  let best = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (i + length < 8 && groups[i + length] === 0) length++
    if (length > bestLength) [best, bestLength] = [i, length]
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  return best < 0 ? text(groups) : `${text(groups.slice(0, best))}::${text(groups.slice(best + bestLength))}`
}
