// What must hold of the pipeline on every kind of store: written once, run on SQLite and on PostgreSQL.
import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { act, brokenAuditLine, signAction } from '../../relay/observatory/admin/act.ts'
import { forget, runDaily } from '../../relay/observatory/collect/daily.ts'
import { Intake } from '../../relay/observatory/collect/intake.ts'
import { collectLimits } from '../../relay/observatory/collect/limits.ts'
import type { RelayIdentity } from '../../relay/observatory/counting/hand-over.ts'
import { judgeAt } from '../../relay/observatory/emergency-rule.ts'
import { Publication } from '../../relay/observatory/publication.ts'
import { exportPublicKey, signRecord } from '../../relay/observatory/records.ts'
import { releaseSpan } from '../../relay/observatory/releases.ts'
import { addDays, dayOf, startMsOf, startOf } from '../../relay/observatory/spans.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { migrateTo } from '../../relay/store/migrate.ts'
import { openStore, type Store } from '../../relay/store/store.ts'
import { seeded } from '../relay/observatory/seeded.ts'
import { KEYS, newIdentity, newMark, place, signedDay, signedReport } from './relays.ts'

export interface Place {
  /** A file or URL of a store that nobody has used. */
  newStore(): string
  /** All bytes of the files behind a store. */
  bytesOf(where: string): Buffer
}

const COUNTRIES = ['AA', 'BB', 'CC', 'DD', 'EE', 'FF', 'ZZ']
const DAILY = { countries: COUNTRIES, languages: ['en'], atRisk: new Set(['BB']), random: seeded('daily') }
const TODAY = '2026-11-18'
const noonOf = (day: string): number => startMsOf(day) + 43_200_000

