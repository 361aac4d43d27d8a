// The desktop app's main process.
//
// 1. before Electron is ready: switches, sandbox, scheme, one app at a time      begin
// 2. the screens' session, the engine's process, window and tray                 run
// 3. links and files that open it, now and later                                 open
// 4. the end, however it is asked for: the engine first, then all else           quit
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { app, dialog } from 'electron'
import { registerAppScheme } from './app-scheme.ts'
import { DesktopApp } from './desktop-app.ts'
import { hardenApp } from './harden.ts'
import { setApplicationMenu } from './menus.ts'
import { isLink, textOfFile, textsOfArguments } from './opened.ts'
import { repairOf } from './repair.ts'
import { HIDDEN_ARGUMENT } from './start-at-login.ts'
import { wordsOf } from './words.ts'

/** Codes of their own, for whoever started the app. */
const EXIT_FAILED = 70

begin()

function begin(): void {
  app.setName('Culvert')
  registerAppScheme()
  hardenApp()
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  const repair = repairOf(process.argv)
  if (repair !== undefined) {
    void repair().then((code) => app.exit(code))
    return
  }
  if (!hasFolder() || !app.requestSingleInstanceLock()) {
    // Another one runs; or the folder, or the lock in it, could not be made, and a person would see nothing at all.
    if (canStore()) app.exit(0)
    else sayNothingCanBeStored()
    return
  }
  const opened: string[] = [...textsOfArguments(process.argv.slice(1), process.cwd())]
  let isRepairAsked = false
  let desktop: DesktopApp | undefined
  const open = (texts: readonly string[]): void => {
    if (desktop === undefined) opened.push(...texts)
    else desktop.open(texts)
  }
  app.on('second-instance', (_event, words, folder) => {
    if (repairOf(words) === undefined) open(textsOfArguments(words.slice(1), folder))
    else if (desktop === undefined) isRepairAsked = true
    else desktop.repair()
  })
  // A Mac hands links and files over by events, the first of them before it is ready.
  app.on('open-url', (event, url) => {
    event.preventDefault()
    open(isLink(url) ? [url] : [])
  })
  app.on('open-file', (event, path) => {
    event.preventDefault()
    open([textOfFile(path)])
  })
  app.on('activate', () => open([]))
  app.on('window-all-closed', () => undefined)
  void app.whenReady().then(() => {
    setApplicationMenu(process.platform)
    desktop = new DesktopApp()
    if (isRepairAsked) desktop.repair()
    if (opened.length > 0 || !process.argv.includes(HIDDEN_ARGUMENT)) desktop.open(opened)
  })
}

function hasFolder(): boolean {
  try {
    mkdirSync(app.getPath('userData'), { recursive: true })
    return true
  } catch {
    return false
  }
}

function canStore(): boolean {
  try {
    rmdirSync(mkdtempSync(join(app.getPath('userData'), 'try-')))
    return true
  } catch {
    return false
  }
}

/** Without a folder Chromium would end by a signal before it could show anything: it gets one in memory, where the system has such, for as long as that takes. */
function sayNothingCanBeStored(): void {
  try {
    const folder = mkdtempSync(join(process.env['XDG_RUNTIME_DIR'] || tmpdir(), 'culvert-'))
    app.setPath('userData', folder)
    void app.whenReady().then(() => {
      complain()
      rmSync(folder, { recursive: true, force: true })
      app.exit(EXIT_FAILED)
    })
  } catch {
    complain()
    app.exit(EXIT_FAILED)
  }
}

function complain(): void {
  const said = wordsOf('system', app.getLocale())['state-unwritable']
  process.stderr.write(`${said}\n`)
  dialog.showErrorBox('Culvert', said)
}

/** A bug ends the app: what it changed is put back by the guard process. A dialog with a stack, Electron's way, would hold that up and help nobody. */
function fail(error: unknown): void {
  process.stderr.write(`Culvert has failed. ${app.isPackaged ? '' : error instanceof Error ? error.stack : String(error)}\n`)
  app.exit(EXIT_FAILED)
}
