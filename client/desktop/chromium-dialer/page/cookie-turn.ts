// One request's cookie at a time. A page can't set a request's Cookie header; it reads the partition's jar, some time after fetch or WebSocket was called. So the
// next may change the jar only once the one before has read it.
//
// Nothing tells a page when that was. But whatever a page fetches goes through the main process to the network process, and the jar is filled by the same way
// (../jar.ts): what is asked first is there first.
import { ipcRenderer } from 'electron'
import { type Cookie, JAR_CHANNEL } from '../../../contract/dialer-messages.ts'

export class CookieTurn {
  #last: Promise<unknown> = Promise.resolve()
  #hasCookie = false

  /** Calls `start` when it is this request's turn; without a cookie, the one before is forgotten. What `start` returns settles once the next may have its turn. */
  take(cookie: Cookie | undefined, start: () => Promise<unknown> | undefined): void {
    this.#last = this.#last.then(async () => {
      await this.#fill(cookie).catch(() => undefined)
      await start()?.catch(() => undefined)
    })
  }

  async #fill(cookie: Cookie | undefined): Promise<void> {
    if (cookie === undefined && !this.#hasCookie) return
    this.#hasCookie = cookie !== undefined
    await ipcRenderer.invoke(JAR_CHANNEL, cookie)
  }
}
