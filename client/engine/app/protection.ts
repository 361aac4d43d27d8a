// What the system's proxy is to be, and the shell asked to make it so: one change at a time, the last wish wins.
import type { Capabilities, LinkStatus, SystemProxyFault, SystemProxyStatus } from '../../contract/app-status.ts'
import type { Settings } from '../../contract/settings.ts'
import type { Shell, WantedProxy } from '../../contract/shell.ts'

const STATE = { restored: 'off', refusing: 'refusing', through: 'on' } as const

export interface Circumstances {
  readonly settings: Settings
  readonly state: LinkStatus['state']
  /** Whether there was a session since the person connected: what is open then waits in our own proxy, and must not be sent elsewhere. */
  readonly wasConnected: boolean
  readonly ports: { readonly socks: number; readonly http: number } | undefined
}

/** The one place where it is decided what goes where. undefined: for the moment, where it goes already. */
export function wantedProxy({ settings, state, wasConnected, ports }: Circumstances): WantedProxy | undefined {
  const shut: WantedProxy = { mode: settings.killSwitch ? 'refusing' : 'restored' }
  if (state === 'off' || !settings.systemProxy) return shut
  if (state === 'connecting' && !wasConnected) return shut
  if (ports === undefined) return wasConnected ? undefined : shut
  return { mode: 'through', socksPort: ports.socks, httpPort: ports.http, domestic: settings.domestic, killSwitch: settings.killSwitch }
}

export interface ProtectionOptions {
  readonly shell: Shell
  readonly capabilities: () => Capabilities
  /** A core before this one died, and whatever it asked for still stands. */
  readonly isResumed: boolean
  readonly onChange: (fault: SystemProxyFault | undefined) => void
}

export class Protection {
  readonly #shell: Shell
  readonly #capabilities: () => Capabilities
  readonly #onChange: (fault: SystemProxyFault | undefined) => void
  /** What was asked of the shell last: a fault is not repeated until the wish changes. undefined: by a core that has died, so it is not known. */
  #asked: WantedProxy | undefined
  #wanted: WantedProxy = { mode: 'restored' }
  #working: Promise<void> | undefined
  #status: SystemProxyStatus = { state: 'off' }

  constructor({ shell, capabilities, isResumed, onChange }: ProtectionOptions) {
    this.#shell = shell
    this.#capabilities = capabilities
    this.#asked = isResumed ? undefined : { mode: 'restored' }
    this.#onChange = onChange
  }

  get status(): SystemProxyStatus {
    return this.#capabilities().systemProxy ? this.#status : { state: 'unsupported' }
  }

  /** What the shell found by itself, such as a setting that a crash left over. */
  told(status: SystemProxyStatus): void {
    const isNew = status.fault !== this.#status.fault
    this.#status = status
    // Others may do as they like with what is no longer wanted.
    if (isNew && status.fault === 'changed-by-others' && this.#wanted.mode !== 'restored') this.#onChange(status.fault)
  }

  /** The next wish is asked for even if it is the same as before. */
  forgetFault(): void {
    if (this.#status.fault !== undefined) this.#asked = undefined
  }

  /** Resolves when it is as wanted, or could not be made so. */
  want(wanted: WantedProxy): Promise<void> {
    this.#wanted = wanted
    if (!this.#capabilities().systemProxy || isSame(this.#asked, wanted)) return this.#working ?? Promise.resolve()
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
    return this.#working
  }

  /** By hand, whatever we believe of it. */
  async repair(): Promise<SystemProxyFault | undefined> {
    await this.#working
    const fault = await this.#shell.repairInternet()
    this.#asked = { mode: 'restored' }
    this.#became({ state: 'off' }, fault)
    return fault
  }

  async #work(): Promise<void> {
    while (!isSame(this.#asked, this.#wanted)) {
      const wanted = this.#wanted
      this.#asked = wanted
      this.#became({ state: 'changing' })
      const said = await this.#shell.setSystemProxy(wanted)
      // Nothing of ours is left then, which is all that was asked.
      const fault = wanted.mode === 'restored' && said === 'changed-by-others' ? undefined : said
      this.#became({ state: fault === undefined ? STATE[wanted.mode] : wanted.mode === 'restored' ? 'left-over' : 'off' }, fault)
    }
  }

  #became(status: SystemProxyStatus, fault?: SystemProxyFault): void {
    this.#status = fault === undefined ? status : { ...status, fault }
    this.#onChange(fault)
  }
}

function isSame(a: WantedProxy | undefined, b: WantedProxy): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
