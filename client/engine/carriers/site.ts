// What every carrier's first request says of the site that it visits, and learns from it.
import type { Endpoint } from '#protocol'
import { DialError } from '../platform.ts'

/** The Host header. Its name differs from TLS's where an edge allows fronting. */
export function authorityOf({ address, hostName }: Endpoint): string {
  const port = address.slice(address.lastIndexOf(':') + 1)
  return port === '443' ? hostName : `${hostName}:${port}`
}

/** Why an answer is no relay's: it is the site's, or the error page of what stands before it (RFC 9110 §15.6, RFC 6585 §4), which says nothing of the relay. */
export function refusalOf(status: number, date: string | undefined): DialError {
  return new DialError(status >= 500 || status === 429 ? 'refused' : 'not-admitted', parseDate(date))
}

/** A Date header as seconds since 1970. */
export function parseDate(date: string | undefined): number | undefined {
  const ms = Date.parse(date ?? '')
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000)
}
