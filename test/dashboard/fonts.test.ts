// Pictures on machines whose fonts lack letters: never boxes, never a drawing that lost its words, among them that it is made up.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Painter } from '../../relay/observatory/png.ts'
import { Program } from '../e2e/program.ts'
import { needs } from '../needs.ts'

const RELAY = join(import.meta.dirname, '../../relay/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'culvert-fonts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const drawingOf = (text: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><style>text{font-family:sans-serif}</style><text x="5" y="20">${text}</text></svg>`
const sizeOf = (png: Uint8Array | undefined): string | undefined => png && Buffer.from(png.subarray(16, 24)).toString('hex')

test.runIf(needs('chromium'))(
  'a picture speaks English where no font has its letters, and there is none where those of English are missing too',
  async () => {
    const font = execFileSync('fc-match', ['--format=%{file}', 'sans:lang=en'], { encoding: 'utf8' })
    const painter = new Painter(undefined, [font])
    const drawn: string[] = []
    // Of Ol Onal, which no ordinary font has.
    const draw = (language: string): string => {
      drawn.push(language)
      return drawingOf(language === 'zh' ? 'A\u{1e5d0}' : 'English')
    }
    expect(sizeOf(await painter.paint('zh', draw))).toBe('000000b40000003c')
    expect(sizeOf(await painter.paint('fr', draw))).toBe('000000b40000003c')
    expect(drawn).toEqual(['zh', 'en', 'fr'])
    expect(await painter.look()).not.toContain('en')
    const blank = new Painter(undefined, [])
    expect(await blank.paint('fr', draw)).toBeUndefined()
    expect(await blank.look()).toEqual(['en', 'fa', 'ar', 'ru', 'zh', 'tr', 'es', 'fr'])
  },
)

test.runIf(needs('root'))(
  'pages on a machine without any font say so to their operator, and in words to who asks for a picture',
  async () => {
    const run = `mount -t tmpfs none /usr/share/fonts; exec ${process.execPath} ${RELAY} observatory run --demo-data --listen 127.0.0.1:0 --json`
    const program = new Program(['unshare', '--mount', 'sh', '-c', run], { folder })
    const said = (event: string) => (line: string) => {
      const one = JSON.parse(line) as { readonly event: string; readonly listen?: string; readonly languages?: string }
      return one.event === event ? one : undefined
    }
    const { listen } = await program.line(said('ready'))
    expect((await program.line(said('fonts-missing'))).languages).toContain('en,fa,ar')
    const picture = await fetch(`http://${listen}/figures/people.png?lang=fr`)
    expect([picture.status, picture.headers.get('content-type'), /Aucune police/.test(await picture.text())]).toEqual([
      503,
      'text/html; charset=utf-8',
      true,
    ])
    expect(await (await fetch(`http://${listen}/?lang=zh`)).text()).toContain('PNG (English)')
    expect((await fetch(`http://${listen}/figures/people.svg?lang=zh`)).status).toBe(200)
    program.signal('SIGTERM')
    expect((await program.ended).code).toBe(0)
  },
)
