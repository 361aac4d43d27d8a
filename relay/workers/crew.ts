// A relay of several processes. This one accepts sockets and hands each, unread, to a worker; what workers have, they tell each other through it.
//
// 1. bound, as root where the port asks for it; workers start when root is given up          begin
// 2. a socket goes to the worker that its network's sockets go to, if that has room           #choose
// 3. sessions and carriers that begin and end are told to all                                 #told
// 4. a worker that ends unasked takes its own sessions along, and another takes its place     #ended
import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net'
import process from 'node:process'
import { networkOf } from '../accept-pacer.ts'
import { bind } from '../bind.ts'
import type { RelayConfig } from '../config.ts'
import { workerLimits } from '../limits.ts'
import { Meter } from '../meter.ts'
import { OperatorError } from '../operator-error.ts'
import { ReplayLog } from '../replay-log.ts'
import { readTls, type ServeOptions, type Serving, type Snapshot, type TlsPair } from '../serve.ts'
import { type Announcement, Elsewhere } from './elsewhere.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** A socket as the event loop has it, below Node's own objects: what may be sent to another process unread. */
interface Handle {
  close(): void
  getpeername(into: { address?: string }): number
}

interface Worker {
  readonly child: ChildProcess
  readonly socketFile: string
  readonly startedMs: number
  snapshot: Snapshot
  /** Sockets that it has, as it last said, and those that were given to it since. */
  socketCount: number
  isReady: boolean
}

export class Crew implements Serving {
  readonly #options: ServeOptions
  readonly #config: RelayConfig
  readonly #count: number
  readonly #server: NetServer
  #tls: TlsPair | undefined
  /** By place; undefined while one is being started again. */
  readonly #workers: (Worker | undefined)[]
  readonly #elsewhere = new Elsewhere()
  #lostCount = 0
  #restartMs = workerLimits.restartMs
  /** Sums of workers that have ended. */
  readonly #ended = new Meter()
  #isEnding = false
  #isResting = false
  readonly port: number

  /** Binds. Rejects with what that failed of, or an OperatorError. */
  static async bind(options: ServeOptions, count: number): Promise<Crew> {
    const server = createServer({ pauseOnConnect: true })
    await bind(server, options.config.listen)
    return new Crew(options, count, server)
  }

  private constructor(options: ServeOptions, count: number, server: NetServer) {
    this.#options = options
    this.#config = options.config
    this.#count = count
    this.#server = server
    this.#workers = Array.from({ length: count }, () => undefined)
    this.port = (server.address() as AddressInfo).port
    this.#readCertificate()
    // As node:cluster does it: a socket that was made into a Node object here could not be handed on unread.
    const { _handle } = server as unknown as { _handle: { onconnection: (failed: number, handle: Handle | undefined) => void } }
    _handle.onconnection = (failed, handle) => {
      if (failed === 0 && handle !== undefined) this.#handOut(handle)
    }
  }

  get workers(): Serving['workers'] {
    return { count: this.#live.length, lost: this.#lostCount }
  }

  async begin(): Promise<void> {
    for (const name of readdirSync('.')) if (/^worker-\d+\.sock$/.test(name)) rmSync(name)
    // Puts in order what an end in the middle of a write may have left.
    new ReplayLog({ dir: '.', nowS: () => Math.floor(Date.now() / 1000), alone: true }).close()
    await Promise.all(this.#workers.map((_, place) => this.#start(place)))
  }

  snapshot(): Snapshot {
    const snapshots = this.#live.map(({ snapshot }) => snapshot)
    const sum = (count: (of: Snapshot) => number): number => snapshots.reduce((total, one) => total + count(one), 0)
    const sums = Object.fromEntries(
      Object.entries(this.#ended).map(([name, ended]) => [name, ended + sum((of) => of.sums[name as keyof Meter])]),
    )
    return {
      sessions: sum((of) => of.sessions),
      alone: sum((of) => of.alone),
      streams: sum((of) => of.streams),
      sums: sums as unknown as Meter,
      blockedCount: snapshots[0]?.blockedCount ?? 0,
      blockedFault: snapshots.find(({ blockedFault }) => blockedFault !== undefined)?.blockedFault,
      memoryFault: snapshots.find(({ memoryFault }) => memoryFault !== undefined)?.memoryFault,
      memoryBytes: sum((of) => of.memoryBytes) + process.memoryUsage.rss(),
    }
  }

  async drain(): Promise<void> {
    this.#isResting = true
    await Promise.all(
      this.#live.map(
        (worker) =>
          new Promise<void>((resolve) => {
            worker.child.once('exit', () => resolve())
            worker.child.on('message', (message: FromWorker) => message.kind === 'drained' && resolve())
            tell(worker, { kind: 'drain' })
          }),
      ),
    )
  }

  open(): void {
    this.#isResting = false
    for (const worker of this.#live) tell(worker, { kind: 'open' })
  }

  useCertificate(): void {
    this.#readCertificate()
    // Those that don't serve yet as well: they were told of the one before.
    for (const worker of this.#begun) if (this.#tls) tell(worker, { kind: 'certificate', tls: this.#tls })
  }

  stopListening(): void {
    if (this.#server.listening) this.#server.close()
  }

  async close(): Promise<void> {
    this.#isEnding = true
    this.stopListening()
    await Promise.all(
      this.#begun.map(({ child }) => {
        const ended = new Promise((resolve) => child.once('exit', resolve))
        child.disconnect()
        return ended
      }),
    )
    for (const name of readdirSync('.')) if (/^worker-\d+\.sock$/.test(name)) rmSync(name)
  }

  get #begun(): Worker[] {
    return this.#workers.filter((worker) => worker !== undefined)
  }

  get #live(): Worker[] {
    return this.#begun.filter(({ isReady }) => isReady)
  }

  #readCertificate(): void {
    this.#tls = this.#config.behind === undefined && this.#config.tls ? readTls(this.#config.tls) : undefined
  }

