// `culvert-relay edge` and what check says of edges. The relay is real; the edge is a forwarder of the test's own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer, request as requestOf, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { decodeInvite, type Endpoint, type Invite } from '#protocol'
import { INVITE_ENDPOINTS_MAX } from '../../protocol/limits.ts'
import { createCertificate, pinOf } from '../../relay/certificate.ts'
import { checkFiles } from '../../relay/check/files.ts'
import type { Finding } from '../../relay/check/finding.ts'
import { thisMachine } from '../../relay/check/machine.ts'
import { checkNetwork } from '../../relay/check/network.ts'
import { encodeConfig, loadConfig, parseConfig } from '../../relay/config.ts'
import { addEdge, listEdges, removeEdge } from '../../relay/edge-commands.ts'
import { initRelay, writeFrontSite } from '../../relay/init.ts'
import { edgeLimits } from '../../relay/limits.ts'

const DOMAIN = 'www.red-kettle.example'
const EDGE = 'www.blue-kettle.example'
const COMMAND = join(import.meta.dirname, '../../relay/culvert-relay.mjs')
const base = mkdtempSync(join(tmpdir(), 'culvert-edges-test-'))
const children: ChildProcess[] = []
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

let count = 0
async function made(): Promise<string> {
  const dir = join(base, `relay-${count++}`)
  await initRelay({ dir, domain: DOMAIN, listen: '127.0.0.1:0' }, Date.now())
  return dir
}

const inviteOf = (dir: string): Invite => decodeInvite(readFileSync(join(dir, 'invite'), 'utf8'))
const edgesOf = (dir: string): readonly Endpoint[] => inviteOf(dir).endpoints.filter(({ isEdge }) => isEdge)

describe('an edge that was added', () => {
  test('stands in the invite behind the relay itself, which is as it was', async () => {
    const dir = await made()
    const before = inviteOf(dir)
    expect(addEdge({ dir, name: EDGE })).toMatch(/docs\/EDGES\.md.*relay\/edge\/worker\.ts/s)
    const after = inviteOf(dir)
    expect({ ...after, endpoints: after.endpoints.slice(0, 1) }).toEqual(before)
    expect(after.endpoints.slice(1)).toEqual([
      {
        address: `${EDGE}:443`,
        serverName: EDGE,
        hostName: EDGE,
        path: before.endpoints[0]?.path,
        pin: undefined,
        carriers: ['websocket', 'http'],
        isEdge: true,
      },
    ])
    expect(statSync(join(dir, 'invite')).mode & 0o777).toBe(0o600)
    expect(statSync(join(dir, 'config.json')).mode & 0o777).toBe(0o600)
  })

  test('may be fronted, pinned, at another address, and for one carrier only', async () => {
    const dir = await made()
    const pinFrom = join(dir, 'certificate.pem')
    addEdge({ dir, name: EDGE, host: 'd2.cdn.example', address: '192.0.2.1:8443', carrier: 'http', pinFrom })
    expect(edgesOf(dir)).toMatchObject([
      {
        address: '192.0.2.1:8443',
        serverName: EDGE,
        hostName: 'd2.cdn.example',
        carriers: ['http'],
        pin: pinOf(readFileSync(pinFrom, 'utf8')),
      },
    ])
    expect(listEdges(dir)).toMatch(/at 192\.0\.2\.1:8443 \(for d2\.cdn\.example inside\) +http +pinned/)
  })

  test('is written into the configuration so that it reads back the same', async () => {
    const dir = await made()
    addEdge({ dir, name: EDGE, host: 'd2.cdn.example', pinFrom: join(dir, 'certificate.pem') })
    addEdge({ dir, name: EDGE })
    const config = loadConfig(dir)
    expect(parseConfig(encodeConfig(config, dir), dir)).toEqual(config)
  })

  test('is gone from both when it is removed, by its name or by its name inside', async () => {
    const dir = await made()
    const before = inviteOf(dir)
    for (const host of [undefined, 'd1.cdn.example', 'd2.cdn.example']) addEdge({ dir, name: EDGE, host })
    removeEdge({ dir, name: EDGE, host: 'd1.cdn.example' })
    expect(edgesOf(dir).map(({ hostName }) => hostName)).toEqual([EDGE, 'd2.cdn.example'])
    expect(removeEdge({ dir, name: EDGE })).toMatch(/retired.*take it down/s)
    expect(inviteOf(dir)).toEqual(before)
    expect(listEdges(dir)).toMatch(/no edge/)
  })
})

