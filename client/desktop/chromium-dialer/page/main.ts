// What runs in a hidden window: the preload of an empty page, in a sandbox, with no script beside it. Opens its line to the engine, once the main process
// says where, and does what the engine asks on it, by the browser's own WebSocket and fetch; one carrier at a time.
import { ipcRenderer } from 'electron'
import type { ToPane } from '../../../contract/dialer-messages.ts'
import { CookieTurn } from './cookie-turn.ts'
import { Line } from './line.ts'
import { Requests } from './requests.ts'
import { Upgrade } from './upgrade.ts'

const turn = new CookieTurn()
ipcRenderer.once('culvert:line', (_event, port: unknown) => {
  if (typeof port === 'number') serve(port)
})

function serve(port: number): void {
  let upgrade: Upgrade | undefined
  const obey = (message: ToPane): void => {
    switch (message.kind) {
      case 'upgrade':
        upgrade?.end()
        upgrade = new Upgrade(line, turn, message)
        return
      case 'end':
        if (message.id === upgrade?.id) upgrade.end()
        return
      case 'ask':
        return requests.ask(message)
      case 'read':
        return requests.read(message.id, message.bytes)
      case 'drop':
        return requests.drop()
    }
  }
  const line = new Line(port, {
    onMessage: obey,
    onBytes: (id, bytes) => {
      if (id === upgrade?.id) upgrade.send(bytes)
      else requests.post(id, bytes)
    },
    onClosed: () => {
      upgrade?.end()
      requests.drop()
    },
  })
  const requests = new Requests(line, turn)
}
