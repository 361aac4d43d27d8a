// docs/SPEC.md against the code, where both hold the same table: a value that changes in one of them only is an error in one of them.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { deriveAdmissionKeys, ResetCode } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { FrameType } from '../../protocol/frame.ts'
import * as limits from '../../protocol/limits.ts'
import { seededRandom } from './fixtures.ts'

const SPEC = readFileSync('docs/SPEC.md', 'utf8')

/** The text of a section, by its number. */
function section(number: string): string {
  const from = SPEC.search(new RegExp(`^#+ ${number.replace('.', '\\.')} `, 'm'))
  expect(from).toBeGreaterThanOrEqual(0)
  const rest = SPEC.slice(SPEC.indexOf('\n', from))
  const to = rest.search(/^#{2,3} /m)
  return to < 0 ? rest : rest.slice(0, to)
}

/** First column and the others, of every row of every table in a section. */
function rows(number: string): readonly string[][] {
  return [...section(number).matchAll(/^\|(.+)\|$/gm)].map((match) => (match[1] ?? '').split('|').map((cell) => cell.trim()))
}

describe('limits', () => {
  const named = rows('9').flatMap(([name = '', value = '']) => (/^`[A-Z_]+`$/.test(name) ? [[name.slice(1, -1), value] as const] : []))

  test('every limit that the specification names has the value that the code has', () => {
    const known: Readonly<Record<string, unknown>> = limits
    expect(named.length).toBeGreaterThan(20)
    expect(named.map(([name]) => [name, known[name]])).toEqual(named.map(([name, value]) => [name, Number(value.replaceAll(',', ''))]))
  })

  test('no limit is named twice', () => {
    expect(new Set(named.map(([name]) => name)).size).toBe(named.length)
  })
})

const camel = (words: string): string => words.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase())

test('frame types and their names are those of the table', () => {
  const types = rows('7.2').flatMap(([type = '', name = '']) =>
    /^`[0-9a-f]{2}`$/.test(type) ? [[camel(name), Number.parseInt(type.slice(1, 3), 16)]] : [],
  )
  expect(Object.fromEntries(types)).toEqual(FrameType)
})

test('reset codes and their names are those of the table', () => {
  const codes = rows('7.6').flatMap(([code = '', name = '']) => (/^\d+$/.test(code) ? [[camel(name), Number(code)]] : []))
  expect(Object.fromEntries(codes)).toEqual(ResetCode)
})

test('cookie names are those of the table, in its order', () => {
  const names = rows('4.2')
    .flat()
    .flatMap((cell) => (cell.startsWith('`') ? [cell.slice(1, -1)] : []))
  expect(names.length).toBe(16)
  const random = seededRandom('cookie names')
  const seen = new Set<string>()
  for (let i = 0; i < 400 && seen.size < 16; i++) {
    const [psk, relayKey] = [random(32), random(32)]
    const key = nodeCrypto.hmacSha256(nodeCrypto.hmacSha256(relayKey, psk), Buffer.from('culvert v1 cookie name\x01'))
    const { cookieName } = deriveAdmissionKeys(nodeCrypto, psk, relayKey)
    expect(cookieName).toBe(names[(key[0] as number) % 16])
    seen.add(cookieName)
  }
  expect(seen.size).toBe(16)
})
