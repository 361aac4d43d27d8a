// The menus: of the tray, of text fields, and, on a Mac, of the application, without which no key would copy or paste there.
import { type BrowserWindow, Menu, type MenuItemConstructorOptions } from 'electron'
import type { AppStatus } from '../contract/app-status.ts'
import type { CommandName } from '../contract/commands.ts'
import type { Words } from './words.ts'

export interface TrayActions {
  readonly open: () => void
  readonly send: (name: CommandName) => void
  readonly quit: () => void
}

/** One sentence on how things stand. */
export function stateWords({ link, systemProxy }: Pick<AppStatus, 'link' | 'systemProxy'>, words: Words): string {
  if (systemProxy.state === 'refusing' && link.state !== 'connected') return words.stateRefusing
  switch (link.state) {
    case 'off':
      return words.stateOff
    case 'connecting':
      return words.stateConnecting
    case 'connected':
      return words.stateConnected
    case 'recovering':
      return words.stateRecovering
    case 'waiting':
      return words.stateWaiting
  }
}

export function createTrayMenu(status: AppStatus, words: Words, { open, send, quit }: TrayActions): Menu {
  const { link, systemProxy, relays } = status
  const isOn = link.state !== 'off'
  const line: MenuItemConstructorOptions = isOn
    ? { label: link.state === 'connecting' ? words.cancel : words.disconnect, click: () => send('disconnect') }
    : { label: words.connect, enabled: relays.length > 0, click: () => send('connect') }
  const repair: readonly MenuItemConstructorOptions[] =
    systemProxy.state === 'unsupported' ? [] : [{ label: words.repair, click: () => send('repairInternet') }]
  return Menu.buildFromTemplate([
    { label: stateWords(status, words), enabled: false },
    { type: 'separator' },
    { label: words.open, click: open },
    line,
    ...repair,
    { type: 'separator' },
    { label: words.quit, click: quit },
  ])
}

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