describe('what can’t be is refused in words, and changes nothing', () => {
  test.each([
    ['a name that is none', { name: 'not a name' }, /^--name must be a name/],
    ['an address without a port', { name: EDGE, address: EDGE }, /^--address must look like/],
    ['a host name that is none', { name: EDGE, host: '..' }, /^--host must be a name/],
    ['an unknown carrier', { name: EDGE, carrier: 'pigeon' }, /^--carrier must be/],
    ['a certificate that is none', { name: EDGE, pinFrom: COMMAND }, /^--pin-from/],
    ['the same edge again', { name: 'twice.example' }, /already/],
  ])('%s', async (_what, options, words) => {
    const dir = await made()
    addEdge({ dir, name: 'twice.example' })
    const before = [readFileSync(join(dir, 'config.json'), 'utf8'), readFileSync(join(dir, 'invite'), 'utf8')]
    expect(() => addEdge({ dir, ...options })).toThrow(
      expect.objectContaining({ name: 'OperatorError', message: expect.stringMatching(words) }),
    )
    expect([readFileSync(join(dir, 'config.json'), 'utf8'), readFileSync(join(dir, 'invite'), 'utf8')]).toEqual(before)
  })

  test('keys that are gone, before the configuration is touched', async () => {
    const dir = await made()
    rmSync(join(dir, 'keys.json'))
    expect(() => addEdge({ dir, name: EDGE })).toThrow(/is missing/)
    expect(loadConfig(dir).edges).toEqual([])
  })

  test('more than an invite holds beside the relay itself', async () => {
    expect(edgeLimits.edgesMax).toBe(INVITE_ENDPOINTS_MAX - 1)
    const dir = await made()
    for (let n = 0; n < edgeLimits.edgesMax; n++) addEdge({ dir, name: `e${n}.example` })
    expect(inviteOf(dir).endpoints.length).toBe(INVITE_ENDPOINTS_MAX)
    expect(() => addEdge({ dir, name: EDGE })).toThrow(/Remove one first/)
  })

  test('removing what is not there', async () => {
    const dir = await made()
    expect(() => removeEdge({ dir, name: EDGE })).toThrow(/has no edge/)
  })
})

