// The folder's site serves what is in the folder and nothing else. What it answers to odd requests is in the probes.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { folderSite } from '../../../relay/cover/site.ts'

let folder: string
let server: Server

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-site-'))
  mkdirSync(join(folder, 'site', 'empty'), { recursive: true })
  writeFileSync(join(folder, 'secret'), 'secret')
  writeFileSync(join(folder, 'site', 'index.html'), 'home')
  writeFileSync(join(folder, 'site', '.hidden'), 'secret')
  writeFileSync(join(folder, 'site', 'a b.txt'), 'spaced')
  symlinkSync('index.html', join(folder, 'site', 'link.html'))
  server = createServer(folderSite(join(folder, 'site')))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

test.each([
  ['/', 200, 'home'],
  ['/?a=b#c', 200, 'home'],
  ['http://other.example/link.html', 200, 'home'],
  ['/a%20b.txt', 200, 'spaced'],
  ['/nothing', 404, undefined],
  ['/.hidden', 404, undefined],
  ['/empty/', 404, undefined],
  ['/../secret', 403, undefined],
  ['/%2e%2e/secret', 403, undefined],
  ['/..%2fsecret', 403, undefined],
  ['//secret', 404, undefined],
  ['/..\\secret', 403, undefined],
  ['/index.html/x', 404, undefined],
  ['/%00', 400, undefined],
  ['/%', 400, undefined],
] as const)('%s is %i', async (path, status, body) => {
  const answer = await ask(path)
  expect(answer.status).toBe(status)
  if (body === undefined) expect(answer.body).not.toContain('secret')
  else expect(answer.body).toBe(body)
})

test('a page that is not modified has no body', async () => {
  const { headers } = await ask('/')
  expect(await ask('/', { 'If-None-Match': String(headers['etag']) })).toMatchObject({ status: 304, body: '' })
  expect(await ask('/', { 'If-Modified-Since': String(headers['last-modified']) })).toMatchObject({ status: 304, body: '' })
})

test('a range is that range', async () => {
  expect(await ask('/', { Range: 'bytes=1-2' })).toMatchObject({ status: 206, body: 'om', headers: { 'content-range': 'bytes 1-2/4' } })
})

function ask(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo
    const asking = request({ host: '127.0.0.1', port, path, headers, agent: false }, async (response) => {
      let body = ''
      for await (const chunk of response) body += chunk
      resolve({ status: response.statusCode, headers: response.headers, body })
    })
    asking.on('error', reject).end()
  })
}
