// Names, addresses and ports as an operator types them.
import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { OperatorError } from './operator-error.ts'

export interface HostPort {
  /** A name, a dotted IPv4 or an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
}

/** `HOST:PORT`, `[IPv6]:PORT`. Throws OperatorError in words that fit after “listen ” or “--listen ”. */
export function parseHostPort(text: string, portMin: 0 | 1): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port < portMin || port > 65535) throw new OperatorError(`must look like HOST:PORT or [IPV6]:PORT, but is “${text}”`)
  if (match[1] !== undefined) {
    if (!isIPv6(match[1])) throw new OperatorError(`has no IPv6 address in its brackets: “${text}”`)
    return { host: match[1].toLowerCase(), port }
  }
  const host = match[2] as string
  if (/^[\d.]+$/.test(host) && !isIPv4(host)) throw new OperatorError(`has an address that is none: “${host}”`)
  return { host: isIPv4(host) ? host : parseDomain(host), port }
}

export function formatHostPort({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Canonical ASCII form of a DNS name. Throws OperatorError in words that fit after “--domain ”. */
export function parseDomain(text: string): string {
  const name = domainToASCII(text.replace(/\.$/, ''))
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
  const isName = name.length <= 253 && new RegExp(`^(?:${label}\\.)*${label}$`).test(name) && !/^[\d.]+$/.test(name)
  if (!isName) throw new OperatorError(`must be a name such as www.example.org, but is “${text}”`)
  return name
}

/** An address that only this machine can reach. */
export function isLoopback({ host }: Pick<HostPort, 'host'>): boolean {
  return host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
