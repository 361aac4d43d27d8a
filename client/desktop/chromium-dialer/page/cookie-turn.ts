// One request's cookie at a time. A page can't set a request's Cookie header; it sets the jar's cookie, and Chromium reads the jar some time after fetch or
// WebSocket was called. So the next may change the jar only once the main process has seen the one before leave with its own.
import type { Cookie } from '../../../contract/dialer-messages.ts'

export class CookieTurn {
  #last: Promise<unknown> = Promise.resolve()
  #name: string | undefined
  #awaited: { readonly pair: string | undefined; readonly done: () => void } | undefined

  /** Calls `start` when it is this request's turn; without a cookie, the one before is forgotten. What `start` returns must settle once the request is over. */
  take(cookie: Cookie | undefined, start: () => Promise<unknown>): void {
    this.#last = this.#last.then(async () => {
      await this.#fill(cookie).catch(() => undefined)
      const sent = new Promise<void>((done) => {
        this.#awaited = { pair: cookie && `${cookie.name}=${cookie.value}`, done }
      })
      await Promise.race([sent, start().catch(() => undefined)])
      this.#awaited = undefined
    })
  }

  /** A request has its headers, this Cookie header among them; empty: none. */
  sent(header: string): void {
    const { pair, done } = this.#awaited ?? {}
    if (pair === undefined || header.split('; ').includes(pair)) done?.()
  }

  async #fill(cookie: Cookie | undefined): Promise<void> {
    const name = this.#name
    this.#name = cookie?.name
    if (name !== undefined && name !== cookie?.name) await cookieStore.delete({ name, path: '/' })
    if (cookie !== undefined) await cookieStore.set({ ...cookie, path: '/', sameSite: 'strict' })
  }
}
