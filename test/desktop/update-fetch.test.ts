// Updates are fetched by Chromium's own stack through the app's port, which may ask for a password: by a real Electron, through the real proxy, from sites
// whose certificates an authority made that this Chromium trusts.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testRuntime } from '../../client/desktop/build/test-runtime.ts'
import { createHttpProxy } from '../../client/engine/proxy/http.ts'
import { FakeOutlet } from '../client/proxy/fakes.ts'
import { World } from '../e2e/world.ts'
import { needs } from '../needs.ts'
import { findProgram } from '../programs.ts'
import { STAGE_MS } from './app.ts'
import { Authority } from './authority.ts'
import { bundleFor, SWITCHES } from './dialer/electron.ts'
import { openDisplay } from './display.ts'
import type { Errand, Fetched } from './fetching.ts'

const PASSWORD = 'of this run'
const DAY_S = 86_400
const NOW_S = Date.now() / 1_000
/** When a site's certificate was good, and this computer's clock says that it is no more. */
const [PAST_FROM_S, PAST_S, PAST_TO_S] = [NOW_S - 400 * DAY_S, NOW_S - 350 * DAY_S, NOW_S - 310 * DAY_S]
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

describe.runIf(needs('electron', 'certutil'))('fetching an update', () => {
  beforeAll(async () => {
    const [known, stranger] = [new Authority('Known'), new Authority('Stranger')]
    trust(known)
    const serve = (pair: { readonly cert: string; readonly key: string }): Promise<number> => world.serve(createSecureServer(pair, site))
    const past = await serve(known.issue(['past.example', 'late.example'], PAST_FROM_S, PAST_TO_S))
    const outlet = new FakeOutlet({
      'plain.example': await world.serve(createServer(site)),
      'updates.example': await serve(known.issue(['updates.example'], NOW_S - DAY_S, NOW_S + DAY_S)),
      'past.example': past,
      'late.example': past,
      'other.example': past,
      'stranger.example': await serve(stranger.issue(['stranger.example'], PAST_FROM_S, PAST_TO_S)),
    })
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
      past: { port: open as number, url: 'https://past.example/past', nowS: PAST_S },
      late: { port: open as number, url: 'https://late.example/late' },
      other: { port: open as number, url: 'https://other.example/other', nowS: PAST_S },
      stranger: { port: open as number, url: 'https://stranger.example/stranger', nowS: PAST_S },
    }
    const [runtime, display] = await Promise.all([
      testRuntime(),
      openDisplay(),
      bundleFor(folder, { main: join(import.meta.dirname, 'fetching.ts') }),
    ])
    world.defer(() => display.close())
    const argv = [runtime, folder, `--user-data-dir=${join(folder, 'user')}`, ...SWITCHES, JSON.stringify(Object.values(errands))]
    const electron = world.run(argv, { env: { DISPLAY: display.name, HOME: folder } })
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
    expect(fetched.size).toBe(12)
  })

  test('takes a certificate that is good at the relays’ time, where this computer’s clock alone says otherwise', () => {
    expect(fetched.get('past')).toEqual({ status: 200, body: 'an update' })
  })

  test('takes no other: not one that is past at the relays’ time, of another name or of an authority that nobody here trusts', () => {
    for (const name of ['late', 'other', 'stranger']) {
      expect(fetched.get(name)).toEqual({ fault: expect.stringContaining('ERR_CERT_') })
      expect(asked.map(([path]) => path)).not.toContain(`/${name}`)
    }
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

/** As a person's own Chromium would, by the list of authorities in their home. */
function trust({ certificate }: Authority): void {
  const [list, file] = [join(folder, '.pki', 'nssdb'), join(folder, 'authority.pem')]
  mkdirSync(list, { recursive: true })
  writeFileSync(file, certificate)
  const certutil = findProgram('certutil') as string
  execFileSync(certutil, ['-N', '-d', `sql:${list}`, '--empty-password'])
  execFileSync(certutil, ['-A', '-d', `sql:${list}`, '-n', 'Known', '-t', 'C,,', '-i', file])
}
