// Reads the repository's files for test/tidy.test.ts: which there are, what each imports, and its text without comments or strings.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

export interface Import {
  readonly specifier: string
  readonly line: number
  /** It brings types only and leaves nothing at run time. */
  readonly typeOnly: boolean
  /** `import(…)`: read when it is needed, not when the file is. */
  readonly isLate: boolean
}

export interface Source {
  readonly path: string
  readonly text: string
  /** The text with comments, strings and regular expressions blanked out; lines and columns stay. */
  readonly code: string
  /** As `code`, with the comments left in. */
  readonly words: string
  readonly imports: readonly Import[]
}

/** Every file that git tracks or would track, by its path from the root. */
export function listFiles(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const paths = execFileSync('git', args, { encoding: 'utf8' }).split('\0')
  return paths.filter((path) => path !== '' && existsSync(path)).sort()
}

export function readSource(path: string): Source {
  const text = readFileSync(path, 'utf8')
  const spans = scan(text)
  const withStrings = blank(text, spans, ['comment'])
  return {
    path,
    text,
    code: blank(text, spans, ['comment', 'literal']),
    words: blank(text, spans, ['literal']),
    imports: importsOf(withStrings),
  }
}

/** The 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

type Kind = 'comment' | 'literal'

interface Span {
  readonly kind: Kind
  readonly start: number
  readonly end: number
}

const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`|[{}]|\//g
const REGEX_LITERAL = /\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(`|\$\{)/y

/** Finds comments and literals in one pass. It knows as much of the grammar as that takes: not whether a `/` after `)` divides. */
function scan(text: string): Span[] {
  const spans: Span[] = []
  // For each open brace whether it is the hole of a template, to which the text after it belongs again.
  const braces: boolean[] = []
  let at = 0
  for (;;) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)
    if (token === null) return spans
    const found = token[0]
    at = TOKEN.lastIndex
    const closesHole = found === '}' && braces.pop() === true
    if (found === '{') braces.push(false)
    else if (found === '`' || closesHole) {
      const start = at
      at = matchEnd(TEMPLATE_TEXT, text, at)
      const opensHole = text.endsWith('${', at) && text[at - 1] === '{'
      if (opensHole) braces.push(true)
      spans.push({ kind: 'literal', start, end: at - (opensHole ? 2 : 1) })
    } else if (found === '/') {
      if (!dividesAt(text, token.index)) at = matchEnd(REGEX_LITERAL, text, token.index)
      if (at > token.index + 1) spans.push({ kind: 'literal', start: token.index, end: at })
    } else if (found !== '}') {
      spans.push({ kind: found.startsWith('/') ? 'comment' : 'literal', start: token.index, end: at })
    }
  }
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at + 1
}

function dividesAt(text: string, offset: number): boolean {
  const before = text.slice(Math.max(0, offset - 40), offset).trimEnd()
  return /[\w$)\]]$/.test(before) && !/\b(?:return|typeof|case|of|in)$/.test(before)
}

function blank(text: string, spans: readonly Span[], kinds: readonly Kind[]): string {
  let result = ''
  let from = 0
  for (const { kind, start, end } of spans) {
    if (!kinds.includes(kind)) continue
    result += text.slice(from, start) + text.slice(start, end).replace(/[^\n]/g, ' ')
    from = end
  }
  return result + text.slice(from)
}

const STATIC_IMPORT = /^\s*(?:import|export)\b(\s+type\b)?(?:[\w*{}\s,$]*?\bfrom)?\s*['"]([^'"]+)['"]/gm
const DYNAMIC_IMPORT = /\bimport(?:\.meta\.resolve)?\s*\(\s*['"]([^'"]+)['"]/g

function importsOf(text: string): Import[] {
  const fixed = [...text.matchAll(STATIC_IMPORT)].map((match) => ({
    specifier: match[2] ?? '',
    line: lineAt(text, match.index + match[0].length),
    typeOnly: match[1] !== undefined,
    isLate: false,
  }))
  const dynamic = [...text.matchAll(DYNAMIC_IMPORT)].map((match) => ({
    specifier: match[1] ?? '',
    line: lineAt(text, match.index),
    typeOnly: false,
    isLate: true,
  }))
  return [...fixed, ...dynamic]
}
