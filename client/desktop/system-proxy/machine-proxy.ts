// The system's proxy as the app wants it: through Culvert, refusing, or as it was; with whatever has to listen for that, and what the screens are told.
import type { SystemProxyFault, SystemProxyStatus } from '../../contract/app-status.ts'
import type { WantedProxy } from '../../contract/shell.ts'
import { directRules } from '../direct-rules.ts'
import { type SystemProxyLimits, systemProxyLimits } from '../limits.ts'
import { createPac, PacServer } from '../pac.ts'
import { RefusingPort } from '../refusing-port.ts'
import { createGnome } from './gnome.ts'
import { GuardProcess } from './guard.ts'
import { createKde } from './kde.ts'
import { LoginRepair } from './login-repair.ts'
import { createMacos } from './macos.ts'
import { type Recovered, recover } from './recover.ts'
import type { Run } from './run.ts'
import { type Adapter, type ProxyWish, SystemProxyError } from './settings.ts'
import { SystemProxy } from './system-proxy.ts'
import { createWindows } from './windows.ts'

export interface MachineProxyOptions {
  /** The app's own folder, which exists. */
  readonly folder: string
  readonly platform: NodeJS.Platform
  readonly env: NodeJS.ProcessEnv
  readonly run: Run
  /** The app's program and the arguments with which it repairs and ends: what is started when the app has died. */
  readonly repairCommand: readonly string[]
  /** Whether that repair is this very process: nothing is to watch over it, or it would be started again by its own end. */
  readonly isRepair?: boolean
  readonly onStatus: (status: SystemProxyStatus) => void
  readonly limits?: SystemProxyLimits
}

/** Those that this operating system may have; each says by itself whether it is here. */
export function createAdapters(platform: NodeJS.Platform, run: Run, env: NodeJS.ProcessEnv): readonly Adapter[] {
  if (platform === 'win32') return [createWindows(run, env)]
  if (platform === 'darwin') return [createMacos(run)]
  return [createGnome(run), createKde(run, env)]
}

export class MachineProxy {
  readonly #proxy: SystemProxy
  readonly #adapters: readonly Adapter[]
  readonly #onStatus: (status: SystemProxyStatus) => void
  readonly #checking: NodeJS.Timeout
  #wanted: WantedProxy = { mode: 'restored' }
  #said: SystemProxyStatus | undefined
  #refusing: RefusingPort | undefined
  #pac: PacServer | undefined

  constructor({ folder, platform, env, run, repairCommand, isRepair = false, onStatus, limits = systemProxyLimits }: MachineProxyOptions) {
    this.#adapters = createAdapters(platform, run, env)
    this.#onStatus = onStatus
    const atLogin = new LoginRepair({ command: repairCommand, platform, env, run })
    const guards = isRepair ? [atLogin] : [new GuardProcess({ command: repairCommand, platform }), atLogin]
    this.#proxy = new SystemProxy({ folder, adapters: this.#adapters, guards })
    this.#checking = setInterval(() => void this.check(), limits.checkMs).unref()
  }

  async isSupported(): Promise<boolean> {
    return (await Promise.all(this.#adapters.map((adapter) => adapter.isHere()))).includes(true)
  }

  /** For each start, once this is the only instance, before anything else is wanted. */
  async recover(): Promise<Recovered | SystemProxyFault> {
    try {
      const recovered = await recover(this.#proxy)
      this.#say({ state: recovered === 'held' ? 'refusing' : 'off' })
      return recovered
    } catch (error) {
      return this.#fault(error, 'left-over')
    }
  }

  /** undefined: it is as wanted. */
  async set(wanted: WantedProxy): Promise<SystemProxyFault | undefined> {
    this.#wanted = wanted
    this.#say({ state: 'changing' })
    try {
      if (wanted.mode === 'restored') return await this.#restore()
      await this.#proxy.apply(await this.#wishOf(wanted), { hold: wanted.mode === 'refusing' || wanted.killSwitch })
      this.#saySet(wanted)
      return undefined
    } catch (error) {
      return this.#fault(error, this.#proxy.leftOver() === undefined ? 'off' : 'left-over')
    }
  }

  /** By hand. What others have set meanwhile is theirs, and stays. */
  repair(): Promise<SystemProxyFault | undefined> {
    return this.set({ mode: 'restored' })
  }

  /** Looks whether what was set still stands; for when the window is opened, the network changed or the computer woke up. Never rejects. */
  async check(): Promise<void> {
    if (this.#wanted.mode === 'restored') return
    const standing = await this.#proxy.check().catch(() => 'none' as const)
    if (standing === 'incomplete') await this.set(this.#wanted)
    else if (standing === 'changed') this.#say({ state: 'off', fault: 'changed-by-others' })
    // Whoever changed it has put ours back.
    else if (standing === 'ours' && this.#said?.fault === 'changed-by-others') this.#saySet(this.#wanted)
  }

  /** For the app's end: quitting releases the kill switch, too. Then frees the ports. */
  async close(): Promise<SystemProxyFault | undefined> {
    clearInterval(this.#checking)
    const fault = await this.repair()
    this.#refusing?.close()
    this.#pac?.close()
    return fault
  }

  async #restore(): Promise<SystemProxyFault | undefined> {
    const restored = await this.#proxy.restore()
    const fault = restored === 'left' ? 'changed-by-others' : undefined
    this.#say({ state: 'off', ...(fault === undefined ? {} : { fault }) })
    return fault
  }

  async #wishOf(wanted: Exclude<WantedProxy, { readonly mode: 'restored' }>): Promise<ProxyWish> {
    if (wanted.mode === 'refusing') {
      this.#refusing ??= await RefusingPort.listen()
      return { httpPort: this.#refusing.port, direct: [] }
    }
    const { httpPort, socksPort } = wanted
    const direct = directRules(wanted.domestic)
    if (direct.length === 0) return { httpPort, socksPort, direct }
    this.#pac ??= await PacServer.listen()
    return { httpPort, socksPort, direct, pacUrl: this.#pac.publish(createPac(httpPort, direct)) }
  }

  #saySet({ mode }: WantedProxy): void {
    this.#say({ state: mode === 'refusing' ? 'refusing' : 'on' })
  }

  #say(status: SystemProxyStatus): void {
    this.#said = status
    this.#onStatus(status)
  }

  #fault(error: unknown, state: SystemProxyStatus['state']): SystemProxyFault {
    const code = error instanceof SystemProxyError ? error.code : undefined
    const fault = code === 'refused' || code === 'password' ? 'refused' : code === 'not-taken' ? 'changed-by-others' : 'failed'
    this.#say({ state: code === 'unsupported' ? 'unsupported' : state, fault })
    return fault
  }
}
