// A screen that nobody sees: Xvfb on a display that it chooses itself.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { findProgram } from '../programs.ts'

export interface Display {
  /** For the environment variable DISPLAY. */
  readonly name: string
  close(): Promise<void>
}

/** Resolves once programs can open windows on it. */
export async function openDisplay(size = '1280x900x24'): Promise<Display> {
  const program = findProgram('xvfb')
  if (program === undefined) throw new Error('Xvfb is not installed')
  // It writes the display's number to the file descriptor once it listens. Without TCP and without an authority file.
  const args = ['-displayfd', '3', '-screen', '0', size, '-nolisten', 'tcp', '-noreset']
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  return {
    name: `:${await numberOf(child)}`,
    async close() {
      process.off('exit', end)
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function numberOf(child: ChildProcess): Promise<string> {
  let said = ''
  for await (const chunk of child.stdio[3] as Readable) {
    said += String(chunk)
    const number = /^\d+(?=\n)/.exec(said)
    if (number !== null) return number[0]
  }
  throw new Error('Xvfb ended before it had a display')
}
