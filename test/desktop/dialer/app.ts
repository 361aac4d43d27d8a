// The Electron app of the dialer's suites, in its main process: the dialer as the product has it, and beside it an ordinary page to compare with. Who started
// it speaks with it over the IPC channel of child_process; the engine's end of each port pair is carried over that channel too.
import { app, BrowserWindow, MessageChannelMain, type MessagePortMain, net, type Session, session, webContents } from 'electron'
import { attachDialer, type Dialer } from '../../../client/desktop/chromium-dialer/attach.ts'
import { leadTo } from '../../../client/desktop/chromium-dialer/lead.ts'
import type { FromApp, ToApp } from './messages.ts'

process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack}\n`)
  app.exit(1)
})
process.on('disconnect', () => app.exit(0))
app.on('window-all-closed', () => undefined)

const say = (message: FromApp): void => void process.send?.(message)
const ports = new Map<number, MessagePortMain>()
const pages = new Map<string, BrowserWindow>()
let nextPort = 1
let dialer: Dialer | undefined

/** Messages of this port go to the other process. */
function carry(port: MessagePortMain): number {
  const id = nextPort++
  ports.set(id, port)
  port.on('message', ({ data }) => say({ kind: 'port', id, data }))
  port.on('close', () => say({ kind: 'port-closed', id }))
  port.start()
  return id
}

async function obey(message: ToApp): Promise<void> {
  switch (message.kind) {
    case 'attach': {
      const { port1, port2 } = new MessageChannelMain()
      dialer = attachDialer(port1, { pageFile: message.pageFile })
      return say({ kind: 'attached', id: carry(port2) })
    }
    case 'port':
      return ports.get(message.id)?.postMessage(message.data)
    case 'port-close':
      return ports.get(message.id)?.close()
    case 'crash':
      for (const contents of webContents.getAllWebContents()) contents.forcefullyCrashRenderer()
      return
    case 'visit':
      return say({ kind: 'visited', result: await visit(message) })
    case 'lead':
      return say({ kind: 'led', outcomes: await lead(message) })
    case 'count':
      return say({ kind: 'counted', windows: dialer?.windowCount ?? 0, all: BrowserWindow.getAllWindows().length })
    case 'quit':
      dialer?.close()
      return app.quit()
  }
}

/** What an ordinary page of this browser does: loaded from its site, without any proxy, and running a script of its own. It stays open. */
async function visit({ partition, url, script, userAgent, languages }: Extract<ToApp, { kind: 'visit' }>): Promise<unknown> {
  const window = pages.get(partition) ?? openPage(partition, userAgent, languages)
  if (url !== undefined) await window.loadURL(url)
  return window.webContents.executeJavaScript(`(async () => { ${script} })()`)
}

function openPage(partition: string, userAgent: string, languages: string): BrowserWindow {
  const own = session.fromPartition(partition, { cache: false })
  own.setUserAgent(userAgent, languages)
  own.setSpellCheckerEnabled(false)
  own.setCertificateVerifyProc((_request, answer) => answer(0))
  const window = new BrowserWindow({ show: false, webPreferences: { session: own, sandbox: false, spellcheck: false } })
  pages.set(partition, window)
  return window
}

async function lead({ partitions, port }: Extract<ToApp, { kind: 'lead' }>): Promise<readonly string[]> {
  const outcomes: string[] = []
  for (let index = 0; index < partitions; index++) {
    const partition = session.fromPartition(`lead-${index}`, { cache: false })
    // Makes its network, which goes by the system's proxy until it hears of another.
    partition.setUserAgent('anybody')
    await leadTo(port, partition)
    outcomes.push(await ask(partition))
  }
  return outcomes
}

function ask(partition: Session): Promise<string> {
  return new Promise((resolve) => {
    const request = net.request({ url: 'http://nobody.invalid/', session: partition, useSessionCookies: false })
    request.on('response', ({ statusCode }) => resolve(String(statusCode)))
    request.on('error', ({ message }) => resolve(message))
    request.end()
  })
}

process.on('message', (message) => void obey(message as ToApp))
void app.whenReady().then(() => say({ kind: 'ready' }))
