// curl through the whole of it: SOCKS5 and HTTP proxy, plain and TLS targets, names and addresses, both ways, with and without a password.
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCertificate } from '../../relay/certificate.ts'
import { needs } from '../needs.ts'
import { type Client, DOMAIN, NAME, type Relay, World } from './world.ts'

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
const body = randomBytes(3_000_000)
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const world = new World()
const urls: Record<string, string> = {}
let relay: Relay
let client: Client

const site: RequestListener = (request, response) => {
  if (request.method !== 'PUT') {
    response.end(body)
    return
  }
  const hash = createHash('sha256')
  request.on('data', (chunk: Uint8Array) => hash.update(chunk)).on('end', () => response.end(hash.digest('hex')))
}

beforeAll(async () => {
  relay = await world.relay()
  client = await world.client(relay.inviteFile)
  const { certificate, key } = createCertificate(NAME, Date.now())
  const http = await world.serve(createHttpServer(site))
  const https = await world.serve(createHttpsServer({ cert: certificate, key }, site))
  urls['http by name'] = `http://${NAME}:${http}/`
  urls['http by address'] = `http://127.0.0.1:${http}/`
  urls['https by name'] = `https://${NAME}:${https}/`
  urls['https by address'] = `https://127.0.0.1:${https}/`
  if (hasIpv6) urls['http by IPv6 address'] = `http://[::1]:${await world.serve(createHttpServer(site), '::1')}/`
  writeFileSync(join(world.folder, 'body'), body)
})
afterAll(() => world.close())

async function curl(...args: readonly string[]): Promise<{ code: number | undefined; output: string }> {
  const program = world.run(['curl', '--silent', '--show-error', '--insecure', '--max-time', '60', ...args])
  const { code } = await program.ended
  return { code, output: program.stdout }
}

describe.runIf(needs('curl'))('curl', () => {
  const kinds = ['http by name', 'http by address', 'https by name', 'https by address', ...(hasIpv6 ? ['http by IPv6 address'] : [])]
  const ways = kinds.flatMap((kind) => [[kind, 'socks5h'] as const, [kind, 'http'] as const])
  const proxy = (scheme: string): string => `${scheme}://${scheme === 'http' ? client.http : client.socks}`

  test.each(ways)('fetches %s over %s, whole', async (kind, scheme) => {
    const file = join(world.folder, `got-${kinds.indexOf(kind)}-${scheme}`)
    expect(await curl('-x', proxy(scheme), '-o', file, urls[kind] as string)).toMatchObject({ code: 0 })
    expect(sha256(readFileSync(file))).toBe(sha256(body))
  })

  test.each(ways)('sends to %s over %s, whole', async (kind, scheme) => {
    expect(await curl('-x', proxy(scheme), '-T', join(world.folder, 'body'), urls[kind] as string)).toEqual({
      code: 0,
      output: sha256(body),
    })
  })

  test('meets an ordinary web site at the relay itself', async () => {
    const at = ['--resolve', `${DOMAIN}:${relay.port}:127.0.0.1`]
    const { output } = await curl(...at, '-w', '%{http_version} %{http_code}', `https://${DOMAIN}:${relay.port}/`)
    expect(output).toMatch(/<\/html>\s*2 200$/i)
  })

  test('is refused by a client that wants a password, and let in with it', async () => {
    const guarded = await world.client(relay.inviteFile, '--password', 'open sesame')
    const url = urls['http by address'] as string
    const ask = (...args: string[]): ReturnType<typeof curl> =>
      curl('-o', join(world.folder, 'guarded'), '-w', '%{http_code}', ...args, url)
    expect(await ask('-x', `http://${guarded.http}`)).toEqual({ code: 0, output: '407' })
    expect((await ask('-x', `socks5h://${guarded.socks}`)).code).toBe(97)
    expect((await ask('-x', `socks5h://${guarded.socks}`, '-U', 'me:open sesam')).code).toBe(97)
    for (const way of [`socks5h://${guarded.socks}`, `http://${guarded.http}`])
      expect(await ask('-x', way, '-U', 'me:open sesame')).toEqual({ code: 0, output: '200' })
  })
})
