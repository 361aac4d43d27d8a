// Starting with the computer: Windows and macOS have a call for it; other desktops read a file.
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { app } from 'electron'
import { writeDurably } from '../folder/write-file.ts'
import { desktopEntry } from './desktop-entry.ts'
import { ownCommand } from './repair.ts'

/** Among the arguments of an app that starts with the computer: it opens no window. */
export const HIDDEN_ARGUMENT = '--hidden'

/** Returns whether it is as wanted. */
export function setStartAtLogin(isOn: boolean): boolean {
  try {
    if (process.platform === 'linux') writeAutostart(isOn)
    else app.setLoginItemSettings({ openAtLogin: isOn, args: [HIDDEN_ARGUMENT] })
    return true
  } catch {
    return false
  }
}

function writeAutostart(isOn: boolean): void {
  const file = join(app.getPath('appData'), 'autostart', 'culvert.desktop')
  if (!isOn) {
    rmSync(file, { force: true })
    return
  }
  mkdirSync(dirname(file), { recursive: true })
  writeDurably(file, desktopEntry([...ownCommand(), HIDDEN_ARGUMENT], ['X-GNOME-Autostart-enabled=true']))
}
