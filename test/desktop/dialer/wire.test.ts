// What the hidden windows put on the wire, beside an ordinary page of the same Chromium that asks the same site for the same: each connection is read as
// anyone sees it, and inside TLS.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CarrierKind } from '#protocol'
import { type ChromiumPlatform, chromiumPlatform } from '../../../client/engine/chromium/platform.ts'
import { type Way, waysOf } from '../../../client/engine/control/way.ts'
import { dialThrough, endpointAt, type Pair } from '../../contract/dial.ts'
import { digestOf } from '../../contract/end.ts'
import { ADMISSION, type Origin, PATH, startOrigin } from '../../contract/origin.ts'
import { needs } from '../../needs.ts'
import { HOST } from '../../relay/probes/corpus.ts'
import { Electron } from './electron.ts'
import { type Frame, framesOf, headsOf, helloOf, type Line, Wire } from './wire.ts'

const HEADERS = 1
const SETTINGS = 4
const WINDOW_UPDATE = 8
const BODY_BYTES = 1_000
/** Messages of which a few fill a request. */
const MANY = 400
const LARGE_BYTES = 30_000

describe.runIf(needs('electron'))('on the wire', () => {
  let electron: Electron
  let platform: ChromiumPlatform
  let origin: Origin
  /** Of each carrier's windows; of the page; and one that the page has never seen. */
  let wires: Readonly<Record<CarrierKind, Wire>>
  let pageWire: Wire
  let otherWire: Wire
  beforeAll(async () => {
    ;[electron, origin] = await Promise.all([Electron.start(`--host-resolver-rules=MAP ${HOST} 127.0.0.1`), startOrigin()])
    wires = { websocket: await Wire.to(origin), http: await Wire.to(origin) }
    ;[pageWire, otherWire] = [await Wire.to(origin), await Wire.to(origin)]
    platform = chromiumPlatform(await electron.attach())
  })
  afterAll(async () => {
    platform?.close()
    await electron?.close()
    await Promise.all([wires?.websocket, wires?.http, pageWire, otherWire].map((wire) => wire?.close()))
    await origin?.close()
  })

  /** The line of a new carrier, after it has carried some bytes up. */
  async function carry(carrier: CarrierKind): Promise<Line> {
    const wire = wires[carrier]
    const before = wire.lines.length
    const pair: Pair = await dialThrough(origin, endpointAt(wire.port, origin), carrier, undefined, platform)
    pair.client.carrier.sendMessage(Buffer.alloc(BODY_BYTES))
    await pair.relay.until(() => pair.relay.count === 1)
    pair.client.carrier.close()
    await pair.relay.until(() => pair.relay.closedCount > 0)
    expect(wire.lines.length).toBe(before + 1)
    return wire.lines.at(-1) as Line
  }

  /** The same where TLS is resumed: a window that has served before is taken once its last carrier has said its last. */
  async function carryOn(carrier: CarrierKind): Promise<Line> {
    for (;;) {
      const line = await carry(carrier)
      if (helloOf(line).isResumed) return line
    }
  }

  /** An ordinary page of the site, loaded anew or as it is, runs a script; resolves with the lines that came of it. */
  async function visit(partition: string, manner: 'load' | 'stay', script: string): Promise<Line[]> {
    const before = pageWire.lines.length
    const [userAgent, languages] = await voiceOfWindows()
    const url = manner === 'load' ? `https://${HOST}:${pageWire.port}/` : undefined
    await electron.visit({ partition, url, userAgent, languages, script })
    return pageWire.lines.slice(before)
  }

  /** What the windows call themselves; a page says the same, so that what differs is not a name that we gave. */
  async function voiceOfWindows(): Promise<[string, string]> {
    windowHead ??= await headsOf(await carry('websocket'))
    const [head = []] = windowHead
    const value = (name: string): string => head.find(([one]) => one.toLowerCase() === name)?.[1] ?? ''
    return [value('user-agent'), value('accept-language').replaceAll(/;q=[\d.]+/g, '')]
  }
  let windowHead: Awaited<ReturnType<typeof headsOf>> | undefined

  const cookie = `document.cookie = '${ADMISSION.cookieName}=${randomBytes(1_000).toString('base64url')}; path=/; secure; samesite=strict'`
  const openWebSocket = (port: number): string => `
    const socket = new WebSocket('wss://${HOST}:${port}${PATH}')
    await new Promise((resolve) => (socket.onclose = resolve))`
  const ask = `
    await (await fetch('${PATH}', { redirect: 'manual' })).arrayBuffer()
    const headers = { 'Content-Type': 'application/octet-stream' }
    await (await fetch('${PATH}', { redirect: 'manual', method: 'POST', body: new Uint8Array(${BODY_BYTES}), headers })).arrayBuffer()`

  test('a WebSocket’s TLS is that of a page’s WebSocket, fresh and resumed', async () => {
    const fresh = helloOf(await carry('websocket'))
    const resumed = helloOf(await carryOn('websocket'))
    const before = otherWire.lines.length
    await visit('sockets', 'load', openWebSocket(otherWire.port))
    await visit('sockets', 'stay', openWebSocket(otherWire.port))
    const [pageFresh, pageResumed] = otherWire.lines.slice(before).map(helloOf)
    expect(fresh.ja4).toBe(pageFresh?.ja4)
    expect(resumed.ja4).toBe(pageResumed?.ja4)
    expect([fresh.isResumed, resumed.isResumed, fresh.serverName, fresh.alpn]).toEqual([false, true, HOST, ['http/1.1']])
  })

  test('a WebSocket’s request has a page’s headers, in their order', async () => {
    const [head = []] = await headsOf(await carry('websocket'))
    const lines = await visit('sockets', 'load', `${cookie}; ${openWebSocket(pageWire.port)}`)
    const [pageHead = []] = await headsOf(lines.at(-1) as Line)
    expect(head.length).toBeGreaterThan(10)
    expect(head.map(plain)).toEqual(pageHead.map(plain))
  })

  test('requests have a page’s TLS, headers, settings and frames', async () => {
    const fresh = await carry('http')
    const resumed = await carryOn('http')
    const [pageFresh] = await visit('requests', 'load', cookie)
    // What the page asks for next comes on a line of its own.
    pageWire.cut()
    const [page] = await visit('requests', 'stay', ask)
    expect(helloOf(fresh).ja4).toBe(helloOf(pageFresh).ja4)
    expect(helloOf(resumed).ja4).toBe(helloOf(page).ja4)
    expect([helloOf(resumed).isResumed, helloOf(fresh).alpn]).toEqual([true, ['h2', 'http/1.1']])
    expect(opening(framesOf(resumed))).toEqual(opening(framesOf(page as Line)))
    const [heads, pageHeads] = [await headsOf(resumed), await headsOf(page as Line)]
    for (const method of ['GET', 'POST']) {
      const [own, theirs] = [lastOf(heads, method), lastOf(pageHeads, method)]
      expect(own.length).toBeGreaterThan(10)
      expect(own.map(plain)).toEqual(theirs.map(plain))
    }
    expect(headersFrames(resumed)).toEqual(headersFrames(page as Line))
  })

  test('each of many requests leaves with the cookie that it was given, however many are under way', async () => {
    const refused = origin.refused()
    const { client, relay } = await dialThrough(origin, endpointAt(wires.http.port, origin), 'http', undefined, platform)
    const messages = Array.from({ length: MANY }, () => randomBytes(LARGE_BYTES))
    await client.send(messages)
    // Its number stands in a request's cookie: the relay takes none twice, and hands on what came in the order of numbers.
    await relay.until(() => relay.count === MANY || relay.closedCount > 0)
    expect([relay.digest, client.closedCount, origin.refused()]).toEqual([digestOf(messages), 0, refused])
    client.carrier.close()
    await relay.until(() => relay.closedCount > 0)
  })

  test('what the app asks to find out whether a way is open looks the same', async () => {
    const before = otherWire.lines.length
    const [way] = waysOf([{ relayKey: new Uint8Array(32), endpoints: [endpointAt(otherWire.port, origin)] }])
    const result = await platform.probe({ kind: 'way', way: way as Way }, new AbortController().signal)
    expect(result).toMatchObject({ kind: 'way', failed: undefined })
    const [page] = await visit('knocks', 'load', '')
    expect(helloOf(otherWire.lines[before]).ja4).toBe(helloOf(page).ja4)
  })

  test('where an edge lets a name hide behind another, a WebSocket says each in its place, and requests are refused in words', async () => {
    const before = otherWire.lines.length
    const endpoint = { ...endpointAt(otherWire.port, origin), hostName: 'hidden.example' }
    const { client } = await dialThrough(origin, endpoint, 'websocket', undefined, platform)
    client.carrier.close()
    const line = otherWire.lines[before] as Line
    const [head = []] = await headsOf(line)
    const said = head.filter(([name]) => name === 'Host' || name === 'Origin')
    expect(said).toEqual([
      ['Host', `hidden.example:${otherWire.port}`],
      ['Origin', 'https://hidden.example'],
    ])
    expect(helloOf(line).serverName).toBe(HOST)
    await expect(dialThrough(origin, endpoint, 'http', undefined, platform)).rejects.toMatchObject({ reason: 'fronting' })
  })

  /** A head's line without what differs from request to request. */
  function plain([name, value]: readonly [string, string]): string {
    const own = [wires.websocket.port, wires.http.port, pageWire.port].reduce((text, port) => text.replaceAll(`:${port}`, ':PORT'), value)
    if (name.toLowerCase() === 'cookie') return `${name}: ${own.replace(/=.*/, '=…')}`
    if (name === 'Sec-WebSocket-Key') return `${name}: ${own.length}`
    return `${name}: ${name === 'content-length' ? '…' : own}`
  }
})

function lastOf(heads: Awaited<ReturnType<typeof headsOf>>, method: string): (readonly [string, string])[] {
  return heads.filter((head) => head.some(([name, value]) => name === ':method' && value === method)).at(-1) ?? []
}

/** All that comes before the first request's head: settings with their values and order, and the window of the whole. */
function opening(frames: readonly Frame[]): unknown {
  const first = frames.findIndex(({ type }) => type === HEADERS)
  return frames.slice(0, first + 1).map(({ type, flags, stream, payload }) => ({
    type,
    flags,
    stream,
    payload: type === SETTINGS || type === WINDOW_UPDATE ? payload.toString('hex') : undefined,
  }))
}

/** How each kind of request's head is framed: flags, and where it is given, weight. On which stream it depends is a matter of what else is under way. */
function headersFrames(line: Line): unknown {
  const PRIORITY = 0x20
  const heads = framesOf(line).filter(({ type }) => type === HEADERS)
  const kinds = heads.map(({ flags, payload }) => ({ flags, weight: (flags & PRIORITY) === 0 ? undefined : payload[4] }))
  return [...new Set(kinds.map((kind) => JSON.stringify(kind)))].sort()
}
