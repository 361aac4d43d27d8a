// The monthly report by its commands: made, printed, signed; then verified, tampered with, and verified again.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Publication } from '../../relay/observatory/publication.ts'
import { type MakeOptions, makeReport } from '../../relay/observatory/report/make.ts'
import { reportKey, signManifest } from '../../relay/observatory/report/sign.ts'
import { verifyReport } from '../../relay/observatory/report/verify.ts'
import { needs } from '../needs.ts'
import { SiteWorld } from './site-world.ts'

const MONTH = '2026-09'
const AS_OF = '2026-10-20T00:00:00Z'
const EARLIER = '2026-10-19T00:00:00Z'
const folder = mkdtempSync(join(tmpdir(), 'culvert-report-'))
const NAME = `culvert-${MONTH}-en`
const manifest = join(folder, `${NAME}.json`)
let world: SiteWorld
let publication: Publication

beforeAll(async () => {
  world = await SiteWorld.open(SiteWorld.small(), folder)
  publication = new Publication(world.store.db)
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

afterEach(() => void vi.unstubAllEnvs())

function asked(): MakeOptions {
  return { db: world.store.db, month: MONTH, asOf: AS_OF, language: 'en', folder, key: reportKey(join(folder, 'key.pem')), withPdf: false }
}

function make(withPdf: boolean): ReturnType<typeof makeReport> {
  return makeReport({ ...asked(), withPdf })
}

async function wrongSteps(key?: string): Promise<readonly string[]> {
  const verdicts = await verifyReport({ report: manifest, publication, ...(key !== undefined && { key }) })
  return verdicts.filter(({ isEqual }) => !isEqual).map(({ step }) => step)
}

describe.runIf(needs('chromium'))('a report', () => {
  test('is printed as a PDF, signed, and equal when it is made again, by its own key', async () => {
    const made = await make(true)
    expect(
      readFileSync(join(folder, `${NAME}.pdf`))
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-')
    expect(await wrongSteps(made.publicKey)).toEqual([])
    expect(made).toMatchObject({ month: MONTH, asOf: AS_OF, isSynthetic: true })
  })

  test('takes the PDF of before away where it is made without one, and is not equal beside one that was not signed', async () => {
    const pdf = join(folder, `${NAME}.pdf`)
    writeFileSync(pdf, '%PDF- of before')
    await make(false)
    expect(existsSync(pdf)).toBe(false)
    writeFileSync(pdf, '%PDF- of somebody')
    expect(await wrongSteps()).toEqual(['pdf'])
    rmSync(pdf)
  })

  test.each([
    ['fails', '#!/bin/sh\nexit 7\n', 'Chromium could not print the report (status 7).'],
    ['ends well and has printed nothing', '#!/bin/sh\n', 'Chromium could not print the report (ENOENT).'],
  ])('of before stays whole where Chromium %s', async (_, script, says) => {
    await make(true)
    const before = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
    const programs = mkdtempSync(join(tmpdir(), 'culvert-programs-'))
    writeFileSync(join(programs, 'chromium'), script, { mode: 0o755 })
    vi.stubEnv('PATH', programs)
    await expect(makeReport({ ...asked(), asOf: EARLIER, withPdf: true })).rejects.toThrow(says)
    rmSync(programs, { recursive: true })
    expect(readdirSync(folder).map((name) => readFileSync(join(folder, name)))).toEqual(before)
    expect(await wrongSteps()).toEqual([])
  })

  test('made twice at once into one folder is one of the two, whole', async () => {
    await Promise.all([makeReport({ ...asked(), asOf: EARLIER, withPdf: true }), makeReport({ ...asked(), withPdf: true })])
    expect(await wrongSteps()).toEqual([])
  })

  test('in another language stands beside it, and both are whole and on the site', async () => {
    await make(false)
    await makeReport({ ...asked(), language: 'fr', asOf: EARLIER })
    expect(await wrongSteps()).toEqual([])
    const french = await verifyReport({ report: join(folder, `culvert-${MONTH}-fr.json`), publication })
    expect(french.filter(({ isEqual }) => !isEqual)).toEqual([])
    expect(readFileSync(join(folder, `culvert-${MONTH}-fr.html`), 'utf8')).toContain(`verify culvert-${MONTH}-fr.json`)
    const { text } = await world.get('/reports')
    expect([text.includes(`${NAME}.html`), text.includes(`culvert-${MONTH}-fr.html`)]).toEqual([true, true])
    expect((await world.get(`/reports/culvert-${MONTH}-fr.input.json`)).status).toBe(200)
  })

  test('is not printed where no font has its letters, and those of before stay', async () => {
    await make(false)
    const before = readdirSync(folder)
    const fonts = join(folder, 'fonts.conf')
    writeFileSync(fonts, `<?xml version="1.0"?><fontconfig><dir>${join(folder, 'none')}</dir></fontconfig>`)
    vi.stubEnv('FONTCONFIG_FILE', fonts)
    await expect(makeReport({ ...asked(), language: 'my', withPdf: true })).rejects.toThrow('No font here has the letters of “my”')
    rmSync(fonts)
    expect(readdirSync(folder)).toEqual(before)
  })

  test('is the same, byte for byte, made twice and from another place', async () => {
    const [first, second] = [await make(false), await make(false)]
    expect(second).toEqual(first)
  })

  test('does not change when something is corrected later', async () => {
    const first = await make(false)
    await world.store.db
      .insertInto('published_cells')
      .values({
        metric: 'people',
        country: 'IR',
        slice: 'all',
        span: 'month',
        start: `${MONTH}-01`,
        revision: 2,
        released_at: '2026-11-01T00:00:00Z',
        suppressed: 0,
        low: 1,
        estimate: 2,
        high: 3,
        synthetic: 1,
      })
      .execute()
    expect(await make(false)).toEqual(first)
    expect(await wrongSteps()).toEqual([])
    const verdicts = await verifyReport({ report: manifest, publication })
    expect(verdicts.at(-1)?.says).toContain('Since then, 1 of its numbers were corrected')
  })

  test('is found by any of its files; one that is gone or cut off is said, and the others are looked at all the same', async () => {
    const made = await make(true)
    const names = ['html', 'pdf', 'input.json'].map((end) => join(folder, `${NAME}.${end}`))
    for (const report of names) expect((await verifyReport({ report })).filter(({ isEqual }) => !isEqual)).toEqual([])
    const wrongWithout = async (file: string, text: string | undefined): Promise<readonly string[]> => {
      const whole = readFileSync(file)
      if (text === undefined) rmSync(file)
      else writeFileSync(file, text)
      const wrong = await wrongSteps(made.publicKey)
      writeFileSync(file, whole)
      return wrong
    }
    const [html = '', pdf = '', input = ''] = names
    const half = (file: string): string => readFileSync(file, 'utf8').slice(0, 20_000)
    expect(await wrongWithout(html, undefined)).toEqual(['html'])
    expect(await wrongWithout(html, half(html))).toEqual(['html', 'made again'])
    expect(await wrongWithout(pdf, undefined)).toEqual(['pdf'])
    expect(await wrongWithout(input, undefined)).toEqual(['input', 'made again', 'published data'])
    expect(await wrongWithout(input, half(input))).toEqual(['input', 'made again', 'published data'])
    expect(await wrongSteps(made.publicKey)).toEqual([])
  })

  test('whose signer put another month’s input into it is told', async () => {
    const { signature: _, publicKey: __, ...signed } = await make(false)
    const unlike = signManifest({ ...signed, asOf: EARLIER }, reportKey(join(folder, 'key.pem')))
    writeFileSync(manifest, JSON.stringify(unlike))
    const verdicts = await verifyReport({ report: manifest })
    expect(verdicts.find(({ isEqual }) => !isEqual)?.says).toBe(
      `Its input is that of ${MONTH} as of ${AS_OF}, and the manifest says ${MONTH} as of ${EARLIER}.`,
    )
  })

  test('stays equal to what is published when more is measured, decided and said of later days', async () => {
    const first = await make(false)
    const { db } = world.store
    const later = '2026-11-02T00:00:00Z'
    const [measured] = await publication.indicators()
    const [decided] = await publication.decisions()
    if (measured === undefined || decided === undefined) throw new Error('nothing was measured or decided')
    const { isSynthetic: _, measuredAt: __, releasedAt: ___, ...indicator } = measured
    await db
      .insertInto('published_indicators')
      .values({ ...indicator, value: indicator.value + 1, measured_at: '2026-12-24T00:00:00Z', released_at: later, synthetic: 1 })
      .execute()
    const body = JSON.stringify({ ...decided, signedAt: later, reason: 'Another one.', revision: 2 })
    const record = {
      id: decided.id,
      event_id: decided.eventId,
      revision: 2,
      signed_at: later,
      released_at: later,
      body,
      signer: 'north',
      signature: '',
    }
    await db
      .insertInto('published_decisions')
      .values({ ...record, synthetic: 1 })
      .execute()
    expect(await make(false)).toEqual(first)
    expect(await wrongSteps()).toEqual([])
  })

  test('whose input holds what no row can be is said to be different, and nothing breaks', async () => {
    await make(false)
    const input = join(folder, `${NAME}.input.json`)
    const rows = readFileSync(input, 'utf8')
    for (const [list, rubbish] of [
      ['cells', [null]],
      ['cells', [{ metric: 'people', span: 'day', start: {}, country: 7 }]],
      ['events', [{}]],
      ['costs', ['x']],
      ['quality', [[]]],
    ] as const) {
      writeFileSync(input, JSON.stringify({ ...JSON.parse(rows), [list]: rubbish }))
      expect(await wrongSteps()).toEqual(expect.arrayContaining(['input', 'made again']))
    }
    writeFileSync(input, rows)
  })

  test('that was changed anywhere is found, and it is said where', async () => {
    await make(false)
    const html = join(folder, `${NAME}.html`)
    const whole = readFileSync(html, 'utf8')
    writeFileSync(html, whole.replace('Between', 'Betwixt'))
    const verdicts = await verifyReport({ report: manifest })
    expect(verdicts.filter(({ isEqual }) => !isEqual).map(({ step }) => step)).toEqual(['html', 'made again'])
    expect(verdicts.find(({ step }) => step === 'made again')?.says).toMatch(/is the one that was signed; the file here .*Betwixt/)
    writeFileSync(html, whole)

    const input = join(folder, `${NAME}.input.json`)
    const rows = readFileSync(input, 'utf8')
    writeFileSync(input, rows.replace('"estimate":', '"estimate":1'))
    expect(await wrongSteps()).toEqual(['input', 'made again', 'published data'])
    writeFileSync(input, rows)

    const signed = readFileSync(manifest, 'utf8')
    writeFileSync(manifest, signed.replace(/"commit": "\w+"/, '"commit": "0000000000000000000000000000000000000000"'))
    expect(await wrongSteps()).toContain('signature')
    writeFileSync(manifest, signed)
    expect(await wrongSteps()).toEqual([])
  })

  test('by another key is refused where a certain one is asked for', async () => {
    await make(false)
    expect(await wrongSteps('A'.repeat(43))).toEqual(['signature'])
  })

  test('that is no report gets one sentence, whatever it is', async () => {
    const file = join(folder, 'culvert-odd.json')
    for (const text of ['', '{', '[]', 'null', '{"version":1}', '{"version":1,"kind":"culvert-report","month":"../../etc"}', '\u0000']) {
      writeFileSync(file, text)
      await expect(verifyReport({ report: file })).rejects.toThrow('no manifest')
    }
    await expect(verifyReport({ report: join(folder, 'none') })).rejects.toThrow('can’t be read')
  })

  test('of a month without numbers is not made', async () => {
    const key = reportKey(join(folder, 'key.pem'))
    const asked = { db: world.store.db, month: '2020-01', asOf: AS_OF, language: 'en' as const, folder, key, withPdf: false }
    await expect(makeReport(asked)).rejects.toThrow('nothing to report')
  })

  test('that can’t be written where it is to go is refused in one sentence', async () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    const asked = { db: world.store.db, month: MONTH, asOf: AS_OF, language: 'en' as const, key: reportKey(join(folder, 'key.pem')) }
    for (const place of [file, join(file, 'below')])
      await expect(makeReport({ ...asked, folder: place, withPdf: false })).rejects.toThrow(`can’t be written to ${place} (E`)
    expect(() => reportKey(join(file, 'key.pem'))).toThrow('key.pem can’t be written (ENOTDIR).')
  })

  test('is on the site at once, when it is whole, with a PDF if there is one', async () => {
    await make(false)
    const pdf = join(folder, `${NAME}.pdf`)
    rmSync(pdf, { force: true })
    writeFileSync(join(folder, 'culvert-2026-08-en.html'), 'half made')
    const without = (await world.get('/reports')).text
    expect([without.includes(`${NAME}.html`), without.includes('.pdf'), without.includes('2026-08')]).toEqual([true, false, false])
    await make(true)
    expect((await world.get('/reports')).text).toContain(`${NAME}.pdf`)
  })

  test('is on the site, in all its parts, and may do nothing there', async () => {
    const { status, headers, text } = await world.get(`/reports/${NAME}.html`)
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toContain('sandbox')
    expect(text).toContain('September 2026')
    expect((await world.get('/reports')).text).toContain(`${NAME}.pdf`)
    expect((await world.get('/reports/key.pem')).status).toBe(404)
  })
})
