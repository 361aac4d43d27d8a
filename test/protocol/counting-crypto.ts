// A Crypto that says how much work was asked of it: calls, and bytes that went through. Work is compared, not time, so the outcome never varies.
import type { Crypto } from '#protocol'

export interface Work {
  /** One line a call, with the lengths of what went in. */
  readonly calls: string[]
}

export function countingCrypto(crypto: Crypto): { readonly crypto: Crypto; readonly work: Work } {
  const calls: string[] = []
  const lengths = (args: readonly unknown[]): string => args.map((arg) => (arg instanceof Uint8Array ? arg.length : String(arg))).join(' ')
  const counted = Object.fromEntries(
    Object.entries(crypto).map(([name, member]) => {
      if (typeof member !== 'function') return [name, member]
      return [
        name,
        (...args: unknown[]) => {
          calls.push(`${name} ${lengths(args)}`)
          return (member as (...args: unknown[]) => unknown).apply(crypto, args)
        },
      ]
    }),
  )
  return { crypto: counted as unknown as Crypto, work: { calls } }
}
