// Who may ask: the browser of the person who was given the link, in a page of ours, and nobody else on this machine or beyond it.
//
// A link with a one-time token opens a page that holds a key. The page keeps the key in its own storage, which browsers part by port, and sends it with each
// request; a cookie alone would be sent to every other port of this machine. Both are needed.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const COOKIE = 'culvert'

export type Refusal = 'host' | 'origin' | 'stranger'

export class Guard {
  readonly #cookie = secret()
  readonly #key = secret()
  #token: string | undefined = secret()
  /** `host:port` as browsers may write it. */
  #hosts: ReadonlySet<string> = new Set()

  listensAt(port: number): void {
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`])
  }

  /** For the link; each takes the place of the last one. */
  newToken(): string {
    this.#token = secret()
    return this.#token
  }

  /** Of what page any request comes. A name that was bound to this address later (DNS rebinding) shows in Host, another site's page in Origin. */
  refusalOf({ headers, method }: IncomingMessage): Refusal | undefined {
    const { host = '', origin, 'sec-fetch-site': site } = headers
    if (!this.#hosts.has(host.toLowerCase())) return 'host'
    if (origin !== undefined && origin !== `http://${host.toLowerCase()}`) return 'origin'
    if (method === 'POST' && origin === undefined) return 'origin'
    return site === undefined || site === 'same-origin' || site === 'none' ? undefined : 'origin'
  }

  /** Takes the token, once. Gives back what the page needs. */
  enter(token: string): { readonly setCookie: string; readonly key: string } | undefined {
    if (this.#token === undefined || !isSame(token, this.#token)) return undefined
    this.#token = undefined
    return { setCookie: `${COOKIE}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/`, key: this.#key }
  }

  knows({ headers }: IncomingMessage): boolean {
    const cookies = (headers.cookie ?? '').split(';').map((one) => one.trim())
    const cookie = cookies.find((one) => one.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? ''
    const key = headers['x-culvert-key']
    return isSame(cookie, this.#cookie) && isSame(typeof key === 'string' ? key : '', this.#key)
  }
}

/** Both are 32 random bytes: nobody guesses them, however often they may, and a tab of an earlier run asks with its old ones for days. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}

function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
