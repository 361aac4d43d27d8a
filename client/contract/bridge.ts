// What the desktop shell puts before the screens, as `globalThis.culvert`: their whole world beyond the page. In a browser it does not exist.
import type { AppStatus } from './app-status.ts'
import type { Outcome } from './commands.ts'

export interface Bridge {
  /** Carries out one command of the table; what is none is refused. Never rejects. */
  send(name: string, payload: unknown): Promise<Outcome<unknown>>
  /** Calls with the status that holds now, as soon as there is one, and with each one after it. One listener; the last one stays. */
  watch(onStatus: (status: AppStatus) => void): void
}

/** What the property of the page's global object is called. */
export const BRIDGE_NAME = 'culvert'
