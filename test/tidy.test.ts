// The rules that neither the compiler nor Biome can check: who imports whom, how long a file is, which words we use, whether a link leads anywhere.
// A rule that makes code worse is changed here, or gets an exception in its own table with a reason.
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Import, lineAt, listFiles, readSource, type Source } from './source-text.ts'

const LINES_MAX = 400
const LINES_AIM = 250

const files = listFiles()
const sources = files.filter((path) => /\.(?:tsx?|mjs)$/.test(path)).map(readSource)
const documents = files.filter((path) => path.endsWith('.md'))

interface Room {
  readonly folder: string
  /** Rooms whose files may be imported by path. */
  readonly rooms: readonly string[]
  /** Package names, `#` doors and prefixes that end in `/` or `:`. */
  readonly packages: readonly string[]
  /** As packages, for `import type` only. */
  readonly types?: readonly string[]
}

const DOOR_FILES: Readonly<Record<string, string>> = {
  '#protocol': 'protocol/index.ts',
  '#protocol/node': 'protocol/node/index.ts',
  '#protocol/room': 'protocol/node/room.ts',
  '#protocol/pure': 'protocol/pure/crypto.ts',
}
const DOORS = Object.keys(DOOR_FILES)

/** What a relay needs for its certificate, its numbers, its alarms and its workers. */
const OPERATING = ['acme-client', '@redis/client', 'prom-client', 'nodemailer', 'qrcode']
const SERVING = ['hono', 'hono/', '@hono/node-server', '@hono/node-server/']
const DRAWING = [
  'preact',
  'preact/',
  'preact-render-to-string',
  'd3-geo',
  'd3-scale',
  'd3-shape',
  'topojson-client',
  '@resvg/resvg-js',
  'feed',
  'esbuild',
]
const COUNTING = ['world-atlas/', 'cldr-core/', 'mmdb-lib', '@ip-location-db/']

/** The deepest folder that holds a file is its room. Files in none of these (tests, configuration) may import anything. */
const ROOMS: readonly Room[] = [
  { folder: 'protocol', rooms: [], packages: ['@noble/', 'tweetnacl'] },
  { folder: 'protocol/pure', rooms: ['protocol'], packages: ['@noble/', 'tweetnacl'] },
  { folder: 'protocol/node', rooms: ['protocol'], packages: ['#protocol', 'node:', '@noble/'], types: ['ws'] },
  {
    folder: 'relay',
    rooms: ['relay/directory', 'relay/observatory', 'relay/store'],
    packages: [...DOORS, 'node:', 'ws', 'commander', 'ipaddr.js', 'node-forge', 'send', ...OPERATING],
  },
  { folder: 'relay/edge', rooms: [], packages: [] },
  { folder: 'relay/store', rooms: [], packages: ['node:', 'kysely', 'pg'] },
  {
    folder: 'relay/directory',
    rooms: ['relay', 'relay/store', 'relay/directory/handing'],
    packages: [...DOORS, 'node:', 'commander', 'ipaddr.js', 'kysely', ...SERVING, 'qrcode'],
  },
  { folder: 'relay/directory/handing', rooms: [], packages: ['#protocol'] },
  {
    folder: 'relay/observatory',
    rooms: ['relay', 'relay/store'],
    packages: [...DOORS, 'node:', 'commander', 'ipaddr.js', 'kysely', ...SERVING, ...DRAWING, ...COUNTING],
    types: ['geojson', 'topojson-specification'],
  },
  // What a browser gets: it imports nothing, so that nothing comes with it.
  { folder: 'relay/observatory/browser', rooms: [], packages: [] },
  { folder: 'client/contract', rooms: [], packages: [] },
  { folder: 'client/build', rooms: [], packages: ['node:', 'esbuild'] },
  { folder: 'client/words', rooms: ['client/contract'], packages: [] },
  { folder: 'client/ui', rooms: ['client/contract', 'client/words'], packages: ['preact', 'preact/', 'jsqr'] },
  { folder: 'client/folder', rooms: [], packages: ['node:'] },
  { folder: 'client/desktop', rooms: ['client/contract', 'client/folder'], packages: ['#protocol/room', 'node:', 'electron', 'qrcode'] },
  { folder: 'client/desktop/build', rooms: ['client/build'], packages: ['node:', 'esbuild', '@resvg/resvg-js', 'electron-builder'] },
  { folder: 'client/engine/control', rooms: ['client/contract', 'client/engine'], packages: ['#protocol'] },
  {
    folder: 'client/engine',
    rooms: ['client/contract', 'client/folder', 'client/engine/control', 'client/build'],
    packages: [...DOORS, 'node:', 'ws', 'commander', 'dns-packet', 'ipaddr.js', 'qrcode', 'socks'],
  },
]

