import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawDays } from '../../../client/engine/reports/days.ts'
import { type CoarseFacts, reportText, sealReport } from '../../../client/engine/reports/report.ts'
import { Reporter, type ReporterState } from '../../../client/engine/reports/reporter.ts'
import type { Submitted } from '../../../client/engine/reports/submitter.ts'
import { createReportKey, importReportKey, openReport, SEALED_BYTES } from '../../../relay/observatory/collect/report.ts'

const { privatePem, publicKey } = createReportKey()
const COARSE: CoarseFacts = {
  verdicts: ['interfered', 'open'],
  worked: ['http-edge'],
  connectMs: 2_900,
  version: '1.24.3-beta',
  language: 'pt-BR',
}

function reporter(options: { readonly day: string; readonly state?: Partial<ReporterState>; readonly answers?: Submitted[] }) {
  const sent: Uint8Array[] = []
  const states: ReporterState[] = []
  let nowMs = Date.parse(`${options.day}T10:00:00Z`)
  const made = new Reporter({
    state: { secret: Buffer.alloc(32, 7).toString('base64url'), usedMonth: '', toldDay: '', ...options.state },
    onState: async (state) => void states.push(state),
    random: randomBytes,
    nowMs: () => nowMs,
    country: () => undefined,
    coarse: () => COARSE,
  })
  const submitter = {
    submit: (sealed: Uint8Array): Promise<Submitted> => {
      sent.push(sealed)
      return Promise.resolve(options.answers?.shift() ?? 'taken')
    },
  }
  return {
    made,
    sent,
    states,
    submitter: { submitter, collectorKey: publicKey },
    advance: (ms: number) => (nowMs += ms),
    set: (day: string) => (nowMs = Date.parse(`${day}T10:00:00Z`)),
  }
}

const drawn = drawDays(Buffer.alloc(32, 7), '2026-11')
const undrawn =
  Array.from({ length: 30 }, (_, index) => `2026-11-${String(index + 1).padStart(2, '0')}`).find((day) => !drawn.days.includes(day)) ?? ''

describe('what a client tells', () => {
  test('is opened by the collector and by nobody else, and has one size whatever it says', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.constantFrom(undefined, 'DE'), fc.constantFrom(undefined, COARSE), (isFirstOfMonth, country, coarse) => {
        const sealed = sealReport(reportText({ day: '2026-11-18', isFirstOfMonth, country, coarse }, randomBytes(16)), publicKey)
        const opened = openReport(sealed, importReportKey(privatePem))
        expect(() => openReport(sealed, importReportKey(createReportKey().privatePem))).toThrow('does not open')
        return (
          sealed.length === SEALED_BYTES &&
          opened.isFirstOfMonth === isFirstOfMonth &&
          (opened.coarse === undefined) === (coarse === undefined)
        )
      }),
      { numRuns: 30 },
    )
  })

  test('is coarse: a bucket for the time, no patch of the version, no region of the language', () => {
    const text = reportText({ day: '2026-11-18', isFirstOfMonth: true, country: undefined, coarse: COARSE }, Buffer.alloc(16))
    expect(JSON.parse(text)).toEqual({
      version: 1,
      mark: '0'.repeat(32),
      day: '2026-11-18',
      firstOfMonth: 1,
      coarse: { verdicts: ['interfered', 'open'], worked: ['http-edge'], connect: 'under-3s', version: '1.24', language: 'pt' },
    })
  })

  test('two reports of one client share no byte that repeats', () => {
    const text = (): string =>
      reportText({ day: '2026-11-18', isFirstOfMonth: false, country: undefined, coarse: undefined }, randomBytes(16))
    const [a, b] = [sealReport(text(), publicKey), sealReport(text(), publicKey)]
    expect(a.filter((byte, index) => byte === b[index]).length).toBeLessThan(30)
  })
})

