import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judge, type Known } from '../../../../client/desktop/update/judge.ts'
import { compareVersions } from '../../../../client/desktop/update/metadata.ts'
import type { KeySet } from '../../../../client/desktop/update/signed.ts'
import type { UpdateCase } from '../../../vectors/make/updates.ts'

const { keys, cases } = JSON.parse(readFileSync('test/vectors/updates.json', 'utf8')) as {
  readonly keys: { readonly firstKeys: KeySet; readonly target: string }
  readonly cases: readonly UpdateCase[]
}
const verdictOf = ({ document, known, nowS, builtAtS, version }: Omit<UpdateCase, 'name' | 'expect'>): string => {
  const judgement = judge(document, { ...keys, known: known as Known | undefined, nowS, builtAtS, version })
  return judgement.ok ? (judgement.isNewer ? 'newer' : 'current') : judgement.fault
}

describe('an update’s document', () => {
  test.each(cases)('$expect: $name', (one) => {
    expect(verdictOf(one)).toBe(one.expect)
  })

  test('fails in more ways than it succeeds', () => {
    const succeeding = cases.filter(({ expect }) => expect === 'newer' || expect === 'current')
    expect(cases.length).toBeGreaterThan(3 * succeeding.length)
  })

  test('with any one byte changed is refused', () => {
    const [good] = cases as [UpdateCase]
    fc.assert(
      fc.property(fc.nat(good.document.length - 1), fc.integer({ min: 1, max: 127 }), (at, letter) => {
        const changed =
          good.document.slice(0, at) + String.fromCharCode(good.document.charCodeAt(at) ^ letter) + good.document.slice(at + 1)
        // JSON may spell the same text in two ways; then it is the same document.
        const isSame = ((): boolean => {
          try {
            return JSON.stringify(JSON.parse(changed)) === JSON.stringify(JSON.parse(good.document))
          } catch {
            return false
          }
        })()
        if (!isSame) expect(['damaged', 'not-signed']).toContain(verdictOf({ ...good, document: changed }))
      }),
      { numRuns: 500 },
    )
  })

  test('that is too long is not even read', () => {
    const [good] = cases as [UpdateCase]
    expect(verdictOf({ ...good, document: good.document + ' '.repeat(300_000) })).toBe('damaged')
  })

  test('that is anything at all throws nothing', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (document) => void verdictOf({ ...(cases[0] as UpdateCase), document })))
  })

  test('compares versions by their numbers', () => {
    expect(['0.10.0', '0.2.0', '1.0.0', '0.9.9', '0.2.1'].sort(compareVersions)).toEqual(['0.2.0', '0.2.1', '0.9.9', '0.10.0', '1.0.0'])
  })
})
