// What a relay says of its health, and what becomes of it as an alert.
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { type Alert, Alerts, deliverBy } from '../../../relay/alerts/alerts.ts'
import { alertLimits } from '../../../relay/limits.ts'
import { OperatorError } from '../../../relay/operator-error.ts'
import { type Facts, type Health, healthOf } from '../../../relay/status/health.ts'
import { roundBytes, roundCount, sayBytes } from '../../../relay/status/round.ts'
import { isOlder, parseStanding, type Standing } from '../../../relay/status/standing.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.parse('2026-11-28T12:00:00Z')

const STANDING: Standing = {
  day: '2026-11-27',
  state: 'listed',
  because: undefined,
  refused: undefined,
  versionLeast: undefined,
  versionNewest: undefined,
  countries: [],
}
const FACTS: Facts = {
  version: '1.4.0',
  ageMs: 30 * DAY_MS,
  sessions: 0,
  sessionsToday: 0,
  resting: undefined,
  certificateDaysLeft: 60,
  certificateFailure: undefined,
  reachedItself: true,
  standing: STANDING,
  workersLost: 0,
  fork: undefined,
  blockedFault: undefined,
  memoryFault: undefined,
}

describe('a relay that nobody uses says why', () => {
  const country = (state: 'blocked' | 'reachable') => ({ country: 'XA', state, evidence: 'tests' }) as const
  const cases: readonly (readonly [string, Partial<Facts>, RegExp])[] = [
    ['new', { ageMs: DAY_MS }, /It is new/],
    ['a spare', { standing: { ...STANDING, state: 'spare' } }, /kept back as a spare/],
    ['unreachable', { reachedItself: false }, /does not answer/],
    ['blocked', { standing: { ...STANDING, countries: [country('blocked')] } }, /blocked wherever/],
    ['unlisted', { standing: { ...STANDING, state: 'unlisted' } }, /does not list it/],
    ['in no directory', { standing: undefined }, /needs an invite from you/],
    [
      'of no known fault',
      { standing: { ...STANDING, countries: [country('blocked'), country('reachable')] } },
      /nothing is known to be wrong/,
    ],
    ['used earlier today', { sessionsToday: 1 }, /people today/],
  ]
  test.each(cases)('when it is %s', (_, facts, words) => {
    expect(healthOf({ ...FACTS, ...facts })).toMatchObject({ state: 'idle', says: expect.stringMatching(words) })
  })
})

test('a relay rests by its caps, fails by its certificate or its memory, and else serves', () => {
  expect(healthOf({ ...FACTS, sessions: 1 }).state).toBe('serving')
  expect(healthOf({ ...FACTS, sessions: 1, resting: 'month' })).toMatchObject({ state: 'resting', says: expect.stringContaining('volume') })
  expect(healthOf({ ...FACTS, certificateDaysLeft: -1 }).state).toBe('failing')
  expect(healthOf({ ...FACTS, memoryFault: 'The memory is away.' })).toMatchObject({ state: 'failing', warnings: [{ kind: 'memory' }] })
})

test('versions that are no longer listed, and newer ones, are warned of', () => {
  const kinds = (standing: Partial<Standing>): string[] =>
    healthOf({ ...FACTS, standing: { ...STANDING, ...standing } }).warnings.map(({ says }) => says)
  expect(kinds({ versionLeast: '1.4.0', versionNewest: '1.4.0' })).toEqual([])
  expect(kinds({ versionLeast: '1.5.0', versionNewest: '2.0.0' })).toEqual([expect.stringContaining('older than 1.5.0 will not be listed')])
  expect(kinds({ versionNewest: '1.10.0' })).toEqual([expect.stringContaining('1.10.0 is out')])
  expect([isOlder('1.9.0', '1.10.0'), isOlder('2.0.0', '1.10.0'), isOlder('1.4.0-rc1', '1.4.0')]).toEqual([true, false, false])
})

describe('what a directory says of this relay', () => {
  const text = (fields: object): string => JSON.stringify({ day: '2026-11-27', state: 'listed', ...fields })
  test('is read as it is, and not when it is more than a week old', () => {
    const countries = [{ country: 'XA', state: 'blocked', evidence: 'reports' }]
    expect(parseStanding(text({ countries }), NOW_MS)).toEqual({ ...STANDING, countries })
    expect(parseStanding(text({ day: '2026-11-20' }), NOW_MS)).toBeUndefined()
  })
  test.each([
    { day: 'today' },
    { state: 'fine' },
    { countries: [{ country: 'Xanadu', state: 'blocked', evidence: 'tests' }] },
    { more: 1 },
  ])('is refused when it holds %j', (fields) => {
    expect(() => parseStanding(text(fields), NOW_MS)).toThrow(OperatorError)
  })
})

test('one person’s use is rounded to that of up to eight, and bytes to 64 MiB', () => {
  expect([0, 1, 8, 9].map(roundCount)).toEqual([0, 8, 8, 16])
  expect([0, 1, 67_108_865].map(roundBytes)).toEqual([0, 67_108_864, 134_217_728])
  expect([0, 67_108_864, 1_342_177_280].map(sayBytes)).toEqual(['none', '67 MB', '1.3 GB'])
})

