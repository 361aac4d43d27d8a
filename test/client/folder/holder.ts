// A process that takes a lock: `node holder.ts lock manner`. It says `held` and waits to be killed (`keep`), says who holds it already (`keep` again), or takes
// it time after time and looks each time that nobody alive is inside beside it (`turns`, with how many).
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { lockForLong, lockNow } from '../../../client/folder/lock.ts'

const [lock = '', manner = '', turns = '0'] = process.argv.slice(2)
const INSIDE = `${lock}.inside`

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

if (manner === 'keep') {
  const held = await lockForLong(lock, { lookMs: 10, silentMs: 60_000, signMs: 100 })
  process.stdout.write('pid' in held ? `taken ${held.pid}\n` : 'held\n')
  if (!('pid' in held)) process.stdin.resume()
} else {
  for (let turn = 0; turn < Number(turns); turn++) {
    const held = lockNow(lock, { lookMs: 2, silentMs: 60_000 })
    const inside = existsSync(INSIDE) ? Number(readFileSync(INSIDE, 'utf8')) : 0
    // Who was killed inside has left its number there.
    if (inside !== 0 && inside !== process.pid && isAlive(inside)) process.stdout.write(`beside ${inside}\n`)
    writeFileSync(INSIDE, String(process.pid))
    if (readFileSync(INSIDE, 'utf8') !== String(process.pid)) process.stdout.write('overwritten\n')
    rmSync(INSIDE)
    held.release()
    process.stdout.write(`turn ${turn}\n`)
  }
}
