// A relay of several processes behind a web server; and where no process can be started for a while, as happens for want of memory or of process ids: Node
// says so either by an `error` without an `exit` or by an exception, and both are got from the system here, by a program that is missing and by one below a file.
import type { ChildProcess } from 'node:child_process'
import { channel } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, expect, test, vi } from 'vitest'
import { initRelay } from '../../relay/init.ts'
import { OperatorError } from '../../relay/operator-error.ts'
import { Crew } from '../../relay/workers/crew.ts'

const { execPath } = process
const MISSING = '/nonexistent/node'
const BELOW_A_FILE = '/etc/passwd/node'

const home = process.cwd()
const undo: (() => unknown)[] = []
afterEach(async () => {
  process.execPath = execPath
  for (const step of undo.splice(0).reverse()) await step()
})

async function crewOfTwo(behind?: 'nginx'): Promise<Crew> {
  const dir = mkdtempSync(join(tmpdir(), 'culvert-crew-'))
  undo.push(() => rmSync(dir, { recursive: true, force: true }))
  const { config } = await initRelay({ dir, domain: 'relay.example', listen: '127.0.0.1:0', behind }, Date.now())
  process.chdir(dir)
  undo.push(() => process.chdir(home))
  const crew = await Crew.bind({ config, folder: dir, allow: [] }, 2)
  undo.push(() => crew.close())
  return crew
}

/** Resolves when another process was asked for. */
function nextStart(then: () => void = () => undefined): Promise<ChildProcess> {
  const started = channel('child_process')
  return new Promise((resolve) => {
    started.subscribe(function once(message) {
      started.unsubscribe(once)
      then()
      resolve((message as { process: ChildProcess }).process)
    })
  })
}

test('the processes of a relay behind a web server answer it', async () => {
  const crew = await crewOfTwo('nginx')
  await crew.begin()
  expect((await fetch(`http://127.0.0.1:${crew.port}/`, { signal: AbortSignal.timeout(5_000) })).status).toBe(404)
})

test.each([MISSING, BELOW_A_FILE])('a relay whose processes can’t be started says so, and does not wait (%s)', async (program) => {
  const crew = await crewOfTwo()
  process.execPath = program
  await expect(crew.begin()).rejects.toThrow(OperatorError)
  expect(crew.workers.count).toBe(0)
})

test('a relay whose user may not run what its processes start from says what to do', async () => {
  const crew = await crewOfTwo()
  writeFileSync('no-program', '', { mode: 0o600 })
  process.execPath = join(process.cwd(), 'no-program')
  await expect(crew.begin()).rejects.toThrow(/move it where all may read/)
})

test('a relay of which one process can be started and the next can’t leaves none behind', async () => {
  const crew = await crewOfTwo()
  const first = nextStart(() => {
    process.execPath = MISSING
  })
  await expect(crew.begin()).rejects.toThrow(OperatorError)
  const { pid } = await first
  await crew.close()
  expect(() => process.kill(pid as number, 0)).toThrow('ESRCH')
})

test('a process that is lost while none can be started is started as soon as one can', async () => {
  const crew = await crewOfTwo()
  const first = nextStart()
  await crew.begin()
  expect(crew.workers).toEqual({ count: 2, lost: 0 })
  process.execPath = MISSING
  const missed = nextStart()
  process.kill((await first).pid as number, 'SIGKILL')
  await missed
  process.execPath = BELOW_A_FILE
  await nextStart()
  process.execPath = execPath
  await vi.waitFor(() => expect(crew.workers).toEqual({ count: 2, lost: 1 }), 10_000)
})
