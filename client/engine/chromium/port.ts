// A MessagePort as Electron gives it to a utilityProcess, as far as the dialer uses it. Structural: the engine never imports Electron.

export interface Port {
  postMessage(message: unknown, ports?: Port[]): void
  on(event: 'message', listener: (event: { readonly data: unknown; readonly ports: readonly Port[] }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  /** Messages come from now on. */
  start(): void
  close(): void
}
