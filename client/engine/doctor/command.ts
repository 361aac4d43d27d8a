// `culvert doctor` on the command line. Ends with 0 when some way to a relay works, or when there was none to try, and with 1 otherwise.
import { nodeCrypto } from '#protocol/node'
import { type DoctorReport, doctorLines, withWords } from '../../contract/doctor.ts'
import { readKnownRelays } from '../arguments.ts'
import { NODE_DIALER_NOTE, NodePlatform } from '../platform-node.ts'
import { createFolderStore, noStore } from '../state.ts'
import { examine } from './examine.ts'
import { refuseTaken, saveExport } from './export.ts'

export interface DoctorFlags {
  readonly invite?: readonly string[]
  readonly dir?: string
  readonly json?: boolean
  readonly export?: string
  readonly yes?: boolean
}

export async function doctor(flags: DoctorFlags): Promise<void> {
  if (flags.export !== undefined) refuseTaken(flags.export)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(130))
  const state = (flags.dir === undefined ? noStore : createFolderStore(flags.dir)).load()
  const report = await examine({
    platform: new NodePlatform(),
    crypto: nodeCrypto,
    invites: readKnownRelays(flags.invite ?? [], state, Math.floor(Date.now() / 1000)),
    state,
    signal: new AbortController().signal,
    onProgress: showProgress,
  })
  showProgress()
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(withWords(report))}\n` : `${[...doctorLines(report), '', NODE_DIALER_NOTE].join('\n')}\n`,
  )
  if (flags.export !== undefined) {
    await saveExport(flags.export, `${JSON.stringify(withWords(report), undefined, 2)}\n`, {
      isAgreed: flags.yes === true,
      input: process.stdin,
      output: process.stderr,
    })
  }
  // Sockets to hosts that never answer would keep the process.
  process.exit(isWell(report) ? 0 : 1)
}

function isWell({ ways }: DoctorReport): boolean {
  return ways.length === 0 || ways.some(({ works }) => works)
}

/** One line that overwrites itself, for people only; without arguments it is wiped out. */
function showProgress(done?: number, known?: number): void {
  if (process.stderr.isTTY) process.stderr.write(done === undefined ? '\r\x1b[K' : `\rTried ${done} of ${known} ways …\x1b[K`)
}
