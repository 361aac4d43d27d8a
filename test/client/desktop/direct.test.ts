import { once } from 'node:events'
import { get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { domainToUnicode } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COUNTRY_DOMAINS } from '../../../client/desktop/country-domains.ts'
import { directRules } from '../../../client/desktop/direct-rules.ts'
import { directLimits, refusalLimits } from '../../../client/desktop/limits.ts'
import { createPac, PacServer } from '../../../client/desktop/pac.ts'
import { RefusingPort } from '../../../client/desktop/refusing-port.ts'

const rulesOf = (country: string, ...hosts: readonly string[]): readonly string[] => directRules({ isDirect: true, country, hosts })

/** Evaluates a PAC file as a browser does: alone, with none of Node's globals. */
function evaluate(pac: string): { ask: (host: unknown) => string; globals: readonly string[] } {
  const context = createContext(Object.create(null) as object, { codeGeneration: { strings: false, wasm: false } })
  runInContext(pac, context, { timeout: 1_000 })
  const ask = (host: unknown): string =>
    runInContext(`FindProxyForURL('http://x/', ${JSON.stringify(host)})`, context, { timeout: 1_000 }) as string
  return { ask, globals: Object.keys(context) }
}

describe('what goes direct', () => {
  test('is nothing unless the person asked for it', () => {
    expect(directRules({ isDirect: false, country: 'IR', hosts: ['example.com'] })).toEqual([])
    expect(rulesOf('')).toEqual([])
    expect(rulesOf('XX')).toEqual([])
    expect(rulesOf('constructor')).toEqual([])
  })

  test('is a country by its top-level domains, and each name that the person gives with all below it', () => {
    expect(rulesOf('IR')).toEqual(['*.ir', '*.xn--mgba3a4f16a'])
    expect(rulesOf('', 'Example.COM', '*.bank.example', 'пример.рф', '192.0.2.7', '2001:db8::1')).toEqual([
      'example.com',
      '*.example.com',
      '*.bank.example',
      'xn--e1afmkfd.xn--p1ai',
      '*.xn--e1afmkfd.xn--p1ai',
      '192.0.2.7',
      '2001:db8::1',
    ])
  })

  test('is never what is no name, and never everything', () => {
    const hostile = [
      '',
      '*',
      '*.',
      '.',
      '*.*',
      'a b',
      "x'y",
      'x"y',
      'x,y',
      'x;y',
      'a\nb',
      '%61b',
      'a\u00adb',
      'a\u2028b',
      'http://x/',
      'x:80',
      '<local>',
      '-x',
      'x..y',
      '%',
      '$(id)',
      'a'.repeat(300),
      '*.192.0.2.7',
    ]
    expect(rulesOf('', ...hostile)).toEqual([])
  })

  test('is made of letters that no system’s list and no script reads as more than a name', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.domain(), fc.ipV6()), { maxLength: 20 }), (hosts) => {
        for (const rule of rulesOf('RU', ...hosts)) expect(rule).toMatch(/^(?:\*\.)?[a-z0-9_:][a-z0-9_.:-]*$/)
      }),
    )
    expect(rulesOf('', ...Array.from({ length: 1_000 }, (_, index) => `a${index}.example`)).length).toBe(directLimits.rulesMax)
  })

  test('knows countries by domains that are spelled as DNS spells them', () => {
    for (const [code, domains] of Object.entries(COUNTRY_DOMAINS)) {
      expect(code).toMatch(/^[A-Z]{2}$/)
      for (const domain of domains)
        expect(domain.startsWith('xn--') ? domainToUnicode(domain) : domain).toMatch(
          domain.startsWith('xn--') ? /^[^\p{ASCII}]+$/u : /^[a-z]{2}$/,
        )
    }
  })
})

