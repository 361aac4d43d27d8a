// The channel between the screens and the shell. Whatever comes over it is taken for hostile: who sends it, what it asks for, what it carries and how often.
import { type IpcMainEvent, ipcMain, type WebContents } from 'electron'
import type { AppStatus } from '../contract/app-status.ts'
import { COMMANDS, type CommandName, isCommandName, type Outcome } from '../contract/commands.ts'
import { isAppUrl } from './app-scheme.ts'
import { CHANNELS } from './channels.ts'

export interface ScreensChannelOptions {
  /** The page that may use it; undefined while no window is open. */
  readonly screens: () => WebContents | undefined
  readonly status: () => AppStatus | undefined
  /** With a payload that the table has checked. */
  readonly send: (name: CommandName, payload: unknown) => Promise<Outcome<unknown>>
}

const REFUSED = { ok: false, fault: 'bad-command' } as const

/** Listens from now on; returns what passes a status on to the screens. */
export function openScreensChannel({ screens, status, send }: ScreensChannelOptions): (status: AppStatus) => void {
  const isOurs = (frame: IpcMainEvent['senderFrame']): boolean => {
    const page = screens()
    return page !== undefined && !page.isDestroyed() && frame === page.mainFrame && isAppUrl(frame.url)
  }
  ipcMain.handle(CHANNELS.command, async (event, name: unknown, payload: unknown): Promise<Outcome<unknown>> => {
    if (!isOurs(event.senderFrame) || typeof name !== 'string' || !isCommandName(name)) return REFUSED
    const checked = COMMANDS[name](payload)
    return checked === undefined ? REFUSED : send(name, checked.value)
  })
  const push = (next: AppStatus): void => {
    const page = screens()
    if (page !== undefined && !page.isDestroyed()) page.send(CHANNELS.status, next)
  }
  ipcMain.on(CHANNELS.watch, (event) => {
    const now = status()
    if (isOurs(event.senderFrame) && now !== undefined) push(now)
  })
  return push
}
