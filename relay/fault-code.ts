// What may be said of an error that is nobody's to mend by reading it.

/** A code or a kind, which tells nothing of anyone: never the error's own words. */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown }
  const said = [code, name].find((word): word is string => typeof word === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(word))
  return said ?? 'unknown'
}
