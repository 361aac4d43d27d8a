// Who gets a window's line to the engine, and what passes on it: a WebSocket through the hop, as Chromium opens it, and as other programs and pages would try.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { HopAccess } from '../../../client/contract/dialer-messages.ts'
import { Hop, Passage } from '../../../client/engine/chromium/hop.ts'
import type { Line, LineEvents } from '../../../client/engine/chromium/line.ts'

const closers: (() => unknown)[] = []

afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A hop that waits for the line of one window. */
async function open(): Promise<{ readonly access: HopAccess; readonly passage: Passage; readonly line: Promise<Line> }> {
  const hop = new Hop()
  closers.push(() => hop.close())
  const passage = new Passage('www.example.org:443', () => Promise.reject(new Error('nobody is there')))
  const line = new Promise<Line>((resolve) => (passage.onLine = resolve))
  return { access: await hop.admit('pane1', passage), passage, line }
}

/** A CONNECT to the hop itself, with the window's words or others. */
async function ask({ port, user, password }: HopAccess, words = `${user}:${password}`): Promise<{ status: string; socket: Socket }> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  closers.push(() => socket.destroy())
  const proof = Buffer.from(words).toString('base64')
  socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nProxy-Authorization: Basic ${proof}\r\n\r\n`)
  const [answer] = await once(socket, 'data')
  return { status: String(answer).split('\r\n')[0] as string, socket }
}

/** The window's end. */
async function dial(access: HopAccess): Promise<WebSocket> {
  const { socket } = await ask(access)
  const page = new WebSocket(`ws://127.0.0.1:${access.port}/`, { createConnection: () => socket })
  closers.push(() => page.terminate())
  await once(page, 'open')
  return page
}

/** Hears what the engine is told, until the line closes. */
function hear(line: Line): { readonly said: unknown[]; readonly closed: Promise<void> } {
  const said: unknown[] = []
  const closed = new Promise<void>((onClosed) => {
    const onBytes: LineEvents['onBytes'] = (id, bytes) => said.push([id, Buffer.from(bytes).toString()])
    line.start({ onMessage: (message) => said.push(message), onBytes, onClosed })
  })
  return { said, closed }
}

test('what a window says comes in order, bytes with the name of what they belong to', async () => {
  const { access, line } = await open()
  const page = await dial(access)
  const { said, closed } = hear(await line)
  for (const message of [
    { kind: 'upgraded', id: 7 },
    { kind: 'bytes', id: 7 },
  ])
    page.send(JSON.stringify(message))
  page.send(Buffer.from('one'))
  page.send(Buffer.from('two'))
  page.send(JSON.stringify({ kind: 'bytes', id: 8 }))
  page.send(Buffer.from('three'))
  page.send(JSON.stringify({ kind: 'answer', id: 8, status: 200 }))
  page.close()
  await closed
  expect(said).toEqual([
    { kind: 'upgraded', id: 7 },
    [7, 'one'],
    [7, 'two'],
    [8, 'three'],
    { kind: 'answer', id: 8, status: 200, contentType: undefined, date: undefined },
  ])
})

test('what the engine says comes in order, a message in pieces as one', async () => {
  const { access, line } = await open()
  const page = await dial(access)
  const engine = await line
  const said: string[] = []
  page.on('message', (bytes, isBinary) => said.push(`${isBinary ? '' : 'text '}${bytes}`))
  let sent = 0
  const onSent = (): void => void sent++
  engine.send(3, [Buffer.from('he'), Buffer.from('llo')], onSent)
  engine.send(3, [Buffer.alloc(70_000, 'x')], onSent)
  engine.tell({ kind: 'drop' })
  while (said.length < 4) await once(page, 'message')
  expect(said.map((one) => one.slice(0, 40))).toEqual(['text {"kind":"bytes","id":3}', 'hello', 'x'.repeat(40), 'text {"kind":"drop"}'])
  expect([said[2]?.length, sent]).toEqual([70_000, 2])
})

test.each([
  ['bytes of nothing', Buffer.from('bytes')],
  ['no JSON', '{'],
  ['another message than a window has', '{"kind":"open","pane":1}'],
  ['a message with a field too many', '{"kind":"bytes","id":1,"more":1}'],
  ['a message that lacks a field', '{"kind":"taken","id":1}'],
])('%s ends the line', async (_name, message) => {
  const { access, line } = await open()
  const page = await dial(access)
  const { said, closed } = hear(await line)
  page.send(message)
  await closed
  expect(said).toEqual([])
})

test('a window has one line: a second leads nowhere, and so does one that nobody waits for', async () => {
  const { access, passage } = await open()
  await dial(access)
  expect((await ask(access)).status).toMatch(/ 403 /)
  expect(passage.latest).toBe(undefined)
})

test('without the window’s words there is no line', async () => {
  const { access, passage } = await open()
  for (const words of ['pane1:', 'pane1:wrong', `pane2:${access.password}`]) expect((await ask(access, words)).status).toMatch(/ 407 /)
  expect(passage.onLine).toBeDefined()
})

test('a page of some browser, under whatever name it reached the port, gets neither a line nor a word', async () => {
  const { access, passage } = await open()
  for (const name of [`127.0.0.1:${access.port}`, `rebound.example:${access.port}`]) {
    const page = new WebSocket(`ws://127.0.0.1:${access.port}/`, { headers: { Host: name }, origin: 'https://hostile.example' })
    const [error] = (await once(page, 'error')) as [Error]
    expect(error.message).toBe('socket hang up')
    const socket = connect(access.port, '127.0.0.1')
    socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\nOrigin: https://hostile.example\r\nConnection: close\r\n\r\n`)
    const [head = '', body] = (await text(socket)).split('\r\n\r\n')
    expect([head.split('\r\n')[0], body]).toEqual(['HTTP/1.1 407 Proxy Authentication Required', '0'])
    expect(head).not.toMatch(/access-control/i)
  }
  expect(passage.onLine).toBeDefined()
})
