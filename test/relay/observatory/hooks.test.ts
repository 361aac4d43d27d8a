// News of shutdowns to other people's addresses: posted once and signed, and never to an address inside.
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCertificate } from '../../../relay/certificate.ts'
import { createSender, readHooks, type SenderOptions } from '../../../relay/observatory/hooks.ts'
import { Outbox } from '../../../relay/observatory/outbox.ts'
import type { ShutdownEvent } from '../../../relay/observatory/published.ts'
import { siteLimits } from '../../../relay/observatory/site-limits.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../../relay/observatory/tables.ts'
import { openStore, type Store } from '../../../relay/store/store.ts'
import { SMALL } from '../../dashboard/site-world.ts'
import { makeYears } from '../../dashboard/years.ts'
import { Program } from '../../e2e/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-hooks-'))
const file = join(folder, 'hooks.json')
const [event] = makeYears(SMALL).events
if (event === undefined) throw new Error('the made-up years have no shutdown')
const SECRET = 'a secret of both sides'
const certificate = createCertificate('hooks.example', Date.now())
const got: { readonly path: string; readonly body: string; readonly signature: string }[] = []
/** Told when a post has come that is not answered. */
const onHeld: (() => void)[] = []
let server: Server
let port: number

beforeAll(async () => {
  server = createServer({ cert: certificate.certificate, key: certificate.key }, (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      got.push({ path: request.url ?? '', body, signature: String(request.headers['culvert-signature']) })
      if (onHeld.length > 0) return void onHeld.shift()?.()
      const isFirst = got.filter(({ path }) => path === request.url).length === 1
      if (request.url === '/switched') request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
      else if (request.url === '/moved') response.writeHead(302, { Location: '/taken' }).end()
      else response.writeHead(request.url === '/later' && isFirst ? 503 : 204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Every name leads to this machine. */
const lookup = ((_name: string, _options: unknown, done: (error: undefined, addresses: object[]) => void) =>
  process.nextTick(done, null, [{ address: '127.0.0.1', family: 4 }])) as unknown as NonNullable<SenderOptions['lookup']>
const limits = { ...siteLimits, hookRetryMs: 60_000, hookTriesMax: 3, hookWaitingMax: 2 }
const published = event as NonNullable<typeof event>
let nowMs = 0
let count = 0
const stores: Store<ObservatoryTables>[] = []
afterAll(async () => {
  for (const store of stores) await store.close()
})

async function outbox(urls: readonly string[], { allow = ['127.0.0.1'], where = join(folder, `${count++}.db`) } = {}): Promise<Outbox> {
  writeFileSync(file, JSON.stringify(urls.map((url) => ({ url, secret: SECRET }))))
  const store = await openStore<ObservatoryTables>(where, OBSERVATORY)
  stores.push(store)
  const send = createSender({ allow, ca: certificate.certificate, lookup })
  return new Outbox({ db: store.db, hooks: readHooks(file), send, nowMs: () => nowMs, limits })
}

/** What becomes of an event that is published after these hooks were known. */
async function post(urls: readonly string[], allow: readonly string[]): Promise<number> {
  const posting = await outbox(urls, { allow: [...allow] })
  await posting.look([])
  const { taken } = await posting.look([published])
  return taken
}

describe('webhooks', () => {
  test('an event is posted with a signature that its receiver can check, and again where it was not taken', async () => {
    const posting = await outbox([`https://hooks.example:${port}/taken`, `https://hooks.example:${port}/later`])
    await posting.look([])
    expect(await posting.look([published])).toEqual({ taken: 1, givenUp: 0 })
    expect(await posting.look([published])).toEqual({ taken: 0, givenUp: 0 })
    nowMs += 60_000
    expect(await posting.look([published])).toEqual({ taken: 1, givenUp: 0 })
    const [first] = got
    expect(JSON.parse(first?.body ?? '')).toMatchObject({ version: 1, event: { id: published.id } })
    expect(first?.signature).toBe(
      `sha256=${createHmac('sha256', SECRET)
        .update(first?.body ?? '')
        .digest('hex')}`,
    )
    expect(got.filter(({ path }) => path === '/later')).toHaveLength(2)
  })

  test('what was published before an address was known is not news for it, and a further state of it is', async () => {
    got.length = 0
    const posting = await outbox([`https://hooks.example:${port}/new`])
    await posting.look([published])
    expect(got).toEqual([])
    await posting.look([{ ...published, revision: published.revision + 1 }])
    expect(got.map(({ body }) => (JSON.parse(body) as { event: ShutdownEvent }).event.revision)).toEqual([published.revision + 1])
  })

  test('after the last try, or where too much waits, a post is given up, and that is counted', async () => {
    const posting = await outbox([`https://hooks.example:${port}/moved`])
    await posting.look([])
    const three = [0, 1, 2].map((more) => ({ ...published, revision: published.revision + more }))
    expect(await posting.look(three)).toEqual({ taken: 0, givenUp: 1 })
    nowMs += 60_000
    expect(await posting.look(three)).toEqual({ taken: 0, givenUp: 0 })
    nowMs += 120_000
    expect(await posting.look(three)).toEqual({ taken: 0, givenUp: 2 })
    nowMs += 86_400_000
    expect(await posting.look(three)).toEqual({ taken: 0, givenUp: 0 })
  })

  /* Goal: a post that is owed survives the end of the program. Method: a program is killed while its receiver holds the post, and another looks at the store. */
  test('a program that is killed while it posts owes the post still, and the next one posts it', async () => {
    const where = join(folder, 'killed.db')
    const url = `https://hooks.example:${port}/held`
    await (await outbox([url], { where })).look([])
    const child = new Program([process.execPath, join(import.meta.dirname, 'post-once.ts')], {
      folder,
      env: { WHERE: where, HOOKS: file, CA: certificate.certificate, EVENT: JSON.stringify(published) },
    })
    await new Promise<void>((resolve) => onHeld.push(resolve))
    await child.kill()
    got.length = 0
    nowMs = Date.now() + 86_400_000
    expect(await (await outbox([url], { where })).look([published])).toEqual({ taken: 1, givenUp: 0 })
    expect(got.map(({ path }) => path)).toEqual(['/held'])
  })

  test('another protocol in place of an answer holds nobody up', async () => {
    expect(await post([`https://hooks.example:${port}/switched`, `https://hooks.example:${port}/after`], ['127.0.0.1'])).toBe(1)
  })

  test('a redirect is not followed', async () => {
    got.length = 0
    expect(await post([`https://hooks.example:${port}/moved`], ['127.0.0.1'])).toBe(0)
    expect(got.every(({ path }) => path === '/moved')).toBe(true)
  })

  test('nothing is sent to this machine, the inner network or a metadata service, in any spelling', async () => {
    got.length = 0
    const hosts = [
      '127.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '10.0.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '[fd00:ec2::254]',
      '0x7f000001',
      '2130706433',
      '0177.0.0.1',
      'localhost',
      'inside.example',
    ]
    expect(
      await post(
        hosts.map((host) => `https://${host}:${port}/taken`),
        [],
      ),
    ).toBe(0)
    expect(got).toEqual([])
  })

  test('a file that names no https address, or no secret, is refused in words', () => {
    for (const [text, words] of [
      ['{', 'is not JSON'],
      ['{}', 'must be a list'],
      ['[{"url":"http://a.example/","secret":"0123456789abcdef"}]', 'https URL'],
      ['[{"url":"https://u:p@a.example/","secret":"0123456789abcdef"}]', 'without a name'],
      ['[{"url":"https://a.example/","secret":"short"}]', '16 characters'],
      ['[null]', 'secret'],
    ] as const) {
      writeFileSync(file, text)
      expect(() => readHooks(file)).toThrow(words)
    }
  })
})
