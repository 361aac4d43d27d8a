// SVG to PNG, in threads beside the one that serves pages, few at once; in letters that fonts of this machine have.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type RenderedImage, renderAsync } from '@resvg/resvg-js'
import { type SiteLimits, siteLimits } from './site-limits.ts'
import { LANGUAGES, type Language, TRAITS } from './words/languages.ts'

/** Where Debian's fonts-noto and fonts-noto-cjk lie, and what of them is drawn with; an ordinary face before a bold one, since what draws takes the first
 *  that has a letter. Of all fonts of a machine that would be any, often a bold one, and to read them all takes most of a second each time. */
const FONT_FOLDERS = ['/usr/share/fonts/truetype/noto', '/usr/share/fonts/opentype/noto']
const FONT_FILES = ['NotoSans-Regular.ttf', 'NotoSansArabic-Regular.ttf', 'NotoSansCJK-Regular.ttc', 'NotoSans-Bold.ttf']

/** A place for private use: drawn as whatever no font has, a box or nothing. */
const LETTER_OF_NO_FONT = '\u{10fffd}'
/** Of the drawing in which letters are tried, each in a field of its own. */
const FIELD = 32

export class BusyError extends Error {}

export class Painter {
  readonly #limits: SiteLimits
  readonly #waiting: (() => void)[] = []
  readonly #fonts: readonly string[]
  readonly #isOnlyThese: boolean
  /** Whether a font has it, of each letter that was ever asked for. */
  readonly #letters = new Map<string, boolean>()
  readonly #lacking = new Set<Language>()
  #atOnce = 0

  /** `fontFiles`: instead of those of this machine. */
  constructor(limits: SiteLimits = siteLimits, fontFiles?: readonly string[]) {
    this.#limits = limits
    const noto = FONT_FILES.flatMap((name) => FONT_FOLDERS.map((folder) => join(folder, name))).filter((file) => existsSync(file))
    this.#fonts = fontFiles ?? noto
    this.#isOnlyThese = fontFiles !== undefined || noto.length === FONT_FILES.length
  }

  /** Looks which languages no font here has the letters of, and says so. */
  async look(): Promise<readonly Language[]> {
    for (const language of LANGUAGES) {
      const { name, font, paintedAs } = TRAITS[language]
      if (paintedAs === undefined && !(await this.#hasLetters(name, `<style>text{font-family:"${font}",sans-serif}</style>`)))
        this.#lacking.add(language)
    }
    return [...this.#lacking]
  }

  /** What a PNG speaks to a reader of this language. */
  languageFor(language: Language): Language {
    return TRAITS[language].paintedAs ?? (this.#lacking.has(language) ? 'en' : language)
  }

  /** What is drawn in this language, or in English where a letter of it is in no font here. undefined: nor are those of English. Throws BusyError. */
  async paint(language: Language, draw: (language: Language) => string): Promise<Uint8Array | undefined> {
    for (const one of new Set([this.languageFor(language), 'en'] as const)) {
      const svg = draw(one)
      const [style = ''] = /<style>.*?<\/style>/s.exec(svg) ?? []
      if (!(await this.#hasLetters(svg.replace(/<style>.*?<\/style>|<[^>]*>|&\w+;/gs, ''), style))) continue
      // Twice the size of the drawing, for screens of today.
      return (await this.#draw(svg, 2)).asPng()
    }
    return undefined
  }

  /** Boxes and empty places are no letters: each is drawn, and compared with one that no font has. */
  async #hasLetters(text: string, style: string): Promise<boolean> {
    const letters = [...new Set(text.match(/[\p{L}\p{N}]/gu))]
    const tried = [LETTER_OF_NO_FONT, ...letters.filter((letter) => !this.#letters.has(letter))]
    if (tried.length > 1) {
      const fields = tried.map(
        (letter, n) => `<svg x="${n * FIELD}" width="${FIELD}" height="${FIELD}"><text x="8" y="22">${letter}</text></svg>`,
      )
      const width = tried.length * FIELD
      const image = await this.#draw(
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${FIELD}">${style}${fields.join('')}</svg>`,
        1,
      )
      const fieldAt = fieldsOf(image)
      for (const [n, letter] of tried.entries()) if (n > 0) this.#letters.set(letter, !fieldAt(n).equals(fieldAt(0)))
    }
    return letters.every((letter) => this.#letters.get(letter))
  }

  async #draw(svg: string, zoom: number): Promise<RenderedImage> {
    if (this.#atOnce >= this.#limits.drawnAtOnceMax) {
      if (this.#waiting.length >= this.#limits.drawnWaitingMax) throw new BusyError()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#atOnce++
    try {
      return await renderAsync(svg, {
        fitTo: { mode: 'zoom', value: zoom },
        font: { loadSystemFonts: !this.#isOnlyThese, fontFiles: [...this.#fonts], defaultFontFamily: 'Noto Sans' },
      })
    } finally {
      this.#atOnce--
      this.#waiting.shift()?.()
    }
  }
}

/** The pixels of each field. */
function fieldsOf({ pixels, width }: RenderedImage): (index: number) => Buffer {
  return (index) => {
    const starts = Array.from({ length: FIELD }, (_, y) => 4 * (y * width + index * FIELD))
    return Buffer.concat(starts.map((from) => pixels.subarray(from, from + 4 * FIELD)))
  }
}
