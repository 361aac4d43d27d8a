// Programs that open sockets to the hop as fast as they are closed to them, in every manner that costs them no password, while windows use it.
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HopAccess, ToMain } from '../../../client/contract/dialer-messages.ts'
import { type ChromiumPlatform, chromiumPlatform } from '../../../client/engine/chromium/platform.ts'
import { chromiumLimits } from '../../../client/engine/limits.ts'
import { dialThrough, endpointAt, type Pair } from '../../contract/dial.ts'
import { type Origin, startOrigin } from '../../contract/origin.ts'
import { Path } from '../../contract/path.ts'
import { needs } from '../../needs.ts'
import { Electron } from './electron.ts'

/** What each says, and never more. */
const MANNERS: readonly string[] = [
  '',
  'CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.exa',
  'CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.example.org:443\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
]
/** Sockets of each: those of one manner alone would take every place. */
const EACH = chromiumLimits.hopSocketsMax

class Flood {
  readonly #sockets = new Set<Socket>()
  readonly #port: number
  #isOver = false
  /** Status lines of what it was answered. */
  readonly heard = new Set<string>()
  #closedCount = 0
  readonly #refused = Promise.withResolvers<void>()
  /** More were shut out than the hop has places for, and some were answered. */
  readonly refused: Promise<void> = this.#refused.promise

  constructor(port: number) {
    this.#port = port
    for (const words of MANNERS) for (let i = 0; i < EACH; i++) this.#enter(words)
  }

  end(): void {
    this.#isOver = true
    for (const socket of this.#sockets) socket.destroy()
  }

  #enter(words: string): void {
    if (this.#isOver) return
    const socket = connect(this.#port, '127.0.0.1', () => socket.write(words))
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => this.heard.add(String(bytes).split('\r\n')[0] as string))
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (++this.#closedCount > EACH && this.heard.size > 0) this.#refused.resolve()
      setImmediate(() => this.#enter(words))
    })
  }
}

describe.runIf(needs('electron'))('a flood of local sockets', () => {
  let electron: Electron
  let platform: ChromiumPlatform
  let origin: Origin
  let hop: HopAccess | undefined
  const paths: Path[] = []
  let flood: Flood | undefined
  beforeAll(async () => {
    ;[electron, origin] = await Promise.all([Electron.start(), startOrigin()])
    const port = await electron.attach()
    const tell = port.postMessage.bind(port)
    port.postMessage = (message: ToMain) => {
      if (message.kind === 'open') hop = message.hop
      tell(message)
    }
    platform = chromiumPlatform(port)
  })
  afterAll(async () => {
    flood?.end()
    platform?.close()
    await electron?.close()
    await Promise.all(paths.map((path) => path.close()))
    await origin?.close()
  })

  /** By a window of its own: each endpoint has one. */
  async function dial(carrier: 'websocket' | 'http'): Promise<Pair> {
    const path = await Path.to(origin.port)
    paths.push(path)
    return dialThrough(origin, endpointAt(path.port, origin), carrier, undefined, platform)
  }

  async function exchange({ client, relay }: Pair): Promise<void> {
    for (const [from, to] of [
      [client, relay],
      [relay, client],
    ] as const) {
      const { count } = to
      from.carrier.sendMessage(Buffer.alloc(20_000))
      await to.until(() => to.count > count || to.closedCount > 0)
      expect(to.closedCount).toBe(0)
    }
  }

  test('ends no carrier and keeps no new window out, and is refused', async () => {
    const before = [await dial('websocket'), await dial('http')]
    flood = new Flood((hop as HopAccess).port)
    const during = [await dial('websocket'), await dial('http')]
    for (const pair of [...before, ...during]) await exchange(pair)
    await flood.refused
    expect([...flood.heard]).toEqual(['HTTP/1.1 407 Proxy Authentication Required'])
  })
})
