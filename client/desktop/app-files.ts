// Every file that this app makes, in one place, so that “Forget everything” can wipe them all.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { forgetLimits } from './limits.ts'

/** In the app's own folder. Chromium's own files (caches, cookies, preferences) lie there as well; all of the folder is wiped. */
export const APP_FILES = {
  /** Invites and settings, sealed: secrets.ts. */
  state: 'state',
  /** What could not be opened, for a keyring that comes back: secrets.ts. */
  unreadableState: 'state.unreadable',
  /** What the system's proxy was before: system-proxy/journal.ts. Gone once all is put back. */
  systemProxy: 'system-proxy.json',
  systemProxyLock: 'system-proxy.lock',
  /** Its being there says that the kill switch was released by hand while the app did not run: repair.ts. */
  released: 'released-by-hand',
  /** The newest release that was heard of, and keys that took over from those built in: update/known.ts. */
  updateState: 'update-known.json',
  /** How large the person wants the letters: zoom.ts. */
  zoom: 'zoom',
  /** Downloads, whole and half: update/download.ts. */
  updates: 'updates',
} as const

export interface Forgetting {
  readonly folder: string
  /** Puts the system's proxy back, whose journal is about to go. False: it could not, and then the journal stays. */
  readonly repair: () => Promise<boolean>
  /** Cookies, caches and storages of every Chromium session, which holds its files open. */
  readonly clearSessions: () => Promise<void>
}

/**
 * True when nothing is left in the app's folder but what Chromium holds open and has emptied. Deleting does not always remove what was written from a disk.
 */
export async function forgetEverything({ folder, repair, clearSessions }: Forgetting): Promise<boolean> {
  const isRepaired = await repair()
  const kept: readonly string[] = isRepaired ? [] : [APP_FILES.systemProxy, APP_FILES.systemProxyLock]
  // What tells most goes first: a disk that is full has Chromium wait for ever, and whoever forgets may have no time.
  for (const name of namesIn(folder)) if (isOurs(name) && !kept.includes(name)) remove(join(folder, name))
  const isCleared = await isDone(clearSessions(), forgetLimits.sessionsMs)
  for (const name of namesIn(folder)) if (!kept.includes(name)) remove(join(folder, name))
  return isRepaired && isCleared && !namesIn(folder).some(isOurs)
}

/** Also what was damaged and is kept beside, and what a write left half done. */
function isOurs(name: string): boolean {
  return Object.values<string>(APP_FILES).some((one) => name === one || name.startsWith(`${one}.`))
}

/** False where it failed, or is not done in time. */
function isDone(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, ms, false)
    const end = (isDone: boolean): void => {
      clearTimeout(late)
      resolve(isDone)
    }
    work.then(
      () => end(true),
      () => end(false),
    )
  })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // Windows deletes no file that is open; Chromium's were emptied before.
  }
}
