// Runs before the screens, apart from them: gives the page two functions, and no way to name a channel.
import { contextBridge, ipcRenderer } from 'electron'
import type { AppStatus } from '../contract/app-status.ts'
import { BRIDGE_NAME, type Bridge } from '../contract/bridge.ts'
import type { Outcome } from '../contract/commands.ts'
import { CHANNELS } from './channels.ts'

let listener: ((status: AppStatus) => void) | undefined
ipcRenderer.on(CHANNELS.status, (_event, status: AppStatus) => listener?.(status))

const bridge: Bridge = {
  send: (name, payload) => ipcRenderer.invoke(CHANNELS.command, name, payload) as Promise<Outcome<unknown>>,
  watch(onStatus) {
    listener = onStatus
    ipcRenderer.send(CHANNELS.watch)
  },
}
contextBridge.exposeInMainWorld(BRIDGE_NAME, bridge)
