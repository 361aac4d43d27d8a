// Names of places that a stranger named, resolved for what dials by itself: a library, or Node's own TLS and HTTPS. Addresses that stand there as such are not
// resolved, so whoever dials must look at those first.
import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** Hands on only addresses that may be dialled; a name with none of them fails. What was checked is what is dialled. */
export function checkedLookup(permits: (address: string) => boolean, lookup: typeof systemLookup = systemLookup): LookupFunction {
  return (name, options, done) => {
    lookup(name, { all: true, family: options.family === 4 || options.family === 6 ? options.family : 0 }, (error, addresses) => {
      const open = error === null ? addresses.filter(({ address }) => permits(address)) : []
      const [first] = open
      if (first === undefined) done(error ?? Object.assign(new Error('no address of it may be dialled'), { code: 'ENOTFOUND' }), '', 0)
      else if (options.all === true) done(null, open)
      else done(null, first.address, first.family)
    })
  }
}
