// The folder of a relay that runs, as the program names it and as its operator does.
import { existsSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import process from 'node:process'
import type { RelayConfig } from './config.ts'

/** Linux's name for the working directory as this process holds it, not as the names above it lead there. */
export const OWN_FOLDER: string = existsSync('/proc/self/cwd') ? '/proc/self/cwd' : '.'

/** Names files inside the relay's folder, our working directory, through that: after root is dropped, nothing else surely leads there. */
export function throughOwnFolder(config: RelayConfig): RelayConfig {
  const name = (file: string): string => {
    const within = relative(process.cwd(), file)
    return within.startsWith('..') || isAbsolute(within) ? file : join(OWN_FOLDER, within)
  }
  const { cover, tls, exit } = config
  return {
    ...config,
    keysFile: name(config.keysFile),
    cover: cover.kind === 'folder' ? { ...cover, folder: name(cover.folder) } : cover,
    tls: tls && { ...tls, certificateFile: name(tls.certificateFile), keyFile: name(tls.keyFile) },
    exit: { ...exit, blockedFile: exit.blockedFile === undefined ? undefined : name(exit.blockedFile) },
  }
}

/** What is said of files of that folder, by the names that they have for whoever reads it. */
export function byOwnNames(text: string): string {
  return text.replaceAll('/proc/self/cwd/', `${process.cwd()}/`)
}
