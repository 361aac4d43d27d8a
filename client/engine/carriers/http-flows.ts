// What makes the requests of an http carrier: requests out, answers in, by HTTP/2 or HTTP/1.1 as the site chose. A TLS flow that the site ends between two
// requests, as sites do, is replaced without a word; what it may have taken is asked again only where the site can't have looked at it.
import type { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Endpoint } from '#protocol'
import { authorityOf } from './site.ts'

export interface HttpQuestion {
  /** Empty: none. */
  readonly cookie: string
  /** undefined: a GET; else a POST. */
  readonly body: Uint8Array | undefined
}

export interface HttpAnswer {
  readonly status: number
  readonly contentType: string | undefined
  readonly date: string | undefined
  /** Neither flowing nor paused: comes as fast as it is read. Its errors are dealt with; it ends by 'close' in any case. */
  readonly body: Readable
}

export interface HttpFlows {
  /** Calls back once: undefined when there is no answer. */
  ask(question: HttpQuestion, done: (answer: HttpAnswer | undefined) => void): void
  /** Ends all flows at once. */
  destroy(): void
}

/** Another flow to the same site. */
export type OpenFlow = () => Promise<TLSSocket>

/** What stands in every request, in order, but for the Host (or :authority) in front. */
export function headersOf(endpoint: Endpoint, { cookie, body }: HttpQuestion): Record<string, string | number> {
  const common = { accept: '*/*', cookie }
  if (body === undefined) return common
  const origin = `https://${authorityOf(endpoint)}`
  return { ...common, origin, 'content-type': 'application/octet-stream', 'content-length': body.length }
}

/** Whether it is a relay's, as far as its head tells. */
export function isRelaysAnswer({ status, contentType }: HttpAnswer): boolean {
  return status === 200 && contentType === 'application/octet-stream'
}
