// A hidden window crashes in the middle of a download, or of an upload: its carrier dies with it, and the session goes on by another window. In the processes
// in which the app has engine and dialer, for each carrier.
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CarrierKind, encodeInvite, type Invite } from '#protocol'
import { testRuntime } from '../../../client/desktop/build/test-runtime.ts'
import type { Program } from '../../e2e/program.ts'
import { through } from '../../e2e/through.ts'
import { event, NAME, World } from '../../e2e/world.ts'
import { needs } from '../../needs.ts'
import { type Display, openDisplay } from '../display.ts'
import { bundleFor, SWITCHES } from './electron.ts'

const PIECE = Buffer.alloc(65_536, 'piece')
const PIECES = 200
/** Between two pieces, so that a crash falls into the middle of it. */
const PAUSE_MS = 5
const CRASHES = 2
const CARRIERS = ['websocket', 'http'] as const

describe.runIf(needs('electron'))('a crash of the hidden window', () => {
  const world = new World()
  let display: Display
  let runtime: string
  let invite: Invite
  let port: number
  const app = join(world.folder, 'app')
  beforeAll(async () => {
    mkdirSync(app)
    const entry = (name: string): string => join(import.meta.dirname, `${name}.ts`)
    await bundleFor(app, { main: entry('host'), engine: entry('engine') })
    ;[display, runtime, { invite }] = await Promise.all([openDisplay(), testRuntime(), world.relay()])
    port = await world.serve(createServer(answer))
  })
  afterAll(async () => {
    await world.close()
    await display?.close()
  })

  /** The app's processes, with one carrier only; they end with the test. */
  async function start(name: string, carrier: CarrierKind): Promise<{ readonly host: Program; readonly socket: Socket }> {
    const only = encodeInvite({ ...invite, endpoints: invite.endpoints.map((one) => ({ ...one, carriers: [carrier] })) })
    const argv = [runtime, app, `--user-data-dir=${join(app, name)}`, ...SWITCHES, only, 'windows']
    const host = world.run(argv, { env: { DISPLAY: display.name } })
    const { socks } = await event(host, ({ event }) => event === 'ready')
    const { socket } = await through(Number(String(socks).split(':').at(-1)), NAME, port)
    return { host, socket }
  }

  const crash = ({ pid }: Program): void => void process.kill(pid, 'SIGUSR2')

  test.each(CARRIERS)('costs the carrier and no byte of a download: %s', async (carrier) => {
    const { host, socket } = await start(`down-${carrier}`, carrier)
    socket.write('GET / HTTP/1.0\r\n\r\n')
    const hash = createHash('sha256')
    let bytes = 0
    let head = ''
    let crashes = 0
    for await (const chunk of socket) {
      const body = head.includes('\r\n\r\n') ? (chunk as Buffer) : bodyOf(chunk as Buffer)
      hash.update(body)
      bytes += body.length
      if (crashes < CRASHES && bytes > ((crashes + 1) * PIECES * PIECE.length) / (CRASHES + 2)) {
        crashes++
        crash(host)
      }
    }
    expect([bytes, hash.digest('hex'), crashes]).toEqual([PIECES * PIECE.length, digestOfAll(), CRASHES])
    expect(recoveries(host)).toBeGreaterThanOrEqual(CRASHES)
    await host.kill()

    function bodyOf(chunk: Buffer): Buffer {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      return end < 0 ? Buffer.alloc(0) : Buffer.from(head.slice(end + 4), 'latin1')
    }
  })

  test.each(CARRIERS)('costs the carrier and no byte of an upload: %s', async (carrier) => {
    const { host, socket } = await start(`up-${carrier}`, carrier)
    let crashes = 0
    let bytes = 0
    onUploaded = (count) => {
      bytes += count
      if (crashes >= CRASHES || bytes <= ((crashes + 1) * PIECES * PIECE.length) / (CRASHES + 2)) return
      crashes++
      crash(host)
    }
    socket.write(`POST / HTTP/1.0\r\nContent-Length: ${PIECES * PIECE.length}\r\n\r\n`)
    Readable.from(slowly()).pipe(socket, { end: false })
    let said = ''
    for await (const chunk of socket) said += chunk
    expect([said.slice(said.indexOf('\r\n\r\n') + 4), crashes]).toEqual([digestOfAll(), CRASHES])
    expect(recoveries(host)).toBeGreaterThanOrEqual(CRASHES)
    await host.kill()
  })

  let onUploaded: (bytes: number) => void = () => undefined

  /** All of it to a GET; to a POST, the digest of what came. */
  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET') return void Readable.from(slowly()).pipe(response)
    const hash = createHash('sha256')
    request.on('data', (chunk: Buffer) => {
      hash.update(chunk)
      onUploaded(chunk.length)
    })
    request.on('end', () => response.end(hash.digest('hex')))
  }
})

async function* slowly(): AsyncGenerator<Buffer> {
  for (let i = 0; i < PIECES; i++) {
    yield PIECE
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

function digestOfAll(): string {
  const hash = createHash('sha256')
  for (let i = 0; i < PIECES; i++) hash.update(PIECE)
  return hash.digest('hex')
}

/** How often the engine said that the line broke. */
function recoveries({ stdout }: Program): number {
  return stdout.split('"state":"recovering"').length - 1
}