describe('when a client tells', () => {
  test('eight days of each month, each day of the month as likely as any other', () => {
    const counts = new Map<string, number>()
    for (let secret = 0; secret < 1_000; secret++) {
      const { days, coarseDay } = drawDays(Buffer.from(`secret ${secret}`), '2026-11')
      expect([new Set(days).size, days.includes(coarseDay)]).toEqual([8, true])
      for (const day of days) counts.set(day, (counts.get(day) ?? 0) + 1)
    }
    const statistic = [...counts.values()].reduce((sum, count) => sum + (count - 1_000 * (8 / 30)) ** 2 / (1_000 * (8 / 30)), 0)
    expect([counts.size, statistic < 70]).toEqual([30, true])
  })

  test('nothing on a day that was not drawn', async () => {
    const { made, sent, submitter } = reporter({ day: undrawn })
    await made.look(submitter, 'open')
    expect(sent).toEqual([])
  })

  test('once on a drawn day, however often it is used', async () => {
    const { made, sent, submitter } = reporter({ day: drawn.coarseDay })
    for (let turn = 0; turn < 5; turn++) await made.look(submitter, 'open')
    expect(sent).toHaveLength(1)
    expect(openReport(sent[0] as Uint8Array, importReportKey(privatePem)).coarse).toBeDefined()
  })

  test('nothing while the network is cut off, unless the person asks', async () => {
    const { made, sent, submitter } = reporter({ day: drawn.coarseDay })
    await made.look(submitter, 'cutoff')
    expect(sent).toEqual([])
    await made.look(submitter, 'cutoff', true)
    expect(sent).toHaveLength(1)
  })

  test('the same bytes again where nobody knows whether they came, after a while; and nothing twice across a crash', async () => {
    const { made, sent, states, submitter, advance } = reporter({ day: drawn.coarseDay, answers: ['later', 'taken'] })
    await made.look(submitter, 'open')
    await made.look(submitter, 'open')
    advance(1_900_000)
    await made.look(submitter, 'open')
    await made.look(submitter, 'open')
    expect(sent).toHaveLength(2)
    expect(sent[0]).toEqual(sent[1])
    const after = reporter({ day: drawn.coarseDay, state: states.at(-1) ?? {} })
    await after.made.look(after.submitter, 'open')
    expect(after.sent).toEqual([])
  })

  test('the first use of a month is told only if it falls on a drawn day', async () => {
    const used = reporter({ day: drawn.coarseDay, state: { usedMonth: '2026-11' } })
    await used.made.look(used.submitter, 'open')
    expect(openReport(used.sent[0] as Uint8Array, importReportKey(privatePem)).isFirstOfMonth).toBe(false)
  })

  test('the first use of a month is told once, though the clock was wrong for a while', async () => {
    for (const wrong of ['2000-01-01', '2026-12-05']) {
      const { made, sent, submitter, set } = reporter({ day: wrong, state: { usedMonth: '2026-11' } })
      await made.look(submitter, 'open')
      sent.length = 0
      set(drawn.coarseDay)
      await made.look(submitter, 'open')
      expect(sent.map((one) => openReport(one, importReportKey(privatePem)).isFirstOfMonth)).not.toContain(true)
    }
  })

  test('never for another collector what one may have taken', async () => {
    const { made, sent, submitter, advance } = reporter({ day: drawn.coarseDay, answers: ['later'] })
    await made.look(submitter, 'open')
    advance(1_900_000)
    await made.look({ ...submitter, collectorKey: createReportKey().publicKey }, 'open')
    expect(sent).toHaveLength(1)
  })

  test('what was shown is what leaves, to the letter, and is said to be of today', async () => {
    const { made, sent, submitter } = reporter({ day: drawn.coarseDay })
    const shown = made.forecast()
    expect(shown.sends).toBe('today')
    await made.look(submitter, 'open')
    expect(openReport(sent[0] as Uint8Array, importReportKey(privatePem))).toMatchObject({ mark: JSON.parse(shown.text).mark })
    expect(made.forecast().sends).toBe('told')
  })

  test('a day that was not drawn is said to be none, and has its coarse part only on the day for that', () => {
    const shown = reporter({ day: undrawn }).made.forecast()
    expect(shown.sends).toBe('not-today')
    expect(JSON.parse(shown.text)).toMatchObject({ day: undrawn, firstOfMonth: 1 })
    expect(JSON.parse(shown.text)).not.toHaveProperty('coarse')
    expect(JSON.parse(reporter({ day: drawn.coarseDay }).made.forecast().text)).toMatchObject({ coarse: { connect: 'under-3s' } })
  })
})
