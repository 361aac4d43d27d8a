// The Chromium dialer's half in the main process. `attachDialer` takes one end of a MessagePort pair, whose other end the engine's `chromiumPlatform` has
// (client/engine/chromium/platform.ts), and opens hidden windows as the engine asks:
//
//   const { port1, port2 } = new MessageChannelMain()
//   engine.postMessage({ kind: 'dialer' }, [port2])                   // the utilityProcess
//   const dialer = attachDialer(port1, { pageFile })                  // once app is ready
//
// `pageFile` is page/main.ts bundled as one CommonJS file (`electron` external): the preload of each window. `dialer.close()` before quitting.
//
// 1. the engine asks for a pane: a window with a partition of its own, all of whose traffic goes to the engine's hop       pane.ts
// 2. the window opens its line to the hop: this process sees no byte of a carrier
// 3. a window that crashes is reported; the engine's carriers on it end, and its session goes on by another
import { app, type MessagePortMain } from 'electron'
import { type FromMain, type PaneId, readToMain, type ToMain } from '../../contract/dialer-messages.ts'
import { Pane } from './pane.ts'

/** More windows than an engine ever has carriers: what is beyond is a fault, and refused. */
const PANES_MAX = 32

export interface DialerOptions {
  readonly pageFile: string
}

export interface Dialer {
  /** Closes all windows. */
  close(): void
  /** Windows that are open, for tests and for what the app says of itself. */
  readonly windowCount: number
}

export function attachDialer(port: MessagePortMain, { pageFile }: DialerOptions): Dialer {
  // A window that nobody sees is no less urgent: at a lower priority its carrier would wait for every other program.
  app.commandLine.appendSwitch('disable-renderer-backgrounding')
  const panes = new Map<PaneId, Pane>()
  const tell = (message: FromMain): void => port.postMessage(message)
  const close = (id: PaneId): void => {
    const pane = panes.get(id)
    panes.delete(id)
    pane?.close()
  }
  const open = async (order: Extract<ToMain, { readonly kind: 'open' }>): Promise<void> => {
    const { pane: id } = order
    if (panes.has(id) || panes.size >= PANES_MAX) return tell({ kind: 'gone', pane: id })
    const onGone = (): void => {
      close(id)
      tell({ kind: 'gone', pane: id })
    }
    const pane = new Pane(order, pageFile, onGone)
    panes.set(id, pane)
    try {
      await pane.load()
    } catch {
      return onGone()
    }
  }
  port.on('message', ({ data }) => {
    const message = readToMain(data)
    if (message?.kind === 'open') void open(message)
    else if (message?.kind === 'close') close(message.pane)
    else if (message?.kind === 'why') tell({ kind: 'told', pane: message.pane, certificate: panes.get(message.pane)?.certificateFault })
  })
  const closeAll = (): void => {
    for (const id of [...panes.keys()]) close(id)
  }
  port.on('close', closeAll)
  port.start()
  return {
    close: () => {
      port.close()
      closeAll()
    },
    get windowCount() {
      return panes.size
    },
  }
}
