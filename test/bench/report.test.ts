import { describe, expect, test } from 'vitest'
import { BARS } from './bars.ts'
import { renderDocument } from './document.ts'
import type { Bar, Row } from './report.ts'
import { barTable, countingRows, format, Results, spread, testTable } from './report.ts'
import { TESTS } from './tests.ts'

const row = (peer: string, value: number, othersPercent = 0): Row => ({
  round: 0,
  peer,
  test: 'down1',
  othersPercent,
  values: { mbPerSecond: value },
})
const bar = (sense: Bar['sense'], factor: number, of: readonly string[], plus = 0): Bar => ({
  claim: 'c',
  test: 'down1',
  value: 'mbPerSecond',
  sense,
  factor,
  plus,
  of,
})
const judge = (rows: readonly Row[], one: Bar): string => new Results(rows, 12).judge(one, 'culvert').verdict

describe('medians', () => {
  test('of an odd number of values is the middle one', () => {
    expect(spread([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9, count: 3 })
  })

  test('of an even number of values is the mean of the two in the middle', () => {
    expect(spread([4, 1, 3, 2])?.median).toBe(2.5)
  })

  test('of nothing, or of what is no number, is nothing', () => {
    expect(spread([])).toBeUndefined()
    expect(spread([Number.NaN, Number.POSITIVE_INFINITY])).toBeUndefined()
  })
})

describe('noise', () => {
  test('leaves out the rows that others disturbed', () => {
    expect(
      countingRows([row('a', 1, 50), row('a', 2, 3), row('a', 3, 4)], 'down1', 'a', 12).map((one) => one.values['mbPerSecond']),
    ).toEqual([2, 3])
  })

  test('keeps every row where fewer than half were quiet', () => {
    expect(countingRows([row('a', 1, 50), row('a', 2, 40), row('a', 3, 4)], 'down1', 'a', 12)).toHaveLength(3)
  })

  test('never lets a failed row count', () => {
    expect(countingRows([{ ...row('a', 1), failed: 'refused' }], 'down1', 'a', 12)).toHaveLength(0)
  })
})

describe('a bar', () => {
  test('that asks for at least so much is compared with the fastest of its peers', () => {
    const rows = [row('slow', 10), row('fast', 40), row('culvert', 79)]
    expect(judge(rows, bar('at least', 2, ['slow', 'fast']))).toBe('miss')
    expect(judge([...rows.slice(0, 2), row('culvert', 80)], bar('at least', 2, ['slow', 'fast']))).toBe('pass')
  })

  test('that asks for at most so much is compared with the cheapest of its peers', () => {
    expect(judge([row('cheap', 10), row('dear', 40), row('culvert', 12)], bar('at most', 1.1, ['cheap', 'dear']))).toBe('miss')
    expect(judge([row('cheap', 10), row('dear', 40), row('culvert', 11)], bar('at most', 1.1, ['cheap', 'dear']))).toBe('pass')
  })

  test('with a fixed limit needs no peer', () => {
    expect(judge([row('culvert', 8)], bar('at most', 1, [], 8))).toBe('pass')
    expect(judge([row('culvert', 8.1)], bar('at most', 1, [], 8))).toBe('miss')
  })

  test('whose peer or product was not measured is neither held nor missed', () => {
    expect(judge([row('culvert', 8)], bar('at least', 1, ['trojan']))).toBe('not measured')
    expect(judge([row('trojan', 8)], bar('at least', 1, ['trojan']))).toBe('not measured')
  })

  test('says a miss plainly', () => {
    expect(barTable(new Results([row('trojan', 8), row('culvert', 4)], 12), [bar('at least', 1, ['trojan'])], 'culvert')).toContain(
      '| c | 4.00 | 8.00 (trojan) | 0.50× | at least 8.00 | **miss** |',
    )
  })

  test('names a test that exists and a column that it has', () => {
    for (const { test: name, value, ofValue } of BARS) {
      const keys = TESTS.find((one) => one.name === name)?.columns.map((column) => column.key)
      expect(keys, name).toContain(value)
      expect(keys, name).toContain(ofValue ?? value)
    }
  })
})

test("a test's table has the spread, the failures and how the product compares", () => {
  const rows = [row('trojan', 2), row('trojan', 4), row('culvert', 6, 3), { ...row('culvert', 0), failed: 'stalled' }]
  const text = testTable(
    new Results(rows, 12),
    { name: 'down1', title: 'Download', columns: [{ key: 'mbPerSecond', title: 'MB/s' }] },
    'culvert',
  )
  expect(text).toContain('| trojan | 3.00 [2.00–4.00] | 2.00× | 0 % |')
  expect(text).toContain('| culvert (1 failed) | 6.00 | 1.00× | 3 % |')
})

test('numbers have three significant digits and no exponent', () => {
  expect([1234.5, 99.94, 9.876, 0.5, 0.0123, 0, undefined].map(format)).toEqual(['1235', '99.9', '9.88', '0.50', '0.012', '0.00', '–'])
})

describe('the document', () => {
  const report = { machine: { node: '24' }, rounds: 1, sizes: 'full', rows: [row('culvert', 300)], profiles: [] } as const

  test('keeps what stands in it by hand, and nothing else', () => {
    const first = renderDocument(report, 'anything')
    const edited = `${first}\n<!-- From here on written by hand: \`npm run bench -- --write\` leaves it as it is. -->\n\n## Tried\n\nThis and that.\n`
    expect(renderDocument(report, edited)).toBe(edited)
  })
})
