// What a demonstration shows of its own app: only there, only here, and nothing that anybody was counted in.
import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LiveApp, type ParentLine } from '../../relay/observatory/demo/live.ts'
import { LANGUAGES } from '../../relay/observatory/words/languages.ts'
import { CATALOGS } from '../../relay/observatory/words/voice.ts'
import { SiteWorld } from '../dashboard/site-world.ts'
import { World } from '../e2e/world.ts'
import { needs } from '../needs.ts'

class Parent extends EventEmitter implements ParentLine {
  connected = true
}
const HERE = { host: '127.0.0.1', port: 0 }
const DEMO = join(import.meta.dirname, '../../client/engine/demo.ts')

describe('the traffic of a demonstration’s app', () => {
  test('is taken over no store, where nobody else reaches the page, and from whoever started the program only', () => {
    const of = (parent: Parent, store: string | undefined, host = HERE.host): boolean =>
      LiveApp.of(parent, { store, listen: { host, port: 8090 } }) !== undefined
    const alone = new Parent()
    alone.connected = false
    expect(of(new Parent(), undefined)).toBe(true)
    expect(of(new Parent(), undefined, '::1')).toBe(true)
    for (const store of ['observatory.db', ':memory:', 'postgres://127.0.0.1/x', ''])
      expect([store, of(new Parent(), store)]).toEqual([store, false])
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'localhost', '127.0.0.1.example'])
      expect([host, of(new Parent(), undefined, host)]).toEqual([host, false])
    expect(of(alone, undefined)).toBe(false)
  })

  test('changes by what is well formed, and by nothing else', () => {
    const parent = new Parent()
    const app = LiveApp.of(parent, { store: undefined, listen: HERE })
    const good = { isConnected: true, downBytes: 5, upBytes: 0 }
    parent.emit('message', good)
    for (const bad of [
      null,
      7,
      'x',
      [],
      {},
      { ...good, downBytes: -1 },
      { ...good, upBytes: 1.5 },
      { ...good, isConnected: 'yes' },
      { ...good, downBytes: '<b>' },
    ])
      parent.emit('message', bad)
    expect(app?.last).toEqual(good)
  })
})

describe('a site', () => {
  let real: SiteWorld
  let shown: SiteWorld
  const parent = new Parent()
  beforeAll(async () => {
    real = await SiteWorld.open(SiteWorld.small())
    shown = await SiteWorld.open(SiteWorld.small(), undefined, LiveApp.of(parent, { store: undefined, listen: HERE }))
  })
  afterAll(async () => {
    await real.close()
    await shown.close()
  })

  test('of a demonstration shows on its first page, in the reader’s language, what was told last, and keeps none of it', async () => {
    parent.emit('message', { isConnected: true, downBytes: 1_234, upBytes: 56 })
    const first = await shown.get('/')
    expect(first.text).toContain('<dd data-live="down">1,234</dd>')
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect(first.headers.get('content-security-policy')).toContain("connect-src 'self'")
    parent.emit('message', { isConnected: false, downBytes: 9_999, upBytes: 56 })
    expect((await shown.get('/')).text).toContain('<dd data-live="down">9,999</dd>')
    expect(JSON.parse((await shown.get('/demonstration.json?lang=tr')).text)).toEqual({ state: 'bağlı değil', down: '9.999', up: '56' })
  })

  test('of a demonstration has none of it in any figure, file, feed or other page', async () => {
    parent.emit('message', { isConnected: true, downBytes: 7_654_321, upBytes: 7_654_321 })
    for (const path of ['/figures/gigabytes.csv', '/figures/people.json', '/api/v1/quality', '/feed.atom', '/costs', '/countries']) {
      const [with_, without] = [await shown.get(path), await real.get(path)]
      expect([path, with_.text.replaceAll(shown.origin, '')]).toEqual([path, without.text.replaceAll(real.origin, '')])
      expect(with_.text).not.toMatch(/7.?654.?321/)
    }
  })

  test('of a demonstration says, in every language, that all but that traffic was made up; its other pages that all of it was', async () => {
    for (const language of LANGUAGES) {
      const { synthetic, syntheticButLive } = CATALOGS[language]
      const [first, other] = [await shown.get(`/?lang=${language}`), await shown.get(`/costs?lang=${language}`)]
      const saysAll = [first, other].map(({ text }) => text.includes(`<aside class="synthetic">${synthetic}</aside>`))
      expect([language, ...saysAll, first.text.includes(syntheticButLive)]).toEqual([language, false, true, true])
    }
    expect((await real.get('/')).text).toContain(CATALOGS.en.synthetic)
  })

  test('over a store has no such part and no such address', async () => {
    const first = await real.get('/')
    expect(first.text).not.toContain('data-live')
    expect(first.headers.get('content-security-policy')).not.toContain('connect-src')
    expect((await real.get('/demonstration.json')).status).toBe(404)
  })
})

test.runIf(needs('curl'))(
  'npm start: what one fetches through the app moves a number on the dashboard, and the made-up year stays as it was',
  async () => {
    const world = new World()
    const folder = mkdtempSync(join(tmpdir(), 'culvert-live-'))
    try {
      const program = world.run([process.execPath, DEMO], { env: { TMPDIR: folder, DISPLAY: '' } })
      const dashboard = await program.line((line) => /^ {2}(http:\/\/127\.0\.0\.1:\d+\/)$/.exec(line)?.[1])
      const socks = await program.line((line) => /^ {2}SOCKS5 {2}(\S+)$/.exec(line)?.[1])
      const page = await program.line((line) => /curl -x socks5h:\S+ (http:\/\/127\S+)/.exec(line)?.[1])
      const told = async (): Promise<{ readonly state: string; readonly down: string }> =>
        (await fetch(`${dashboard}demonstration.json`)).json()
      const until = async (isSo: () => Promise<boolean>): Promise<void> => {
        while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 100))
      }
      await until(async () => (await told()).state === 'connected')
      const [before, figure] = [await told(), await (await fetch(`${dashboard}figures/people.json`)).text()]
      const curl = world.run(['curl', '-s', '-x', `socks5h://${socks}`, page])
      expect(await curl.ended).toEqual({ code: 0, signal: undefined })
      await until(async () => (await told()).down !== before.down)
      expect(await (await fetch(`${dashboard}figures/people.json`)).text()).toBe(figure)
      program.signal('SIGTERM')
      await program.ended
    } finally {
      await world.close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
