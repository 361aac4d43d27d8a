// The shell as the app core sees it: what only a desktop app can do, each done by a file of its own. Nothing here rejects.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { app, type BrowserWindow, dialog, session } from 'electron'
import type { Shell } from '../contract/shell.ts'
import { forgetEverything } from './app-files.ts'
import type { SecretFile } from './secrets.ts'
import { setStartAtLogin } from './start-at-login.ts'
import type { MachineProxy } from './system-proxy/machine-proxy.ts'
import type { Updating } from './updating.ts'

export interface ShellParts {
  /** The app's own. */
  readonly folder: string
  readonly secrets: SecretFile
  /** Once what a crash left has been put back. */
  readonly proxy: Promise<MachineProxy>
  readonly updating: Updating
  readonly notify: Shell['notify']
  readonly quit: () => void
  /** What a dialog belongs to. */
  readonly window: () => BrowserWindow | undefined
}

export function createShell({ folder, secrets, proxy, updating, notify, quit, window }: ShellParts): Shell {
  /** State that is written nowhere, since nobody agreed to that: an engine that is started again goes on with it. */
  let held: string | undefined
  return {
    loadState: async () => (held === undefined ? secrets.load() : { kind: 'memory', text: held }),
    saveState: async ({ text, manner }) => {
      held = manner === 'memory' ? text : undefined
      return manner === 'memory' || secrets.save(text, manner)
    },
    wipe: async () => {
      held = undefined
      updating.stop()
      const repair = async (): Promise<boolean> => (await (await proxy).repair()) !== 'failed'
      return forgetEverything({ folder, repair, clearSessions })
    },
    setSystemProxy: async (wanted) => (await proxy).set(wanted),
    repairInternet: async () => (await proxy).repair(),
    setStartAtLogin: async ({ isOn }) => setStartAtLogin(isOn),
    notify,
    saveFile: (file) => saveFile(file, window()),
    ...updating,
    quit,
  }
}

async function clearSessions(): Promise<void> {
  for (const one of [session.defaultSession, session.fromPartition('screens')]) {
    await one.clearStorageData()
    await one.clearCache()
  }
}

async function saveFile(
  { name, text }: { readonly name: string; readonly text: string },
  window: BrowserWindow | undefined,
): Promise<'saved' | 'cancelled' | 'failed'> {
  const options = { defaultPath: join(app.getPath('documents'), name) }
  const { canceled, filePath } = await (window === undefined ? dialog.showSaveDialog(options) : dialog.showSaveDialog(window, options))
  if (canceled || filePath === undefined || filePath === '') return 'cancelled'
  try {
    writeFileSync(filePath, text, { mode: 0o600 })
    return 'saved'
  } catch {
    return 'failed'
  }
}
