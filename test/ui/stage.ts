// Shows scenes in a real browser: the screens' own server, with a status that is set by hand.
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { buildScreens } from '../../client/build/screens.ts'
import type { AppStatus } from '../../client/contract/app-status.ts'
import { COMMANDS, type CommandName, type Executors, type Fault, type Outcome } from '../../client/contract/commands.ts'
import type { Settings } from '../../client/contract/settings.ts'
import { startUiServer, type UiServer } from '../../client/engine/ui-server/server.ts'
import { findProgram } from '../programs.ts'
import type { Scene } from './scenes.ts'

export interface Look {
  readonly language: Settings['language']
  readonly theme: 'light' | 'dark'
  readonly width: number
  readonly height: number
  /** Reduced motion by default, so that pictures are still. */
  readonly motion?: 'no-preference'
  /** Points of the screen for one of the page: 2 is a zoom of 200 %. */
  readonly zoom?: number
}

interface Held {
  status: AppStatus | undefined
  inviteFault: Fault
}

export class Stage {
  readonly #server: UiServer
  readonly #browser: Browser
  readonly asked: (readonly [string, unknown])[]
  readonly #hold: Held

  private constructor(server: UiServer, browser: Browser, asked: (readonly [string, unknown])[], hold: Held) {
    this.#server = server
    this.#browser = browser
    this.asked = asked
    this.#hold = hold
  }

  static async open(): Promise<Stage> {
    const asked: (readonly [string, unknown])[] = []
    const hold: Held = { status: undefined, inviteFault: 'invite-damaged' }
    const server = await startUiServer({
      port: 0,
      executors: recording(asked, hold),
      status: () => hold.status as AppStatus,
      files: await buildScreens(),
    })
    const browser = await chromium.launch({
      executablePath: findProgram('chromium') as string,
      args: ['--no-sandbox', '--disable-background-networking'],
    })
    return new Stage(server, browser, asked, hold)
  }

  /** A fresh window with this scene; `errors` fills with what the page complains of. */
  async show(scene: Scene, look: Look): Promise<{ readonly page: Page; readonly context: BrowserContext; readonly errors: string[] }> {
    const { language, theme, width, height, motion, zoom = 1 } = look
    this.#hold.status = { ...scene.status, settings: { ...scene.status.settings, language } }
    const viewport = { width: Math.round(width / zoom), height: Math.round(height / zoom) }
    const context = await this.#browser.newContext({
      ...{ viewport, deviceScaleFactor: zoom, colorScheme: theme, reducedMotion: motion ?? 'reduce' },
    })
    const page = await context.newPage()
    const errors: string[] = []
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    page.on('pageerror', (error) => errors.push(String(error)))
    await page.goto(this.#server.newLink())
    await page.waitForURL(/\/$/)
    await this.go(page, scene)
    return { page, context, errors }
  }

  /** What is wrong with each invite that is added from now on. */
  set inviteFault(fault: Fault) {
    this.#hold.inviteFault = fault
  }

  /** Another scene in the same window. */
  async go(page: Page, scene: Scene): Promise<void> {
    this.#hold.status = { ...scene.status, settings: { ...scene.status.settings, language: this.#hold.status?.settings.language ?? 'en' } }
    await page.evaluate((place) => (location.hash = place), scene.place)
    this.#server.tell(this.#hold.status)
    await page.locator('h1').first().waitFor()
    await page.evaluate(() => document.fonts.ready)
    // The status has come, and was drawn.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  }

  async close(): Promise<void> {
    await this.#browser.close()
    this.#server.close()
  }
}

function recording(asked: (readonly [string, unknown])[], hold: Held): Executors {
  const done =
    (name: CommandName) =>
    async (payload: unknown): Promise<Outcome<unknown>> => {
      asked.push([name, payload])
      if (name === 'addInvite') return { ok: false, fault: hold.inviteFault }
      return name.startsWith('preview') ? { ok: true, value: { id: 'a', text: '{\n  "version": 1\n}\n' } } : { ok: true, value: undefined }
    }
  return Object.fromEntries((Object.keys(COMMANDS) as CommandName[]).map((name) => [name, done(name)])) as unknown as Executors
}

/** Where pictures go: beside what is built, and like it not kept. */
export const PICTURES: string = join(import.meta.dirname, '..', '..', 'dist', 'pictures')
