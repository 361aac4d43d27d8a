// A MessagePort as Electron gives it to a utilityProcess, as far as the dialer uses it. Structural: the engine never imports Electron.

export interface Port {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  /** Messages come from now on. */
  start(): void
  close(): void
}
