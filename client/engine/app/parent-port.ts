// The app core as a process of its own, under Electron's: what its parent sends are commands, answers and events; what it sends are statuses, outcomes and
// calls to the shell. The port is typed by what it does, so that nothing here knows of Electron.

import { execute } from '../../contract/commands.ts'
import { createRemoteShell, type FromEngine, type ShellCall, type ToEngine } from '../../contract/process-messages.ts'
import { chromiumPlatform } from '../chromium/platform.ts'
import type { Port } from '../chromium/port.ts'
import { NodePlatform } from '../platform-node.ts'
import { type App, startApp } from './app.ts'
import { fittingCrypto } from './fitting-crypto.ts'

interface ParentPort {
  on(event: 'message', listener: (message: { readonly data: ToEngine; readonly ports: readonly Port[] }) => void): void
  postMessage(message: FromEngine): void
}

const parent = (process as unknown as { readonly parentPort: ParentPort }).parentPort

/** Calls to the shell that wait for their answer. */
const called = new Map<number, PromiseWithResolvers<unknown>>()
let lastId = 0
const started = Promise.withResolvers<App>()

/** To the hidden windows that dial, where this runtime has them; comes before the start. */
let dialer: Port | undefined

parent.on('message', ({ data, ports }) => void take(data, ports))

async function take(message: ToEngine, ports: readonly Port[]): Promise<void> {
  switch (message.kind) {
    case 'dialer':
      dialer = ports[0]
      break
    case 'start':
      started.resolve(await start(message))
      break
    case 'answered':
      answered(message)
      break
    case 'event':
      ;(await started.promise).onShellEvent(message.event)
      break
    case 'command': {
      const { executors } = await started.promise
      parent.postMessage({ kind: 'outcome', id: message.id, outcome: await execute(executors, message.name, message.payload) })
      break
    }
    case 'stop':
      await (await started.promise).stop()
      parent.postMessage({ kind: 'stopped' })
  }
}

function start({ version, system, capabilities, isResumed, found }: Extract<ToEngine, { kind: 'start' }>): Promise<App> {
  const platform = dialer === undefined ? new NodePlatform() : chromiumPlatform(dialer)
  return startApp({
    version,
    system,
    capabilities,
    isResumed,
    found,
    shell: createRemoteShell(call),
    platform,
    goThrough: (upstream) => platform.goThrough(upstream),
    crypto: fittingCrypto(),
    onStatus: (status) => parent.postMessage({ kind: 'status', status }),
  })
}

function call(name: ShellCall, payload: unknown): Promise<unknown> {
  const id = ++lastId
  const answer = Promise.withResolvers<unknown>()
  called.set(id, answer)
  parent.postMessage({ kind: 'call', id, name, payload })
  return answer.promise
}

function answered({ id, ok, value }: Extract<ToEngine, { kind: 'answered' }>): void {
  const waiting = called.get(id)
  called.delete(id)
  if (ok) waiting?.resolve(value)
  else waiting?.reject(new Error('the shell has failed'))
}
