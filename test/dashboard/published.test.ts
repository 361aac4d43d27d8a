// A report held against what the site gives everybody: from its own address, from files that somebody kept, and from files that were changed.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Publication } from '../../relay/observatory/publication.ts'
import { makeReport } from '../../relay/observatory/report/make.ts'
import { usingPublished } from '../../relay/observatory/report/published-from.ts'
import { reportKey } from '../../relay/observatory/report/sign.ts'
import { type Verdict, verifyReport } from '../../relay/observatory/report/verify.ts'
import { SiteWorld } from './site-world.ts'

const MONTH = '2026-09'
const AS_OF = '2026-10-20T00:00:00Z'
const folder = mkdtempSync(join(tmpdir(), 'culvert-published-'))
const report = join(folder, `culvert-${MONTH}-en.json`)
const copies = join(folder, 'kept')
let world: SiteWorld

beforeAll(async () => {
  world = await SiteWorld.open(SiteWorld.small(), folder)
  const key = reportKey(join(folder, 'key.pem'))
  await makeReport({ db: world.store.db, month: MONTH, asOf: AS_OF, language: 'en', folder, key, withPdf: false })
  await keepCopies()
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What anybody can do who has nothing but the site's address. */
async function keepCopies(): Promise<void> {
  rmSync(copies, { recursive: true, force: true })
  mkdirSync(copies)
  const { rows } = JSON.parse((await world.get('/api/v1/rows')).text) as { readonly rows: readonly string[] }
  for (const address of rows) {
    const answer = await fetch(`${world.origin}${address}`)
    writeFileSync(join(copies, address.slice(address.lastIndexOf('/') + 1)), new Uint8Array(await answer.arrayBuffer()))
  }
}

const verify = (where: string): Promise<readonly Verdict[]> => usingPublished(where, (publication) => verifyReport({ report, publication }))

const wrong = async (where: string): Promise<readonly string[]> =>
  (await verify(where)).filter(({ isEqual }) => !isEqual).map(({ step }) => step)

/** Puts other lines into a kept file, looks, and puts it back. */
async function wrongWith(month: string, change: (lines: readonly string[]) => readonly string[]): Promise<readonly string[]> {
  const file = join(copies, `${month}.jsonl.gz`)
  const whole = readFileSync(file)
  writeFileSync(file, gzipSync(change(gunzipSync(whole).toString().split('\n')).join('\n')))
  try {
    return await wrong(copies)
  } finally {
    writeFileSync(file, whole)
  }
}

test('a report is found equal by who has only the site’s address, and by who kept its files', async () => {
  for (const where of [world.origin, `${world.origin}/`, copies]) {
    const verdicts = await verify(where)
    expect(verdicts.filter(({ isEqual }) => !isEqual)).toEqual([])
    expect(verdicts.map(({ step }) => step)).toEqual(expect.arrayContaining(['rows', 'published data']))
  }
})

test('a published row that was changed, taken away or put in is told, also where the report doesn’t show it', async () => {
  const ofReport = (line: string): boolean => line.includes('"metric":"hours","country":"001"') && line.includes(`"start":"${MONTH}-12"`)
  const elsewhere = (line: string): boolean => line.includes('"metric":"hours","country":"001"') && line.includes('"start":"2026-07-12"')
  const other = (line: string): string => line.replace(/"estimate":\d+/, '"estimate":7')
  expect(await wrongWith('2026-09', (lines) => lines.map((line) => (ofReport(line) ? other(line) : line)))).toEqual([
    'rows',
    'published data',
  ])
  expect(await wrongWith('2026-07', (lines) => lines.map((line) => (elsewhere(line) ? other(line) : line)))).toEqual(['rows'])
  expect(await wrongWith('2026-07', (lines) => lines.filter((line) => !elsewhere(line)))).toEqual(['rows'])
  expect(
    await wrongWith('2026-07', (lines) => [
      ...lines,
      ...lines.filter(elsewhere).map((line) => line.replace('"hours"', '"people"').replace('"revision":1', '"revision":9')),
    ]),
  ).toEqual(['rows'])
  expect(await wrong(copies)).toEqual([])
})

test('what came out after a report stands after it and changes nothing that was signed', async () => {
  const before = gunzipSync(readFileSync(join(copies, '2026-10.jsonl.gz'))).toString()
  const { db } = world.store
  const last = await db
    .selectFrom('published_cells')
    .selectAll()
    .where('metric', '=', 'people')
    .where('country', '=', 'IR')
    .where('start', '=', `${MONTH}-01`)
    .where('span', '=', 'month')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('published_cells')
    .values({ ...last, revision: 2, released_at: '2026-12-01T00:00:00Z' })
    .execute()
  await world.site.refresh()
  const verdicts = await verify(world.origin)
  expect(verdicts.filter(({ isEqual }) => !isEqual)).toEqual([])
  expect(verdicts.at(-1)?.says).toContain('Since then, 1 of its numbers were corrected')
  await keepCopies()
  expect(
    gunzipSync(readFileSync(join(copies, '2026-10.jsonl.gz')))
      .toString()
      .startsWith(before),
  ).toBe(true)
  expect(readdirSync(copies)).toContain('2026-12.jsonl.gz')
})

test('a withheld number is null in them, and nobody’s signature or key is there', () => {
  const lines = readdirSync(copies).flatMap((name) =>
    gunzipSync(readFileSync(join(copies, name)))
      .toString()
      .trimEnd()
      .split('\n'),
  )
  const rows = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  const withheld = rows.filter(({ suppressed }) => suppressed === 1)
  expect([withheld.length > 0, withheld.every(({ low, estimate, high }) => low === null && estimate === null && high === null)]).toEqual([
    true,
    true,
  ])
  expect(new Set(rows.map(({ of }) => of))).toEqual(new Set(['cells', 'events', 'costs', 'decisions', 'ledger', 'indicators', 'quality']))
  expect(rows.filter((row) => 'signer' in row || 'signature' in row)).toEqual([])
})

test('files that hold no rows are refused in one sentence that says which line', async () => {
  const refused = async (text: string): Promise<string> => wrongWith('2026-08', () => [text]).then(String, (error: Error) => error.message)
  for (const text of ['{', 'null', '{"of":"raw_reports"}', '{"of":"cells","metric":7}', '{"of":"__proto__"}'])
    expect(await refused(text)).toBe('2026-08.jsonl.gz, line 1, is no published row.')
  expect(await wrongWith('2026-08', (lines) => [...lines, lines[0] ?? '']).then(String, (error: Error) => error.message)).toMatch(
    /^2026-08.jsonl.gz says one row twice\.$/,
  )
  await expect(verify(join(folder, 'nowhere'))).rejects.toThrow('nowhere can’t be read (ENOENT).')
  await expect(verify(`${world.origin}/nothing`)).rejects.toThrow('answers 404')
})

test('a month is made once, however many ask for it at the same time', async () => {
  const read = vi.spyOn(Publication.prototype, 'cameOut')
  const fresh = await SiteWorld.open(SiteWorld.small())
  const answers = await Promise.all(Array.from({ length: 12 }, () => fresh.get('/api/v1/rows/2026-08.jsonl.gz')))
  expect([new Set(answers.map(({ status }) => status)), read.mock.calls.length]).toEqual([new Set([200]), 31])
  read.mockRestore()
  await fresh.close()
})
