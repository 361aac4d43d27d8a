// The operator's page and metrics: what they show, and that nobody else on this machine or behind its browser gets them.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../../../relay/config.ts'
import { statusLimits } from '../../../relay/limits.ts'
import { healthOf } from '../../../relay/status/health.ts'
import { textOf } from '../../../relay/status/page.ts'
import { makeReport, type Report } from '../../../relay/status/report.ts'
import { STATUS_SOCKET, type StatusServer, serveStatus } from '../../../relay/status/server.ts'
import { openSilent } from '../silent.ts'

const before = process.cwd()
const folder = mkdtempSync(join(tmpdir(), 'culvert-status-'))
const config = parseConfig(
  JSON.stringify({
    version: 3,
    domain: 'relay.example',
    address: '192.0.2.44:443',
    listen: '0.0.0.0:443',
    path: '/secret-path',
    cover: { folder: 'site' },
    tls: { certificate: 'c.pem', key: 'k.pem', made: true },
    keys: 'keys.json',
    caps: { rate: '2M', month: '1T', hours: '18:00-06:00' },
    exit: { ports: ['443'], from: ['192.0.2.45'] },
    alerts: { webhook: 'https://hook.example/token', mail: 'me@example.org', mailServer: 'smtp://u:password@mail.example' },
  }),
  folder,
)
const standing = {
  day: '2026-11-27',
  state: 'listed',
  because: undefined,
  refused: undefined,
  versionLeast: '9.0.0',
  versionNewest: undefined,
  countries: [{ country: 'XA', state: 'blocked', evidence: 'tests' }],
} as const
const sums = {
  upBytes: 5,
  downBytes: 200e6,
  sessionsBegun: 3,
  sessionsRefused: 0,
  streamsOpened: 17,
  dialsFailed: 1,
  dialsDenied: 0,
  dialsDamped: 9,
}
const report: Report = makeReport({
  version: '0.1.0',
  config,
  health: healthOf({
    version: '0.1.0',
    ageMs: 1,
    sessions: 1,
    sessionsToday: 3,
    resting: undefined,
    certificateDaysLeft: 5.5,
    certificateFailure: '<script>alert("x")</script>',
    reachedItself: true,
    standing,
    workersLost: 0,
    fork: undefined,
    blockedFault: undefined,
    memoryFault: undefined,
  }),
  upMs: 7_300_000,
  workers: 2,
  snapshot: {
    sessions: 1,
    alone: 0,
    streams: 2,
    sums,
    blockedCount: 4,
    blockedFault: undefined,
    memoryFault: undefined,
    memoryBytes: 100e6,
  },
  atMidnight: { ...sums, sessionsBegun: 1, streamsOpened: 1 },
  monthBytes: 3e9,
  certificateDaysLeft: 5.5,
  standing,
})

let makeOne = (): Report => report
let server: StatusServer
let port: number
beforeAll(async () => {
  process.chdir(folder)
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  port = (probe.address() as AddressInfo).port
  await new Promise((resolve) => probe.close(resolve))
  server = await serveStatus(() => makeOne(), { host: '127.0.0.1', port })
})
afterAll(() => {
  server.close()
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET', socketPath?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(
      { host: '127.0.0.1', port, socketPath, path, method, agent: false, headers: { Host: `localhost:${port}`, ...headers } },
      async (response) => {
        resolve({ status: response.statusCode, headers: response.headers, body: (await response.setEncoding('utf8').toArray()).join('') })
      },
    )
      .on('error', reject)
      .end()
  })
}

describe('the page', () => {
  test('says how the relay is without a script, and lets no text become markup', async () => {
    const { status, headers, body } = await ask('/')
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'self'/)
    expect(body).toContain('People are using this relay.')
    expect(body).toContain('&lt;script&gt;')
    expect(body).not.toMatch(/<script|style=|onclick/)
    expect(body).toContain('Blocked in XA, as of 2026-11-27')
    expect(body).toContain('relays older than 9.0.0 will not be listed')
    expect((await ask('/style.css')).status).toBe(200)
  })

  test('names no address, secret, path or password, in any of its forms', async () => {
    const all =
      (await Promise.all(['/', '/status.json', '/metrics'].map((path) => ask(path)))).map(({ body }) => body).join('') + textOf(report)
    for (const word of ['192.0.2', 'secret-path', 'password', 'hook.example', 'me@example.org', 'relay.example', folder])
      expect(all).not.toContain(word)
  })

  test('shows rounded counts only', async () => {
    const { now, today } = JSON.parse((await ask('/status.json')).body) as Report
    expect(now).toEqual({ sessions: 8, streams: 8 })
    expect(today).toEqual({ sessions: 8, streams: 16, upBytes: 0, downBytes: 0, dialsFailed: 0, dialsRefused: 0 })
  })
})

test('the metrics are what Prometheus reads, and as round as the page', async () => {
  const { headers, body } = await ask('/metrics')
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  for (const line of lines) expect(line).toMatch(/^culvert_relay_[a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? -?\d+(?:\.\d+)?$/)
  expect(lines).toContain('culvert_relay_sessions 8')
  expect(lines).toContain('culvert_relay_bytes_sum{direction="down"} 201326592')
  expect(lines).toContain('culvert_relay_state{state="serving"} 1')
})

test('a report that can’t be made is shown to nobody, and ends nothing', async () => {
  makeOne = () => {
    throw new Error('the disk does not answer')
  }
  await expect(ask('/')).rejects.toThrow()
  makeOne = () => report
  expect((await ask('/')).status).toBe(200)
})

test.each(['the port', 'the socket file'])(
  '%s answers its owner while another program holds more sockets than there are places',
  async (name) => {
    const path = name === 'the port' ? undefined : STATUS_SOCKET
    const silent = await openSilent(path === undefined ? { port } : { path }, statusLimits.socketsMax + 1)
    expect((await ask('/status.json', {}, 'GET', path)).status).toBe(200)
    for (const socket of silent) socket.destroy()
  },
)

describe('nothing is shown', () => {
  const cases: readonly (readonly [string, Record<string, string>])[] = [
    ['to a name that was rebound to this machine', { Host: 'evil.example' }],
    ['to a host that only looks like this one', { Host: 'localhost.evil.example' }],
    ['to a page of another site', { Origin: 'https://evil.example' }],
    ['to a page of no site', { Origin: 'null' }],
    ['to a link on another site', { Referer: 'https://evil.example/' }],
    ['to what a browser says comes from another site', { 'Sec-Fetch-Site': 'cross-site' }],
  ]
  test.each(cases)('%s', async (_, headers) => {
    expect((await ask('/status.json', headers)).status).toBe(403)
  })

  test('for anything but looking, and where nothing is', async () => {
    expect((await ask('/', {}, 'POST')).status).toBe(405)
    expect((await ask('/../keys.json')).status).toBe(404)
  })

  test('to other users of this machine: the socket is its own user’s', () => {
    expect(statSync(STATUS_SOCKET).mode & 0o777).toBe(0o600)
  })
})
