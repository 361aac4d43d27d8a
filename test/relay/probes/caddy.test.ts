// Behind Caddy, a relay changes nothing that a stranger can see. Method: as for nginx.
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caddySite } from '../../../relay/front/caddy.ts'
import { listen } from '../../../relay/listen.ts'
import { HOST, probes, requestProbes, upgrade, upgradeProbes } from './corpus.ts'
import { admitOnce, type Fixture, makeFixture } from './fixtures.ts'
import { type Answer, runProbes } from './run.ts'
import { freePort, isInstalled, type RunningServer, startCaddy } from './servers.ts'

// Caddy's goroutines answer in no order: silence takes longer to mean something, and raw HTTP/2, which never comes near the relay, differs from run to run.
const corpus = [...probes, ...upgradeProbes('/news.html'), ...requestProbes('/news.html')]
  .filter(({ over }) => over !== 'h2')
  .map((probe) => ({ ...probe, silenceMs: 1000 }))
const options = '{\n\tadmin off\n\tauto_https disable_redirects\n}\n'
let fixture: Fixture

const plainSite = (port: number): string => `${options}${HOST}:${port} {
	tls ${fixture.certificateFile} ${fixture.keyFile}
	root * ${fixture.site}
	handle {
		file_server
	}
	handle_errors {
		@missing expression {http.error.status_code} == 404
		handle @missing {
			rewrite * /404.html
			file_server
		}
	}
}
`
beforeAll(() => {
  fixture = makeFixture()
})

afterAll(() => fixture.remove())

describe.skipIf(!isInstalled('caddy')).each(['up', 'down'])('with the relay %s, a stranger', (state) => {
  // While the relay is down, Caddy can't send a chunked body a second time, and says 502.
  const fair = corpus.filter(({ name }) => state === 'up' || name !== 'upgrade by chunked GET')
  let expected: Map<string, Answer>
  let seen: Map<string, Answer>
  let servers: RunningServer[] = []
  beforeAll(async () => {
    const behind = await listen({
      host: '127.0.0.1',
      port: 0,
      tls: undefined,
      site: () => {},
      admit: admitOnce(),
      accept: () => {},
      serve: () => {},
    })
    if (state === 'down') await behind.close()
    const ports = [await freePort(), await freePort()] as const
    const site = caddySite({
      domain: HOST,
      port: ports[1],
      relay: { host: '127.0.0.1', port: behind.port },
      path: '/news.html',
      cookieName: 'sid',
      cover: { kind: 'folder', folder: fixture.site },
      tls: fixture,
    }).replaceAll(`:${behind.port + 1}`, `:${await freePort()}`)
    const start = (text: string, port: number): Promise<RunningServer> => startCaddy(join(fixture.folder, `caddy-${port}`), text, port)
    servers = [await start(plainSite(ports[0]), ports[0]), await start(options + site, ports[1]), { stop: () => behind.close() }]
    const run = (some: typeof fair): Promise<[Map<string, Answer>, Map<string, Answer>]> =>
      Promise.all([runProbes(some, ports[0]), runProbes(some, ports[1], upgrade('/news.html', 'other'))])
    ;[expected, seen] = await run(fair)
    // On a busy machine an answer may be late or cut by chance. What a stranger could learn differs each time, also when it is asked alone.
    for (const probe of fair.filter(({ name }) => !isDeepStrictEqual(seen.get(name), expected.get(name)))) {
      const [one, other] = await run([probe])
      expected.set(probe.name, one.get(probe.name) as Answer)
      seen.set(probe.name, other.get(probe.name) as Answer)
    }
  })

  afterAll(async () => {
    for (const server of servers) await server.stop()
  })

  test.each(fair.map(({ name }) => name))('learns nothing from: %s', (name) => {
    expect(seen.get(name)).toEqual(expected.get(name))
  })
})
