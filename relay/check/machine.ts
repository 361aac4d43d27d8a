// The machine that the relay runs on, as `check` sees it: names, addresses, clock, limits. An interface, so that tests can be another machine.
import { execFile } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { statfsSync } from 'node:fs'
import { type CheckLimits, checkLimits } from '../limits.ts'
import { machineAddresses } from '../machine-addresses.ts'
import { thisRoom } from '../machine-limits.ts'
import { error, type Finding, ok, warning } from './finding.ts'

export interface Machine {
  readonly nowMs: number
  /** undefined: not a system that numbers its users. */
  readonly userId: number | undefined
  /** Files this process may have open at once; undefined: not known. */
  readonly openFilesMax: number | undefined
  readonly memoryBytes: number
  readonly addresses: readonly string[]
  /** What a folder's disk still takes; undefined: not known. */
  freeBytes(folder: string): number | undefined
  /** Empty when the name is unknown. */
  resolve(name: string): Promise<readonly string[]>
  /** Runs a program; undefined when there is none of that name. */
  run(program: string, args: readonly string[]): Promise<{ readonly exitCode: number; readonly output: string } | undefined>
}

export function thisMachine(nowMs: number): Machine {
  return {
    nowMs,
    userId: process.getuid?.(),
    ...thisRoom(),
    addresses: machineAddresses(),
    freeBytes: (folder) => {
      try {
        const { bavail, bsize } = statfsSync(folder)
        return bavail * bsize
      } catch {
        return undefined
      }
    },
    resolve: async (name) => {
      try {
        return (await lookup(name, { all: true })).map((one) => one.address)
      } catch {
        return []
      }
    },
    run: (program, args) =>
      new Promise((done) => {
        execFile(program, args, { timeout: checkLimits.questionMs }, (failed, stdout, stderr) => {
          if (failed?.code === 'ENOENT') done(undefined)
          else done({ exitCode: typeof failed?.code === 'number' ? failed.code : failed ? 1 : 0, output: stdout + stderr })
        })
      }),
  }
}

export const SET_CLOCK = 'Set the clock, and keep it set: sudo timedatectl set-ntp true'

/** madeMs: when the relay was made, a moment that can't lie ahead. */
export async function checkMachine(machine: Machine, madeMs: number | undefined, limits: CheckLimits = checkLimits): Promise<Finding[]> {
  return [await checkClock(machine, madeMs), checkOpenFiles(machine, limits), checkMemory(machine, limits)]
}

async function checkClock(machine: Machine, madeMs: number | undefined): Promise<Finding> {
  if (madeMs !== undefined && machine.nowMs < madeMs - 60_000)
    return error('clock', 'The clock is behind the time when this relay was made.', SET_CLOCK)
  const asked = await machine.run('timedatectl', ['show', '--property=NTPSynchronized', '--value'])
  if (asked?.exitCode === 0 && asked.output.trim() === 'no') {
    return warning('clock', 'The clock is not kept right by the network. Clients are refused when it is two minutes off.', SET_CLOCK)
  }
  return ok('clock', `It is ${new Date(machine.nowMs).toISOString().slice(0, 16).replace('T', ' ')} UTC.`)
}

function checkOpenFiles({ openFilesMax: count }: Machine, limits: CheckLimits): Finding {
  if (count === undefined) return ok('open files', 'This system does not say how many files may be open.')
  const mend = 'Raise it: LimitNOFILE=65536 in the systemd unit, or ulimit -n 65536 before the start.'
  const says = `This user may have ${count} files open; each client needs one, and each stream one more.`
  if (count < limits.openFilesLeast) return error('open files', says, mend)
  return count < limits.openFilesMin ? warning('open files', says, mend) : ok('open files', says)
}

function checkMemory({ memoryBytes }: Machine, limits: CheckLimits): Finding {
  const says = `This machine has ${Math.round(memoryBytes / 1_048_576)} MiB of memory.`
  if (memoryBytes >= limits.memoryBytesMin) return ok('memory', says)
  return warning('memory', says, 'It will do for a few dozen people; 512 MiB or more is better.')
}

/** A relay writes little; but where that fails, a copied admission may open it after a start, and no certificate comes. */
export function checkDisk(dir: string, machine: Machine, limits: CheckLimits = checkLimits): Finding {
  const bytes = machine.freeBytes(dir)
  if (bytes === undefined) return ok('disk', 'This system does not say how full the disk is.')
  const says = `The disk has ${Math.floor(bytes / 1_048_576)} MiB free.`
  const mend = 'Make room. To see what takes it: sudo du -xh / | sort -h | tail -20'
  if (bytes < limits.diskBytesLeast) return error('disk', `${says} The relay can’t keep what it must.`, mend)
  return bytes < limits.diskBytesMin ? warning('disk', says, mend) : ok('disk', says)
}
