// SVG to PNG, in threads beside the one that serves pages, few at once.
import { renderAsync } from '@resvg/resvg-js'
import { type SiteLimits, siteLimits } from './site-limits.ts'

export class BusyError extends Error {}

export class Painter {
  readonly #limits: SiteLimits
  readonly #waiting: (() => void)[] = []
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
        font: { loadSystemFonts: true, defaultFontFamily: 'Noto Sans' },
      })
      return image.asPng()
    } finally {
      this.#atOnce--
      this.#waiting.shift()?.()
    }
  }
}
