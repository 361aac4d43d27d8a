// The one window: a view of the screens, made when it is wanted and gone when it is closed, so that an app in the tray holds no page in memory.
import { join } from 'node:path'
import { app, BrowserWindow, nativeTheme, type Session, type WebContents } from 'electron'
import type { Settings } from '../contract/settings.ts'
import { APP_FILES } from './app-files.ts'
import { APP_PAGE } from './app-scheme.ts'
import { windowLimits } from './limits.ts'
import { popUpEditMenu } from './menus.ts'
import type { Words } from './words.ts'
import { followZoomKeys } from './zoom.ts'

export interface WindowOptions {
  readonly session: Session
  readonly preload: string
  readonly icon: string
  readonly words: () => Words
  readonly onClosed: () => void
}

export class Window {
  readonly #options: WindowOptions
  #window: BrowserWindow | undefined
  #crashesMs: number[] = []

  constructor(options: WindowOptions) {
    this.#options = options
  }

  get contents(): WebContents | undefined {
    return this.#window?.webContents
  }

  get browserWindow(): BrowserWindow | undefined {
    return this.#window
  }

  /** Opens it, or brings it to the front. */
  show(): void {
    if (this.#window === undefined) {
      this.#window = this.#open()
      return
    }
    if (this.#window.isMinimized()) this.#window.restore()
    this.#window.show()
    this.#window.focus()
  }

  close(): void {
    this.#window?.destroy()
  }

  #open(): BrowserWindow {
    const { session, preload, icon } = this.#options
    const window = new BrowserWindow({
      ...windowLimits,
      show: false,
      title: 'Culvert',
      icon,
      // What shows until the page has painted: no white flash in a dark room.
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#14171c' : '#f6f7f9',
      autoHideMenuBar: true,
      webPreferences: {
        session,
        preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
        navigateOnDragDrop: false,
        safeDialogs: true,
        devTools: !app.isPackaged,
      },
    })
    window.once('ready-to-show', () => window.show())
    window.once('closed', () => {
      if (this.#window !== window) return
      this.#window = undefined
      this.#options.onClosed()
    })
    // The page's title is for the taskbar, and the app's name is enough there.
    window.on('page-title-updated', (event) => event.preventDefault())
    window.webContents.on('context-menu', (_event, { isEditable, editFlags }) =>
      popUpEditMenu(window, isEditable, editFlags, this.#options.words()),
    )
    followZoomKeys(window.webContents, join(app.getPath('userData'), APP_FILES.zoom))
    window.webContents.on('render-process-gone', (_event, { reason }) => this.#onPageGone(window, reason))
    void window.loadURL(APP_PAGE)
    return window
  }

  /** A page that crashed is shown again; one that crashes again and again would only take the machine's time. */
  #onPageGone(window: BrowserWindow, reason: string): void {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    const now = performance.now()
    this.#crashesMs = [...this.#crashesMs.filter((ms) => now - ms < windowLimits.crashWindowMs), now]
    if (this.#crashesMs.length > windowLimits.crashesMax) window.destroy()
    else void window.loadURL(APP_PAGE)
  }
}

/** Tells Chromium which of its two sets of colours the page asks for. */
export function followTheme(theme: Settings['theme']): void {
  if (nativeTheme.themeSource !== theme) nativeTheme.themeSource = theme
}
