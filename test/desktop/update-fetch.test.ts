// Updates are fetched by Chromium's own stack through the app's port, which may ask for a password: by a real Electron, through the real proxy.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testRuntime } from '../../client/desktop/build/test-runtime.ts'
import { createHttpProxy } from '../../client/engine/proxy/http.ts'
import { createCertificate } from '../../relay/certificate.ts'
import { FakeOutlet } from '../client/proxy/fakes.ts'
import { World } from '../e2e/world.ts'
import { needs } from '../needs.ts'
import { STAGE_MS } from './app.ts'
import { bundleFor, SWITCHES } from './dialer/electron.ts'
import { openDisplay } from './display.ts'
import type { Errand, Fetched } from './fetching.ts'

const PASSWORD = 'of this run'
const world = new World()
const folder = mkdtempSync(join(tmpdir(), 'culvert-fetching-'))
/** What the site was asked, and with which word of who asks. */
const asked: (readonly [string | undefined, string | undefined])[] = []
const fetched = new Map<string, Fetched>()

const site: RequestListener = (request, response) => {
  asked.push([request.url, request.headers.authorization])
  if (request.url === '/members') response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="members"' }).end('who are you?')
  else if (request.url === '/nothing') response.writeHead(204).end()
  else if (request.url === '/odd') response.writeHead(999).end('an update')
  else response.end('an update')
}

describe.runIf(needs('electron'))('fetching an update', () => {
  beforeAll(async () => {
    const { certificate, key } = createCertificate('updates.example', Date.now())
    const [plain, secure] = [await world.serve(createServer(site)), await world.serve(createSecureServer({ cert: certificate, key }, site))]
    const outlet = new FakeOutlet({ 'plain.example': plain, 'updates.example': secure })
    const [locked, open] = await Promise.all([PASSWORD, undefined].map((password) => startProxy(outlet, password)))
    const errands: Readonly<Record<string, Errand>> = {
      // First: Chromium remembers a password that was right.
      wrong: { port: locked as number, password: 'of another run', url: 'https://updates.example/wrong' },
      none: { port: locked as number, url: 'https://updates.example/none' },
      right: { port: locked as number, password: PASSWORD, url: 'https://updates.example/right' },
      plain: { port: locked as number, password: PASSWORD, url: 'http://plain.example/plain' },
      members: { port: locked as number, password: PASSWORD, url: 'https://updates.example/members' },
      nothing: { port: locked as number, password: PASSWORD, url: 'https://updates.example/nothing' },
      odd: { port: locked as number, password: PASSWORD, url: 'https://updates.example/odd' },
      open: { port: open as number, url: 'https://updates.example/open' },
    }
    const [runtime, display] = await Promise.all([
      testRuntime(),
      openDisplay(),
      bundleFor(folder, { main: join(import.meta.dirname, 'fetching.ts') }),
    ])
    world.defer(() => display.close())
    const argv = [runtime, folder, `--user-data-dir=${join(folder, 'user')}`, ...SWITCHES, JSON.stringify(Object.values(errands))]
    const electron = world.run(argv, { env: { DISPLAY: display.name } })
    const { code } = await electron.ended
    if (code !== 0) throw new Error(`Electron ended: ${electron.stderr}`)
    const lines = electron.stdout.trim().split('\n')
    for (const [index, name] of Object.keys(errands).entries()) fetched.set(name, JSON.parse(lines[index] ?? '{}'))
  }, STAGE_MS)
  afterAll(async () => {
    await world.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('answers the port that asks for a password, for HTTPS and for HTTP', () => {
    expect(fetched.get('right')).toEqual({ status: 200, body: 'an update' })
    expect(fetched.get('plain')).toEqual({ status: 200, body: 'an update' })
  })

  test('needs none where none is asked for', () => {
    expect(fetched.get('open')).toEqual({ status: 200, body: 'an update' })
  })

  test('ends where the password is wrong, or not known, and the site is not asked', () => {
    for (const name of ['wrong', 'none']) {
      expect(fetched.get(name)).not.toMatchObject({ status: 200 })
      expect(asked.map(([path]) => path)).not.toContain(`/${name}`)
    }
  })

  test('fails where the site answers with a status that brings no update, and the app lives on', () => {
    for (const name of ['nothing', 'odd']) expect(fetched.get(name)).toEqual({ fault: expect.any(String) })
    expect(fetched.size).toBe(8)
  })

  test('tells the password to no site, whatever it asks for', () => {
    expect(fetched.get('members')).toMatchObject({ status: 401 })
    expect(asked.filter(([, authorization]) => authorization !== undefined)).toEqual([])
  })
})

async function startProxy(outlet: FakeOutlet, password: string | undefined): Promise<number> {
  const proxy = await createHttpProxy({ host: '127.0.0.1', port: 0, outlet, ...(password === undefined ? {} : { password }) })
  world.defer(() => proxy.close())
  return proxy.port
}
