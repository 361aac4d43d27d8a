// What the Node of an older Electron lacks and the engine uses; does nothing in a current one. Put before all else in each bundle.

Promise.withResolvers ??= function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T | PromiseLike<T>) => void
  let reject!: (reason?: unknown) => void
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

AbortSignal.any ??= (signals: readonly AbortSignal[]): AbortSignal => {
  const joined = new AbortController()
  const listening = new AbortController()
  const abort = (signal: AbortSignal): void => {
    listening.abort()
    joined.abort(signal.reason)
  }
  for (const signal of signals) {
    if (signal.aborted) abort(signal)
    else signal.addEventListener('abort', () => abort(signal), { once: true, signal: listening.signal })
  }
  return joined.signal
}

URL.canParse ??= (text: string | URL, base?: string | URL): boolean => {
  try {
    new URL(text, base)
    return true
  } catch {
    return false
  }
}
