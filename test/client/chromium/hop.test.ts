// Who may use the hop, and for what: real sockets, as a program on this machine would try.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { HopAccess } from '../../../client/contract/dialer-messages.ts'
import { Hop, Passage } from '../../../client/engine/chromium/hop.ts'
import { chromiumLimits } from '../../../client/engine/limits.ts'
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

test('programs without a password that keep every place shut no window out, and no flow of one', async () => {
  const { access } = await open()
  const { socket } = await ask(access, AUTHORITY, wordsOf(access))
  for (let i = 0; i < chromiumLimits.hopSocketsMax; i++) {
    // It was refused, and never closes its own half.
    const stubborn = connect({ port: access.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined)
    closers.push(() => stubborn.destroy())
    stubborn.write(`CONNECT ${AUTHORITY} HTTP/1.1\r\nHost: ${AUTHORITY}\r\n\r\n`)
    await once(stubborn, 'data')
  }
  expect((await ask(access, AUTHORITY, wordsOf(access))).status).toBe('HTTP/1.1 200 OK')
  socket.write('still')
  expect(String((await once(socket, 'data'))[0])).toBe('still')
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
