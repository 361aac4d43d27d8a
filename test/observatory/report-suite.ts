// What must hold of signed reports on every kind of store: written once, run on SQLite and on PostgreSQL.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely, Transaction } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { act, brokenAuditLine, signAction } from '../../relay/observatory/admin/act.ts'
import type { Action } from '../../relay/observatory/admin/actions.ts'
import { toSecond } from '../../relay/observatory/closing.ts'
import { Publication } from '../../relay/observatory/publication.ts'
import { exportPublicKey } from '../../relay/observatory/records.ts'
import { releaseLate, releaseSpan } from '../../relay/observatory/releases.ts'
import { makeReport } from '../../relay/observatory/report/make.ts'
import { verifyReport } from '../../relay/observatory/report/verify.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { migrateTo } from '../../relay/store/migrate.ts'
import { openStore, type Store } from '../../relay/store/store.ts'
import { makeYears, publish } from '../dashboard/years.ts'
import { seeded } from '../relay/observatory/seeded.ts'
import type { Place } from './pipeline-suite.ts'

const COUNTRIES = ['AA', 'BB', 'ZZ']

export function reportSuite(kind: string, there: Place): void {
  const nowMs = Date.parse('2026-11-18T12:00:00Z')
  let store: Store<ObservatoryTables>
  beforeEach(async () => {
    store = await openStore<ObservatoryTables>(there.newStore(), OBSERVATORY)
  })
  afterEach(() => store.close())

  test(`${kind}: a signed report is equal for ever, whatever is entered of days before it, and not where a row is changed, gone or smuggled in`, async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const folder = mkdtempSync(join(tmpdir(), 'culvert-report-'))
    const slow = (): number => nowMs - 300_000
    const doAs = async (action: Action, value: unknown): Promise<void> =>
      act(store.db, await signAction(store.db, action, value, 'first', privateKey, slow()), slow())
    await act(
      store.db,
      await signAction(
        store.db,
        'admin-add',
        { name: 'first', publicKey: exportPublicKey(privateKey) },
        'first',
        privateKey,
        nowMs - 3_600_000,
      ),
      nowMs - 3_600_000,
    )
    await publish(store.db, makeYears({ countries: ['EG', 'TR'], firstDay: '2026-09-20', dayCount: 42, seed: 3 }))
    const asOf = toSecond(nowMs)
    await makeReport({ db: store.db, month: '2026-10', asOf, language: 'en', folder, key: privateKey, withPdf: false })
    const isEqual = async (db: Kysely<ObservatoryTables> = store.db): Promise<boolean> => {
      const verdicts = await verifyReport({ report: join(folder, 'culvert-2026-10-en.json'), publication: new Publication(db) })
      return verdicts.every((one) => one.isEqual)
    }
    const told = await new Publication(store.db).events()
    expect(await isEqual()).toBe(true)

    // By a clock that is slow, too: all of this is signed, or drawn, before the moment of the report.
    const evidence = ['ioda', 'relays'].map((one) => ({ kind: one, says: 'Seen.', url: '', seenAt: '2026-10-05T08:00:00Z' }))
    await doAs('event', { country: 'EG', kind: 'blackout', startedAt: '2026-10-05T06:00:00Z', evidence, note: 'Found late.' })
    const bill = {
      kind: 'servers',
      from: '2026-10-01',
      until: '2026-10-31',
      amountCents: 100,
      currency: 'USD',
      note: '',
      evidenceSha256: 'ab'.repeat(32),
    }
    await doAs('cost', bill)
    await doAs('indicator', { country: 'EG', name: 'rehearsal', value: 3, source: 'A drill.', measuredAt: '2026-11-05T08:00:00Z' })
    await doAs('decision', { eventId: told[0]?.id, outcome: 'deferred', amountCents: 0, currency: 'USD', reason: 'Late.' })
    const order = {
      span: 'day',
      start: '2026-09-19',
      revision: 1,
      at: toSecond(slow()),
      isSynthetic: false,
      countries: COUNTRIES,
      languages: ['en'],
    } as const
    await releaseSpan(store.db, { order, counts: {}, atRisk: new Set(['BB']), random: seeded('late') })
    await releaseLate(store.db, order, new Set(['BB']))
    expect(await isEqual()).toBe(true)
    expect((await new Publication(store.db).costs()).filter(({ releasedAt }) => releasedAt > asOf)).toHaveLength(1)

    // Each taken back again.
    const isEqualAfter = async (change: (db: Transaction<ObservatoryTables>) => Promise<unknown>): Promise<boolean> => {
      const transaction = await store.db.startTransaction().execute()
      await change(transaction)
      const found = await isEqual(transaction)
      await transaction.rollback().execute()
      return found
    }
    const changes: readonly ((db: Transaction<ObservatoryTables>) => Promise<unknown>)[] = [
      (db) =>
        db.updateTable('published_cells').set({ estimate: 7 }).where('metric', '=', 'hours').where('start', '=', '2026-10-03').execute(),
      (db) => db.deleteFrom('published_costs').where('started', '=', '2026-10-01').where('synthetic', '=', 1).execute(),
      (db) =>
        db
          .updateTable('published_events')
          .set({ body: JSON.stringify({ ...told[0], note: 'No.' }) })
          .execute(),
      (db) => db.updateTable('published_indicators').set({ value: 77 }).where('country', '=', 'TR').execute(),
      (db) => db.updateTable('published_quality').set({ value: 0.5 }).execute(),
      (db) => db.updateTable('published_costs').set({ released_at: asOf }).where('released_at', '>', asOf).execute(),
    ]
    for (const change of changes) expect(await isEqualAfter(change)).toBe(false)
    expect(await isEqual()).toBe(true)
    rmSync(folder, { recursive: true, force: true })
  })

  test(`${kind}: what several people do at once is all done, and the log is whole`, async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const sign = (action: Action, value: unknown) => signAction(store.db, action, value, 'first', privateKey, nowMs)
    await act(store.db, await sign('admin-add', { name: 'first', publicKey: exportPublicKey(privateKey) }), nowMs)
    await publish(store.db, makeYears({ countries: ['EG', 'TR'], firstDay: '2026-10-01', dayCount: 31, seed: 3 }))
    const [shutdown] = await new Publication(store.db).events()
    const decision = { eventId: shutdown?.id, outcome: 'deferred', currency: 'USD', reason: 'Not yet.' }
    const indicator = { country: 'EG', name: 'rehearsal', source: 'A drill.', measuredAt: '2026-11-05T08:00:00Z' }
    const signed = await Promise.all([
      ...[1, 2, 3].map((amountCents) => sign('decision', { ...decision, amountCents })),
      ...['EG', 'TR', 'IR'].map((country) => sign('indicator', { ...indicator, country, value: 3 })),
    ])
    await Promise.all(signed.map((one) => act(store.db, one, nowMs)))
    expect(await brokenAuditLine(store.db)).toBeUndefined()
    expect(await store.db.selectFrom('roll_audit').select('number').execute()).toHaveLength(7)
  })

  test(`${kind}: what a store of before had published keeps its time when it learns when rows came out, and its rows when it forgets`, async () => {
    await publish(store.db, makeYears({ countries: ['EG', 'TR'], firstDay: '2026-10-01', dayCount: 31, seed: 3 }))
    const publication = new Publication(store.db)
    const published = async (): Promise<unknown> => [await publication.events(), await publication.costs(), await publication.indicators()]
    const before = await published()
    await migrateTo(store.db, OBSERVATORY, '0006-restores')
    await migrateTo(store.db, OBSERVATORY, '0007-released')
    expect(await published()).toEqual(before)
  })
}