describe('the PAC file', () => {
  test('sends the rules’ names direct and all else to the proxy, and never ends in DIRECT for the rest', () => {
    const { ask } = evaluate(createPac(4001, rulesOf('IR', 'example.com', '2001:db8::1')))
    for (const host of ['site.ir', 'a.b.IR', 'site.ir.', 'example.com', 'WWW.example.com', '2001:db8::1', '[2001:db8::1]'])
      expect([host, ask(host)]).toEqual([host, 'DIRECT'])
    for (const host of ['ir', 'notir', 'site.ir.example', 'notexample.com', 'example.com.evil.example', '', 'xir', '2001:db8::2'])
      expect([host, ask(host)]).toEqual([host, 'PROXY 127.0.0.1:4001'])
  })

  test('does nothing but what it should, whatever the person wrote and whatever it is asked', () => {
    const host = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.domain(),
      fc.constantFrom("');evil=1;('", '"];evil=1;["', '\\u0027', '</script>', '\u2028', '*.'),
    )
    fc.assert(
      fc.property(fc.array(host, { maxLength: 10 }), fc.array(host, { maxLength: 5 }), (hosts, asked) => {
        // As if nothing had been checked before.
        for (const rules of [rulesOf('IR', ...hosts), hosts]) {
          const { ask, globals } = evaluate(createPac(4001, rules))
          expect([...globals].sort()).toEqual(['FindProxyForURL', 'below', 'exact'])
          for (const one of asked) expect(['DIRECT', 'PROXY 127.0.0.1:4001']).toContain(ask(one))
        }
      }),
      { numRuns: 20 },
    )
  })

  test('is served under a name that changes with it, and to nobody who does not know that', async () => {
    const server = await PacServer.listen()
    const url = server.publish('first')
    expect(await fetch(url).then((response) => response.text())).toBe('first')
    expect((await fetch(url)).headers.get('content-type')).toBe('application/x-ns-proxy-autoconfig')
    expect(server.publish('first')).toBe(url)
    const next = server.publish('second')
    expect(await fetch(next).then((response) => response.text())).toBe('second')
    expect(next.length).toBeGreaterThan('http://127.0.0.1:1/'.length + 32)
    for (const other of [url, next.replace(/\/[^/]+$/, '/'), new URL('/', next).href, `${next}?`])
      expect((await fetch(other)).status).toBe(400)
    // A page's own name that was made to mean this machine.
    const rebound = await new Promise<number | undefined>((resolve) =>
      get(next, { headers: { host: 'evil.example' } }, (response) => resolve(response.resume().statusCode)),
    )
    expect(rebound).toBe(400)
    server.close()
  })

  test('is served while a program holds more silent sockets than there are places: who can’t read it may go direct', async () => {
    const server = await PacServer.listen()
    const url = server.publish('the rules')
    const held = await holdSilent(Number(new URL(url).port), refusalLimits.socketsMax + 20)
    expect(await fetch(url).then((response) => response.text())).toBe('the rules')
    for (const socket of held) socket.destroy()
    server.close()
  })
})

async function holdSilent(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  return sockets
}

describe('the refusing port', () => {
  async function say(port: number, bytes: string): Promise<string> {
    let said = ''
    const socket = connect(port, '127.0.0.1').setEncoding('latin1')
    socket.on('data', (text: string) => {
      said += text
    })
    socket.on('error', () => undefined).write(bytes, 'latin1')
    await new Promise((resolve) => socket.once('close', resolve))
    return said
  }

  test('tells an HTTP program that nothing goes out, and closes on all else', async () => {
    const refusing = await RefusingPort.listen()
    for (const request of ['GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n', 'CONNECT example.com:443 HTTP/1.1\r\n\r\n']) {
      expect(await say(refusing.port, request)).toMatch(/^HTTP\/1\.1 503 [\s\S]*Connection: close\r\n/)
    }
    for (const bytes of [
      '\x05\x01\x00',
      '\x16\x03\x01\x00',
      'get lower',
      'G'.repeat(20_000),
      `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(5_000)}`,
    ])
      expect(await say(refusing.port, bytes)).toBe('')
    refusing.close()
  })

  test('answers while a program holds more silent sockets than there are places', async () => {
    const refusing = await RefusingPort.listen()
    const held = await holdSilent(refusing.port, refusalLimits.socketsMax + 20)
    expect(await say(refusing.port, 'GET http://example.com/ HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 503 /)
    for (const socket of held) socket.destroy()
    refusing.close()
  })

  test('holds nobody who says nothing, and takes no more than its limit', async () => {
    const refusing = await RefusingPort.listen({ socketsMax: 2, answerMs: 30, headBytesMax: 100 })
    expect(await Promise.all(Array.from({ length: 8 }, () => say(refusing.port, 'GET ')))).toEqual(Array.from({ length: 8 }, () => ''))
    refusing.close()
  })
})
