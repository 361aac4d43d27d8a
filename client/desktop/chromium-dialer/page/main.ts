// What runs in a hidden window: the preload of an empty page, in a sandbox, with no script beside it. Takes the pane's port from the main process and
// does what the engine asks on it, by the browser's own WebSocket and fetch; one carrier at a time.
import { ipcRenderer } from 'electron'
import { readToPane, type ToPane } from '../../../contract/dialer-messages.ts'
import { CookieTurn } from './cookie-turn.ts'
import { Requests } from './requests.ts'
import { Upgrade } from './upgrade.ts'

const turn = new CookieTurn()
ipcRenderer.on('culvert:sent', (_event, header: unknown) => {
  if (typeof header === 'string') turn.sent(header)
})
ipcRenderer.once('culvert:port', ({ ports: [port] }) => {
  if (port !== undefined) serve(port)
})

function serve(port: MessagePort): void {
  const requests = new Requests(port, turn)
  let upgrade: Upgrade | undefined
  const obey = (message: ToPane): void => {
    switch (message.kind) {
      case 'upgrade':
        upgrade?.end()
        upgrade = new Upgrade(port, turn, message)
        return
      case 'ask':
        return requests.ask(message)
      case 'read':
        return requests.read(message.id, message.bytes)
      case 'drop':
        return requests.drop()
      default:
        if (message.id === upgrade?.id) upgrade.obey(message)
    }
  }
  port.onmessage = ({ data }) => {
    const message = readToPane(data)
    if (message !== undefined) obey(message)
  }
}
