// What every carrier's first request says of the site that it visits, and learns from it.
import type { Endpoint } from '#protocol'

/** The Host header. Its name differs from TLS's where an edge allows fronting. */
export function authorityOf({ address, hostName }: Endpoint): string {
  const port = address.slice(address.lastIndexOf(':') + 1)
  return port === '443' ? hostName : `${hostName}:${port}`
}

/** A Date header as seconds since 1970. */
export function parseDate(date: string | undefined): number | undefined {
  const ms = Date.parse(date ?? '')
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000)
}
