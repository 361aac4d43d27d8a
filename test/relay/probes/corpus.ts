// What a stranger may send to find out whether a site is a relay, as a table. Any server must answer each like its reference does.
import type { OutgoingHttpHeaders } from 'node:http2'
import type { ConnectionOptions } from 'node:tls'

export interface Probe {
  readonly name: string
  /** 'tls' speaks HTTP/1.1 by ALPN; 'tcp' is the bare socket; 'h2' is TLS with ALPN h2 and raw bytes in it. */
  readonly over?: 'tls' | 'tcp' | 'h2'
  readonly tls?: ConnectionOptions
  /** Written one after the other, each after the one before has left; latin1. */
  readonly send?: readonly string[]
  /** What the stranger does then; 'wait' for the server to end or fall silent. */
  readonly then?: 'wait' | 'fin' | 'reset'
  /** Silence after which the socket counts as left open. */
  readonly silenceMs?: number
  /** In place of `send`: one HTTP/2 request by an ordinary client. */
  readonly request?: OutgoingHttpHeaders
  readonly body?: Buffer
}

export const HOST = 'www.example.org'
/** An admission that the relay under test has admitted once, before the probes. */
export const CAPTURED = 'c2Vzc2lvbi1jYXB0dXJlZA'
/** An admission that it would admit: in a request that is no proper upgrade, it is not to be seen. */
export const FRESH = 'ZnJlc2gtYWRtaXNzaW9u'

/** As long as the shortest admission of an ordinary request; admitted once before the probes, like CAPTURED. */
export const CAPTURED_LONG: string = 'cmVxdWVzdC1jYXB0dXJlZA'.repeat(6)

export function get(path: string, ...headers: readonly string[]): string {
  return request('GET', path, ...headers)
}

export function request(method: string, path: string, ...headers: readonly string[]): string {
  return `${[`${method} ${path} HTTP/1.1`, `Host: ${HOST}`, ...headers].join('\r\n')}\r\n\r\n`
}

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const VERSION = 'Sec-WebSocket-Version: 13'
const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket'] as const

/** A proper upgrade request with one cookie. */
export function upgrade(path: string, token: string, ...headers: readonly string[]): string {
  return get(path, ...UPGRADE, KEY, VERSION, `Cookie: sid=${token}`, ...headers)
}

