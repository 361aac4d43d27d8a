// News of shutdowns to other people's addresses: posted once and signed, and never to an address inside.
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCertificate } from '../../../relay/certificate.ts'
import { createPoster, type PosterOptions } from '../../../relay/observatory/hooks.ts'
import { siteLimits } from '../../../relay/observatory/site-limits.ts'
import { SMALL } from '../../dashboard/site-world.ts'
import { makeYears } from '../../dashboard/years.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-hooks-'))
const file = join(folder, 'hooks.json')
const [event] = makeYears(SMALL).events
if (event === undefined) throw new Error('the made-up years have no shutdown')
const SECRET = 'a secret of both sides'
const certificate = createCertificate('hooks.example', Date.now())
const got: { readonly path: string; readonly body: string; readonly signature: string }[] = []
let server: Server
let port: number

beforeAll(async () => {
  server = createServer({ cert: certificate.certificate, key: certificate.key }, (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      got.push({ path: request.url ?? '', body, signature: String(request.headers['culvert-signature']) })
      const isFirst = got.filter(({ path }) => path === request.url).length === 1
      if (request.url === '/moved') response.writeHead(302, { Location: '/taken' }).end()
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
  process.nextTick(done, null, [{ address: '127.0.0.1', family: 4 }])) as unknown as NonNullable<PosterOptions['lookup']>
const quick = { ...siteLimits, hookRetryMs: 1, hookTriesMax: 2 }

async function post(urls: readonly string[], allow: readonly string[]): Promise<number> {
  writeFileSync(file, JSON.stringify(urls.map((url) => ({ url, secret: SECRET }))))
  const { taken } = await createPoster(file, { allow, ca: certificate.certificate, lookup, limits: quick }).post(
    event as NonNullable<typeof event>,
  )
  return taken
}

describe('webhooks', () => {
  test('an event is posted with a signature that its receiver can check, and again where it was not taken', async () => {
    expect(await post([`https://hooks.example:${port}/taken`, `https://hooks.example:${port}/later`], ['127.0.0.1'])).toBe(2)
    const [first] = got
    expect(JSON.parse(first?.body ?? '')).toMatchObject({ version: 1, event: { id: event.id } })
    expect(first?.signature).toBe(
      `sha256=${createHmac('sha256', SECRET)
        .update(first?.body ?? '')
        .digest('hex')}`,
    )
    expect(got.filter(({ path }) => path === '/later')).toHaveLength(2)
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
      expect(() => createPoster(file)).toThrow(words)
    }
  })
})
