// The menus of text fields and, on a Mac, of the application, without which no key would copy or paste there.
import { type BrowserWindow, Menu, type MenuItemConstructorOptions } from 'electron'
import type { Words } from './words.ts'

/** Under the mouse in a text field, or over selected text: people look there to paste an invite. */
export function popUpEditMenu(
  window: BrowserWindow,
  isEditable: boolean,
  flags: { readonly canCut: boolean; readonly canCopy: boolean; readonly canPaste: boolean },
  words: Words,
): void {
  const items: MenuItemConstructorOptions[] = isEditable
    ? [
        { role: 'cut', label: words.cut, enabled: flags.canCut },
        { role: 'copy', label: words.copy, enabled: flags.canCopy },
        { role: 'paste', label: words.paste, enabled: flags.canPaste },
        { type: 'separator' },
        { role: 'selectAll', label: words.selectAll },
      ]
    : flags.canCopy
      ? [{ role: 'copy', label: words.copy }]
      : []
  if (items.length > 0) Menu.buildFromTemplate(items).popup({ window })
}

/** On Windows and Linux a text field knows its keys without one. */
export function setApplicationMenu(platform: NodeJS.Platform): void {
  const menu = platform === 'darwin' ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]) : null
  Menu.setApplicationMenu(menu)
}
