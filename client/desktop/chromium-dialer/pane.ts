// A pane: one hidden, sandboxed window with a partition of its own, whose every request goes to the engine's hop.
//
// 1. a partition all of whose requests go to the hop, from before its first                                                leadTo
// 2. it asks nobody for anything: no spelling, no cache, no leave to do more, and no certificate but the endpoint's        #quieten
// 3. the hop's password is given once, so that Chromium needs not be asked for it when a WebSocket comes                   #greet
// 4. an empty page is loaded as if from the endpoint, so that Origin, Referer and cookies are right; nothing is fetched    #loadPage
// 5. the preload opens its line to the engine; from then on the partition's requests are what it asks for    serveJar, #front
import { BrowserWindow, net, type Session, session } from 'electron'
import type { CertificateFault, OpenPane } from '../../contract/dialer-messages.ts'
import { GREETINGS_MAX } from '../limits.ts'
import { CertificateCheck } from './certificate.ts'
import { serveJar } from './jar.ts'
import { leadTo } from './lead.ts'
import { acceptedLanguages, userAgent } from './voice.ts'

/** Nobody has such a host; the hop answers for it. */
const GREETING = 'http://hop.invalid/'
/** What it says to a window that has its password. */
const GREETED = 204
const PAGE = '<!DOCTYPE html><html><head><meta charset="utf-8"><link rel="icon" href="data:,"></head><body></body></html>'

/** All but the line. */
const OUTSIDE = { urls: ['https://*/*', 'wss://*/*'] }

/** Its preload may ask the endpoint, the engine by its hop, and nobody else. */
function pageHeaders(origin: string, hopPort: number): Record<string, string> {
  const sources = `connect-src ${origin} ${origin.replace('https', 'wss')} ws://127.0.0.1:${hopPort}`
  return { 'Content-Type': 'text/html', 'Content-Security-Policy': `default-src 'none'; img-src data:; ${sources}` }
}

/** Of each partition, set once: to set it anew would make Chromium forget its TLS sessions. */
const checks = new WeakMap<Session, CertificateCheck>()

export class Pane {
  readonly #order: OpenPane
  readonly #pageFile: string
  readonly #onGone: () => void
  readonly #partition: Session
  #check: CertificateCheck | undefined
  #window: BrowserWindow | undefined
  #isClosed = false

  /** `onGone`: the window crashed. */
  constructor(order: OpenPane, pageFile: string, onGone: () => void) {
    this.#order = order
    this.#pageFile = pageFile
    this.#onGone = onGone
    this.#partition = session.fromPartition(`dialer-${order.partition}`, { cache: false })
    // At once: it is born with a checker of spelling, which fetches its words.
    this.#partition.setSpellCheckerEnabled(false)
    this.#partition.setSpellCheckerLanguages([])
  }

  get certificateFault(): CertificateFault | undefined {
    return this.#check?.fault
  }

  /** Resolves once the window has been told where its line begins. Rejects when it can't be had, or nobody wants it any more. */
  async load(): Promise<void> {
    await leadTo(this.#order.hop.port, this.#partition)
    this.#quieten()
    const window = this.#open()
    await this.#greet()
    await this.#loadPage(window)
    this.#front()
    window.webContents.send('culvert:line', this.#order.hop.port)
  }

  close(): void {
    this.#isClosed = true
    if (this.#window?.isDestroyed() === false) this.#window.destroy()
  }

  #quieten(): void {
    const partition = this.#partition
    this.#check = checkOf(partition, this.#order.pin)
    partition.setUserAgent(userAgent(), acceptedLanguages())
    partition.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
    partition.setPermissionCheckHandler(() => false)
    partition.on('will-download', (event) => event.preventDefault())
  }

  #open(): BrowserWindow {
    if (this.#isClosed) throw new Error('nobody waits for the window')
    const window = new BrowserWindow({
      show: false,
      skipTaskbar: true,
      focusable: false,
      webPreferences: {
        session: this.#partition,
        preload: this.#pageFile,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        spellcheck: false,
        backgroundThrottling: false,
        webgl: false,
        enableWebSQL: false,
      },
    })
    const { webContents } = window
    webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
    webContents.on('will-navigate', (event) => event.preventDefault())
    webContents.on('render-process-gone', this.#onGone)
    webContents.on('unresponsive', this.#onGone)
    serveJar(webContents, this.#partition.cookies, this.#order.origin)
    this.#window = window
    return window
  }

  /** Chromium keeps what a proxy has accepted, and from then on says it at once. A network that changes meanwhile costs a try, loopback or not. */
  async #greet(): Promise<void> {
    for (let triesLeft = GREETINGS_MAX; triesLeft > 0; triesLeft--) {
      const status = await this.#ask().catch(() => undefined)
      if (status === GREETED) return
      if (status !== undefined || this.#isClosed) break
    }
    throw new Error('the hop refuses')
  }

  /** Resolves with the status of the hop's answer. */
  #ask(): Promise<number> {
    const { user, password } = this.#order.hop
    return new Promise((resolve, reject) => {
      const request = net.request({ url: GREETING, session: this.#partition, useSessionCookies: false })
      request.on('login', (_realm, answer) => answer(user, password))
      request.on('response', (response) => {
        response.on('data', () => undefined)
        response.on('end', () => resolve(response.statusCode))
        response.on('error', reject)
      })
      request.on('error', reject)
      request.end()
    })
  }

  async #loadPage(window: BrowserWindow): Promise<void> {
    const { origin, hop } = this.#order
    const { protocol } = this.#partition
    protocol.interceptBufferProtocol('https', (_request, answer) =>
      answer({ headers: pageHeaders(origin, hop.port), data: Buffer.from(PAGE) }),
    )
    try {
      await window.loadURL(`${origin}/`)
    } finally {
      protocol.uninterceptProtocol('https')
    }
  }

  /** An edge reads another name inside TLS than stands outside. Chromium lets it be said for a WebSocket, at the price of the headers' order. */
  #front(): void {
    const { hostName, origin } = this.#order
    if (hostName === undefined) return
    const { port } = new URL(origin)
    const own = { Host: port === '' ? hostName : `${hostName}:${port}`, Origin: `https://${hostName}` }
    this.#partition.webRequest.onBeforeSendHeaders(OUTSIDE, ({ requestHeaders }, answer) =>
      answer({ requestHeaders: { ...requestHeaders, ...own } }),
    )
  }
}

/** The pin is part of what makes a partition: it stays the same. */
function checkOf(partition: Session, pin: Uint8Array | undefined): CertificateCheck {
  const known = checks.get(partition)
  if (known !== undefined) return known
  const check = new CertificateCheck(pin)
  checks.set(partition, check)
  partition.setCertificateVerifyProc((request, answer) => answer(check.verify(request)))
  return check
}