describe('an alert', () => {
  const servers: Server[] = []
  afterAll(() => {
    for (const server of servers) server.close()
  })
  async function port(server: Server, host = '127.0.0.1'): Promise<number> {
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, host, resolve))
    return (server.address() as { port: number }).port
  }
  const bad = healthOf({ ...FACTS, reachedItself: false })
  const good = healthOf(FACTS)

  test('is sent once what is wrong has stood for a while, and of its kind not again for hours; flapping sends none', async () => {
    const sent: Alert[] = []
    let nowMs = NOW_MS
    const alerts = new Alerts(
      'relay.example',
      async (alert) => void sent.push(alert),
      () => nowMs,
    )
    const pass = async (ms: number, health: Health): Promise<number> => {
      nowMs += ms
      await alerts.look(health)
      return sent.length
    }
    for (let n = 0; n < 20; n++) expect(await pass(alertLimits.standsMs / 2, n % 2 === 0 ? bad : good)).toBe(0)
    await pass(1_000, bad)
    expect(await pass(alertLimits.standsMs, bad)).toBe(1)
    expect(await pass(alertLimits.sameKindMs / 2, bad)).toBe(1)
    expect(await pass(alertLimits.sameKindMs / 2, bad)).toBe(2)
    expect(sent[0]).toEqual({ domain: 'relay.example', kind: 'unreachable', says: bad.warnings[0]?.says })
  })

  test('that could not be delivered is sent again soon, since what is wrong may be what kept it, and counts once it arrived', async () => {
    let [nowMs, tries, taken] = [NOW_MS, 0, false]
    const alerts = new Alerts(
      'relay.example',
      () => {
        tries++
        return taken ? Promise.resolve() : Promise.reject(new Error('no network'))
      },
      () => nowMs,
    )
    const pass = async (ms: number): Promise<number> => {
      nowMs += ms
      await alerts.look(bad)
      return tries
    }
    expect([await pass(0), await pass(alertLimits.standsMs), await pass(alertLimits.againMs / 2)]).toEqual([0, 1, 1])
    for (let n = 0; n < alertLimits.perDayMax; n++) expect(await pass(alertLimits.againMs)).toBe(n + 2)
    taken = true
    expect(await pass(alertLimits.againMs)).toBe(alertLimits.perDayMax + 2)
    expect([await pass(alertLimits.againMs), alerts.failureCount]).toEqual([alertLimits.perDayMax + 2, 0])
  })

  test('goes to a webhook as JSON that chat services show, and fails where that does not take it', async () => {
    const bodies: string[] = []
    let status = 200
    const server = createHttpServer(async (request, response) => {
      bodies.push((await request.setEncoding('utf8').toArray()).join(''))
      response.writeHead(status).end()
    })
    const deliver = deliverBy({ webhook: `http://127.0.0.1:${await port(server)}/hook`, mail: undefined })
    await deliver({ domain: 'relay.example', kind: 'certificate', says: 'Soon.' })
    expect(bodies.map((body) => JSON.parse(body))).toEqual([{ domain: 'relay.example', kind: 'certificate', text: 'relay.example: Soon.' }])
    status = 500
    await expect(deliver({ domain: 'relay.example', kind: 'certificate', says: 'Soon.' })).rejects.toThrow('500')
  })

  test('that one of two ways took is not sent again by both, as long as the other fails', async () => {
    let count = 0
    const hook = createHttpServer((_request, response) => {
      count++
      response.end()
    })
    const gone = createServer()
    const mail = { to: 'me@example.org', server: `smtp://127.0.0.1:${await port(gone)}` }
    await new Promise((resolve) => gone.close(resolve))
    const deliver = deliverBy({ webhook: `http://127.0.0.1:${await port(hook)}/`, mail })
    await deliver({ domain: 'relay.example', kind: 'certificate', says: 'Soon.' })
    expect(count).toBe(1)
    await expect(deliverBy({ webhook: undefined, mail })({ domain: 'relay.example', kind: 'certificate', says: 'Soon.' })).rejects.toThrow()
  })

  test('is not waited for without end where the mail server never stops talking', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write('220 mail\r\n')
      const talk = setInterval(() => socket.write('250-more\r\n'), 20)
      socket.on('close', () => clearInterval(talk))
    })
    const mail = { to: 'me@example.org', server: `smtp://127.0.0.1:${await port(server)}` }
    const deliver = deliverBy({ webhook: undefined, mail }, { sendMs: 200 })
    await expect(deliver({ domain: 'relay.example', kind: 'certificate', says: 'Soon.' })).rejects.toThrow('too long')
  })

  test.each(['127.0.0.1', '::1'])('goes by mail, to a server at %s', async (host) => {
    const heard: string[] = []
    const server = createServer((socket) => {
      socket.setEncoding('utf8').write('220 mail\r\n')
      let isBody = false
      socket.on('error', () => undefined)
      socket.on('data', (text: string) => {
        heard.push(text)
        if (isBody && text.endsWith('\r\n.\r\n')) isBody = false
        else if (isBody) return
        else if (text.startsWith('DATA')) {
          isBody = true
          socket.write('354 go\r\n')
          return
        }
        socket.write(text.startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n')
      })
    })
    const deliver = deliverBy({
      webhook: undefined,
      mail: { to: 'me@example.org', server: `smtp://${host.includes(':') ? `[${host}]` : host}:${await port(server, host)}` },
    })
    await deliver({ domain: 'relay.example', kind: 'certificate', says: 'Soon.' })
    const all = heard.join('')
    expect(all).toContain('RCPT TO:<me@example.org>')
    expect(all).toContain('Subject: relay.example: something to look at')
    expect(all).toContain('\r\nSoon.\r\n')
  })
})

test('two pasts of the directory are an alarm of their own kind', () => {
  expect(healthOf({ ...FACTS, fork: 7 }).warnings).toEqual([{ kind: 'fork', says: expect.stringMatching(/^ALARM: .* directory 7 /) }])
})
