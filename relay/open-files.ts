// How many files and sockets this process may have open at once.
import { readFileSync } from 'node:fs'

/** undefined: the system does not say. Linux is asked by a file, since a hardened unit may forbid the system call. */
export function openFilesMax(): number | undefined {
  try {
    return parseLimits(readFileSync('/proc/self/limits', 'latin1'))
  } catch {
    return reported()
  }
}

/** Of the text of proc(5)’s limits: “Max open files   1024   1048576   files”, of which the first holds. */
export function parseLimits(text: string): number | undefined {
  const soft = /^Max open files +(\d+|unlimited) /m.exec(text)?.[1]
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : soft === undefined ? undefined : Number(soft)
}

function reported(): number | undefined {
  if (process.report === undefined) return undefined
  // Else the report looks up the names of all peers. @types/node does not know the switch.
  Object.assign(process.report, { excludeNetwork: true })
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
  const soft = report.userLimits?.open_files?.soft
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : typeof soft === 'number' ? soft : undefined
}
