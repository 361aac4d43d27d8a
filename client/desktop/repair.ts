// The system's proxy of this app, and the two starts of the app that open no window and only see to that: after a crash, which keeps what the kill switch
// holds, and by hand, which always releases.
//
//   --after-crash       what the guard process, and logging in, run when the app has died
//   --repair-internet   what a person runs when the app itself is of no help, and an uninstaller before it removes the app
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { app } from 'electron'
import type { SystemProxyStatus } from '../contract/app-status.ts'
import { APP_FILES } from './app-files.ts'
import { AFTER_CRASH_ARGUMENT } from './system-proxy/guard.ts'
import { MachineProxy } from './system-proxy/machine-proxy.ts'
import { createRun, createWaitingRun } from './system-proxy/run.ts'

const BY_HAND_ARGUMENT = '--repair-internet'

/** The repair that this start of the app is, if it is one: resolves with the exit status. Opens nothing and asks nothing. */
export const repairOf: (words: readonly string[]) => (() => Promise<number>) | undefined = (words) => {
  // By hand wins: whoever asks for that wants the Internet back, whatever else is said.
  if (words.includes(BY_HAND_ARGUMENT)) return repairByHand
  return words.includes(AFTER_CRASH_ARGUMENT) ? repairAfterCrash : undefined
}

/** `isRepair`: this process ends once the proxy is as it should be. */
export function createMachineProxy(
  onStatus: (status: SystemProxyStatus) => void,
  { isRepair = false }: { readonly isRepair?: boolean } = {},
): MachineProxy {
  return new MachineProxy({
    folder: appFolder(),
    platform: process.platform,
    env: process.env,
    run: isRepair ? createWaitingRun(process.env) : createRun(process.env),
    repairCommand: [...ownCommand(), `--user-data-dir=${appFolder()}`, AFTER_CRASH_ARGUMENT],
    isRepair,
    onStatus,
  })
}

/** What starts this app again, as it was started: an AppImage is unpacked to another place each time, and its own path is what lasts. */
export function ownCommand(): readonly string[] {
  const switches = app.commandLine.hasSwitch('no-sandbox') ? ['--no-sandbox'] : []
  return [process.env['APPIMAGE'] ?? process.execPath, ...switches, ...(app.isPackaged ? [] : [app.getAppPath()])]
}

/** The app once more, when this process has ended. */
export function relaunch(): void {
  const [execPath = '', ...args] = ownCommand()
  app.relaunch({ execPath, args: [...args, `--user-data-dir=${appFolder()}`] })
}

/** For the next start: the kill switch was released without the engine, which keeps the settings. */
export function noteReleased(): void {
  try {
    writeFileSync(join(appFolder(), APP_FILES.released), '', { mode: 0o600 })
  } catch {
    // A disk that is full: then the next start shuts again, and says so.
  }
}

/** Whether there is such a note; takes it away. */
export function takeReleased(): boolean {
  const file = join(appFolder(), APP_FILES.released)
  const isReleased = existsSync(file)
  rmSync(file, { force: true })
  return isReleased
}

async function repairAfterCrash(): Promise<number> {
  const recovered = await createMachineProxy(() => undefined, { isRepair: true }).recover()
  // The kill switch lets nothing out: the app comes back, so that it can be connected or released.
  if (recovered === 'held') relaunch()
  return recovered === 'failed' || recovered === 'refused' ? 1 : 0
}

/** First the settings, which needs nobody else; then the app is told, so that it does not shut again what was just opened. */
async function repairByHand(): Promise<number> {
  const fault = await createMachineProxy(() => undefined, { isRepair: true }).repair()
  const isDone = fault === undefined || fault === 'changed-by-others'
  // An app that runs hears of this start (main.ts); one that does not finds a note.
  if (app.requestSingleInstanceLock()) noteReleased()
  app.releaseSingleInstanceLock()
  process.stdout.write(`The proxy of this computer ${isDone ? 'is as it was before Culvert' : 'could not be put back'}.\n`)
  return isDone ? 0 : 1
}

function appFolder(): string {
  const folder = app.getPath('userData')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}
