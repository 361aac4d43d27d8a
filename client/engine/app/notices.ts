// What the person is to know: each once, until it is dismissed or makes room for newer ones.
import type { Notice } from '../../contract/app-status.ts'
import { statusLimits } from '../../contract/limits.ts'

export class Notices {
  readonly #onChange: () => void
  #list: readonly Notice[] = []

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** The oldest first. */
  get list(): readonly Notice[] {
    return this.#list
  }

  add(code: Notice['code']): void {
    const others = this.#list.filter((one) => one.code !== code)
    this.#list = [...others, { id: code, code }].slice(-statusLimits.noticesMax)
    this.#onChange()
  }

  /** False: there is none of that name. */
  dismiss(id: string): boolean {
    const rest = this.#list.filter((one) => one.id !== id)
    const isFound = rest.length < this.#list.length
    this.#list = rest
    this.#onChange()
    return isFound
  }

  clear(): void {
    this.#list = []
  }
}
