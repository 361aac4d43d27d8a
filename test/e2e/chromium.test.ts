// Chromium loads a page and its twenty parts through the SOCKS5 proxy, and a WebSocket; nothing else leaves it.
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { needs } from '../needs.ts'
import { findProgram } from '../programs.ts'
import { NAME, World } from './world.ts'

const PARTS = 20
const parts = Array.from({ length: PARTS }, () => randomBytes(200_000))
const page = `<!doctype html><title>parts</title><script type="module">
// *.localhost counts as a secure page, so there is crypto.subtle.
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('')
const part = async (i) => hex(await crypto.subtle.digest('SHA-256', await (await fetch('/part/' + i)).arrayBuffer()))
globalThis.parts = Promise.all(Array.from({ length: ${PARTS} }, (_, i) => part(i)))
globalThis.echo = new Promise((resolve) => {
  const socket = new WebSocket('ws://' + location.host + '/')
  socket.onopen = () => socket.send('hello')
  socket.onmessage = ({ data }) => resolve(data)
})
</script>${parts.map((_, i) => `<img src="/image/${i}.svg">`).join('')}`
const site: RequestListener = (request, response) => {
  const [, kind, name] = (request.url ?? '').split('/')
  if (kind === 'part') response.end(parts[Number(name)])
  else if (kind === 'image')
    response.setHeader('Content-Type', 'image/svg+xml').end('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
  else response.setHeader('Content-Type', 'text/html').end(page)
}

const world = new World()
let origin: string
let socks: string

beforeAll(async () => {
  const { inviteFile } = await world.relay()
  ;({ socks } = await world.client(inviteFile))
  const server = createServer(site)
  new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', (bytes) => socket.send(String(bytes))))
  origin = `http://${NAME}:${await world.serve(server)}`
})
afterAll(() => world.close())

describe.runIf(needs('chromium'))('Chromium', () => {
  test('loads a page, its parts and a WebSocket', async () => {
    const context = await chromium.launchPersistentContext(join(world.folder, 'profile'), {
      executablePath: findProgram('chromium') as string,
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--disable-background-networking',
        '--proxy-bypass-list=<-loopback>',
        `--proxy-server=socks5://${socks}`,
      ],
    })
    world.defer(() => context.close())
    const tab = await context.newPage()
    await tab.goto(origin, { waitUntil: 'load' })
    expect(await tab.evaluate('parts')).toEqual(parts.map((part) => createHash('sha256').update(part).digest('hex')))
    expect(await tab.evaluate('[...document.images].every((image) => image.naturalWidth === 9)')).toBe(true)
    expect(await tab.evaluate('echo')).toBe('hello')
  })
})
