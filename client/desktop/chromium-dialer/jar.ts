// The one cookie of a pane's window. It is filled from here, since a page's requests go through this process as well: what the window asked by fetch before it
// asked for another cookie is with the network process before that cookie is, and leaves with its own.
//
// To listen for requests that leave (webRequest) would tell it as well, and at three times the price: what a listener sees, bodies and answers included, this
// process takes apart (docs/decisions/chromium-dialer.md). Were the order ever another, one number would come twice: the relay refuses that, and the session goes
// on by another carrier.
import type { Cookies, WebContents } from 'electron'
import { JAR_CHANNEL, readJarCookie } from '../../contract/dialer-messages.ts'

/** From now on the window's page says what is in the partition's jar. */
export function serveJar({ ipc }: WebContents, cookies: Cookies, origin: string): void {
  let name: string | undefined
  ipc.handle(JAR_CHANNEL, async (_event, asked: unknown) => {
    const cookie = readJarCookie(asked)
    const before = name
    name = cookie?.name
    if (before !== undefined && before !== name) await cookies.remove(origin, before)
    if (cookie !== undefined) await cookies.set({ ...cookie, url: origin, path: '/', secure: true, sameSite: 'strict' })
  })
}
