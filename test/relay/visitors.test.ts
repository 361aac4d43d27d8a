// Whoever is not let in finds room while there is some, and takes none from those inside: with real TLS, HTTP/1.1 and HTTP/2.
import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createCertificate } from '../../relay/certificate.ts'
import { acceptLimits, listenLimits } from '../../relay/limits.ts'
import { type Listening, listen } from '../../relay/listen.ts'

const VISITORS_MAX = 4
const UPGRADE = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${'A'.repeat(22)}==`]

let relay: Listening
/** Ends the answers that were begun. */
let finish: (() => void)[]

beforeEach(async () => {
  finish = []
  const { certificate: cert, key } = createCertificate('www.red-kettle.example', Date.now())
  relay = await listen<true>(
    {
      ...{ host: '127.0.0.1', port: 0, tls: { cert, key } },
      site: (_request, response) => void response.end('the site'),
      admit: ({ headers }) => (headers.cookie === undefined ? undefined : true),
      accept: (_admitted, socket) => {
        socket.on('error', () => undefined).write('inside')
        socket.resume()
      },
      serve: (_admitted, request, response) => {
        request.resume()
        response.writeHead(200, {})
        response.write('inside')
        finish.push(() => response.end())
      },
    },
    // A flood on purpose: nobody waits for a turn.
    { ...listenLimits, visitorsMax: VISITORS_MAX, accept: { ...acceptLimits, busyUtilization: Number.POSITIVE_INFINITY } },
  )
})

afterEach(() => relay.close())

describe('beyond what there is room for', () => {
  test('the connection that has been there longest goes, and no other', async () => {
    const first = await http1()
    const rest = await strangers(VISITORS_MAX - 1)
    expect(first.isClosed()).toBe(false)
    await strangers(1)
    await first.closed
    expect(rest.some(({ isClosed }) => isClosed())).toBe(false)
  })

  test('so does one that never began to shake hands', async () => {
    const silent = connectTcp(relay.port, '127.0.0.1').on('error', () => undefined)
    const closed = once(silent.resume(), 'close')
    await once(silent, 'connect')
    await strangers(VISITORS_MAX)
    await closed
  })

  test('a carrier stays', async () => {
    const carrier = await http1()
    const isInside = carrier.hears('inside')
    carrier.write(['Cookie: a=b', ...UPGRADE])
    await isInside
    await (await strangers(VISITORS_MAX * 3))[0]?.closed
    expect(carrier.isClosed()).toBe(false)
  })

  test.each(['http/1.1', 'h2'])('a flow of %s stays for as long as somebody inside has a request on it', async (protocol) => {
    const { flow, answered } = protocol === 'h2' ? await insideHttp2() : await insideHttp1()
    await (await strangers(VISITORS_MAX * 3))[0]?.closed
    expect(flow.isClosed()).toBe(false)
    for (const end of finish) end()
    await answered
    await strangers(VISITORS_MAX)
    await flow.closed
  })
})

interface Flow {
  readonly closed: Promise<unknown>
  isClosed(): boolean
}

interface Http1Flow extends Flow {
  write(headers: readonly string[]): void
  hears(words: string): Promise<void>
}

async function http1(): Promise<Http1Flow> {
  const socket = connectTls({ port: relay.port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  const closed = once(
    socket.on('error', () => undefined),
    'close',
  )
  let text = ''
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece))
  await once(socket, 'secureConnect')
  return {
    closed,
    isClosed: () => socket.closed,
    write: (headers) => void socket.write(['GET / HTTP/1.1', 'Host: x', ...headers, '', ''].join('\r\n')),
    hears: async (words) => {
      while (!text.includes(words)) await once(socket, 'data')
    },
  }
}

async function http2(): Promise<Flow & { readonly session: ClientHttp2Session }> {
  const session = connectHttp2(`https://127.0.0.1:${relay.port}`, { rejectUnauthorized: false })
  const closed = once(
    session.on('error', () => undefined),
    'close',
  )
  await once(session, 'remoteSettings')
  return { session, closed, isClosed: () => session.closed }
}

/** So many, one after the other, that say nothing once they have shaken hands. */
async function strangers(count: number): Promise<readonly Flow[]> {
  const flows: Flow[] = []
  for (let n = 0; n < count; n++) flows.push(await http2())
  return flows
}

/** A flow on which somebody was let in, whose answer has begun; `answered` resolves once it has ended. */
interface Inside {
  readonly flow: Flow
  readonly answered: Promise<unknown>
}

async function insideHttp1(): Promise<Inside> {
  const flow = await http1()
  flow.write(['Cookie: a=b'])
  await flow.hears('inside')
  return { flow, answered: flow.hears('\r\n0\r\n\r\n') }
}

async function insideHttp2(): Promise<Inside> {
  const flow = await http2()
  const stream = flow.session.request({ ':path': '/', cookie: 'a=b' }).on('error', () => undefined)
  await once(stream, 'data')
  return { flow, answered: once(stream.resume(), 'end') }
}
