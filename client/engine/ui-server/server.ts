// Serves the screens to an ordinary browser on this machine, for where the desktop app can't run.
//
//   GET  /enter/TOKEN    once: hands the key over, and leads on to /
//   GET  /, /FILE        the screens' own files: the same for everyone, no secret in them
//   GET  /status         a line of JSON for each status, until the tab is closed
//   POST /command/NAME   one command of the contract's table
//
// Each request passes the guard first; what it refuses gets an empty answer.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Room } from '#protocol/room'
import type { AppStatus } from '../../contract/app-status.ts'
import { type Executors, execute } from '../../contract/commands.ts'
import { commandLimits } from '../../contract/limits.ts'
import { Guard } from './guard.ts'
import { type UiServerLimits, uiServerLimits } from './limits.ts'
import { Watcher } from './watcher.ts'

export interface UiServerOptions {
  readonly port: number
  readonly executors: Executors
  readonly status: () => AppStatus
  /** The screens, by name; index.html is the first page. */
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly limits?: UiServerLimits
}

export interface UiServer {
  readonly port: number
  /** A fresh link; the one before it opens nothing any more. */
  newLink(): string
  /** A status for every tab. */
  tell(status: AppStatus): void
  close(): void
}

const LOOPBACK = '127.0.0.1'

/** Nothing but our own files, no request to anywhere else, no script or style within a page, no page around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self), display-capture=(self), geolocation=(), microphone=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
} as const

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Rejects when the port can't be had. */
export async function startUiServer(options: UiServerOptions): Promise<UiServer> {
  const ui = new Ui(options)
  const port = await ui.listen()
  return { port, newLink: () => ui.newLink(), tell: (status) => ui.tell(status), close: () => ui.close() }
}

class Ui {
  readonly #options: UiServerOptions
  readonly #limits: UiServerLimits
  readonly #guard: Guard
  readonly #server: Server
  readonly #room: Room
  readonly #watchers = new Set<Watcher>()
  #port = 0

  constructor(options: UiServerOptions) {
    this.#options = options
    this.#limits = options.limits ?? uiServerLimits
    this.#guard = new Guard()
    const { headBytesMax, requestMs } = this.#limits
    this.#server = createServer(
      { maxHeaderSize: headBytesMax, headersTimeout: requestMs, requestTimeout: requestMs },
      (request, response) => {
        this.#serve(request, response).catch(() => response.destroy())
      },
    )
    this.#room = new Room(this.#server, this.#limits.socketsMax)
  }

  async listen(): Promise<number> {
    this.#server.listen({ host: LOOPBACK, port: this.#options.port })
    await once(this.#server, 'listening')
    this.#server.on('error', () => undefined)
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the screens are served by TCP')
    this.#port = address.port
    this.#guard.listensAt(address.port)
    return address.port
  }

  newLink(): string {
    return `http://${LOOPBACK}:${this.#port}/enter/${this.#guard.newToken()}`
  }

  tell(status: AppStatus): void {
    const line = `${JSON.stringify(status)}\n`
    for (const watcher of this.#watchers) watcher.tell(line)
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close()
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false
    if (this.#guard.refusalOf(request) !== undefined) return refuse(response, 403)
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    const { method = '', url = '' } = request
    const [path, place = '', rest = ''] = /^\/([\w.-]*)(?:\/([\w-]*))?$/.exec(url) ?? []
    if (path === undefined) return refuse(response, 404)
    if (method === 'POST' && place === 'command') return this.#carryOut(request, response, rest)
    if (method !== 'GET') return refuse(response, 405)
    if (place === 'enter') return this.#enter(response, rest)
    if (place === 'status') return this.#watch(request, response)
    const file = this.#options.files.get(place === '' ? 'index.html' : place)
    const type = TYPES[place === '' ? 'html' : (place.split('.').at(-1) ?? '')]
    if (file === undefined || type === undefined || rest !== '') return refuse(response, 404)
    response.setHeader('Content-Type', type).end(file)
  }

  /** A page of one line: whoever follows a link from another site would not send the cookie on, and a page of our own does. */
  #enter(response: ServerResponse, token: string): void {
    const entered = this.#guard.enter(token)
    if (entered === undefined) {
      response.statusCode = 403
      response.setHeader('Content-Type', TYPES['html'] as string).end(USED_PAGE)
      return
    }
    response.setHeader('Set-Cookie', entered.setCookie)
    response.setHeader('Content-Type', TYPES['html'] as string)
    response.end(
      `<!doctype html><meta charset="utf-8"><meta name="culvert-key" content="${entered.key}"><script type="module" src="/enter.js"></script>`,
    )
  }

  #watch(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#guard.knows(request)) return refuse(response, 401)
    this.#room.settle(request.socket)
    if (this.#watchers.size >= this.#limits.watchersMax) return refuse(response, 429)
    response.setHeader('Content-Type', 'application/x-ndjson')
    const watcher: Watcher = new Watcher(response, this.#limits, () => this.#watchers.delete(watcher))
    this.#watchers.add(watcher)
    watcher.tell(`${JSON.stringify(this.#options.status())}\n`)
  }

  async #carryOut(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    if (!this.#guard.knows(request)) return refuse(response, 401)
    this.#room.settle(request.socket)
    if (request.headers['content-type'] !== 'application/json') return refuse(response, 415)
    const text = await readBody(request)
    const payload = text === undefined ? undefined : parse(text)
    if (payload === undefined) return refuse(response, text === undefined ? 413 : 400)
    const outcome = await execute(this.#options.executors, name, payload.value)
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(outcome))
  }
}

const USED_PAGE =
  '<!doctype html><meta charset="utf-8"><title>Culvert</title><p>This link was used already, or is old. ' +
  'In the terminal where Culvert runs, press Enter to get a new one.</p>'

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Length': 0, Connection: 'close' }).end()
}

/** Undefined: it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > commandLimits.commandBytesMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** An empty body is a command without payload. */
function parse(text: string): { readonly value: unknown } | undefined {
  if (text === '') return { value: undefined }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}