export function pipelineSuite(kind: string, there: Place): void {
  let where = ''
  let store: Store<ObservatoryTables>
  let nowMs = noonOf(TODAY)
  const open: Store<ObservatoryTables>[] = []
  const openAgain = async (): Promise<Store<ObservatoryTables>> => {
    const opened = await openStore<ObservatoryTables>(where, OBSERVATORY)
    open.push(opened)
    return opened
  }
  const intakeOf = ({ db }: Store<ObservatoryTables>): Intake =>
    new Intake({
      db,
      reportKey: KEYS.reportKey,
      countries: new Set(COUNTRIES),
      languages: new Set(['en']),
      nowMs: () => nowMs,
      limits: collectLimits,
    })
  const addRelay = async (identity: RelayIdentity): Promise<void> => {
    await store.db.insertInto('roll_relays').values({ relay: identity.publicKey, since: '2026-01-01', until: '' }).execute()
  }
  const sessionsTold = async (): Promise<number> => {
    const row = await store.db
      .selectFrom('raw_relay_days')
      .select(({ fn }) => fn.sum<number>('sessions').as('sum'))
      .executeTakeFirst()
    return row?.sum ?? 0
  }

  beforeEach(async () => {
    nowMs = noonOf(TODAY)
    where = there.newStore()
    store = await openAgain()
  })
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })

  test(`${kind}: parts of a day add up, and one that comes again counts once`, async () => {
    const relay = newIdentity()
    await addRelay(relay)
    const intake = intakeOf(store)
    const first = signedDay(relay, TODAY, [place('AA', 10), place('BB', 5)])
    expect([await intake.takeDay(first), await intake.takeDay(first)]).toEqual(['kept', 'known'])
    expect(await intake.takeDay(signedDay(relay, TODAY, [place('AA', 7)]))).toBe('kept')
    expect(await sessionsTold()).toBe(22)
  })

  test(`${kind}: collectors that take the same parts and reports at once count each once`, async () => {
    const relays = [newIdentity(), newIdentity()]
    for (const relay of relays) await addRelay(relay)
    const intakes = [intakeOf(store), intakeOf(await openAgain()), intakeOf(await openAgain())]
    const days = Array.from({ length: 12 }, (_, index) => signedDay(relays[index % 2] as RelayIdentity, TODAY, [place('AA', 1)]))
    const reports = days.map((_, index) =>
      signedReport(relays[index % 2] as RelayIdentity, 'AA', { day: TODAY, isFirstOfMonth: true, country: undefined, coarse: undefined }),
    )
    const answers = await Promise.all(
      intakes.flatMap((intake) => [...days.map((day) => intake.takeDay(day)), ...reports.map((report) => intake.takeReport(report))]),
    )
    expect(answers.filter((answer) => answer === 'kept')).toHaveLength(24)
    expect(await sessionsTold()).toBe(12)
    const rows = await store.db
      .selectFrom('raw_reports')
      .select(['family', ({ fn }) => fn.sum<number>('count').as('sum')])
      .groupBy('family')
      .orderBy('family')
      .execute()
    expect(rows).toEqual([
      { family: 'peopleDay', sum: 12 },
      { family: 'peopleMonth', sum: 12 },
    ])
  })

  test(`${kind}: a relay that is not on the roll, a bad signature, another time and an old form are refused, and leave nothing behind`, async () => {
    const [relay, stranger] = [newIdentity(), newIdentity()]
    await addRelay(relay)
    const intake = intakeOf(store)
    await expect(intake.takeDay(signedDay(stranger, TODAY, [place('AA', 1)]))).rejects.toThrow('not on the roll')
    await expect(intake.takeDay(signedDay(relay, TODAY, [place('AA', 1)]).replace('"body"', '"bodi"'))).rejects.toThrow()
    await expect(intake.takeDay(signedDay({ ...relay, sign: stranger.sign }, TODAY, [place('AA', 1)]))).rejects.toThrow('signature')
    await expect(intake.takeDay(signedDay(relay, addDays(TODAY, -13), [place('AA', 1)]))).rejects.toThrow('too long ago')
    await expect(intake.takeDay(signedDay(relay, addDays(TODAY, 2), [place('AA', 1)]))).rejects.toThrow('yet to come')
    await expect(intake.takeDay(signedDay(relay, TODAY, [place('AA', 1), place('AA', 1)]))).rejects.toThrow('places')
    await expect(intake.takeDay(signedDay(relay, TODAY, [{ ...place('AA', 1), seconds: 50_000 }]))).rejects.toThrow('seconds')
    expect([await sessionsTold(), await store.db.selectFrom('raw_taken').selectAll().execute()]).toEqual([0, []])
  })

  test(`${kind}: what was counted is released after two days with noise, a country at risk four weeks later, and nothing twice`, async () => {
    const relays = Array.from({ length: 4 }, newIdentity)
    for (const relay of relays) await addRelay(relay)
    const intake = intakeOf(store)
    for (const relay of relays) await intake.takeDay(signedDay(relay, TODAY, [place('AA', 450), place('BB', 40), place('CC', 1)]))
    const publication = new Publication(store.db)
    const sessions = () => publication.cells({ metric: 'sessions', span: 'day', from: TODAY, until: addDays(TODAY, 1) })
    nowMs = noonOf(addDays(TODAY, 1))
    expect(await runDaily(store, nowMs, DAILY)).toEqual([])
    nowMs = noonOf(addDays(TODAY, 2))
    const both = await Promise.all([runDaily(store, nowMs, DAILY), runDaily(await openAgain(), nowMs, DAILY).catch(() => [])])
    expect(both.flat()).toEqual([`day ${TODAY}`])
    const said = await sessions()
    expect(said.map(({ country }) => country)).not.toContain('BB')
    expect(said.find(({ country }) => country === 'CC')?.isSuppressed).toBe(true)
    nowMs = noonOf(addDays(TODAY, 28))
    await intakeOf(store).takeDay(signedDay(relays[0] as RelayIdentity, addDays(TODAY, 27), []))
    expect((await runDaily(store, nowMs, DAILY)).filter((what) => what.includes('late'))).toContain(`late day ${TODAY}`)
    const later = await sessions()
    expect(later.find(({ country }) => country === 'BB')).toBeDefined()
    expect(later.filter(({ country }) => country !== 'BB')).toEqual(said)
    expect((await runDaily(store, nowMs, DAILY)).length).toBe(0)
  })

  test.each([
    ['more countries', new Set(['AA', 'BB'])],
    ['none', new Set<string>()],
  ])(`${kind}: what was held back of a country comes out four weeks later, though %s are at risk by then`, async (_what, atRisk) => {
    const relay = newIdentity()
    await addRelay(relay)
    await intakeOf(store).takeDay(signedDay(relay, TODAY, [place('AA', 450), place('BB', 40)]))
    nowMs = noonOf(addDays(TODAY, 2))
    await runDaily(store, nowMs, DAILY)
    const told = async (): Promise<readonly string[]> =>
      (await new Publication(store.db).cells({ metric: 'sessions', span: 'day', from: TODAY, until: addDays(TODAY, 1) })).map(
        ({ country }) => country,
      )
    const before = await told()
    nowMs = noonOf(addDays(TODAY, 28))
    await intakeOf(store).takeDay(signedDay(relay, addDays(TODAY, 27), []))
    expect(await runDaily(store, nowMs, { ...DAILY, atRisk })).toContain(`late day ${TODAY}`)
    expect(new Set(await told())).toEqual(new Set([...before, 'BB']))
    expect(await runDaily(store, nowMs, { ...DAILY, atRisk })).toEqual([])
  })

  test(`${kind}: what a collector was killed before it could say is said by the next, a week that ended with a released day too`, async () => {
    const relay = newIdentity()
    await addRelay(relay)
    const sunday = addDays(TODAY, -3)
    nowMs = noonOf(sunday)
    await intakeOf(store).takeDay(signedDay(relay, sunday, [place('AA', 15)]))
    nowMs = noonOf(addDays(sunday, 2))
    // It got as far as the day.
    const order = { span: 'day', start: sunday, revision: 1, at: `${addDays(sunday, 2)}T00:00:00Z`, isSynthetic: false } as const
    await releaseSpan(store.db, { order: { ...order, ...DAILY }, counts: {}, ...DAILY })
    expect(await runDaily(store, nowMs, DAILY)).toEqual([`week ${startOf('week', sunday)}`])
    expect(await new Publication(store.db).quality(sunday, addDays(sunday, 1))).toContainEqual(
      expect.objectContaining({ name: 'relays-reporting', value: 1 }),
    )
    expect(await runDaily(store, nowMs, DAILY)).toEqual([])
  })

  test(`${kind}: a correction is a further revision that costs again, until the budget is spent`, async () => {
    const order = {
      span: 'day',
      start: TODAY,
      revision: 1,
      at: `${TODAY}T00:00:00Z`,
      isSynthetic: false,
      countries: COUNTRIES,
      languages: ['en'],
    } as const
    const release = (revision: number) =>
      releaseSpan(store.db, { order: { ...order, revision }, counts: {}, atRisk: new Set(), random: seeded(`revision ${revision}`) })
    await release(1)
    await expect(release(1)).rejects.toThrow('already')
    await release(2)
    await expect(release(3)).rejects.toThrow('budget')
    const cells = await new Publication(store.db).cells({
      metric: 'sessions',
      span: 'day',
      from: TODAY,
      until: addDays(TODAY, 1),
      withEarlier: true,
    })
    expect(new Set(cells.map(({ revision }) => revision))).toEqual(new Set([1, 2]))
  })

  test(`${kind}: a correction leaves out what a lying relay told, keeps what was said before, and speaks of no country before its turn`, async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const doAs = async (action: Parameters<typeof signAction>[1], value: unknown): Promise<void> => {
      nowMs += 1_000
      await act(store.db, await signAction(store.db, action, value, 'first', privateKey, nowMs), nowMs)
    }
    await doAs('admin-add', { name: 'first', publicKey: exportPublicKey(privateKey) })
    const relays = Array.from({ length: 4 }, newIdentity)
    for (const relay of relays) await addRelay(relay)
    // What was told of the week before bounds what a relay may add.
    await store.db
      .insertInto('noisy_counts')
      .values({ family: 'sessions', country: 'EE', slice: 'all', start: addDays(TODAY, -3), revision: 1, count: 6_000 })
      .execute()
    for (const [index, relay] of relays.entries())
      await intakeOf(store).takeDay(signedDay(relay, TODAY, [place('BB', 300), place('EE', index === 0 ? 480 : 0)]))
    nowMs = noonOf(addDays(TODAY, 2))
    await runDaily(store, nowMs, DAILY)
    const sessions = (country: string) =>
      new Publication(store.db).cells({
        metric: 'sessions',
        span: 'day',
        from: TODAY,
        until: addDays(TODAY, 1),
        country,
        withEarlier: true,
      })
    const drawn = async (): Promise<readonly number[]> =>
      (
        await store.db
          .selectFrom('noisy_counts')
          .select('count')
          .where('family', '=', 'sessions')
          .where('country', '=', 'EE')
          .where('start', '=', TODAY)
          .orderBy('revision')
          .execute()
      ).map(({ count }) => count)
    const [before] = await sessions('EE')
    const correction = { span: 'day', start: TODAY, without: [relays[0]?.publicKey ?? ''], reason: 'It told of sessions that nobody had.' }
    await expect(doAs('correct', { ...correction, start: addDays(TODAY, 1) })).rejects.toThrow('nothing was released')
    await expect(doAs('correct', { ...correction, span: 'week', start: TODAY })).rejects.toThrow('first day of a week')
    await doAs('correct', correction)
    expect(await sessions('EE')).toEqual([before, expect.objectContaining({ revision: 2 })])
    // 480 sessions and none, each with noise of 25.
    const [first = 0, second = 0] = await drawn()
    expect(first - second).toBeGreaterThan(250)
    expect(await sessions('BB')).toEqual([])
    nowMs = noonOf(addDays(TODAY, 28))
    await intakeOf(store).takeDay(signedDay(relays[0] as RelayIdentity, addDays(TODAY, 27), []))
    await runDaily(store, nowMs, DAILY)
    // The days to come are told all the same: a correction has a budget of its own.
    expect((await sessions('BB')).map(({ revision }) => revision)).toEqual([2])
    expect((await runDaily(store, nowMs, DAILY)).length).toBe(0)
    await expect(doAs('correct', correction)).rejects.toThrow('deleted already')
  })

  test(`${kind}: a fortnight later no raw count is left, in any file`, async () => {
    const relay = newIdentity()
    await addRelay(relay)
    const mark = newMark()
    await intakeOf(store).takeDay(signedDay(relay, TODAY, [{ ...place('AA', 123_456), bytes: 987_654_321_987 }], mark))
    const key = Buffer.from(relay.publicKey)
    await store.db.deleteFrom('roll_relays').execute()
    await store.scrub(['raw_relay_days', 'roll_relays'])
    expect(there.bytesOf(where).includes(key)).toBe(true)
    await forget(store, addDays(TODAY, 14))
    expect(await sessionsTold()).toBe(123_456)
    await forget(store, addDays(TODAY, 15))
    expect(await sessionsTold()).toBe(0)
    await store.scrub(['raw_relay_days', 'raw_relay_states', 'raw_taken', 'roll_relays'])
    expect(there.bytesOf(where).includes(key)).toBe(false)
  })

  test(`${kind}: an event is signed by someone on the roll, revised under its id, and the log shows a line that was changed`, async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const other = generateKeyPairSync('ed25519').privateKey
    const evidence = (kinds: readonly string[]) => kinds.map((one) => ({ kind: one, says: 'Seen.', url: '', seenAt: `${TODAY}T08:00:00Z` }))
    const event = {
      country: 'AA',
      kind: 'blackout',
      startedAt: `${TODAY}T06:00:00Z`,
      evidence: evidence(['ioda', 'relays']),
      note: 'As it looks now.',
    }
    const doAs = async (action: Parameters<typeof signAction>[1], value: unknown, name = 'first', key = privateKey): Promise<string> => {
      nowMs += 1_000
      const signed = await signAction(store.db, action, value, name, key, nowMs)
      await act(store.db, signed, nowMs)
      return String((JSON.parse(signed.body) as { id?: string }).id)
    }
    await expect(doAs('event', event)).rejects.toThrow('not on the roll')
    await doAs('admin-add', { name: 'first', publicKey: exportPublicKey(privateKey) })
    await expect(doAs('admin-add', { name: 'second', publicKey: exportPublicKey(other) }, 'second', other)).rejects.toThrow(
      'not on the roll',
    )
    await expect(doAs('event', event, 'first', other)).rejects.toThrow('signature')
    await expect(doAs('event', { ...event, evidence: evidence(['ioda']) })).rejects.toThrow('two kinds')
    await expect(doAs('admin-add', { name: 'first', publicKey: exportPublicKey(other) })).rejects.toThrow('another name')
    const indicator = { country: 'AA', name: 'rehearsal', value: 3, source: 'A drill.', measuredAt: `${TODAY}T08:00:00Z` }
    await doAs('indicator', indicator)
    await expect(doAs('indicator', { ...indicator, value: 4 })).rejects.toThrow('published already')
    const id = await doAs('event', event)
    await doAs('event', { ...event, id, endedAt: `${TODAY}T18:00:00Z` })
    const publication = new Publication(store.db)
    expect((await publication.events()).map(({ id: of, revision, endedAt }) => [of, revision, endedAt])).toEqual([
      [id, 2, `${TODAY}T18:00:00Z`],
    ])
    expect(await publication.events(true)).toHaveLength(2)
    expect(await brokenAuditLine(store.db)).toBeUndefined()
    await store.db.updateTable('roll_audit').set({ name: 'nobody' }).where('number', '=', 2).execute()
    expect(await brokenAuditLine(store.db)).toBe(2)
  })

  test(`${kind}: a decision is signed under what the public rule says of what is published, which no person can say for it`, async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const sign = (action: Parameters<typeof signAction>[1], value: unknown) =>
      signAction(store.db, action, value, 'first', privateKey, nowMs)
    const publish = async (day: string, revision: number, low: number): Promise<void> => {
      const key = { metric: 'people', country: 'AA', slice: 'all', span: 'day', start: day, revision, suppressed: 0, synthetic: 0 }
      const released = `${new Date(nowMs).toISOString().slice(0, 19)}Z`
      await store.db
        .insertInto('published_cells')
        .values({ ...key, released_at: released, low, estimate: low, high: low })
        .execute()
    }
    await act(store.db, await sign('admin-add', { name: 'first', publicKey: exportPublicKey(privateKey) }), nowMs)
    const began = addDays(TODAY, -3)
    for (let back = 1; back <= 10; back++) await publish(addDays(began, -back), 1, 400)
    const evidence = ['ioda', 'relays'].map((one) => ({ kind: one, says: 'Seen.', url: '', seenAt: `${TODAY}T08:00:00Z` }))
    const event = { country: 'AA', kind: 'blackout', startedAt: `${began}T12:00:00Z`, evidence, note: '' }
    const seen = await sign('event', event)
    await act(store.db, seen, nowMs)
    const { id } = JSON.parse(seen.body) as { id: string }
    const decision = { eventId: id, outcome: 'released', amountCents: 500_000, currency: 'USD', reason: 'Servers for a fortnight.' }

    await expect(sign('decision', { ...decision, isRuleMet: true })).rejects.toThrow('a field too many')
    nowMs += 1_000
    const good = await sign('decision', decision)
    const forged = good.body.replace('"isMet":true', '"isMet":false')
    expect(forged).not.toBe(good.body)
    await expect(act(store.db, { ...good, body: forged, signature: signRecord('decision', forged, privateKey) }, nowMs)).rejects.toThrow(
      'the rule',
    )
    await act(store.db, good, nowMs)
    const publication = new Publication(store.db)
    const [kept] = await publication.decisions()
    const rule = { version: 1, isMet: true, isGoingOn: true, evidenceKinds: 2, hours: 72, peopleLow: 400, peopleDays: 10 }
    expect(kept?.rule).toMatchObject(rule)

    // What comes out later changes nothing of what was said then, and anyone can find it again.
    nowMs += 86_400_000
    for (let back = 1; back <= 10; back++) await publish(addDays(began, -back), 2, 10)
    await act(store.db, await sign('event', { ...event, id, endedAt: `${TODAY}T18:00:00Z` }), nowMs)
    expect(await judgeAt(publication, id, kept?.rule.asOf ?? '')).toEqual(kept?.rule)
    const later = `${new Date(nowMs + 1_000).toISOString().slice(0, 19)}Z`
    expect(await judgeAt(publication, id, later)).toMatchObject({ isMet: false, isGoingOn: false, peopleLow: 10 })
  })

  test(`${kind}: migrations go back to nothing and forward again`, async () => {
    await migrateTo(store.db, OBSERVATORY, 'none')
    await expect(store.db.selectFrom('raw_taken').selectAll().execute()).rejects.toThrow()
    await migrateTo(store.db, OBSERVATORY, OBSERVATORY.steps.at(-1)?.name ?? '')
    expect(await store.db.selectFrom('raw_taken').selectAll().execute()).toEqual([])
  })

  test(`${kind}: a report that does not open is refused, and says nothing of why`, async () => {
    const relay = newIdentity()
    await addRelay(relay)
    const good = signedReport(relay, 'AA', { day: dayOf(nowMs), isFirstOfMonth: false, country: undefined, coarse: undefined })
    const { body } = JSON.parse(good) as { body: string }
    const { sealed } = JSON.parse(body) as { sealed: string }
    const again = (bytes: Buffer): string => {
      const text = JSON.stringify({ country: 'AA', sealed: bytes.toString('base64url') })
      return JSON.stringify({
        relay: relay.publicKey,
        body: text,
        signature: Buffer.from(relay.sign(new TextEncoder().encode(`culvert report v1\n${text}`))).toString('base64url'),
      })
    }
    const bytes = Buffer.from(sealed, 'base64url')
    for (const at of [0, 40, bytes.length - 1]) {
      const bent = Buffer.from(bytes)
      bent[at] = (bent[at] ?? 0) ^ 1
      await expect(intakeOf(store).takeReport(again(bent))).rejects.toThrow('a report does not open')
    }
    await expect(intakeOf(store).takeReport(again(bytes.subarray(1)))).rejects.toThrow('not of the one size')
    expect(await intakeOf(store).takeReport(again(bytes))).toBe('kept')
  })
}
