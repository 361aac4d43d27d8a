// Who may use the hop, and for what: real sockets, as a program on this machine would try.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { bodyUrl, type HopAccess } from '../../../client/contract/dialer-messages.ts'
import { Hop, Passage } from '../../../client/engine/chromium/hop.ts'
import { DialError } from '../../../client/engine/platform.ts'

const AUTHORITY = 'www.example.org:443'
const closers: (() => unknown)[] = []

afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A hop with one passage, to a server that says back what it hears. */
async function open(): Promise<{ readonly hop: Hop; readonly passage: Passage; readonly access: HopAccess }> {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const passage = new Passage(AUTHORITY, async () => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  })
  const hop = new Hop()
  const access = await hop.admit('pane1', passage)
  closers.push(
    () => hop.close(),
    () => server.close(),
  )
  return { hop, passage, access }
}

/** Asks to be connected; resolves with the answer's status line. */
async function ask(access: HopAccess, authority: string, words?: string): Promise<{ readonly status: string; readonly socket: Socket }> {
  const socket = connect(access.port, '127.0.0.1')
  closers.push(() => socket.destroy())
  const proof = words === undefined ? '' : `Proxy-Authorization: Basic ${Buffer.from(words).toString('base64')}\r\n`
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${proof}\r\n`)
  const [answer] = await once(socket, 'data')
  return { status: String(answer).split('\r\n')[0] as string, socket }
}

const wordsOf = ({ user, password }: HopAccess): string => `${user}:${password}`

test('with its own words a window reaches its endpoint, and bytes pass both ways', async () => {
  const { access, passage } = await open()
  const { status, socket } = await ask(access, AUTHORITY, wordsOf(access))
  socket.write('hello')
  const [echo] = await once(socket, 'data')
  expect([status, String(echo), passage.receivedBytes]).toEqual(['HTTP/1.1 200 OK', 'hello', 5])
})

test.each([
  ['no words', undefined],
  ['a wrong password', 'pane1:wrong'],
  ['no password', 'pane1:'],
  ['words without a colon', 'pane1'],
])('%s lead nowhere', async (_name, words) => {
  const { access, passage } = await open()
  const { status } = await ask(access, AUTHORITY, words)
  expect([status, passage.latest]).toEqual(['HTTP/1.1 407 Proxy Authentication Required', undefined])
})

test('another window’s name with the right password leads nowhere', async () => {
  const { access } = await open()
  expect((await ask(access, AUTHORITY, `pane2:${access.password}`)).status).toMatch(/ 407 /)
})

test('a window reaches nothing but its endpoint', async () => {
  const { access, passage } = await open()
  const { status } = await ask(access, 'www.example.com:443', wordsOf(access))
  expect([status, passage.latest]).toEqual(['HTTP/1.1 403 Forbidden', undefined])
})

test('a window that left reaches nothing more, and what it had open is cut', async () => {
  const { hop, access } = await open()
  const { socket } = await ask(access, AUTHORITY, wordsOf(access))
  hop.leave(access.user)
  await once(socket.resume(), 'close')
  expect((await ask(access, AUTHORITY, wordsOf(access))).status).toMatch(/ 407 /)
})

test('why there was no TCP connection is kept', async () => {
  const { hop } = await open()
  const passage = new Passage(AUTHORITY, () => Promise.reject(new DialError('refused', undefined, 'tcp')))
  const access = await hop.admit('pane3', passage)
  const { status } = await ask(access, AUTHORITY, wordsOf(access))
  expect([status, passage.latest?.failure?.reason, passage.latest?.isConnected]).toEqual(['HTTP/1.1 502 Bad Gateway', 'refused', false])
})

test('whether TLS was agreed is seen by what the client sends, in whatever pieces', async () => {
  const { passage, access } = await open()
  const { socket } = await ask(access, AUTHORITY, wordsOf(access))
  const hello = Buffer.from([22, 3, 1, 0, 4, 23, 23, 23, 23])
  const send = async (byte: number): Promise<void> => {
    socket.write(Buffer.from([byte]))
    await once(socket, 'data')
  }
  for (const byte of hello) await send(byte)
  expect(passage.latest?.isSecure).toBe(false)
  for (const byte of [23, 3, 3, 0, 1]) await send(byte)
  expect(passage.latest?.isSecure).toBe(true)
})

const BODY_ID = 7

/** A hop where a body waits for its window. */
async function openWithBody(): ReturnType<typeof open> {
  const opened = await open()
  opened.passage.bodies.set(BODY_ID, Buffer.from('sealed'))
  return opened
}

/** Asks for a URL as through a proxy, or for a path, as any client would; resolves with status, headers and body. */
async function fetchBy({ port }: HopAccess, line: string, words?: string): Promise<{ status: number; head: string; body: string }> {
  const socket = connect(port, '127.0.0.1')
  closers.push(() => socket.destroy())
  const proof = words === undefined ? '' : `Proxy-Authorization: Basic ${Buffer.from(words).toString('base64')}\r\n`
  socket.write(`${line} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${proof}Connection: close\r\n\r\n`)
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head, body }
}

test('a window gets the body that waits for it, once, and no page of another origin may read it', async () => {
  const { access } = await openWithBody()
  const line = `GET ${bodyUrl(access.port, BODY_ID)}`
  const { status, head, body } = await fetchBy(access, line, wordsOf(access))
  expect([status, body]).toEqual([200, 'sealed'])
  expect(head).toMatch(/^Access-Control-Allow-Origin: https:\/\/www\.example\.org$/m)
  expect(head).toMatch(/^Cache-Control: no-store$/m)
  expect(await fetchBy(access, line, wordsOf(access))).toMatchObject({ status: 204, body: '' })
})

test.each<readonly [string, (access: HopAccess) => readonly [line: string, words?: string], number]>([
  ['without words', ({ port }) => [`GET ${bodyUrl(port, BODY_ID)}`], 407],
  ['with a wrong password', ({ port }) => [`GET ${bodyUrl(port, BODY_ID)}`, 'pane1:wrong'], 407],
  ['by a window that is not there', ({ port, password }) => [`GET ${bodyUrl(port, BODY_ID)}`, `pane3:${password}`], 407],
  ['by another window', ({ port, password }) => [`GET ${bodyUrl(port, BODY_ID)}`, `pane2:${password}`], 204],
  ['of the port itself', (access) => [`GET /${BODY_ID}`, wordsOf(access)], 204],
  ['under another name', (access) => [`GET http://rebound.example:${access.port}/${BODY_ID}`, wordsOf(access)], 204],
  ['under another number', (access) => [`GET ${bodyUrl(access.port, BODY_ID + 1)}`, wordsOf(access)], 204],
  ['in advance, by a browser that asks for leave', (access) => [`OPTIONS ${bodyUrl(access.port, BODY_ID)}`, wordsOf(access)], 204],
])('a body that is asked for %s stays where it is', async (_how, request, answer) => {
  const { hop, access, passage } = await openWithBody()
  await hop.admit('pane2', new Passage(AUTHORITY, () => Promise.reject(new Error('nobody is there'))))
  const { status, head, body } = await fetchBy(access, ...request(access))
  expect([status, body]).toEqual([answer, answer === 407 ? '0' : ''])
  expect(head).not.toMatch(/access-control/i)
  expect([...passage.bodies.keys()]).toEqual([BODY_ID])
})
