// Webhooks: each newly published state of a shutdown is posted, signed, to addresses that the operator put into a file. outbox.ts says when.
//
// An address is a name or number that others chose, so it is treated as a stranger's: https only, resolved here, and only public addresses are
// dialled, the very ones that were checked; no redirect is followed, and what is answered is not read.
import { createHmac } from 'node:crypto'
import type { lookup as systemLookup } from 'node:dns'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { checkedLookup } from '#protocol/node'
import { createAddressPolicy, isPortRefused, nameToAsk } from '../dial/policy.ts'
import { OperatorError } from '../operator-error.ts'
import { type SiteLimits, siteLimits } from './site-limits.ts'

export interface Hook {
  readonly url: URL
  /** Known to the receiver, to check that a post is ours. */
  readonly secret: string
}

export interface SenderOptions {
  /** Ranges that are open all the same: for tests. */
  readonly allow?: readonly string[]
  /** Certificates, PEM, that are trusted beside the system's: for tests. */
  readonly ca?: string
  readonly lookup?: typeof systemLookup
  readonly limits?: SiteLimits
}

/** Throws OperatorError. */
export function readHooks(file: string, limits: SiteLimits = siteLimits): readonly Hook[] {
  const complain = (what: string): OperatorError => new OperatorError(`${file} ${what}.`)
  let entries: unknown
  try {
    entries = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw complain(error instanceof SyntaxError ? 'is not JSON' : `can’t be read (${(error as NodeJS.ErrnoException).code})`)
  }
  if (!Array.isArray(entries) || entries.length > limits.hooksMax)
    throw complain(`must be a list of at most ${limits.hooksMax} {"url", "secret"}`)
  return entries.map((entry: { url?: unknown; secret?: unknown }, index) => {
    const { url, secret } = entry ?? {}
    if (typeof secret !== 'string' || secret.length < 16) throw complain(`needs a secret of 16 characters or more in entry ${index + 1}`)
    if (typeof url !== 'string' || !URL.canParse(url)) throw complain(`has no URL in entry ${index + 1}`)
    const parsed = new URL(url)
    if (parsed.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '')
      throw complain(`must have an https URL without a name and password in entry ${index + 1}`)
    return { url: parsed, secret }
  })
}

/** Posts once; whether it was taken. */
export function createSender(options: SenderOptions = {}): (hook: Hook, body: string) => Promise<boolean> {
  const permits = createAddressPolicy(options.allow ?? [], [])
  const lookup = checkedLookup(permits, options.lookup)
  return (hook, body) => sendOnce(hook, body, { lookup, permits, ca: options.ca, limits: options.limits ?? siteLimits })
}

interface Sending {
  readonly lookup: LookupFunction
  readonly permits: (address: string) => boolean
  readonly ca: string | undefined
  readonly limits: SiteLimits
}

function sendOnce({ url, secret }: Hook, body: string, { lookup, permits, ca, limits }: Sending): Promise<boolean> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? 443 : Number(url.port)
  if (isPortRefused(port) || (isIP(host) === 0 ? nameToAsk(host) === undefined : !permits(host))) return Promise.resolve(false)
  return new Promise((resolve) => {
    const sent = request(
      {
        host,
        port,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        lookup,
        agent: false,
        signal: AbortSignal.timeout(limits.hookMs),
        ...(ca !== undefined && { ca }),
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'User-Agent': 'culvert-observatory',
          'Culvert-Signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
        },
      },
      (answer) => {
        resolve((answer.statusCode ?? 0) >= 200 && (answer.statusCode ?? 0) < 300)
        answer.destroy()
      },
    )
    sent.on('error', () => undefined)
    // Also where another protocol was answered, which Node ends without an error.
    sent.on('close', () => resolve(false))
    sent.end(body)
  })
}
