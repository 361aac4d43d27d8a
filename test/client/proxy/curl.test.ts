// curl, which others wrote, through both proxies to a real site.
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ResetCode } from '#protocol'
import { createHttpProxy } from '../../../client/engine/proxy/http.ts'
import { createSocks5Proxy } from '../../../client/engine/proxy/socks5.ts'
import { needs } from '../../needs.ts'
import { Cleanup, FakeOutlet, portOf } from './fakes.ts'

const BODY_BYTES = 8_000_000
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const cleanup = new Cleanup()
const outlet = new FakeOutlet()
const body = randomBytes(BODY_BYTES)
const proxies: Record<string, string> = {}
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-curl-'))
  cleanup.defer(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'body'), body)
  const site = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.end(body)
      return
    }
    const hash = createHash('sha256')
    request.on('data', (chunk: Uint8Array) => hash.update(chunk)).on('end', () => response.end(hash.digest('hex')))
  })
  cleanup.add(site)
  outlet.sites.set('site.test', await portOf(site))
  const options = { host: '127.0.0.1', port: 0, outlet }
  const socks = cleanup.add(await createSocks5Proxy(options))
  const http = cleanup.add(await createHttpProxy(options))
  const closedSocks = cleanup.add(await createSocks5Proxy({ ...options, password: 'pass word' }))
  const closedHttp = cleanup.add(await createHttpProxy({ ...options, password: 'pass word' }))
  proxies['socks5h'] = `socks5h://127.0.0.1:${socks.port}`
  proxies['http'] = `http://127.0.0.1:${http.port}`
  proxies['socks5h with a password'] = `socks5h://user:pass%20word@127.0.0.1:${closedSocks.port}`
  proxies['http with a password'] = `http://user:pass%20word@127.0.0.1:${closedHttp.port}`
})
afterAll(() => cleanup.run())

async function curl(proxy: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const env = { PATH: process.env['PATH'] }
  const all = ['--silent', '--show-error', '--max-time', '20', '--proxy', proxies[proxy] ?? '', ...args]
  try {
    const { stdout } = await promisify(execFile)('curl', all, { env })
    return { code: 0, output: stdout }
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string }
    return { code, output: stdout }
  }
}

describe.runIf(needs('curl'))('curl', () => {
  const ways = [
    ['socks5h', []],
    ['http', []],
    ['http', ['--proxytunnel']],
    ['socks5h with a password', []],
    ['http with a password', []],
    ['http with a password', ['--proxytunnel']],
  ] as const

  test.each(ways)('over %s %j gets what the site has', async (proxy, options) => {
    const file = join(folder, 'got')
    expect(await curl(proxy, ...options, '-o', file, 'http://site.test/')).toMatchObject({ code: 0 })
    expect(sha256(readFileSync(file))).toBe(sha256(body))
  })

  test.each(ways)('over %s %j sends with a length and with chunks', async (proxy, options) => {
    const upload = ['--data-binary', `@${join(folder, 'body')}`, 'http://site.test/']
    expect(await curl(proxy, ...options, ...upload)).toEqual({ code: 0, output: sha256(body) })
    expect(await curl(proxy, ...options, '-H', 'Transfer-Encoding: chunked', ...upload)).toEqual({ code: 0, output: sha256(body) })
  })

  test.each(ways)('over %s %j uses one socket for several requests', async (proxy, options) => {
    const urls = ['1', '2', '3'].map((path) => `http://site.test/${path}`)
    const { output } = await curl(proxy, ...options, '-I', '-w', '%{num_connects} %{http_code}\n', ...urls)
    expect(output.match(/^[01] 200$/gm)).toEqual(['1 200', '0 200', '0 200'])
  })

  test('says why a name can’t be reached, over both', async () => {
    outlet.waitForDial = true
    // 97: the proxy's handshake failed, where SOCKS says why; 56: CONNECT was answered with an error.
    expect((await curl('socks5h', 'http://none.test/')).code).toBe(97)
    expect((await curl('http', '--proxytunnel', 'http://none.test/')).code).toBe(56)
    expect((await curl('http', '-w', '%{http_code}', 'http://none.test/')).output).toMatch(/No such site[\s\S]*502$/)
    const inPersian = await curl('http', '-H', 'Accept-Language: fa-IR,en;q=0.5', 'http://none.test/')
    expect(inPersian.output).toMatch(/<html lang="fa" dir="rtl">[\s\S]*چنین سایتی نیست/)
    outlet.failWith = ResetCode.denied
    expect((await curl('http', '-w', '%{http_code}', 'http://site.test/')).output).toMatch(/Not allowed[\s\S]*403$/)
    outlet.failWith = undefined
    outlet.waitForDial = false
  })

  test('gets nothing of ours when it takes a proxy for a site', async () => {
    const own = (url: string | undefined, scheme: string): string => `${scheme}://127.0.0.1:${new URL(url ?? '').port}/`
    const direct = ['--noproxy', '*']
    expect(await curl('', ...direct, own(proxies['socks5h'], 'http'))).toEqual({ code: 52, output: '' })
    expect(await curl('', ...direct, '-w', '%{http_code}', own(proxies['http'], 'http'))).toEqual({ code: 0, output: '400' })
    expect((await curl('', ...direct, own(proxies['socks5h'], 'https'))).code).toBe(35)
  })
})
