// A person in a censored country, at the app and at a browser that follows the system's proxy. Run inside the client's network namespace (cutoff.test.ts), as
// Playwright speaks with both by the loopback there. Says what happens as one JSON object a line.
//
//   node citizen.ts EXECUTABLE APP DISPLAY INVITE-FILE SITE PATH     SITE: an https origin; PATH: of the long page there
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { DesktopSession } from '../client/desktop/system-proxy/session-bus.ts'
import { findProgram } from '../programs.ts'
import { TestApp } from './app.ts'

/** So much of the long page has come when it counts as being under way. */
const UNDER_WAY_BYTES = 1_500_000

const [executable = '', folder = '', display = '', inviteFile = '', site = '', path = ''] = process.argv.slice(2)
const say = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`)

const session = await DesktopSession.open('GNOME')
const before = session.proxySettings
const stage = { executable, folder, display: { name: display, close: async () => undefined } }
const app = await TestApp.start(stage, { env: session.place })

try {
  await live()
} catch (error) {
  say({ event: 'failed', ...(await app.account()), proxySettings: session.proxySettings })
  throw error
}
await session.close()
process.exit(0)

async function live(): Promise<void> {
  await app.join(inviteFile)
  await app.send('useSystemProxy', { isOn: true })
  await app.status(({ systemProxy }) => systemProxy.state === 'on')

  // No word of a proxy: it goes by the desktop's settings. Who signed the site's certificate is not what is asked here.
  const browser = await chromium.launchPersistentContext(join(session.folder, 'profile'), {
    executablePath: findProgram('chromium') as string,
    env: session.env as Record<string, string>,
    args: ['--no-sandbox'],
    ignoreHTTPSErrors: true,
  })
  const tab = await browser.newPage()
  await tab.goto(site)
  const { link } = await app.status()
  say({ event: 'browsing', title: await tab.title(), ways: 'ways' in link ? link.ways.map(({ way }) => way.place) : [] })

  const underWay = Promise.withResolvers<void>()
  await tab.exposeFunction('underWay', underWay.resolve)
  const sha256 = tab.evaluate(loadWhole, { path, underWayBytes: UNDER_WAY_BYTES })
  await Promise.race([underWay.promise, sha256])
  say({ event: 'under-way' })
  await app.status(({ link }) => link.state === 'connected' && link.ways.length > 0 && link.ways.every(({ way }) => way.place === 'edge'))
  await app.page.getByText(/^(Relay 1: )?CDN 1 \(/).waitFor()
  say({ event: 'moved' })
  await app.status(({ finding }) => finding?.verdict === 'cutoff')
  await app.page.getByText('This network is cut off from abroad.').waitFor()
  say({ event: 'explained' })
  say({ event: 'whole', sha256: await sha256 })

  // Nothing is open any more, and so the engine that comes next finds out by itself.
  const ended = app.status(({ link }) => link.state === 'off' && link.fault === 'engine-ended')
  process.kill(app.enginePid, 'SIGKILL')
  await ended
  const { finding } = await app.status(
    ({ link, finding }) => link.state === 'connected' && (finding?.verdict === 'cutoff' || finding?.verdict === 'offline'),
  )
  say({ event: 'told-again', verdict: finding?.verdict })

  await browser.close()
  const code = await app.quit()
  say({ event: 'over', code, isProxyBack: session.proxySettings === before })
}

/** Runs in the page: loads what is long, says when it is under way, and gives the hash of all of it. */
async function loadWhole({ path, underWayBytes }: { readonly path: string; readonly underWayBytes: number }): Promise<string> {
  const { body } = await fetch(path, { cache: 'no-store' })
  const reader = (body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    if (bytes < underWayBytes && bytes + value.length >= underWayBytes) (globalThis as unknown as { underWay(): void }).underWay()
    bytes += value.length
    chunks.push(value)
  }
  const hash = await crypto.subtle.digest('SHA-256', await new Blob(chunks).arrayBuffer())
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
