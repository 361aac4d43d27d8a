// What the tray says and offers, as plain items: the few things that one does most, and how things stand above them.
import type { MenuItemConstructorOptions } from 'electron'
import type { AppStatus } from '../contract/app-status.ts'
import type { CommandName } from '../contract/commands.ts'
import type { Words } from './words.ts'

export interface TrayActions {
  readonly open: () => void
  readonly send: (name: CommandName) => void
  readonly quit: () => void
}

/** Of the status, what the tray shows. */
export type TrayStatus = Pick<AppStatus, 'link' | 'systemProxy' | 'relays'>

/** One sentence on how things stand. */
export function stateWords({ link, systemProxy }: TrayStatus, words: Words): string {
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

export function trayItems(status: TrayStatus, words: Words, { open, send, quit }: TrayActions): MenuItemConstructorOptions[] {
  const { link, systemProxy, relays } = status
  const isOn = link.state !== 'off'
  const line: MenuItemConstructorOptions = isOn
    ? { label: link.state === 'connecting' ? words.cancel : words.disconnect, click: () => send('disconnect') }
    : { label: words.connect, enabled: relays.length > 0, click: () => send('connect') }
  const repair: readonly MenuItemConstructorOptions[] =
    systemProxy.state === 'unsupported' ? [] : [{ label: words.repair, click: () => send('repairInternet') }]
  return [
    { label: stateWords(status, words), enabled: false },
    { type: 'separator' },
    { label: words.open, click: open },
    line,
    ...repair,
    { type: 'separator' },
    { label: words.quit, click: quit },
  ]
}
