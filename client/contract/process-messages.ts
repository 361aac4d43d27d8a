// What passes between the shell's process and the engine's, where the two are apart: plain data, each message with its kind.
import type { AppStatus, Capabilities } from './app-status.ts'
import type { CommandName, Outcome } from './commands.ts'
import type { FoundProxy, Shell, ShellEvent } from './shell.ts'

export type ShellCall = keyof Shell

/** The calls of a shell that the engine's process may make: all of them. */
const SHELL_CALLS: Readonly<Record<ShellCall, true>> = {
  loadState: true,
  saveState: true,
  wipe: true,
  setSystemProxy: true,
  repairInternet: true,
  setStartAtLogin: true,
  notify: true,
  saveFile: true,
  share: true,
  checkUpdate: true,
  fetchUpdate: true,
  openUpdate: true,
  installUpdate: true,
  quit: true,
}

export function isShellCall(name: string): name is ShellCall {
  return Object.hasOwn(SHELL_CALLS, name)
}

/** The shell as the engine's process sees it: each call goes out by `call`. */
export function createRemoteShell(call: (name: ShellCall, payload: unknown) => Promise<unknown>): Shell {
  const calls = Object.keys(SHELL_CALLS).map((name) => [name, (payload: unknown) => call(name as ShellCall, payload)])
  return Object.fromEntries(calls) as Shell
}

export type ToEngine =
  /** Brings, before the start, the port to the hidden windows that dial (dialer-messages.ts). */
  | { readonly kind: 'dialer' }
  /** `isResumed`: the process before it died while it was on. */
  | {
      readonly kind: 'start'
      readonly version: string
      readonly system: string
      readonly capabilities: Capabilities
      readonly isResumed: boolean
      readonly found: FoundProxy
    }
  | { readonly kind: 'command'; readonly id: number; readonly name: CommandName; readonly payload: unknown }
  /** Of a call with this number. `ok` is false where the shell failed in a way that it should not. */
  | { readonly kind: 'answered'; readonly id: number; readonly ok: boolean; readonly value: unknown }
  | { readonly kind: 'event'; readonly event: ShellEvent }
  | { readonly kind: 'stop' }

export type FromEngine =
  | { readonly kind: 'status'; readonly status: AppStatus }
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: Outcome<unknown> }
  | { readonly kind: 'call'; readonly id: number; readonly name: ShellCall; readonly payload: unknown }
  /** All is put back and saved: the process may end. */
  | { readonly kind: 'stopped' }
