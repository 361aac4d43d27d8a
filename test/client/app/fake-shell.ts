// A shell that keeps everything in memory and notes what it was asked for.
import type { Capabilities, SystemProxyFault } from '../../../client/contract/app-status.ts'
import type { LoadedState, Shell, WantedProxy } from '../../../client/contract/shell.ts'

export const FULL_CAPABILITIES: Capabilities = {
  shell: 'desktop',
  dialer: 'node',
  systemLanguage: 'en-US',
  systemProxy: true,
  killSwitch: true,
  startAtLogin: true,
  notifications: true,
  tray: true,
  storage: 'sealed',
  saveFile: true,
  screenImage: true,
  camera: true,
  share: true,
  update: true,
  proxyGaps: ['own-settings'],
}

export class FakeShell implements Shell {
  state: LoadedState = { kind: 'none' }
  proxy: WantedProxy = { mode: 'restored' }
  readonly proxies: WantedProxy[] = []
  readonly notified: string[] = []
  readonly files: string[] = []
  proxyFault: SystemProxyFault | undefined
  canSave = true
  wipes = 0
  atLogin = false

  readonly loadState = async (): Promise<LoadedState> => this.state
  readonly saveState: Shell['saveState'] = async ({ text, manner }) => {
    if (this.canSave && manner !== 'memory') this.state = { kind: manner, text }
    return this.canSave
  }
  readonly wipe = async (): Promise<boolean> => {
    this.state = { kind: 'none' }
    this.wipes++
    return true
  }
  readonly setSystemProxy: Shell['setSystemProxy'] = async (wanted) => {
    if (this.proxyFault !== undefined) return this.proxyFault
    this.proxy = wanted
    this.proxies.push(wanted)
    return undefined
  }
  readonly repairInternet: Shell['repairInternet'] = async () => {
    this.proxy = { mode: 'restored' }
    return this.proxyFault
  }
  readonly setStartAtLogin: Shell['setStartAtLogin'] = async ({ isOn }) => {
    this.atLogin = isOn
    return true
  }
  readonly notify: Shell['notify'] = ({ code }) => void this.notified.push(code)
  readonly saveFile: Shell['saveFile'] = async ({ text }) => {
    this.files.push(text)
    return 'saved'
  }
  readonly share: Shell['share'] = async () => ({ hasApp: true, folder: 'culvert-for-a-friend' })
  readonly checkUpdate = async (): Promise<void> => undefined
  readonly fetchUpdate = async (): Promise<void> => undefined
  readonly openUpdate = async (): Promise<void> => undefined
  readonly installUpdate = async (): Promise<void> => undefined
  readonly quit = (): void => undefined
}
