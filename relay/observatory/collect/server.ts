// The collector's door: two paths that relays post to. Behind a web server with TLS; it listens on loopback unless told otherwise.
//
// 1. pace, size and time are bounded before anything is looked at     #take
// 2. intake checks, keeps and marks                                   Intake
// 3. 200 only when it is on the disk: what is lost may come again     #take
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Room } from '#protocol/room'
import { bind } from '../../bind.ts'
import { Refused } from './fields.ts'
import type { Intake } from './intake.ts'
import type { CollectLimits } from './limits.ts'
import { Pace } from './pace.ts'

export interface CollectorOptions {
  readonly intake: Pick<Intake, 'takeDay' | 'takeReport'>
  readonly limits: CollectLimits
  readonly nowMs: () => number
  /** Told of failures of our own: a code, nothing of what came. */
  readonly onFault: (error: unknown) => void
}

export const DAY_PATH = '/v1/relay-day'
export const REPORT_PATH = '/v1/report'

export class Collector {
  readonly #options: CollectorOptions
  readonly #server: Server
  readonly #all: Pace
  readonly #perRelay: Pace
  #atOnce = 0

  constructor(options: CollectorOptions) {
    const { limits } = options
    this.#options = options
    this.#all = new Pace(limits.perMinuteMax, 1)
    this.#perRelay = new Pace(limits.perRelayMax, limits.relaysMax)
    this.#server = createServer({ requestTimeout: limits.requestMs, headersTimeout: limits.requestMs }, (request, response) => {
      this.#take(request, response).catch((error: unknown) => {
        // Whoever goes away in the middle of what they send is no failure of ours.
        if (request.readableAborted) return void response.destroy()
        this.#options.onFault(error)
        answer(response, 503, 'try again')
      })
    })
    new Room(this.#server, limits.socketsMax)
  }

  async listen(host: string, port: number): Promise<number> {
    await bind(this.#server, { host, port })
    return (this.#server.address() as AddressInfo).port
  }

  /** Lets what is under way end. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeIdleConnections()
    })
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { intake, limits, nowMs } = this.#options
    const isDay = request.url === DAY_PATH
    if (!isDay && request.url !== REPORT_PATH) return answer(response, 404, 'nothing here')
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST')
      return answer(response, 405, 'post it')
    }
    if (!this.#all.allows('', nowMs())) return answer(response, 429, 'later')
    const text = await readText(request, isDay ? limits.dayBytesMax : limits.reportBytesMax)
    if (text === undefined) return answer(response, 413, 'too large')
    if (this.#atOnce >= limits.atOnceMax || !this.#perRelay.allows(namedRelay(text), nowMs())) return answer(response, 429, 'later')
    this.#atOnce++
    try {
      answer(response, 200, isDay ? await intake.takeDay(text) : await intake.takeReport(text))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      answer(response, 400, error.message)
    } finally {
      this.#atOnce--
    }
  }
}

/** Before the signature is checked: whoever names another's key can slow that relay down, but only as long as they send more than all of it. */
function namedRelay(text: string): string {
  return /"relay":"([A-Za-z0-9_-]{43})"/.exec(text.slice(-512) + text.slice(0, 512))?.[1] ?? ''
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, {
    'content-type': 'text/plain',
    'cache-control': 'no-store',
    connection: status === 413 ? 'close' : 'keep-alive',
  })
  response.end(`${text}\n`)
}

/** undefined: it is longer than that. What is left of it is not read. */
async function readText(request: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return undefined
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > bytesMax) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
