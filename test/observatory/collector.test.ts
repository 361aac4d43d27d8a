import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { reportText, sealReport } from '../../client/engine/reports/report.ts'
import { envelope } from '../../relay/observatory/counting/hand-over.ts'
import { dayOf } from '../../relay/observatory/spans.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore } from '../../relay/store/store.ts'
import { Program } from '../e2e/program.ts'
import { describeOnPostgres } from '../on-postgres.ts'
import { newIdentity, newMark, place, signedDay } from './relays.ts'

const RELAY = resolve(import.meta.dirname, '../../relay/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'culvert-collector-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Running {
  readonly program: Program
  readonly url: string
  readonly reportKey: string
}

async function collector(store: string, port = 0): Promise<Running> {
  const key = join(folder, 'report-key.pem')
  const args = ['observatory', 'collect', '--store', store, '--listen', `127.0.0.1:${port}`, '--report-key', key, '--json']
  const program = new Program([process.execPath, RELAY, ...args], { folder })
  const { listen, reportKey } = await program.line((line) => {
    const event = JSON.parse(line) as { event: string; listen: string; reportKey: string }
    return event.event === 'ready' ? event : undefined
  })
  return { program, url: `http://${listen}`, reportKey }
}

const post = async (url: string, body: string): Promise<number> => {
  try {
    return (await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(10_000) })).status
  } catch {
    return 0
  }
}

/* Goal: what was acknowledged is never lost or doubled, wherever the collector is killed. Method: relays post parts and reports without a pause, each again
 * until it is acknowledged, while the collector is killed in the middle, time and again; at the end the counts are those of what was posted. */
async function killInALoop(store: string, rounds: number): Promise<void> {
  const relay = newIdentity()
  const seeding = await openStore<ObservatoryTables>(store, OBSERVATORY)
  await seeding.db.insertInto('roll_relays').values({ relay: relay.publicKey, since: '2026-01-01', until: '' }).execute()
  await seeding.close()
  const day = dayOf(Date.now())
  let running = await collector(store)
  let [next, acknowledged, again] = [0, 0, 0]
  let isOver = false
  const worker = async (): Promise<void> => {
    while (!isOver) {
      const isDay = next++ % 2 === 0
      const text = isDay ? signedDay(relay, day, [place('DE', 1)], newMark()) : report(running.reportKey)
      let status = 0
      while (status !== 200) {
        status = await post(`${running.url}/v1/${isDay ? 'relay-day' : 'report'}`, text)
        if (status !== 200) again++
        // Each time the way back is through what is running then.
        if (status === 0) await restarted
      }
      acknowledged++
    }
  }
  const report = (key: string): string => {
    const sealed = sealReport(reportText({ day, isFirstOfMonth: false, country: undefined, coarse: undefined }, randomBytes(16)), key)
    return envelope('report', JSON.stringify({ country: 'DE', sealed: Buffer.from(sealed).toString('base64url') }), relay)
  }
  let restarted: Promise<void> = Promise.resolve()
  const workers = Array.from({ length: 4 }, worker)
  for (let round = 0; round < rounds; round++) {
    const before = acknowledged
    while (acknowledged < before + 10 + round) await new Promise((done) => setImmediate(done))
    restarted = (async () => {
      await running.program.kill()
      running = await collector(store)
    })()
    await restarted
  }
  isOver = true
  await Promise.all(workers)
  running.program.signal('SIGTERM')
  expect((await running.program.ended).code).toBe(0)
  const reading = await openStore<ObservatoryTables>(store, OBSERVATORY)
  const days = await reading.db
    .selectFrom('raw_relay_days')
    .select(({ fn }) => fn.sum<number>('sessions').as('sum'))
    .executeTakeFirstOrThrow()
  const reports = await reading.db
    .selectFrom('raw_reports')
    .select(({ fn }) => fn.sum<number>('count').as('sum'))
    .executeTakeFirstOrThrow()
  await reading.close()
  expect(acknowledged).toBeGreaterThan(rounds * 10)
  expect(again).toBeGreaterThan(0)
  expect(days.sum + reports.sum).toBe(acknowledged)
}

test('a collector on SQLite that is killed in a loop loses no acknowledged report, and counts none twice', async () => {
  await killInALoop(join(folder, 'killed.db'), 3)
})

describeOnPostgres((postgres) => {
  test('a collector that is killed in a loop loses no acknowledged report, and counts none twice', async () => {
    await killInALoop(postgres().newDatabase(), 2)
  })
})

test('what is hostile, oversized or none of its business is refused with a sentence, and the collector goes on', async () => {
  const { program, url } = await collector(join(folder, 'hostile.db'))
  const relay = newIdentity()
  const corpus = [
    '',
    'null',
    '[]',
    '{"relay":1}',
    '{"relay":"x","body":"","signature":""}',
    `{"__proto__":{"relay":"${relay.publicKey}"}}`,
    "'; drop table raw_relay_days; --",
    '['.repeat(100_000),
    JSON.stringify({ relay: "x' or '1'='1", body: '{}', signature: 'A'.repeat(86) }),
    envelope('relay-day', `{"day":"2026-02-31","mark":"${newMark()}","geoipAgeDays":1,"places":[]}`, relay),
    envelope('relay-day', `{"day":"'; drop table raw_taken; --","mark":"${newMark()}","geoipAgeDays":1,"places":[]}`, relay),
    envelope('report', '{"country":"AA","sealed":"AAAA"}', relay),
    envelope('relay-day', '\u0000'.repeat(100), relay),
    '\ud800'.repeat(50),
  ]
  for (const text of corpus) {
    const response = await fetch(`${url}/v1/relay-day`, { method: 'POST', body: text })
    expect([response.status, (await response.text()).length < 100]).toEqual([400, true])
  }
  expect(await post(`${url}/v1/relay-day`, 'x'.repeat(300_000))).toBe(413)
  expect(await post(`${url}/v1/report`, 'x'.repeat(5_000))).toBe(413)
  expect(await post(`${url}/v1/../../etc/passwd`, '')).toBe(404)
  expect((await fetch(`${url}/v1/report`)).status).toBe(405)
  expect(program.stdout.trim().split('\n')).toHaveLength(1)
  program.signal('SIGTERM')
  expect((await program.ended).code).toBe(0)
})