describe('check says of an edge', () => {
  test('that it answers as the relay does and lets carriers of both kinds in', async () => {
    const dir = await serving()
    await addForwarder(dir)
    expect(await edgeFinding(dir)).toMatchObject({ level: 'ok', says: expect.stringContaining('gets in by websocket and http') })
  })

  test('that it does not answer', async () => {
    const dir = await serving()
    const edge = await addForwarder(dir)
    edge.close()
    edge.closeAllConnections()
    expect(await edgeFinding(dir)).toMatchObject({ level: 'warning', says: expect.stringContaining('does not answer') })
  })

  test('that clients refuse its certificate, pinned or not', async () => {
    const dir = await serving()
    await addForwarder(dir, { pinFrom: join(dir, 'certificate.pem') })
    expect((await edgeFinding(dir)).says).toContain('another certificate than the invite names')
    removeEdge({ dir, name: EDGE })
    await addForwarder(dir, { pinFrom: undefined })
    expect((await edgeFinding(dir)).says).toContain('no public authority')
  })

  test('that it shows another page, or a failure', async () => {
    const dir = await serving()
    await addForwarder(dir, {}, (_request, respond) => respond(200, 'parked'))
    expect((await edgeFinding(dir)).says).toContain('another page')
    removeEdge({ dir, name: EDGE })
    await addForwarder(dir, {}, (_request, respond) => respond(502, ''))
    expect((await edgeFinding(dir)).says).toContain('status 502')
  })

  test('that it allows no fronting', async () => {
    const dir = await serving()
    await addForwarder(dir, { host: 'd2.cdn.example' }, (_request, respond) => respond(421, ''))
    expect((await edgeFinding(dir)).says).toContain('refuses to be d2.cdn.example inside')
  })

  test('that it passes pages but strips cookies, so that no request of a carrier gets in', async () => {
    const dir = await serving()
    const edge = await addForwarder(dir, { carrier: 'http' })
    edge.prependListener('request', (request: IncomingMessage) => delete request.headers.cookie)
    expect((await edgeFinding(dir)).says).toContain('lets no http carrier in: the cover site answers')
  })

  test('that it passes pages but no WebSocket', async () => {
    const dir = await serving()
    const edge = await addForwarder(dir, { carrier: 'websocket' })
    edge.removeAllListeners('upgrade').on('upgrade', (_request, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\n\r\n'))
    expect((await edgeFinding(dir)).says).toContain('lets no websocket carrier in')
  })

  test('that the invite does not name it', async () => {
    const dir = await made()
    const invite = readFileSync(join(dir, 'invite'), 'utf8')
    addEdge({ dir, name: EDGE })
    writeFileSync(join(dir, 'invite'), invite)
    const { findings } = checkFiles(dir, thisMachine(Date.now()))
    expect(findings.find(({ subject }) => subject === 'invite')).toMatchObject({
      level: 'warning',
      mend: expect.stringContaining('culvert-relay invite'),
    })
  })
})

/** A relay that runs; resolves with its folder. */
async function serving(): Promise<string> {
  const dir = await made()
  const child = spawn(process.execPath, [COMMAND, 'run', '--dir', dir, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return dir
}

async function edgeFinding(dir: string): Promise<Finding> {
  const machine = { ...thisMachine(Date.now()), resolve: async () => ['198.51.100.7'] }
  const { config, invite } = checkFiles(dir, machine)
  if (config === undefined) throw new Error('the configuration is readable')
  const found = (await checkNetwork(dir, config, invite, machine)).find(({ subject }) => subject === 'edge')
  if (found === undefined) throw new Error('no finding about an edge')
  return found
}

type Answer = (request: unknown, respond: (status: number, body: string) => void) => void

/** Starts a forwarder to the relay, or what `answer` makes of it, and adds it as an edge. */
async function addForwarder(
  dir: string,
  options: { carrier?: string; host?: string; pinFrom?: string | undefined } = {},
  answer?: Answer,
): Promise<Server> {
  const pair = createCertificate(EDGE, Date.now())
  const pinFrom = join(dir, 'edge.pem')
  writeFileSync(pinFrom, pair.certificate)
  const { port } = loadConfig(dir).listen
  const origin = { host: '127.0.0.1', port, servername: DOMAIN, rejectUnauthorized: false } as const
  const server = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
    if (answer !== undefined) return answer(request, (status, body) => response.writeHead(status).end(body))
    const { method, url: path, headers } = request
    const onward = requestOf({ ...origin, method, path, headers: { ...headers, host: DOMAIN }, agent: false }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(response)
    })
    request.pipe(onward)
  })
  server.on('upgrade', (request, socket) => {
    const onward: TLSSocket = tlsConnect({ ...origin, ALPNProtocols: ['http/1.1'] }, () => {
      const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${name === 'host' ? DOMAIN : value}\r\n`)
      onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`)
      onward.pipe(socket).pipe(onward)
    })
    for (const [one, other] of [
      [onward, socket],
      [socket, onward],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  addEdge({ dir, name: EDGE, address: `127.0.0.1:${(server.address() as AddressInfo).port}`, pinFrom, ...options })
  return server
}

describe('culvert-relay front', () => {
  test('writes the site file of a relay behind a front as init did', async () => {
    const dir = join(base, `relay-${count++}`)
    await initRelay({ dir, domain: DOMAIN, listen: '127.0.0.1:0', behind: 'nginx' }, Date.now())
    const file = join(dir, 'nginx.conf')
    const written = readFileSync(file, 'utf8')
    writeFileSync(file, '# of an older version\n')
    expect(writeFrontSite(loadConfig(dir), dir)).toBe(file)
    expect(readFileSync(file, 'utf8')).toBe(written)
  })

  test('has nothing to write for one that stands alone', async () => {
    const dir = await made()
    expect(() => writeFrontSite(loadConfig(dir), dir)).toThrow(/stands alone/)
  })
})
