// A relay behind a real nginx, whose workers are not root: guests' traffic passes, all others meet the site.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { needs } from '../needs.ts'
import { findProgram } from '../programs.ts'
import { readAll, through } from './through.ts'
import { DOMAIN, status, World } from './world.ts'

const world = new World()
afterAll(() => world.close())

/** nginx can't be told to take any free port. */
async function freePort(): Promise<number> {
  const server = createServer()
  const port = await world.serve(server)
  await once(server.close(), 'close')
  return port
}

/** Resolves when its workers are there: nginx itself says so. */
async function startNginx(include: string): Promise<void> {
  const file = join(world.folder, 'nginx.conf')
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${join(world.folder, kind)};`)
  const http = `http {\ntypes { text/html html; }\naccess_log off;\n${folders.join('\n')}\ninclude ${include};\n}`
  writeFileSync(file, `daemon off;\npid ${join(world.folder, 'nginx.pid')};\nerror_log stderr notice;\nevents {}\n${http}\n`)
  const nginx = world.run([
    'sh',
    '-c',
    'exec "$@" 2>&1',
    'sh',
    findProgram('nginx') as string,
    '-c',
    file,
    '-p',
    world.folder,
    '-e',
    'stderr',
  ])
  world.defer(async () => {
    // Its workers end with it only when it is asked.
    nginx.signal('SIGTERM')
    await nginx.ended
  })
  await nginx.line((line) => (line.includes('start worker process ') ? line : undefined))
}

describe.runIf(needs('nginx', 'curl'))('behind nginx', () => {
  test('a guest sends and receives megabytes, a stranger finds the site, also on the relay’s own path', async () => {
    const port = await freePort()
    const dir = await world.init('--behind', 'nginx', '--address', `127.0.0.1:${port}`)
    await startNginx(join(dir, 'nginx.conf'))
    // As the package's unit starts it.
    const relay = await world.relay(dir, '--workers', '2')
    const client = await world.client(relay.inviteFile)
    await status(client, 'connected')

    const bytes = randomBytes(8_000_000)
    const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
    const { socket } = await through(client.socksPort, '127.0.0.1', await world.serve(echo))
    socket.end(bytes)
    const sha256 = (all: Uint8Array): string => createHash('sha256').update(all).digest('hex')
    expect(sha256(await readAll(socket))).toBe(sha256(bytes))

    const home = readFileSync(join(dir, 'site', 'index.html'), 'utf8')
    const curl = async (path: string, ...more: string[]): Promise<string> => {
      const at = ['--resolve', `${DOMAIN}:${port}:127.0.0.1`, '--max-time', '20']
      const program = world.run(['curl', '-sk', ...at, '-w', '%{http_code}', ...more, `https://${DOMAIN}:${port}${path}`])
      await program.ended
      return program.stdout
    }
    expect(await curl('/')).toBe(`${home}200`)
    const { path = '' } = relay.invite.endpoints[0] ?? {}
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${'A'.repeat(22)}==`,
      'Cookie: sid=1',
    ]
    const headers = upgrade.flatMap((header) => ['-H', header])
    expect(await curl(path, '--http1.1', ...headers)).toBe(await curl('/none', '--http1.1', ...headers))
    expect(await curl(path, '--http1.1', ...headers)).toMatch(/404$/)
  })
})
