// An Electron app of the engine and the dialer alone, in the processes in which the desktop app has them. Its arguments are an invite or
// the path of one, and `windows` or `node`; what the engine says comes as JSON, a line each; SIGUSR2 crashes every hidden window.
import { join } from 'node:path'
import { app, MessageChannelMain, utilityProcess, webContents } from 'electron'
import { attachDialer } from '../../../client/desktop/chromium-dialer/attach.ts'
import { hardenApp } from '../../../client/desktop/harden.ts'
import type { Order } from './engine.ts'

const say = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`)

process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack}\n`)
  app.exit(1)
})
app.on('window-all-closed', () => undefined)
hardenApp()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.exit(0))
process.on('SIGUSR2', () => {
  for (const contents of webContents.getAllWebContents()) contents.forcefullyCrashRenderer()
})

void app.whenReady().then(() => {
  const engine = utilityProcess.fork(join(app.getAppPath(), 'engine.cjs'), [], { stdio: 'inherit' })
  const { port1, port2 } = new MessageChannelMain()
  attachDialer(port1, { pageFile: join(app.getAppPath(), 'page.cjs') })
  engine.on('message', (event: object) => say(event))
  engine.on('exit', () => app.exit(1))
  const [invite = '', dialer = ''] = process.argv.slice(-2)
  engine.once('spawn', () => engine.postMessage({ invite, dialer } satisfies Order, [port2]))
})