describe('who imports whom', () => {
  for (const room of ROOMS) {
    const allowed = [...room.rooms, ...room.packages, ...(room.types ?? []).map((name) => `the types of ${name}`)]
    test(`${room.folder} imports only itself${allowed.length > 0 ? ` and ${allowed.join(', ')}` : ''}`, () => {
      const inside = sources.filter(({ path }) => roomOf(path) === room)
      expect(
        inside.flatMap((source) => source.imports.filter((one) => !mayImport(room, source.path, one)).map((one) => spell(source, one))),
      ).toEqual([])
    })
  }

  test('no two files of the protocol or the relay import each other, by however many steps', () => {
    const ours = sources.filter(({ path }) => /^(?:protocol|relay)\//.test(path))
    expect(ours.map(({ path }) => path).filter((path) => filesBehind(path).has(path))).toEqual([])
  })

  test('a relay that starts reads no library that only some relays need', () => {
    const rare = ['@redis/client', 'acme-client', 'kysely', 'nodemailer', 'pg']
    const read = ['relay/commands.ts', 'relay/run.ts'].flatMap((path) => [...packagesOf(path)])
    expect(read.filter((name) => rare.includes(name))).toEqual([])
    expect(read).toContain('ws')
  })

  test('every package that ships is imported by something that ships', () => {
    const imported = new Set(sources.filter(({ path }) => !path.startsWith('test/')).flatMap(({ imports }) => imports.map(packageOf)))
    expect(Object.keys(readJson('package.json').dependencies ?? {}).filter((name) => !imported.has(name))).toEqual([])
  })
})

/** All files that a file imports, and those that these import, types too. */
function filesBehind(path: string, seen = new Set<string>()): Set<string> {
  for (const { specifier } of sources.find((source) => source.path === path)?.imports ?? []) {
    const file = specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : DOOR_FILES[specifier]
    if (file === undefined || seen.has(file)) continue
    seen.add(file)
    filesBehind(file, seen)
  }
  return seen
}

/** The packages that are read together with a file: its own, and those of whatever it imports, but for what it imports late. */
function packagesOf(path: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>()
  seen.add(path)
  for (const one of sources.find((source) => source.path === path)?.imports ?? []) {
    if (one.typeOnly || one.isLate) continue
    const file = one.specifier.startsWith('.') ? normalize(join(dirname(path), one.specifier)) : DOOR_FILES[one.specifier]
    if (file === undefined) found.add(packageOf(one))
    else if (!seen.has(file)) for (const name of packagesOf(file, seen)) found.add(name)
  }
  return found
}

function roomOf(path: string): Room | undefined {
  return ROOMS.filter(({ folder }) => path.startsWith(`${folder}/`)).sort((a, b) => b.folder.length - a.folder.length)[0]
}

function mayImport(room: Room, path: string, { specifier, typeOnly }: Import): boolean {
  if (specifier.startsWith('.')) {
    const target = roomOf(normalize(join(dirname(path), specifier)))
    return target === room || (target !== undefined && room.rooms.includes(target.folder))
  }
  const names = typeOnly ? [...room.packages, ...(room.types ?? [])] : room.packages
  return names.some((name) => (/[/:]$/.test(name) ? specifier.startsWith(name) : specifier === name))
}

function spell({ path }: Source, { specifier, line }: Import): string {
  return `${path}:${line} imports ${specifier}`
}

function packageOf({ specifier }: Import): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

interface Ban {
  /** What the test says. */
  readonly claim: string
  readonly pattern: RegExp
  /** Where it is looked for: `code` is without comments and strings, `words` without strings, `text` is all of it. */
  readonly view: 'code' | 'words' | 'text'
  readonly files?: (path: string) => boolean
  /** Paths where it may stand, each with the reason. */
  readonly except?: Readonly<Record<string, string>>
}

const isControl = (path: string): boolean => path.startsWith('client/engine/control/')
const isHanding = (path: string): boolean => path.startsWith('relay/directory/handing/')
const isProtocol = (path: string): boolean => path.startsWith('protocol/') && !path.startsWith('protocol/node/')

const BANS: readonly Ban[] = [
  { claim: 'nothing is called a tunnel: it is a carrier, a session or a stream', pattern: /(?<!s)tunnel/i, view: 'words' },
  { claim: 'nothing is called a manager: it has a name for what it does', pattern: /manager/i, view: 'words' },
  { claim: 'nothing is called a helper: it has a name for what it does', pattern: /helpers?\b/i, view: 'words' },
  { claim: 'nothing is called utilities: they belong to what they serve', pattern: /\butil(?:s|ity|ities)?\b|Utils?\b/, view: 'words' },
  {
    claim: 'no declared name holds `connection`: it says which (carrier, socket, session, stream)',
    pattern: /\b(?:(?:const|let|class|function|interface)\s+\w*connection|type\s+\w*connection\w*\s*[=<])/i,
    view: 'code',
  },
  { claim: 'nothing is left for later: it is done, or an issue', pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/, view: 'words' },
  {
    // What Node itself hands over is exempt: the error of a callback, the end of a read.
    claim: 'our own types say undefined where a value is absent',
    pattern: /(?<!Error |Exception |Buffer )\|\s*null\b|\bnull\s*\|(?!\|)/,
    view: 'code',
    except: { 'client/engine/demo.ts': 'the exit status that node:child_process hands over' },
  },
  { claim: 'protocol/ holds bytes in Uint8Array', pattern: /\bBuffer\b/, view: 'code', files: isProtocol },
  {
    claim: 'protocol/ reads no clock and no chance',
    pattern: /\bDate\b|\bMath\.random\b|\bperformance\b/,
    view: 'code',
    files: isProtocol,
  },
  {
    claim: 'control reads no clock and no chance',
    pattern: /\bDate\b|\bMath\.random\b|\bperformance\b|\bset(?:Timeout|Interval)\b/,
    view: 'code',
    files: isControl,
  },
  {
    claim: 'handing relays out reads no clock and no chance',
    pattern: /\bDate\b|\bMath\.random\b|\bperformance\b|\bset(?:Timeout|Interval)\b/,
    view: 'code',
    files: isHanding,
  },
  {
    claim: 'control knows nothing of the engine',
    pattern: /from '\.\.\/(?!\.\.\/contract\/)/,
    view: 'text',
    files: isControl,
  },
  {
    claim: 'the app uses nothing that the Node 18 of an old Electron lacks, but what old-runtime.ts brings',
    pattern:
      /\b(?:URL\.parse|Promise\.try|(?:Object|Map)\.groupBy|Array\.fromAsync|Iterator\.from|RegExp\.escape|Symbol\.(?:asyncDispose|dispose)|getBuiltinModule)\b|\.(?:union|intersection|difference|symmetricDifference|isSubsetOf|isSupersetOf|isDisjointFrom|toBase64|toHex|isWellFormed)\(|\.(?:keys|values|entries)\(\)\.(?!next\b)[a-z]/,
    view: 'code',
    files: (path) => /^(?:protocol|client\/(?:contract|desktop|engine))\//.test(path),
  },
  { claim: 'no test waits for time', pattern: /timers\/promises/, view: 'text', files: (path) => /\.test\.ts$/.test(path) },
]

describe('words', () => {
  for (const ban of BANS) {
    const looked = sources.filter(({ path }) => ban.files?.(path) ?? true)
    test(ban.claim, () => {
      expect(
        looked.filter(({ path }) => ban.except?.[path] === undefined).flatMap((source) => hits(source.path, source[ban.view], ban.pattern)),
      ).toEqual([])
    })
  }

  test('every exception is still needed', () => {
    const stale = BANS.flatMap((ban) => Object.keys(ban.except ?? {}).filter((path) => !isHit(ban, path)))
    expect(stale).toEqual([])
  })

  test('no file names a path or a habit of one machine', () => {
    const pattern = /(?<![\w.])\/(?:work|root|home\/\w+)\/|\bwork[p]lace\b/
    expect(files.filter(isText).flatMap((path) => hits(path, readFileSync(path, 'utf8'), pattern))).toEqual([])
  })
})

function isHit(ban: Ban, path: string): boolean {
  const source = sources.find((one) => one.path === path)
  return source !== undefined && hits(path, source[ban.view], ban.pattern).length > 0
}

function hits(path: string, text: string, pattern: RegExp): string[] {
  const all = text.matchAll(new RegExp(pattern, `${pattern.flags}g`))
  return [...all].map((match) => `${path}:${lineAt(text, match.index)} ${match[0]}`)
}

function isText(path: string): boolean {
  return /\.(?:ts|mjs|md|json|ya?ml|txt|py|html)$/.test(path) || /^\.(?!git\/)/.test(path)
}

describe('files', () => {
  test(`no source is longer than ${LINES_MAX} lines`, () => {
    const long = sources.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 })).filter(({ lines }) => lines > LINES_AIM)
    if (long.length > 0)
      console.log(`Longer than the ${LINES_AIM} lines we aim for:\n${long.map(({ path, lines }) => `  ${lines} ${path}`).join('\n')}`)
    expect(long.filter(({ lines }) => lines > LINES_MAX)).toEqual([])
  })

  test('every source but a test, whose claims say it, begins with a comment that says what it is for', () => {
    const firstLine = ({ text }: Source): string => text.split('\n').find((line) => !line.startsWith('#!')) ?? ''
    const mute = sources.filter((source) => !/^(?:\/\/|\/\*\*?) (?:\S+ ){3,}/.test(firstLine(source)))
    expect(mute.map(({ path }) => path).filter((path) => !path.endsWith('.test.ts'))).toEqual([])
  })

  test('file names are kebab-case', () => {
    const names = sources.map(({ path }) => path)
    expect(names.filter((path) => !/^\.?[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)*$/.test(basename(path)))).toEqual([])
  })

  test('package-lock.json holds every package that it names, those of other machines too, or a fresh clone could not be installed', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { readonly packages: Readonly<Record<string, Locked>> }
    const held = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)))
    const named = Object.values(packages).flatMap((one) => Object.keys({ ...one.dependencies, ...one.optionalDependencies }))
    expect(named.filter((name) => !held.has(name))).toEqual([])
  })

  test('package-lock.json names no registry', () => {
    expect(hits('package-lock.json', readFileSync('package-lock.json', 'utf8'), /"resolved"|\bregistry\b/)).toEqual([])
  })
})

