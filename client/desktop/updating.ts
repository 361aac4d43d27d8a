// Updates and gifts as the shell offers them: whom to ask where, through which session to fetch, and how this system installs.
import { app, type BrowserWindow, dialog, type OpenDialogOptions, shell } from 'electron'
import type { UpdateStatus } from '../contract/app-status.ts'
import type { OwnProxy, Shell } from '../contract/shell.ts'
import { dropHalf, replaceProgram } from '../folder/write-file.ts'
import { relaunch } from './repair.ts'
import { giveToFriend } from './share.ts'
import type { Fetch } from './update/download.ts'
import { fetchThrough } from './update/fetch.ts'
import { trusted } from './update/trusted.ts'
import { Updates } from './update/updates.ts'
import { languageOf } from './words.ts'

export interface UpdatingParts {
  /** The app's own. */
  readonly folder: string
  /** By the relays' clock, as far as they have told it: seconds since 1970. */
  readonly nowS: () => number
  readonly onStatus: (status: UpdateStatus) => void
  /** What a dialog belongs to. */
  readonly window: () => BrowserWindow | undefined
  readonly quit: () => void
}

export type Updating = Pick<Shell, 'share' | 'checkUpdate' | 'fetchUpdate' | 'openUpdate' | 'installUpdate'> & {
  /** Before the app's files are wiped. */
  readonly stop: () => void
}

/** Where the app lies, if it is an AppImage. */
const IMAGE = process.env['APPIMAGE']

/** Whether this copy can be updated at all. */
export const canUpdate: boolean = trusted !== undefined

export function createUpdating({ folder, nowS, onStatus, window, quit }: UpdatingParts): Updating {
  const updates = new Updates({
    folder,
    firstKeys: trusted?.keys,
    baseUrl: trusted?.url ?? '',
    version: app.getVersion(),
    target: `${process.platform}-${process.arch}-${packageKind()}`,
    builtAtS: trusted?.builtAt ?? 0,
    nowS,
    onStatus,
  })
  // There is one app at a time: nobody else is replacing it.
  if (IMAGE !== undefined) dropHalf(IMAGE)
  const started = updates.start()
  /** Never but through the session: the network is not to see who asks for updates of this app. */
  const through = async (proxy: OwnProxy | undefined, work: (fetch: Fetch) => Promise<void>): Promise<void> => {
    await started
    if (proxy === undefined) onStatus({ state: 'failed', fault: 'unreachable' })
    else await work(await fetchThrough(proxy, nowS))
  }
  return {
    checkUpdate: (proxy) => through(proxy, (fetch) => updates.check(fetch)),
    fetchUpdate: (proxy) => through(proxy, (fetch) => updates.bring(fetch)),
    async openUpdate() {
      const [path] = await ask(window(), { properties: ['openFile'], filters: [{ name: 'Culvert', extensions: ['update'] }] })
      if (path !== undefined) await updates.open(path)
    },
    async installUpdate() {
      const installer = await updates.installer()
      if (installer?.isNewer !== true || !(await install(installer.path))) onStatus({ state: 'failed', fault: 'failed' })
      else quit()
    },
    async share({ invite, language }) {
      const [place] = await ask(window(), { properties: ['openDirectory', 'createDirectory'] })
      if (place === undefined) return 'cancelled'
      const [system = ''] = app.getPreferredSystemLanguages()
      return giveToFriend({ place, language: languageOf(language, system), invite, installer: await updates.installerToGive() })
    },
    stop: () => updates.stop(),
  }
}

async function ask(window: BrowserWindow | undefined, options: OpenDialogOptions): Promise<readonly string[]> {
  const { canceled, filePaths } = await (window === undefined ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options))
  return canceled ? [] : filePaths
}

/** As electron-builder.yml makes them. */
function packageKind(): string {
  if (process.platform === 'darwin') return 'dmg'
  if (process.platform === 'win32') return process.env['PORTABLE_EXECUTABLE_FILE'] === undefined ? 'nsis' : 'portable'
  if (IMAGE !== undefined) return 'appimage'
  return process.execPath.startsWith('/opt/') ? 'deb' : 'tar'
}

/** An AppImage takes its own place; all others are handed to the system's own installer. False: neither worked. */
async function install(path: string): Promise<boolean> {
  if (IMAGE === undefined) return (await shell.openPath(path)) === ''
  try {
    replaceProgram(IMAGE, path)
    relaunch()
    return true
  } catch {
    return false
  }
}
