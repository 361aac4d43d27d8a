// A process that changes the system's proxy and is killed in the middle: `node actor.ts folder adapter verb step`. Steps are calls of the file system and
// writes of a setting; at the given one it ends itself with SIGKILL, as the power going out would. With step 0 it reaches the end, and says so.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

const [folder = '', kind = '', verb = '', stopAt = '0'] = process.argv.slice(2)
let steps = 0
let isCounting = false

function step(): void {
  if (isCounting && ++steps === Number(stopAt)) process.kill(process.pid, 'SIGKILL')
}

// Before the modules under test bind these names.
const CALLS = ['openSync', 'writeSync', 'fsyncSync', 'renameSync', 'rmSync', 'writeFileSync'] as const
for (const name of CALLS) {
  const genuine = fs[name] as (...args: unknown[]) => unknown
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      step()
      return genuine(...args)
    },
  })
}
syncBuiltinESMExports()

const { SystemProxy } = await import('../../../../client/desktop/system-proxy/system-proxy.ts')
const { recover } = await import('../../../../client/desktop/system-proxy/recover.ts')
const { GuardProcess } = await import('../../../../client/desktop/system-proxy/guard.ts')
const { createGnome } = await import('../../../../client/desktop/system-proxy/gnome.ts')
const { createRun } = await import('../../../../client/desktop/system-proxy/run.ts')
const { FileAdapter } = await import('./file-adapter.ts')
type Run = import('../../../../client/desktop/system-proxy/run.ts').Run

const run = createRun(process.env)
const countingRun: Run = (file, args, input) => {
  if (/^(?:re)?set$/.test(args[0] ?? '')) step()
  return run(file, args, input)
}
const adapter = kind === 'gnome' ? createGnome(countingRun) : new FileAdapter(join(folder, 'settings.json'))
const command = [process.execPath, import.meta.filename, folder, kind, 'recover']
const guarded = verb.startsWith('guarded-') ? { guards: [new GuardProcess({ command, platform: process.platform })] } : {}
const proxy = new SystemProxy({ folder, adapters: [adapter], ...guarded })
isCounting = true
if (verb === 'apply' || verb === 'guarded-apply')
  await proxy.apply({ httpPort: 4001, socksPort: 4002, direct: ['*.example'] }, { hold: false })
else if (verb === 'apply-and-hold' || verb === 'guarded-apply-and-hold') await proxy.apply({ httpPort: 4001, direct: [] }, { hold: true })
else if (verb === 'move') await proxy.apply({ httpPort: 5001, direct: [] }, { hold: false })
else if (verb === 'restore' || verb === 'guarded-apply-and-restore') {
  if (verb !== 'restore') await proxy.apply({ httpPort: 4001, direct: [] }, { hold: false })
  await proxy.restore()
} else await recover(proxy)
isCounting = false
process.stdout.write(`done ${steps}\n`)
// A guarded one lives until it is killed, or its input ends.
if (verb.startsWith('guarded-')) process.stdin.resume()
