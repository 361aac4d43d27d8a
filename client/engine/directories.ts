// Keeps the directory young, by whatever way answers.
//
// 1. a session began, or some hours passed: ask through it                                              onSession
// 2. the directory is not fresh: ask sources as well, a few at a time, unlike each other, edges among them       #race
// 3. the first copy that is younger and right is taken; the rest are called off                           onNews
import type { Crypto } from '#protocol'
import type { Drive } from '#protocol/node'
import { invitesNamed } from './askable.ts'
import type { Clock } from './clock.ts'
import type { DirectoryBook, Taken } from './control/directory.ts'
import { between } from './control/draw.ts'
import { fetchThrough } from './directory-fetch.ts'
import { type DirectoryLimits, directoryLimits } from './limits.ts'
import type { Platform } from './platform.ts'
import { raceSources } from './source-race.ts'

export interface DirectoriesOptions {
  readonly book: DirectoryBook
  readonly platform: Platform
  readonly crypto: Crypto
  readonly clock: Clock
  /** What the person was given stands elsewhere than on the internet, and so may the sources. */
  readonly isInside: boolean
  /** A younger directory, or its roll, is there. */
  readonly onNews: () => void
  readonly limits?: DirectoryLimits
}

export class Directories {
  readonly #options: DirectoriesOptions
  readonly #limits: DirectoryLimits
  readonly #stop = new AbortController()
  #drive: Drive | undefined
  #timer: NodeJS.Timeout | undefined
  #isAsking = false

  constructor(options: DirectoriesOptions) {
    this.#options = options
    this.#limits = options.limits ?? directoryLimits
    this.#again()
  }

  /** A session began: it is the nearest to ask. */
  onSession(drive: Drive): void {
    this.#drive = drive
    void this.#ask()
  }

  stop(): void {
    this.#stop.abort()
    clearTimeout(this.#timer)
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || this.#stop.signal.aborted) return
    this.#isAsking = true
    const { book, clock } = this.#options
    const taken = this.#drive && (await fetchThrough(this.#drive, book, clock))
    const isNews = this.#tell(taken)
    if (!isNews && !book.isFresh(clock.nowS())) await this.#race()
    this.#isAsking = false
    if (!this.#stop.signal.aborted) this.#again()
  }

  async #race(): Promise<void> {
    const { book, platform, crypto, clock, isInside } = this.#options
    const sources = invitesNamed(book.sources, isInside)
    await raceSources({ platform, crypto, clock, signal: this.#stop.signal, limits: this.#limits }, sources, async (drive) =>
      this.#tell(await fetchThrough(drive, book, clock)),
    )
  }

  #tell(taken: Taken | undefined): boolean {
    if (taken === 'younger' || taken === 'known') this.#options.onNews()
    return taken === 'younger'
  }

  #again(): void {
    const { book, platform, clock } = this.#options
    const [min, max] = book.isFresh(clock.nowS())
      ? [this.#limits.freshMsMin, this.#limits.freshMsMax]
      : [this.#limits.staleMsMin, this.#limits.staleMsMax]
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#ask(), between(platform.random, min, max)).unref()
  }
}
