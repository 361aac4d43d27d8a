// The system's proxy of this app, and the start of the app that does nothing but put it back: what the guard process runs when the app has died.
import { mkdirSync } from 'node:fs'
import { app } from 'electron'
import type { SystemProxyStatus } from '../contract/app-status.ts'
import { REPAIR_ARGUMENT } from './system-proxy/guard.ts'
import { MachineProxy } from './system-proxy/machine-proxy.ts'
import { createRun } from './system-proxy/run.ts'

export const isRepair: boolean = process.argv.includes(REPAIR_ARGUMENT)

/** `isGuarded`: repaired by another process if this one dies. */
export function createMachineProxy(
  onStatus: (status: SystemProxyStatus) => void,
  { isGuarded = true }: { readonly isGuarded?: boolean } = {},
): MachineProxy {
  const folder = app.getPath('userData')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return new MachineProxy({
    folder,
    platform: process.platform,
    env: process.env,
    run: createRun(process.env),
    ...(isGuarded ? { repairCommand: [...ownCommand(), `--user-data-dir=${folder}`, REPAIR_ARGUMENT] } : {}),
    onStatus,
  })
}

/** What starts this app again, as it was started: an AppImage is unpacked to another place each time, and its own path is what lasts. */
export function ownCommand(): readonly string[] {
  const switches = app.commandLine.hasSwitch('no-sandbox') ? ['--no-sandbox'] : []
  return [process.env['APPIMAGE'] ?? process.execPath, ...switches, ...(app.isPackaged ? [] : [app.getAppPath()])]
}

/** Opens nothing and asks nothing; resolves with the exit status. */
export async function repair(): Promise<number> {
  const proxy = createMachineProxy(() => undefined, { isGuarded: false })
  const recovered = await proxy.recover()
  // The kill switch lets nothing out: the app comes back, so that it can be connected or released.
  if (recovered === 'held') app.relaunch({ args: process.argv.slice(1).filter((word) => word !== REPAIR_ARGUMENT) })
  return recovered === 'failed' || recovered === 'refused' ? 1 : 0
}
