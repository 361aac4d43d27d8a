// Every recipe by its name, as npm run lab knows them, with the parameters that the bars of docs/RESILIENCE.md were set for.
import type { Recipe } from '../recipe.ts'
import { blackout, cutoff, ipBlock, ipReset, udpOff } from './addresses.ts'
import { dnsLie, randomFirstPacket, sniReset } from './content.ts'
import { flowKill, freeze, throttle, tlsFlowLimit } from './flows.ts'
import { captivePortal } from './portal.ts'

export const RECIPES: readonly Recipe[] = [
  ipBlock(),
  ipReset(),
  sniReset(),
  dnsLie(),
  freeze({ afterKib: 12 }),
  freeze({ afterKib: 16 }),
  freeze({ afterKib: 20 }),
  throttle(),
  flowKill(),
  tlsFlowLimit(),
  randomFirstPacket(),
  udpOff(),
  cutoff(),
  cutoff({ established: 'survive' }),
  blackout(),
  captivePortal(),
]

export function recipeNamed(name: string): Recipe | undefined {
  return RECIPES.find((recipe) => recipe.name === name)
}
