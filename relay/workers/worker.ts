// One process of a relay that has several. It ends when the process that started it is gone.
import { Socket } from 'node:net'
import process from 'node:process'
import { workerLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'
import { type Server, serve } from '../serve.ts'
import { Elsewhere, registryOf } from './elsewhere.ts'
import type { FromWorker, ToWorker } from './messages.ts'

const elsewhere = new Elsewhere()
let server: Promise<Server> | undefined
const sockets = new Set<Socket>()

function say(message: FromWorker): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

// The terminal's Ctrl-C reaches all processes; the first one decides what becomes of it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToWorker, handle: unknown) => {
  switch (message.kind) {
    case 'start':
      server = start(message)
      return
    case 'socket':
      return take(handle)
    case 'announcement':
      return elsewhere.take(message.one)
    case 'certificate':
      return void server?.then((one) => one.showCertificate(message.tls))
    case 'drain':
      return void server?.then((one) => one.drain()).then(() => say({ kind: 'drained' }))
    case 'open':
      return void server?.then((one) => one.open())
  }
})

async function start(message: Extract<ToWorker, { kind: 'start' }>): Promise<Server> {
  const { config, folder, allow, count, socketFile, tls } = message
  const registry = registryOf(socketFile, (one) => say({ kind: 'announcement', one }))
  const mask = process.umask(0o177)
  try {
    const pair = tls && { cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) }
    const made = await serve({ config, folder, allow, worker: { count, tls: pair, socketFile, elsewhere, registry } })
    process.umask(mask)
    const report = (): void => say({ kind: 'report', snapshot: made.snapshot(), sockets: sockets.size })
    setInterval(report, workerLimits.reportMs)
    report()
    say({ kind: 'ready' })
    return made
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    say({ kind: 'failed', words: error.message })
    return new Promise(() => undefined)
  }
}

/** A socket below Node's own objects, made into one that has not been read from. */
function take(handle: unknown): void {
  const socket = new Socket({ handle, pauseOnCreate: true, readable: true, writable: true } as never)
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  void server?.then((one) => one.take(socket))
}
