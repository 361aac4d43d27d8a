// The contract, through every edge that people may deploy: both carriers, and polls where an edge holds answers back.
import { describe } from 'vitest'
import { needs } from '../needs.ts'
import { describeSetting } from './carrier-suite.ts'
import { EDGES } from './settings.ts'

/** A relay learns of a cut on the far side of an edge by the client's silence, seconds later: fewer are tried than with nothing between. */
const CUTS = 12

for (const program of ['nginx', 'varnish'] as const) {
  describe.runIf(needs(program))(program, () => {
    for (const setting of EDGES) if (setting.name.includes(program)) describeSetting(setting, CUTS)
  })
}

describe('workerd', () => {
  for (const setting of EDGES) if (setting.name.includes('workerd')) describeSetting(setting, CUTS)
})
