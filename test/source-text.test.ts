// Goal: the rules of tidy.test.ts see code as code. Method: small sources written for each way to go wrong.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSource, type Source } from './source-text.ts'

function read(text: string): Source {
  const folder = mkdtempSync(join(tmpdir(), 'culvert-source-'))
  try {
    writeFileSync(join(folder, 'a.ts'), text)
    return readSource(join(folder, 'a.ts'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim()

describe('the code of a source', () => {
  test('is without comments and strings', () => {
    expect(squeeze(read('a() // one\nb(\'two // not a comment\')\n/* three */ c("four")').code)).toBe('a() b( ) c( )')
  })

  test('keeps what stands in the holes of a template, however deep', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    expect(squeeze(read('x = `one ${two({ three: `four ${five}` })} six`; seven').code)).toMatch(
      /^x = `\s*\$\{two\(\{ three: `\s*\$\{five\} ?` \}\)\} ?` ?; seven$/,
    )
  })

  test('is without regular expressions, and divides where a value stands before', () => {
    expect(squeeze(read('s.replace(/[/\'"]+/g, b); c = d / e / f').code)).toBe('s.replace( , b); c = d / e / f')
  })

  test('keeps its lines', () => {
    expect(read('/* one\ntwo */ a\n`three\nfour` + b').code.split('\n').length).toBe(4)
  })

  test('shows its comments among its words', () => {
    expect(squeeze(read("a() // one\nb('two')").words)).toBe('a() // one b( )')
  })
})

describe('the imports of a source', () => {
  test('are found in every form, with the line of the name', () => {
    const { imports } = read(
      "import 'a'\nimport {\n  b,\n} from 'b'\nexport * from 'c'\nconst d = await import('d')\nimport e, * as f from \"e\"",
    )
    expect(imports.map(({ specifier, line }) => `${specifier}:${line}`)).toEqual(['a:1', 'b:4', 'c:5', 'e:7', 'd:6'])
  })

  test('are of types only where the whole import is', () => {
    const { imports } = read("import type { A } from 'a'\nimport { type B } from 'b'\nexport type { C } from 'c'")
    expect(imports.map(({ typeOnly }) => typeOnly)).toEqual([true, false, true])
  })

  test('are not looked for in comments', () => {
    expect(read("// import 'a'\n/* import('b') */").imports).toEqual([])
  })
})
