// Puts load on a peer: the generator (load.c) through its SOCKS port, or curl for the download that has no proxy.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { BENCH_LIMITS } from './limits.ts'
import type { Way } from './peers.ts'
import { hasEnded, start, stop } from './run.ts'
import type { Cost, Stage } from './stage.ts'

export type Values = Readonly<Record<string, number>>

/** A peer that runs and answers. */
export interface Subject {
  readonly name: string
  readonly stage: Stage
  readonly way: Way
}

export interface Load {
  readonly child: ChildProcess
  /** Resolves with the generator's line; rejects with its error when any stream failed. */
  readonly done: Promise<Values>
}

/** Starts the generator on the client side: see the head of load.c for the commands. */
export function startLoad(subject: Subject, command: string, ...amounts: readonly number[]): Load {
  const { stage, way } = subject
  if ('curl' in way) throw new Error(`${subject.name} takes no SOCKS requests`)
  const target = way.socks === '-' ? stage.place.directTarget : stage.place.target
  const argv = [join(stage.place.workshop.folder, 'load'), command, way.socks, target, ...amounts.map(String)]
  const child = start(stage.place.on('client', argv), { stdin: 'pipe' })
  return { child, done: collect(child) }
}

export function runLoad(subject: Subject, command: string, ...amounts: readonly number[]): Promise<Values> {
  return startLoad(subject, command, ...amounts).done
}

/** Downloads with curl for a time, counting what arrives as load.c does. */
export function runCurl(subject: Subject, argv: readonly string[], seconds: number): Promise<Values> {
  const beganMs = performance.now()
  const child = start(subject.stage.place.on('client', [...argv, '--max-time', String(seconds)]))
  let bytes = 0
  let half: { readonly bytes: number; readonly atMs: number } | undefined
  child.stdout?.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length
    const atMs = performance.now()
    if (half === undefined && atMs - beganMs > seconds * 500) half = { bytes, atMs }
  })
  return new Promise((resolve, reject) => {
    child.once('close', () => {
      const endMs = performance.now()
      if (half === undefined) return reject(new Error('curl ended early'))
      const perSecond = (count: number, sinceMs: number): number => count / 1e3 / (endMs - sinceMs)
      resolve({ bytes, mbPerSecond: perSecond(bytes, beganMs), lateMbPerSecond: perSecond(bytes - half.bytes, half.atMs) })
    })
  })
}

/** The first JSON line a program prints, as numbers; rejects when it ends without one, says it failed, or takes too long. */
export function collect(child: ChildProcess): Promise<Values> {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error('took too long'))
    }, BENCH_LIMITS.testMs)
    const settle = (): void => {
      clearTimeout(timer)
      const line = text.split('\n')[0] ?? ''
      if (line === '') return reject(new Error('ended without a result'))
      const { error, ...values } = JSON.parse(line)
      if (values.failed > 0) reject(new Error(`${values.failed} failed: ${error}`))
      else resolve(values)
    }
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) settle()
    })
    child.once('close', settle)
    child.once('error', reject)
  })
}

/** Ends a program that holds something until its stdin ends; it has time to wait for its own children, whose CPU time then counts. */
export async function release(child: ChildProcess): Promise<void> {
  child.stdin?.end()
  if (!hasEnded(child)) await once(child, 'exit', { signal: AbortSignal.timeout(BENCH_LIMITS.stopMs) }).catch(() => stop(child))
}

/** Runs a load and tells what it cost the peer's two sides, in CPU seconds. */
export async function withCpu(subject: Subject, run: () => Promise<Values>): Promise<[Values, Cost]> {
  const before = subject.stage.cpuSeconds()
  const values = await run()
  const after = subject.stage.cpuSeconds()
  return [values, { client: after.client - before.client, server: after.server - before.server }]
}
