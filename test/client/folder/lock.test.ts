import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockForLong, lockNow, lockSoon } from '../../../client/folder/lock.ts'
import { HELD_INPUT, Program } from '../../e2e/program.ts'

const HOLDER = join(import.meta.dirname, 'holder.ts')
const QUICK = { lookMs: 2, silentMs: 60_000 }

let folder: string
let lock: string
const programs: Program[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-lock-'))
  lock = join(folder, 'lock')
})
afterEach(async () => {
  await Promise.all(programs.splice(0).map((one) => one.kill()))
  rmSync(folder, { recursive: true })
})

function start(...args: readonly string[]): Program {
  const program = new Program([process.execPath, HOLDER, lock, ...args], { input: HELD_INPUT })
  programs.push(program)
  return program
}
const said = (program: Program, word: string): Promise<string> => program.line((line) => (line.startsWith(word) ? line : undefined))

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const program = new Program([process.execPath, '-e', ''])
  await program.ended
  return program.pid
}

test('a lock is one process’s until that releases it', async () => {
  const held = lockNow(lock, QUICK)
  let isOurs = false
  const waiting = lockSoon(lock, QUICK).then((second) => {
    isOurs = true
    second.release()
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(isOurs).toBe(false)
  held.release()
  await waiting
  expect(existsSync(lock)).toBe(false)
})

test('who holds a lock for long is named to whoever comes second, and to nobody once it was killed', async () => {
  const first = start('keep')
  await said(first, 'held')
  expect(await said(start('keep'), 'taken')).toBe(`taken ${first.pid}`)
  await first.kill()
  const [second, third] = [start('keep'), start('keep')]
  const words = await Promise.all([second, third].map((one) => one.line((line) => line)))
  const winner = words[0] === 'held' ? second : third
  expect(words.sort()).toEqual(['held', `taken ${winner.pid}`])
})

test('of processes that are killed in the middle of their turns, none is ever inside beside another, and none holds the others up', async () => {
  const steady = [start('turns', '150'), start('turns', '150')]
  let isOver = false
  const killing = (async () => {
    while (!isOver) {
      const short = start('turns', '100000')
      await Promise.race([said(short, `turn ${Math.floor(Math.random() * 6)}`), steady[0]?.ended])
      await short.kill()
      expect(short.stdout).not.toMatch(/beside|overwritten/)
    }
  })()
  const endings = await Promise.all(steady.map((one) => one.ended))
  isOver = true
  await killing
  expect(endings.map(({ code }) => code)).toEqual([0, 0])
  for (const one of steady) expect(one.stdout).not.toMatch(/beside|overwritten/)
}, 60_000)

test('what a dead process left, and several of them, in whatever step, holds nobody up', async () => {
  const dead = await deadPid()
  mkdirSync(lock)
  // The last: this very process’s number, as it was of another before a restart.
  for (const name of [`${dead}-00`, `${dead}-01`, 'no number', `${process.pid}-00`]) writeFileSync(join(lock, name), '')
  lockNow(lock, QUICK).release()
  expect(existsSync(lock)).toBe(false)
})

test('a file in the place of a lock, as an older version left, holds nobody up', () => {
  writeFileSync(lock, String(process.pid))
  lockNow(lock, QUICK).release()
  expect(existsSync(lock)).toBe(false)
})

test('a process that lives and gives no sign is taken for another that has the number of a dead one', async () => {
  mkdirSync(lock)
  writeFileSync(join(lock, `${process.ppid}-00`), '')
  const held = await lockForLong(lock, { lookMs: 2, silentMs: 50, signMs: 10 })
  expect('pid' in held).toBe(false)
})

test('where nothing can be written, the file system’s own words are thrown', async () => {
  writeFileSync(join(folder, 'file'), '')
  const below = join(folder, 'file', 'lock')
  expect(() => lockNow(below, QUICK)).toThrow(/ENOTDIR/)
  await expect(lockSoon(below, QUICK)).rejects.toThrow(/ENOTDIR/)
})
