// npm run sim -- distribution: a year of handing relays out, against each censor; with --write, the report in docs/.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commit } from '../run.ts'
import { plot } from './plot.ts'
import { report } from './report.ts'
import { runAll } from './run.ts'

const DOCS = join(import.meta.dirname, '../../../docs')

export interface DistributionOptions {
  readonly seed?: number
  readonly seeds?: number
  readonly minutes?: number
  readonly write?: boolean
}

export async function simulateDistribution({ seed = 1, seeds = 30, minutes = 240, write = false }: DistributionOptions): Promise<void> {
  const begun = { commit: commit('../../relay/directory/handing'), date: new Date().toISOString().slice(0, 10), seed }
  console.log(`simulating years at commit ${begun.commit}, from seed ${seed}`)
  const outcomes = await runAll({ firstSeed: seed, seeds, minutes })
  const text = report(outcomes, begun)
  console.log(text)
  if (!write) return
  writeFileSync(join(DOCS, 'DISTRIBUTION.md'), text)
  writeFileSync(join(DOCS, 'distribution.svg'), plot(outcomes))
}
