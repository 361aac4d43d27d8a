// What an HTTP request to a proxy asks for (RFC 9112 section 3.2), and which of its headers go on (RFC 9110 section 7.6.1).
import type { Target } from '#protocol'
import { isLoopback, plainAddress, targetOf } from './local.ts'

/** What `GET http://host:port/path` asks for. */
export interface AbsoluteForm {
  readonly target: Target
  /** For the Host header, whatever the app sent there. */
  readonly host: string
  /** In origin form. */
  readonly path: string
}

const HTTP_PORT = 80
const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/
/** No user name (it would be a secret in a log), no fragment (it never goes on the wire), and in the path what Node's client lets through. */
const ABSOLUTE_FORM = /^http:\/\/([^/?#@\\]+)([/?][!"$-~\x80-\xff]*)?$/i

/** undefined for any other form and scheme; https goes through CONNECT. */
export function parseAbsoluteForm(method: string, url: string): AbsoluteForm | undefined {
  const [, authority, rest = ''] = ABSOLUTE_FORM.exec(url) ?? []
  if (authority === undefined) return undefined
  const target = parseAuthority(authority, HTTP_PORT)
  if (target === undefined) return undefined
  const name = target.host.includes(':') ? `[${target.host}]` : target.host
  const host = target.port === HTTP_PORT ? name : `${name}:${target.port}`
  const path = rest === '' && method === 'OPTIONS' ? '*' : rest.startsWith('/') ? rest : `/${rest}`
  return { target, host, path }
}

/** `host:port`, the port as it stands there or defaultPort. */
export function parseAuthority(text: string, defaultPort?: number): Target | undefined {
  const [, host, digits] = AUTHORITY.exec(text) ?? []
  const port = digits === undefined ? defaultPort : Number(digits)
  if (host === undefined || port === undefined) return undefined
  return targetOf(host.startsWith('[') ? host.slice(1, -1) : host, port)
}

/** True for a target that is the proxy itself, as a page at a rebound name or an app with a loop in its settings asks for it. */
export function isOwnAddress(target: Target, ownAddress: string | undefined, ownPort: number | undefined): boolean {
  if (target.port !== ownPort) return false
  const host = plainAddress(target.host)
  const isLocalName = host === 'localhost' || host.endsWith('.localhost')
  return isLocalName || isLoopback(host) || host === '0.0.0.0' || host === '::' || host === plainAddress(ownAddress ?? '')
}

const HOP_BY_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** raw, as Node has it (name, value, name, value), without what is meant for this hop, or named in `also` (lower case). */
export function endToEndHeaders(raw: readonly string[], connection: string | undefined, also: readonly string[] = []): string[] {
  const listed = (connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  const dropped = new Set([...HOP_BY_HOP, ...listed, ...also])
  return raw.filter((_, i) => !dropped.has((raw[i - (i % 2)] as string).toLowerCase()))
}
