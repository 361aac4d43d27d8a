// A process that brings an update and puts it in the place of a program, and is killed in the middle: `node installing.ts JSON`. Steps are calls of the file
// system; at the given one it ends itself with SIGKILL, as the power going out would. With step 0 it reaches the end, and says how many there were.
import fs, { type promises } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import type { KeySet } from '../../../../client/desktop/update/signed.ts'

export interface Installing {
  /** The app's own. */
  readonly folder: string
  readonly firstKeys: KeySet
  readonly baseUrl: string
  readonly target: string
  readonly nowS: number
  /** What is replaced. */
  readonly program: string
  readonly stopAt: number
}

const { folder, firstKeys, baseUrl, target, nowS, program, stopAt }: Installing = JSON.parse(process.argv[2] ?? '')
let steps = 0

function step(): void {
  if (++steps === stopAt) process.kill(process.pid, 'SIGKILL')
}

function count(owner: object, names: readonly string[]): void {
  for (const name of names) {
    const genuine = owner[name as never] as (...args: unknown[]) => unknown
    Object.assign(owner, {
      [name](this: unknown, ...args: unknown[]) {
        step()
        return genuine.apply(this, args)
      },
    })
  }
}

// Before the modules under test bind these names.
const handle: promises.FileHandle = await fs.promises.open(import.meta.filename)
count(Object.getPrototypeOf(handle), ['writeFile', 'sync'])
await handle.close()
count(fs.promises, ['mkdir', 'open', 'rename', 'rm'])
count(fs, ['openSync', 'writeSync', 'fchmodSync', 'fsyncSync', 'renameSync', 'rmSync'])
syncBuiltinESMExports()
steps = 0

const { Updates } = await import('../../../../client/desktop/update/updates.ts')
const { replaceProgram } = await import('../../../../client/folder/write-file.ts')
const updates = new Updates({
  ...{ folder, firstKeys, baseUrl, target, version: '0.1.0', builtAtS: nowS, nowS: () => nowS },
  onStatus: () => undefined,
})
await updates.start()
await updates.check(fetch)
await updates.bring(fetch)
const installer = await updates.installer()
if (installer === undefined) throw new Error('nothing was brought')
replaceProgram(program, installer.path)
process.stdout.write(`done ${steps}\n`)
