// Holds the app's state in memory and has the shell keep it, sealed; in clear text only after the person agreed. Saves are one at a time, and the last is
// never left out.
import type { StorageStatus } from '../../contract/app-status.ts'
import type { Shell } from '../../contract/shell.ts'
import { appLimits } from './limits.ts'
import { type AppState, decodeAppState, encodeAppState, FRESH_APP_STATE } from './saved-state.ts'

const FIRST_MANNER = { sealed: 'sealed', plain: 'ask', none: 'memory-only' } as const

export class Vault {
  readonly #shell: Shell
  readonly #storage: 'sealed' | 'plain' | 'none'
  readonly #onChange: () => void
  readonly #onStored: (isStored: boolean) => void
  #state: AppState = FRESH_APP_STATE
  #status: StorageStatus
  #timer: NodeJS.Timeout | undefined
  #saving: Promise<void> = Promise.resolve()

  /** `onStored`: whenever what is to be stored can't be any more, or can again. */
  constructor(shell: Shell, storage: 'sealed' | 'plain' | 'none', onChange: () => void, onStored: (isStored: boolean) => void) {
    this.#shell = shell
    this.#storage = storage
    this.#onChange = onChange
    this.#onStored = onStored
    this.#status = { manner: FIRST_MANNER[storage] }
  }

  get state(): AppState {
    return this.#state
  }

  get status(): StorageStatus {
    return this.#status
  }

  /** False: there is a state, and it can't be read; it is left as it is until something is saved. */
  async load(): Promise<boolean> {
    const loaded = await this.#shell.loadState()
    if (loaded.kind === 'none') return true
    const state = loaded.kind === 'unreadable' ? undefined : decodeAppState(loaded.text)
    // Clear text that is there was agreed to; where it can be sealed now, the next save seals it.
    if (loaded.kind === 'plain' && this.#storage === 'plain') this.#status = { manner: 'plain' }
    if (state === undefined) {
      this.#status = { ...this.#status, fault: 'unreadable' }
      return false
    }
    this.#state = state
    return true
  }

  /** What the engine learned: stored soon. */
  change(part: Partial<AppState>): void {
    this.#state = { ...this.#state, ...part }
    this.#timer ??= setTimeout(() => void this.flush(), appLimits.saveAfterMs)
    this.#onChange()
  }

  /** What a person decided: stored, or not to be stored, when this resolves. Who is told that it is done may be cut off from power the next moment. */
  async keep(part: Partial<AppState>): Promise<void> {
    this.change(part)
    await this.flush()
  }

  /** Agrees to clear text, or takes that back: what was stored is wiped then. Says whether it was done. */
  async storePlainly(isAgreed: boolean): Promise<boolean> {
    if (this.#storage !== 'plain') return false
    this.#status = { manner: isAgreed ? 'plain' : 'ask' }
    if (isAgreed) await this.flush()
    const isDone = isAgreed ? this.#status.fault === undefined : await this.#shell.wipe()
    this.#onChange()
    return isDone
  }

  /** Resolves when all that changed until now is stored, or could not be. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#saving = this.#saving.then(() => this.#save())
    return this.#saving
  }

  async forget(): Promise<boolean> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#saving
    this.#state = FRESH_APP_STATE
    this.#status = { manner: FIRST_MANNER[this.#storage] }
    const isWiped = this.#storage === 'none' || (await this.#shell.wipe())
    this.#onChange()
    return isWiped
  }

  async #save(): Promise<void> {
    const { manner } = this.#status
    const text = encodeAppState(this.#state)
    if (manner !== 'sealed' && manner !== 'plain') return void (await this.#shell.saveState({ text, manner: 'memory' }))
    const isSaved = await this.#shell.saveState({ text, manner })
    const had = this.#status.fault
    this.#status = isSaved ? { manner } : { manner, fault: 'unwritable' }
    if (this.#status.fault === had) return
    this.#onStored(isSaved)
    this.#onChange()
  }
}