/** Probes that ask for an upgrade at the path where the relay listens for carriers. */
export function upgradeProbes(path: string): Probe[] {
  const bad = (name: string, headers: readonly string[], method = 'GET'): Probe => ({
    name: `upgrade: ${name}`,
    send: [request(method, path, ...headers, `Cookie: sid=${FRESH}`)],
  })
  return [
    { name: 'upgrade on /', send: [get('/', ...UPGRADE, KEY, VERSION)] },
    { name: 'upgrade on / with the captured admission', send: [upgrade('/', CAPTURED)] },
    { name: 'upgrade without a cookie', send: [get(path, ...UPGRADE, KEY, VERSION)] },
    { name: 'upgrade with an empty cookie', send: [get(path, ...UPGRADE, KEY, VERSION, 'Cookie: ')] },
    { name: 'upgrade with a random cookie', send: [upgrade(path, 'q83vEjRWeJCrze8SNFZ4kA')] },
    { name: 'upgrade with a cookie of the right size', send: [upgrade(path, 'A'.repeat(CAPTURED.length))] },
    { name: 'upgrade with a 4 KB cookie', send: [upgrade(path, 'A'.repeat(4096))] },
    { name: 'upgrade with a 7 KB cookie', send: [upgrade(path, 'A'.repeat(7000))] },
    { name: 'upgrade with a 9 KB cookie', send: [upgrade(path, 'A'.repeat(9216))] },
    {
      name: 'upgrade with 28 KB of headers',
      send: [upgrade(path, 'A', ...Array.from({ length: 7 }, (_, i) => `X-${i}: ${'A'.repeat(4000)}`))],
    },
    { name: 'upgrade with a control character in the cookie', send: [upgrade(path, 'a\x01b')] },
    { name: 'upgrade with a control character in another header', send: [upgrade(path, 'a', 'X-A: \x7f\x02')] },
    { name: 'upgrade with bytes above ASCII', send: [upgrade(path, '\xff\xfe')] },
    { name: 'exact replay', send: [upgrade(path, CAPTURED)] },
    { name: 'exact replay in pieces', send: [...upgrade(path, CAPTURED).matchAll(/.{1,40}/gs)].map((piece) => piece[0]) },
    { name: 'replay with one letter changed', send: [upgrade(path, CAPTURED.replace('c2', 'c3'))] },
    { name: 'replay cut short', send: [upgrade(path, CAPTURED.slice(0, -1))] },
    { name: 'replay with a byte more', send: [upgrade(path, `${CAPTURED}A`)] },
    { name: 'replay under another cookie name', send: [upgrade(path, 'x').replace('sid=x', `other=${CAPTURED}`)] },
    { name: 'replay with a second cookie', send: [upgrade(path, `${CAPTURED}; theme=dark`)] },
    { name: 'replay, then frames', send: [`${upgrade(path, CAPTURED)}\x82\x85\x00\x00\x00\x00hello`] },
    { name: 'replay, then half-close', send: [upgrade(path, CAPTURED)], then: 'fin' },
    { name: 'replay with Connection: close', send: [upgrade(path, CAPTURED).replace('Connection: Upgrade', 'Connection: Upgrade, close')] },
    { name: 'replay over HTTP/1.0', send: [upgrade(path, CAPTURED).replace('HTTP/1.1', 'HTTP/1.0')] },
    { name: 'replay in absolute form', send: [upgrade(`https://${HOST}${path}`, CAPTURED)] },
    { name: 'replay with a query', send: [upgrade(`${path}?a=b`, CAPTURED)] },
    { name: 'replay conditional', send: [upgrade(path, CAPTURED, 'If-None-Match: *')] },
    { name: 'replay of a range', send: [upgrade(path, CAPTURED, 'Range: bytes=1-3')] },
    { name: 'two replays pipelined', send: [upgrade(path, CAPTURED) + upgrade(path, CAPTURED)] },
    { name: 'replay pipelined second', send: [get('/') + upgrade(path, CAPTURED)] },
    { name: 'fresh admission pipelined second', send: [get('/style.css') + upgrade('/elsewhere', FRESH, 'Content-Length: 0')] },
    { name: 'replay, then a page', send: [upgrade(path, CAPTURED) + get('/style.css')] },
    { name: 'half a replay, then end', send: [upgrade(path, CAPTURED).slice(0, -2)], then: 'fin' },
    { name: 'half a replay, then silence', send: [upgrade(path, CAPTURED).slice(0, -2)] },
    bad('wrong version', [...UPGRADE, KEY, 'Sec-WebSocket-Version: 12']),
    bad('old version', [...UPGRADE, KEY, 'Sec-WebSocket-Version: 8']),
    bad('no version', [...UPGRADE, KEY]),
    bad('no key', [...UPGRADE, VERSION]),
    bad('bad key', [...UPGRADE, VERSION, 'Sec-WebSocket-Key: short']),
    bad('two keys', [...UPGRADE, KEY, KEY, VERSION]),
    bad('two Upgrade headers', [...UPGRADE, 'Upgrade: h2c', KEY, VERSION]),
    bad('other protocol', ['Connection: Upgrade', 'Upgrade: tor', KEY, VERSION]),
    bad('bad subprotocol', [...UPGRADE, KEY, VERSION, 'Sec-WebSocket-Protocol: ,,']),
    bad('with a length', [...UPGRADE, KEY, VERSION, 'Content-Length: 5']),
    bad('with an expectation', [...UPGRADE, KEY, VERSION, 'Expect: 100-continue']),
    bad('by HEAD', [...UPGRADE, KEY, VERSION], 'HEAD'),
    bad('by OPTIONS', [...UPGRADE, KEY, VERSION], 'OPTIONS'),
    {
      name: 'upgrade by POST with a body',
      send: [`${request('POST', path, ...UPGRADE, KEY, VERSION, `Cookie: sid=${FRESH}`, 'Content-Length: 5')}hello`],
    },
    { name: 'upgrade by chunked GET', send: [`${upgrade(path, FRESH, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`] },
    { name: 'h2c upgrade', send: [get(path, 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__')] },
  ]
}

/** Probes that ask, without an upgrade, at the path where the relay listens for carriers. */
export function requestProbes(path: string): Probe[] {
  const garbage = `Cookie: sid=${'A'.repeat(200)}`
  const replay = `Cookie: sid=${CAPTURED_LONG}`
  const post = (cookie: string, body: string, ...headers: readonly string[]): string =>
    `${request('POST', path, cookie, ...headers, `Content-Length: ${body.length}`)}${body}`
  return [
    { name: 'request: no cookie', send: [get(path)] },
    { name: 'request: short cookie', send: [get(path, 'Cookie: sid=abc')] },
    { name: 'request: garbage', send: [get(path, garbage)] },
    { name: 'request: garbage of 4 KB', send: [get(path, `Cookie: sid=${'A'.repeat(4_096)}`)] },
    { name: 'request: garbage under another name', send: [get(path, garbage.replace('sid', 'token'))] },
    { name: 'request: garbage under all names', send: [get(path, `${garbage}; token=${'B'.repeat(300)}; jwt=${'C'.repeat(100)}`)] },
    { name: 'request: replay', send: [get(path, replay)] },
    { name: 'request: replay elsewhere', send: [get('/', replay)] },
    { name: 'request: replay in pieces', send: [...get(path, replay).matchAll(/.{1,40}/gs)].map((piece) => piece[0]) },
    { name: 'request: replay with one letter changed', send: [get(path, replay.replace('cmV', 'cmW'))] },
    { name: 'request: replay with a query', send: [get(`${path}?a=b`, replay)] },
    { name: 'request: replay in absolute form', send: [get(`https://${HOST}${path}`, replay)] },
    { name: 'request: replay by HTTP/1.0', send: [get(path, replay).replace('HTTP/1.1', 'HTTP/1.0')] },
    { name: 'request: replay by HEAD', send: [request('HEAD', path, replay)] },
    { name: 'request: replay by PUT', send: [`${request('PUT', path, replay, 'Content-Length: 5')}hello`] },
    { name: 'request: replay of a range', send: [get(path, replay, 'Range: bytes=1-3')] },
    { name: 'request: replay, conditional', send: [get(path, replay, 'If-None-Match: *')] },
    { name: 'request: replay, compressed', send: [get(path, replay, 'Accept-Encoding: gzip, br')] },
    { name: 'request: replay, then a page', send: [get(path, replay), get('/style.css')] },
    { name: 'request: replay and a page pipelined', send: [get(path, replay) + get('/style.css')] },
    { name: 'request: page, then replays pipelined', send: [get('/') + get(path, replay) + get(path, garbage)] },
    { name: 'request: replay, connection closed', send: [get(path, replay, 'Connection: close')] },
    { name: 'request: replay, then half-close', send: [get(path, replay)], then: 'fin' },
    { name: 'request: GET with a body', send: [`${get(path, replay, 'Content-Length: 5')}hello`] },
    { name: 'request: POST of nothing', send: [post(garbage, '')] },
    { name: 'request: POST without a cookie', send: [post('X-A: b', 'hello')] },
    { name: 'request: POST with garbage', send: [post(garbage, 'hello')] },
    { name: 'request: POST replayed', send: [post(replay, 'hello')] },
    { name: 'request: POST replayed, then a page', send: [post(replay, 'hello'), get('/style.css')] },
    { name: 'request: POST and a page pipelined', send: [post(replay, 'hello') + get('/style.css')] },
    { name: 'request: large POST', send: [post(replay, 'x'.repeat(700_000))] },
    { name: 'request: chunked POST', send: [`${request('POST', path, replay, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`] },
    { name: 'request: bad chunk', send: [`${request('POST', path, replay, 'Transfer-Encoding: chunked')}zz\r\nhello\r\n`] },
    { name: 'request: POST, asking first', send: [request('POST', path, replay, 'Expect: 100-continue', 'Content-Length: 5'), 'hello'] },
    { name: 'request: half a POST, then silence', send: [post(replay, 'hello').slice(0, -2)] },
    { name: 'request: half a POST, then end', send: [post(replay, 'hello').slice(0, -2)], then: 'fin' },
    { name: 'request: POST of a form', send: [post(replay, 'a=b', 'Content-Type: application/x-www-form-urlencoded')] },
    { name: 'h2: request with garbage', request: { ':path': path, cookie: garbage.slice(8) } },
    { name: 'h2: request replayed', request: { ':path': path, cookie: replay.slice(8) } },
    { name: 'h2: POST replayed', request: { ':method': 'POST', ':path': path, cookie: replay.slice(8) }, body: Buffer.from('hello') },
    {
      name: 'h2: POST replayed, of known length',
      request: { ':method': 'POST', ':path': path, cookie: replay.slice(8), 'content-length': 5 },
      body: Buffer.from('hello'),
    },
    {
      // No larger than a window: a client that may send no more, and is answered without being read, waits for ever.
      name: 'h2: POST of 50 KB',
      request: { ':method': 'POST', ':path': path, cookie: replay.slice(8) },
      body: Buffer.alloc(50_000, 'x'),
    },
  ]
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const SETTINGS = '\0\0\0\x04\0\0\0\0\0'

/** Probes that any server may meet. */
export const probes: readonly Probe[] = [
  { name: 'a page', send: [get('/')] },
  { name: 'a page, connection closed', send: [get('/', 'Connection: close')] },
  { name: 'a page by HTTP/1.0', send: ['GET / HTTP/1.0\r\n\r\n'] },
  { name: 'a page in pieces', send: [...get('/')] },
  { name: 'a folder without its slash', send: [get('/blog')] },
  { name: 'a folder', send: [get('/blog/')] },
  { name: 'a page that is not there', send: [get('/nothing')] },
  { name: 'HEAD', send: [request('HEAD', '/')] },
  { name: 'HEAD of nothing', send: [request('HEAD', '/nothing')] },
  { name: 'not modified', send: [get('/', 'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT')] },
  { name: 'any entity tag', send: [get('/', 'If-None-Match: *')] },
  { name: 'failed precondition', send: [get('/', 'If-Match: "x"')] },
  { name: 'a range', send: [get('/', 'Range: bytes=2-5')] },
  { name: 'the last bytes', send: [get('/', 'Range: bytes=-3')] },
  { name: 'two ranges', send: [get('/style.css', 'Range: bytes=0-0,2-2').replace('HTTP/1.1', 'HTTP/1.0')] },
  { name: 'a range outside', send: [get('/', 'Range: bytes=99999999-')] },
  { name: 'keep-alive, two requests', send: [get('/'), get('/style.css')] },
  { name: 'three requests pipelined', send: [get('/') + request('HEAD', '/style.css') + get('/nothing')] },
  { name: 'a page, then half-close', send: [get('/')], then: 'fin' },
  { name: 'large download', send: [get('/photo.jpg')] },
  { name: 'POST', send: [`${request('POST', '/', 'Content-Length: 5')}hello`] },
  { name: 'POST to nothing', send: [`${request('POST', '/nothing', 'Content-Length: 5')}hello`] },
  { name: 'large POST', send: [request('POST', '/', 'Content-Length: 700000') + 'x'.repeat(700_000)] },
  { name: 'POST announced larger than sent, then end', send: [`${request('POST', '/', 'Content-Length: 9')}hello`], then: 'fin' },
  { name: 'chunked POST', send: [`${request('POST', '/', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`] },
  { name: 'bad chunk', send: [`${request('POST', '/', 'Transfer-Encoding: chunked')}zz\r\nhello\r\n`] },
  { name: 'length and chunked', send: [`${request('POST', '/', 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`] },
  { name: 'two lengths', send: [`${request('POST', '/', 'Content-Length: 5', 'Content-Length: 6')}hello`] },
  { name: 'Expect: 100-continue', send: [request('POST', '/', 'Expect: 100-continue', 'Content-Length: 5'), 'hello'] },
  { name: 'Expect: nonsense', send: [get('/', 'Expect: nonsense')] },
  { name: 'garbage', send: ['\x16\x03\x01garbage\x00\xff\xfe\r\n\r\n'] },
  { name: 'one line of garbage', send: ['hello\r\n'] },
  { name: 'bare line feeds', send: [`GET / HTTP/1.1\nHost: ${HOST}\n\n`] },
  { name: 'leading empty lines', send: [`\r\n\r\n${get('/')}`] },
  { name: 'HTTP/0.9', send: ['GET /\r\n'] },
  { name: 'HTTP/9.9', send: [get('/').replace('HTTP/1.1', 'HTTP/9.9')] },
  { name: 'no version', send: [`GET / HTTP/\r\nHost: ${HOST}\r\n\r\n`] },
  { name: 'FOO', send: [request('FOO', '/')] },
  { name: 'TRACE', send: [request('TRACE', '/')] },
  { name: 'OPTIONS *', send: [request('OPTIONS', '*')] },
  { name: 'CONNECT', send: [`CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}:443\r\n\r\n`] },
  { name: 'no Host', send: ['GET / HTTP/1.1\r\n\r\n'] },
  { name: 'two Hosts', send: [get('/', 'Host: other.example')] },
  { name: 'a Host that is an address', send: ['GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n'] },
  { name: 'absolute form', send: [get(`https://${HOST}/style.css`)] },
  { name: 'a proxy request', send: [get('http://192.0.2.1/')] },
  { name: '/../..', send: [get('/../..')] },
  { name: 'escaped traversal', send: [get('/%2e%2e/%2e%2e/etc/passwd')] },
  { name: '%00', send: [get('/%00')] },
  { name: 'bad escape', send: [get('/%zz')] },
  { name: 'dotfile', send: [get('/.htaccess')] },
  { name: '9 KB header', send: [get('/', `X-A: ${'a'.repeat(9216)}`)] },
  { name: '20 KB header', send: [get('/', `X-A: ${'a'.repeat(20_480)}`)] },
  { name: '9 KB URI', send: [get(`/${'a'.repeat(9216)}`)] },
  { name: '300 headers', send: [get('/', ...Array.from({ length: 300 }, (_, i) => `X-${i}: a`))] },
  { name: 'folded header', send: [get('/', 'X-A: a\r\n b')] },
  { name: 'space before the colon', send: [get('/', 'X-A : a')] },
  { name: 'half a request, then end', send: ['GET / HT'], then: 'fin' },
  { name: 'half a header, then end', send: [`GET / HTTP/1.1\r\nHost: ${HOST}\r\nCook`], then: 'fin' },
  { name: 'half a header, then silence', send: [`GET / HTTP/1.1\r\nHost: ${HOST}\r\nCook`] },
  { name: 'idle', send: [] },
  { name: 'nothing, then end', send: [], then: 'fin' },
  { name: 'half a request, then reset', send: ['GET / HT'], then: 'reset' },
  { name: 'HTTP/2 preface over HTTP/1.1', send: [PREFACE + SETTINGS] },
  { name: 'plain HTTP on the TLS port', over: 'tcp', send: [get('/')] },
  { name: 'garbage on the TLS port', over: 'tcp', send: ['\x00\x01\x02garbage garbage garbage'] },
  { name: 'half a TLS record, then end', over: 'tcp', send: ['\x16\x03\x01\x02\x00\x01'], then: 'fin' },
  { name: 'idle before TLS', over: 'tcp', send: [] },
  { name: 'SSH on the TLS port', over: 'tcp', send: ['SSH-2.0-OpenSSH_9.2\r\n'] },
  { name: 'TLS 1.2', tls: { maxVersion: 'TLSv1.2' }, send: [get('/')] },
  { name: 'unknown server name', tls: { servername: 'unknown.example' }, send: [get('/')] },
  { name: 'no server name', tls: { servername: '' }, send: [get('/')] },
  { name: 'no ALPN', tls: { ALPNProtocols: [] }, send: [get('/')] },
  { name: 'unknown ALPN', tls: { ALPNProtocols: ['foo'] }, send: [get('/')] },
  { name: 'both ALPN protocols', tls: { ALPNProtocols: ['http/1.1', 'h2'] }, send: [] },
  { name: 'TLS 1.1', tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, send: [get('/')] },
  { name: 'an unusual TLS cipher', tls: { ciphers: 'AES128-CCM', maxVersion: 'TLSv1.2' }, send: [get('/')] },
  { name: 'h2: preface and silence', over: 'h2', send: [PREFACE + SETTINGS] },
  { name: 'h2: HTTP/1.1 inside', over: 'h2', send: [get('/')] },
  { name: 'h2: garbage after the preface', over: 'h2', send: [`${PREFACE}${SETTINGS}garbage garbage garbage`] },
  { name: 'h2: half a preface, then end', over: 'h2', send: [PREFACE.slice(0, 9)], then: 'fin' },
  { name: 'h2: an HTTP/1.1 upgrade inside', over: 'h2', send: [upgrade('/', CAPTURED)] },
  {
    name: 'h2: Upgrade header',
    over: 'h2',
    send: [
      PREFACE +
        SETTINGS +
        headersFrame({
          ':method': 'GET',
          ':scheme': 'https',
          ':path': '/',
          ':authority': HOST,
          connection: 'upgrade',
          upgrade: 'websocket',
        }),
    ],
  },
  {
    name: 'h2: WebSocket by extended CONNECT',
    over: 'h2',
    send: [
      PREFACE +
        SETTINGS +
        headersFrame({
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':scheme': 'https',
          ':path': '/',
          ':authority': HOST,
          cookie: `sid=${CAPTURED}`,
        }),
    ],
  },
  { name: 'h2: CONNECT', request: { ':method': 'CONNECT', ':authority': `${HOST}:443` } },
  { name: 'h2: a page', request: { ':path': '/' } },
  { name: 'h2: a page with the captured admission', request: { ':path': '/', cookie: `sid=${CAPTURED}` } },
  { name: 'h2: a page that is not there', request: { ':path': '/nothing' } },
  { name: 'h2: HEAD', request: { ':method': 'HEAD', ':path': '/' } },
  { name: 'h2: a range', request: { ':path': '/', range: 'bytes=1-2' } },
  { name: 'h2: not modified', request: { ':path': '/', 'if-none-match': '*' } },
  { name: 'h2: POST', request: { ':method': 'POST', ':path': '/' }, body: Buffer.from('hello') },
  { name: 'h2: TRACE', request: { ':method': 'TRACE', ':path': '/' } },
  { name: 'h2: large download', request: { ':path': '/photo.jpg' } },
]

/** Probes that wait until the server has had enough. */
export function patientProbes(path: string): Probe[] {
  const silenceMs = 9000
  return [
    { name: 'keep-alive until the server ends it', send: [get('/')], silenceMs },
    { name: 'replay, and keep-alive until the server ends it', send: [upgrade(path, CAPTURED)], silenceMs },
    { name: 'half a header until the server ends it', send: [`GET / HTTP/1.1\r\nHost: ${HOST}\r\nCook`], silenceMs },
    { name: 'half a replay until the server ends it', send: [upgrade(path, CAPTURED).slice(0, -2)], silenceMs },
    { name: 'half a body until the server ends it', send: [request('POST', '/', 'Content-Length: 5')], silenceMs },
    { name: 'idle until the server ends it', send: [], silenceMs },
  ]
}

/** A HEADERS frame that opens and ends stream 1, every field a literal without Huffman code or index (RFC 7541 §6.2.2). */
function headersFrame(fields: Readonly<Record<string, string>>): string {
  const literal = (text: string): string => String.fromCharCode(text.length) + text
  const block = Object.entries(fields)
    .map(([name, value]) => `\0${literal(name)}${literal(value)}`)
    .join('')
  return `\0${String.fromCharCode(block.length >> 8, block.length & 255)}\x01\x05\0\0\0\x01${block}`
}
