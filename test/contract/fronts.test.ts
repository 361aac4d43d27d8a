// The contract, behind the web servers that a relay can stand behind.
import { describe } from 'vitest'
import { needs } from '../needs.ts'
import { describeSetting } from './carrier-suite.ts'
import { FRONTS } from './settings.ts'

const CUTS = 48

for (const front of ['nginx', 'caddy'] as const) {
  describe.runIf(needs(front))(front, () => {
    for (const setting of FRONTS[front]) describeSetting(setting, CUTS)
  })
}