describe('documents', () => {
  test('every link in a document leads to a file and a heading that exist', () => {
    expect(
      documents.flatMap((path) =>
        linksOf(path)
          .filter((link) => !leadsSomewhere(path, link))
          .map((link) => `${path} links to ${link}`),
      ),
    ).toEqual([])
  })

  test('THREATS.md numbers its promises without gaps', () => {
    const ids = [...readFileSync('docs/THREATS.md', 'utf8').matchAll(/^- \*\*T(\d+)\*\*/gm)].map((match) => Number(match[1]))
    expect(ids.sort((a, b) => a - b)).toEqual(ids.map((_, index) => index + 1))
  })

  test('THREATS.md names only tests that exist', () => {
    const named = [...readFileSync('docs/THREATS.md', 'utf8').matchAll(/`(test\/[\w./-]+)`/g)].map((match) => match[1] ?? '')
    expect(named.filter((path) => !existsSync(path))).toEqual([])
  })
})

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

function linksOf(path: string): string[] {
  const prose = readFileSync(path, 'utf8')
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, '')
  const targets = [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map((match) => match[1] ?? '')
  return targets.filter((target) => !/^[a-z]+:/.test(target))
}

function leadsSomewhere(path: string, link: string): boolean {
  const [file = '', heading] = link.split('#')
  const target = file === '' ? path : normalize(join(dirname(path), file))
  if (!existsSync(target)) return false
  return heading === undefined || headingsOf(target).includes(heading)
}

/** The anchors that GitHub makes of a document's headings. */
function headingsOf(path: string): string[] {
  const headings = [...readFileSync(path, 'utf8').matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1] ?? '')
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

function readJson(path: string): { readonly dependencies?: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(path, 'utf8'))
}
