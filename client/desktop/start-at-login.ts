// Starting with the computer: Windows and macOS have a call for it; other desktops read a file.
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { app } from 'electron'
import { ownCommand } from './repair.ts'
import { writeDurably } from './write-file.ts'

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

/** https://specifications.freedesktop.org/autostart-spec/latest/ */
function writeAutostart(isOn: boolean): void {
  const file = join(app.getPath('appData'), 'autostart', 'culvert.desktop')
  if (!isOn) {
    rmSync(file, { force: true })
    return
  }
  mkdirSync(dirname(file), { recursive: true })
  const words = [...ownCommand(), HIDDEN_ARGUMENT].map(quote).join(' ')
  writeDurably(file, `[Desktop Entry]\nType=Application\nName=Culvert\nExec=${words}\nX-GNOME-Autostart-enabled=true\n`)
}

/** As the desktop entry's Exec wants it: a quoted word, whose `%` begins no field. */
function quote(word: string): string {
  return `"${word.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%')}"`.replaceAll('\\', '\\\\')
}
