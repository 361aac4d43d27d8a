// The rules of what goes direct as a PAC file, for systems and programs that take no list of their own; served on loopback under a name nobody can guess,
// since a web page may load any script it knows the address of, and would learn from this one what the person's sites are.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Room } from '#protocol/room'
import { refusalLimits } from './limits.ts'

/** `rules` are those of direct-rules.ts. A function of the host alone, whose rules are data: nothing of them is ever code. */
export function createPac(httpPort: number, rules: readonly string[]): string {
  const exact = rules.filter((rule) => !rule.startsWith('*.'))
  const below = rules.filter((rule) => rule.startsWith('*.')).map((rule) => rule.slice(1))
  // Without DIRECT at the end: where the proxy does not answer, nothing goes out.
  return `var exact = ${spell(exact)}, below = ${spell(below)};
function FindProxyForURL(url, host) {
  host = String(host).toLowerCase().replace(/\\.$/, '').replace(/^\\[(.*)\\]$/, '$1');
  for (var i = 0; i < exact.length; i++) if (host === exact[i]) return 'DIRECT';
  for (var j = 0; j < below.length; j++) if (host.slice(-below[j].length) === below[j]) return 'DIRECT';
  return 'PROXY 127.0.0.1:${httpPort}';
}
`
}

/** ASCII alone, so that no reader's idea of the file's encoding matters, and no line end that old script engines see inside a text. */
function spell(texts: readonly string[]): string {
  return JSON.stringify(texts).replace(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

export class PacServer {
  readonly #server: Server
  readonly #path = `/${randomBytes(16).toString('hex')}/`
  #text = ''
  /** Counted up with each change: systems keep a PAC file until its address changes. */
  #version = 0

  private constructor() {
    this.#server = createServer(
      { maxHeaderSize: refusalLimits.headBytesMax, requestTimeout: refusalLimits.answerMs },
      (request, response) => {
        const isIt = request.url === this.#currentPath && /^127\.0\.0\.1:\d+$/.test(request.headers.host ?? '')
        response.sendDate = false
        if (isIt)
          response.writeHead(200, { 'Content-Type': 'application/x-ns-proxy-autoconfig', 'Cache-Control': 'no-store' }).end(this.#text)
        else response.writeHead(400, { 'Content-Length': '0', Connection: 'close' }).end()
      },
    )
    new Room(this.#server, refusalLimits.socketsMax)
    // A failed accept is that program's loss.
    this.#server.on('error', () => undefined)
  }

  static async listen(): Promise<PacServer> {
    const pac = new PacServer()
    pac.#server.listen(0, '127.0.0.1')
    await once(pac.#server, 'listening')
    pac.#server.unref()
    return pac
  }

  /** Serves this from now on, and gives its address. */
  publish(text: string): string {
    if (text !== this.#text) {
      this.#text = text
      this.#version++
    }
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#currentPath}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  get #currentPath(): string {
    return `${this.#path}${this.#version}.pac`
  }
}
