// The shell of the screens in a browser: plain Node. It keeps the state in a folder where it was given one, in clear text, and only once the person agreed; of
// the system's settings it changes none.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '#protocol/node'
import type { Capabilities } from '../../contract/app-status.ts'
import type { LoadedState, Shell } from '../../contract/shell.ts'
import { writeDurably } from '../../folder/write-file.ts'

const FILE = 'app.json'

export function browserCapabilities(dir: string | undefined): Capabilities {
  return {
    shell: 'browser',
    dialer: 'node',
    systemLanguage: '',
    systemProxy: false,
    killSwitch: false,
    startAtLogin: false,
    notifications: false,
    tray: false,
    storage: dir === undefined ? 'none' : 'plain',
    saveFile: false,
    screenImage: true,
    camera: true,
    share: false,
    update: false,
    proxyGaps: [],
  }
}

export function createBrowserShell(dir: string | undefined, quit: () => void): Shell {
  const file = dir === undefined ? undefined : join(dir, FILE)
  return {
    loadState: async () => (file === undefined ? { kind: 'none' } : load(file)),
    saveState: async ({ text, manner }) => manner !== 'memory' && file !== undefined && dir !== undefined && save(dir, file, text),
    wipe: async () => file === undefined || remove(file),
    setSystemProxy: async () => 'refused',
    repairInternet: async () => 'refused',
    setStartAtLogin: async () => false,
    notify: () => undefined,
    saveFile: async () => 'failed',
    share: async () => 'failed',
    checkUpdate: async () => undefined,
    fetchUpdate: async () => undefined,
    openUpdate: async () => undefined,
    installUpdate: async () => undefined,
    quit,
  }
}

function load(file: string): LoadedState {
  try {
    return { kind: 'plain', text: readFileSync(file, 'utf8') }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? { kind: 'none' } : { kind: 'unreadable' }
  }
}

function save(dir: string, file: string, text: string): boolean {
  try {
    makeFolder(dir, 0o700)
    writeDurably(file, text)
    return true
  } catch {
    return false
  }
}

function remove(file: string): boolean {
  try {
    for (const one of [file, `${file}.new`]) rmSync(one, { force: true })
    return true
  } catch {
    return false
  }
}
