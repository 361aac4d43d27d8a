// SVG to PNG, in threads beside the one that serves pages, few at once.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { renderAsync } from '@resvg/resvg-js'
import { type SiteLimits, siteLimits } from './site-limits.ts'

/** Where Debian's fonts-noto and fonts-noto-cjk lie, and what of them is drawn with; an ordinary face before a bold one, since what draws takes the first
 *  that has a letter. Of all fonts of a machine that would be any, often a bold one, and to read them all takes most of a second each time. */
const FONT_FOLDERS = ['/usr/share/fonts/truetype/noto', '/usr/share/fonts/opentype/noto']
const FONT_FILES = ['NotoSans-Regular.ttf', 'NotoSansArabic-Regular.ttf', 'NotoSansCJK-Regular.ttc', 'NotoSans-Bold.ttf']

export class BusyError extends Error {}

export class Painter {
  readonly #limits: SiteLimits
  readonly #waiting: (() => void)[] = []
  readonly #fonts: readonly string[] = FONT_FILES.flatMap((name) => FONT_FOLDERS.map((folder) => join(folder, name))).filter((file) =>
    existsSync(file),
  )
  #atOnce = 0

  constructor(limits: SiteLimits = siteLimits) {
    this.#limits = limits
  }

  /** Twice the size of the drawing, for screens of today. Throws BusyError where too many wait. */
  async paint(svg: string): Promise<Uint8Array> {
    if (this.#atOnce >= this.#limits.drawnAtOnceMax) {
      if (this.#waiting.length >= this.#limits.drawnWaitingMax) throw new BusyError()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#atOnce++
    try {
      const image = await renderAsync(svg, {
        fitTo: { mode: 'zoom', value: 2 },
        font: { loadSystemFonts: this.#fonts.length < FONT_FILES.length, fontFiles: [...this.#fonts], defaultFontFamily: 'Noto Sans' },
      })
      return image.asPng()
    } finally {
      this.#atOnce--
      this.#waiting.shift()?.()
    }
  }
}
