// What an operator closes: ports, names and addresses, from a list that may change while the relay runs; and by which address dials leave.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseTarget, ResetCode } from '#protocol'
import { Dialer, type DialResult } from '../../../relay/dial/dial.ts'
import { ExitPolicy, parseBlocked } from '../../../relay/dial/exit-policy.ts'
import { type ExitSettings, OPEN_EXIT } from '../../../relay/dial/exit-settings.ts'
import { OperatorError } from '../../../relay/operator-error.ts'
import { ROOMY } from './fake-sockets.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-exit-'))
afterAll(() => rmSync(folder, { recursive: true }))

function listOf(text: string): string {
  const file = join(folder, `${Math.random()}.txt`)
  writeFileSync(file, text)
  return file
}

function dialer(settings: Partial<ExitSettings>, lookup: readonly string[] = []): Dialer {
  return new Dialer({
    allow: ['127.0.0.0/8'],
    deny: [],
    resolver: {
      lookup: (_name, family, _asker, done) => done(family === 4 ? { addresses: lookup } : { addresses: [] }),
    },
    exit: new ExitPolicy({ ...OPEN_EXIT, ...settings }),
  })
}

function dial(one: Dialer, host: string, port: number): Promise<DialResult> {
  return new Promise((resolve) => void one.dialTcp(parseTarget(host, port), ROOMY, resolve))
}

describe('a list of blocked destinations', () => {
  test('closes names with all below them, addresses and ranges, and nothing beside', () => {
    const policy = new ExitPolicy({
      ...OPEN_EXIT,
      blockedFile: listOf('# mine\nevil.example\n*.other.example # all\n198.51.100.0/24\n2001:db8::/32\n192.0.2.7\n'),
    })
    expect(policy.blockedCount).toBe(5)
    const names = ['evil.example', 'a.b.evil.example', 'notevil.example', 'example', 'other.example', 'evil.example.org']
    expect(names.map((name) => policy.permitsName(name))).toEqual([false, false, true, true, false, true])
    const addresses = ['198.51.100.9', '198.51.101.9', '192.0.2.7', '192.0.2.8', '2001:db8::1', '2001:db9::1']
    expect(addresses.map((address) => policy.permitsAddress(address))).toEqual([false, true, false, true, false, true])
  })

  test.each(['198.51.100.0/33', 'a b', '1.2.3', 'http://evil.example/', '::1%lo', '10.0.0.0/8/8'])(
    'is refused with the line where it holds “%s”',
    (line) => {
      expect(() => parseBlocked(`ok.example\n${line}\n`)).toThrow(/line 2/)
    },
  )

  test('must be there at the start', () => {
    expect(() => new ExitPolicy({ ...OPEN_EXIT, blockedFile: join(folder, 'none') })).toThrow(OperatorError)
  })

  test('is taken up when it changes; one that can’t be used leaves the old one in force and says so', () => {
    const file = listOf('evil.example\n')
    let nowMs = 0
    const policy = new ExitPolicy({ ...OPEN_EXIT, blockedFile: file }, () => nowMs)
    const change = (text: string, seconds: number): void => {
      writeFileSync(file, text)
      utimesSync(file, seconds, seconds)
      nowMs += 60_000
    }
    change('worse.example\n', 1_000)
    expect([policy.permitsName('evil.example'), policy.permitsName('worse.example')]).toEqual([true, false])
    change('not a list\n', 2_000)
    expect([policy.permitsName('worse.example'), policy.fault]).toEqual([false, expect.stringContaining('line 1')])
    change('evil.example\n', 3_000)
    expect([policy.permitsName('evil.example'), policy.fault]).toEqual([false, undefined])
    // By a copy that keeps times.
    change('worse.example\n', 3_000)
    expect([policy.permitsName('evil.example'), policy.permitsName('worse.example')]).toEqual([true, false])
  })
})

describe('a dialer with an exit policy', () => {
  test('denies ports that are not named', async () => {
    const one = dialer({ ports: [{ first: 443, last: 443 }] })
    expect(await dial(one, '127.0.0.1', 442)).toEqual({ code: ResetCode.denied })
  })

  test('denies a blocked name in any spelling, and a name that leads to a blocked address', async () => {
    const one = dialer({ blockedFile: listOf('evil.example\n127.0.0.9\n') }, ['127.0.0.9'])
    for (const host of ['evil.example', 'EVIL.example.', 'www.evil.example', 'good.example', '127.0.0.9'])
      expect(await dial(one, host, 80), host).toEqual({ code: ResetCode.denied })
  })

  test('leaves by the address that it is told', async () => {
    const server = createServer((socket) => socket.end(String(socket.remoteAddress)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const result = await dial(dialer({ from: ['127.0.0.77'] }), '127.0.0.1', port)
    if ('code' in result) throw new Error(`the dial failed: ${result.code}`)
    expect(String(Buffer.concat(await result.socket.toArray()))).toBe('127.0.0.77')
    server.close()
  })
})
