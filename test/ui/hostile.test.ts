// What other programs, other users and web pages of this machine get from the screens' server: nothing. Needs no browser: each request is written by hand, as
// the worst page or program could.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AppStatus } from '../../client/contract/app-status.ts'
import { COMMANDS, type Executors } from '../../client/contract/commands.ts'
import { commandLimits } from '../../client/contract/limits.ts'
import { uiServerLimits } from '../../client/engine/ui-server/limits.ts'
import { startUiServer, type UiServer } from '../../client/engine/ui-server/server.ts'

const SECRET = 'a status that only the person may see'
const asked: string[] = []
const executors = Object.fromEntries(
  Object.keys(COMMANDS).map((name) => [
    name,
    async () => {
      asked.push(name)
      return { ok: true, value: undefined }
    },
  ]),
) as unknown as Executors

let server: UiServer
let key = ''
let cookie = ''

beforeAll(async () => {
  const status = { version: SECRET } as AppStatus
  server = await startUiServer({
    port: 0,
    executors,
    status: () => status,
    files: new Map([['index.html', Buffer.from('page')]]),
    limits: { ...uiServerLimits, watchersMax: 2 },
  })
  const path = new URL(server.newLink()).pathname
  const entered = await ask(`GET ${path} HTTP/1.1`, [`Host: 127.0.0.1:${server.port}`])
  key = /content="([\w-]{43})"/.exec(entered)?.[1] ?? ''
  cookie = /Set-Cookie: (culvert=[\w-]{43})/.exec(entered)?.[1] ?? ''
  expect(entered).toContain('HttpOnly; SameSite=Strict')
})
afterAll(() => server.close())

/** The answer to one request, as it came; until the server has sent enough, or closes. */
function ask(line: string, headers: readonly string[], body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes(SECRET)) socket.destroy()
    })
    socket.on('close', () => resolve(text)).on('error', reject)
    socket.write(`${[line, ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`)
  })
}

function own(): string[] {
  const here = `127.0.0.1:${server.port}`
  return [
    `Host: ${here}`,
    `Origin: http://${here}`,
    `Cookie: ${cookie}`,
    `X-Culvert-Key: ${key}`,
    'Content-Type: application/json',
    'Content-Length: 0',
  ]
}

function without(name: string, ...instead: readonly string[]): string[] {
  return [...own().filter((header) => !header.startsWith(`${name}:`)), ...instead]
}

test('the page of the person is answered', async () => {
  expect(await ask('POST /command/disconnect HTTP/1.1', own())).toContain('{"ok":true}')
  expect(await ask('GET /status HTTP/1.1', own())).toContain(SECRET)
  expect(asked).toEqual(['disconnect'])
})

// A tab of an earlier run on this port asks every few seconds, for as long as it is open.
test('whoever asks with a wrong key, however often, shuts nobody out', async () => {
  for (let i = 0; i < 1_001; i++) await ask('GET /status HTTP/1.1', without('X-Culvert-Key', 'X-Culvert-Key: old'))
  expect(await ask('GET /status HTTP/1.1', own())).toContain(SECRET)
})

test('programs that open sockets and say nothing, or ever more of one request, shut nobody out', async () => {
  const silent = Array.from({ length: uiServerLimits.socketsMax * 2 }, () => {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => undefined).write('GET / HTTP/1.1\r\nX: ')
    return socket
  })
  await Promise.all(silent.map((socket) => once(socket, 'connect')))
  expect(await ask('GET /status HTTP/1.1', own())).toContain(SECRET)
  for (const socket of silent) socket.destroy()
})

test.each([
  ['a name that was bound to this address later', () => without('Host', 'Host: attacker.example')],
  ['that name with our port', () => without('Host', `Host: attacker.example:${server.port}`)],
  ['no host', () => without('Host')],
  ['another site’s page', () => without('Origin', 'Origin: https://attacker.example')],
  ['a page of another port here', () => without('Origin', 'Origin: http://127.0.0.1:1')],
  ['a page in a box', () => without('Origin', 'Origin: null')],
  ['a form that hides where it comes from', () => without('Origin')],
  ['another site, by what its browser says', () => [...own(), 'Sec-Fetch-Site: cross-site']],
  ['another port, by what its browser says', () => [...own(), 'Sec-Fetch-Site: same-site']],
  ['who has no cookie', () => without('Cookie')],
  ['who has a wrong cookie', () => without('Cookie', `Cookie: culvert=${'A'.repeat(43)}`)],
  // A browser sends a cookie of this address to every port of it, so to any program of this machine.
  ['who has the cookie alone', () => without('X-Culvert-Key')],
  ['who has a wrong key', () => without('X-Culvert-Key', `X-Culvert-Key: ${'A'.repeat(43)}`)],
  ['a form, whose kind needs no question beforehand', () => without('Content-Type', 'Content-Type: text/plain')],
])('a command from %s is refused, and carried out by nobody', async (_, headers) => {
  asked.length = 0
  const answer = await ask('POST /command/quit HTTP/1.1', headers())
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
  expect(answer).not.toContain('ok')
  expect(asked).toEqual([])
})

test.each(['Host: attacker.example', 'Origin: https://attacker.example'])('the status is told to nobody with %s', async (header) => {
  expect(await ask('GET /status HTTP/1.1', without(header.split(':')[0] ?? '', header))).not.toContain(SECRET)
})

test('a link opens once, and not at all once there is a newer one', async () => {
  const host = [`Host: 127.0.0.1:${server.port}`]
  const [older, newer] = [new URL(server.newLink()).pathname, new URL(server.newLink()).pathname]
  expect(await ask(`GET ${older} HTTP/1.1`, host)).toContain('HTTP/1.1 403 ')
  expect(await ask(`GET ${newer} HTTP/1.1`, host)).toContain(key)
  expect(await ask(`GET ${newer} HTTP/1.1`, host)).not.toContain(key)
})

test('no answer allows another site to read it or to frame it', async () => {
  const answer = await ask('GET / HTTP/1.1', [`Host: 127.0.0.1:${server.port}`])
  expect(answer).not.toMatch(/access-control-allow/i)
  expect(answer).toMatch(/Content-Security-Policy: default-src 'none'.*frame-ancestors 'none'/)
  expect(answer).toContain('Cross-Origin-Resource-Policy: same-origin')
})

test.each([
  ['OPTIONS /command/quit HTTP/1.1', 405],
  ['GET /command/quit HTTP/1.1', 404],
  ['GET /../package.json HTTP/1.1', 404],
  ['GET /%2e%2e/package.json HTTP/1.1', 404],
  ['GET /enter/ HTTP/1.1', 403],
  ['GET /enter/AAAA HTTP/1.1', 403],
])('%s is answered %i', async (line, status) => {
  expect(await ask(line, [`Host: 127.0.0.1:${server.port}`])).toContain(`HTTP/1.1 ${status} `)
})

test('a command that is none, or too long, or no JSON, is refused', async () => {
  asked.length = 0
  const post = (name: string, body: string): Promise<string> =>
    ask(`POST /command/${name} HTTP/1.1`, without('Content-Length', `Content-Length: ${body.length}`), body)
  expect(await post('__proto__', '')).toContain('bad-command')
  expect(await post('quit', '{"now":true}')).toContain('bad-command')
  expect(await post('addInvite', '{')).toContain('HTTP/1.1 400 ')
  expect(await post('addInvite', 'x'.repeat(commandLimits.commandBytesMax + 1))).toContain('HTTP/1.1 413 ')
  expect(asked).toEqual([])
})