  async #start(place: number): Promise<void> {
    const child = await startProcess()
    const socketFile = `worker-${child.pid}.sock`
    const worker: Worker = { child, socketFile, startedMs: performance.now(), snapshot: EMPTY, socketCount: 0, isReady: false }
    this.#workers[place] = worker
    child.on('error', () => undefined)
    const { config, folder, allow } = this.#options
    tell(worker, {
      kind: 'start',
      config: { ...config, caps: this.#sharedCaps() },
      folder,
      allow,
      count: this.#count,
      socketFile,
      tls: this.#tls,
    })
    for (const one of this.#elsewhere.all) tell(worker, { kind: 'announcement', one })
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => child.kill('SIGKILL'), workerLimits.startMs)
      child.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          clearTimeout(late)
          worker.isReady = true
          if (this.#isResting) tell(worker, { kind: 'drain' })
          resolve()
        } else if (message.kind === 'failed') {
          reject(new OperatorError(message.words))
          child.kill('SIGKILL')
        } else if (message.kind === 'announcement') this.#told(message.one, worker)
        else if (message.kind === 'report') {
          worker.snapshot = message.snapshot
          worker.socketCount = message.sockets
        }
      })
      child.once('exit', () => {
        clearTimeout(late)
        reject(new OperatorError('A worker process ended before it served.'))
        this.#lost(place, worker)
      })
    })
  }

  #told(one: Announcement, from: Worker | undefined): void {
    this.#elsewhere.take(one)
    for (const worker of this.#workers) if (worker !== undefined && worker !== from) tell(worker, { kind: 'announcement', one })
  }

  #lost(place: number, worker: Worker): void {
    if (this.#workers[place] === worker) this.#workers[place] = undefined
    this.#told({ kind: 'lost', at: worker.socketFile }, undefined)
    for (const [name, count] of Object.entries(worker.snapshot.sums)) this.#ended[name as keyof Meter] += count
    rmSync(worker.socketFile, { force: true })
    if (this.#isEnding || !worker.isReady) return
    this.#lostCount++
    const isSteady = performance.now() - worker.startedMs > workerLimits.steadyMs
    this.#restartMs = isSteady ? workerLimits.restartMs : Math.min(this.#restartMs * 2, workerLimits.restartMsMax)
    this.#startAgain(place)
  }

  /** Until it serves: what is in the way of a start, such as a moment without memory, is gone some time. */
  #startAgain(place: number): void {
    setTimeout(() => {
      if (this.#isEnding) return
      this.#start(place).catch(() => {
        this.#restartMs = Math.min(this.#restartMs * 2, workerLimits.restartMsMax)
        this.#startAgain(place)
      })
    }, this.#restartMs).unref()
  }

  #handOut(handle: Handle): void {
    const peer: { address?: string } = {}
    handle.getpeername(peer)
    const worker = this.#choose(networkOf(peer.address))
    if (worker === undefined) return handle.close()
    worker.socketCount++
    worker.child.send({ kind: 'socket' } satisfies ToWorker, handle as never, () => handle.close())
  }

  /** Visitors of one network meet one worker, so that further carriers find their session there; but none gets many more than its share. */
  #choose(network: string): Worker | undefined {
    const live = this.#live
    const share = live.reduce((total, { socketCount }) => total + socketCount, 0) / live.length
    const places = placesFor(network, this.#count).map((place) => this.#workers[place])
    const ranked = places.filter((worker) => worker?.isReady === true) as Worker[]
    return ranked.find(({ socketCount }) => socketCount <= share * workerLimits.unevenness + workerLimits.unevenCount) ?? ranked[0]
  }

  /** Each worker gets its part of a rate for all. */
  #sharedCaps(): RelayConfig['caps'] {
    const { caps } = this.#config
    return { ...caps, bytesPerSecond: caps.bytesPerSecond === undefined ? undefined : caps.bytesPerSecond / this.#count }
  }
}

/** The places of workers in the order in which a network's visitors go to them (rendezvous hashing: when one is lost, only its own move). */
export function placesFor(network: string, count: number): number[] {
  const score = (place: number): number => createHash('sha256').update(`${network} ${place}`).digest().readUInt32BE(0)
  const places = Array.from({ length: count }, (_, place) => ({ place, score: score(place) }))
  return places.sort((a, b) => b.score - a.score).map(({ place }) => place)
}

/** Rejects with an OperatorError where the system has nothing left for one more process: Node then either throws, or says `error` and never `exit`. */
async function startProcess(): Promise<ChildProcess> {
  try {
    const child = fork(new URL('./worker.ts', import.meta.url), {
      // As main.ts has it for itself.
      execArgv: [...process.execArgv, '--max-semi-space-size=1'],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    await once(child, 'spawn')
    return child
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const words =
      code === 'EACCES'
        ? 'The user that the relay becomes may not enter the folder of Culvert’s own files, from which its processes start: move it where all may read, as to /opt.'
        : `A worker process could not be started (${code}).`
    throw new OperatorError(words, { cause: error })
  }
}

const EMPTY: Snapshot = {
  sessions: 0,
  alone: 0,
  streams: 0,
  sums: new Meter(),
  blockedCount: 0,
  blockedFault: undefined,
  memoryFault: undefined,
  memoryBytes: 0,
}

function tell({ child }: Worker, message: ToWorker): void {
  if (child.connected) child.send(message, () => undefined)
}
