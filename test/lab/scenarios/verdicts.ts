// Whether a client concludes of each recipe what it should: it is in use when the recipe is applied, knows its relay's policy, and has some time.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Verdict } from '../../../client/contract/verdict.ts'
import { FURTHER, NAMES } from '../atlas.ts'
import type { Event } from '../product.ts'
import type { Recipe } from '../recipe.ts'
import { RECIPES } from '../recipes/all.ts'
import { flowKill, tlsFlowLimit } from '../recipes/flows.ts'
import type { Result, Row } from '../report.ts'
import { lasting, onStage, type Stage } from './stage.ts'

const BAR = 0.95
/** A person browses meanwhile. */
const BYTES_PER_S = 200_000
const BYTES = 1_000_000_000
/** From connected until the policy is there and calm has been seen. */
const BEFORE_MS = 5_000
/** UDP is asked for the first time within two minutes, and flows that die at the age of one must die more than once. */
const LIMIT_MS = 240_000
/** A verdict that is right stays so. */
const STAYS_MS = 10_000
/** Of a recipe that does nothing to this product, nothing may be said for so long. */
const NOTHING_MS = 60_000
const QUIC = join(import.meta.dirname, '../servers/quic.ts')

export interface Judged {
  readonly recipe: string
  readonly wanted: Verdict
  /** The last that was said; undefined: none at all. */
  readonly got: string | undefined
  /** From the act to the first time that the right one was said. */
  readonly afterMs: number | undefined
  readonly evidence: string
}

export const verdictRows: Readonly<Record<string, Row>> = {
  'verdict right over all recipes': () => onStage(async (stage) => judge(await measureVerdicts(stage, RECIPES.map(biting)))),
}

/** Who dials as seldom as this client never meets a limit of six new flows in half a minute, nor one of two, as a relay has an address of each family and
 *  the other is dialled where one does not answer; whose carriers live as briefly as here, meets no limit of age. */
export function biting(recipe: Recipe): Recipe {
  switch (recipe.name) {
    case tlsFlowLimit().name:
      return tlsFlowLimit({ flows: 1 })
    case flowKill().name:
      return flowKill({ afterS: 6 })
    default:
      return recipe
  }
}

function judge(all: readonly Judged[]): Result {
  const wrong = all.filter(({ wanted, got }) => got !== wanted)
  const share = (all.length - wrong.length) / all.length
  const faults = wrong.map(({ recipe, wanted, got, evidence }) => `${recipe}: ${got ?? 'nothing'} (${evidence}) for ${wanted}`)
  const figure = [`${all.length - wrong.length} of ${all.length}`, ...faults].join('; ')
  return { figure, bar: `≥ ${BAR * 100} %`, pass: share >= BAR }
}

export async function measureVerdicts(stage: Stage, recipes: readonly Recipe[]): Promise<Judged[]> {
  const { country } = stage
  await country.relayA.setPolicy(
    ['--domestic', `${NAMES.domestic}:443`],
    ['--foreign', `${NAMES.canary}:443,${NAMES.target}:443`],
    ['--udp', `${NAMES.canary}:443`],
    ['--resolvers', `https://${NAMES.doh}/dns-query`],
    // Some recipes harm only flows that begin under them: in a day many do, here some in a minute.
    ['--rotate-seconds', '8-12'],
  )
  const quic = country.target.startNode(QUIC, FURTHER.canary.v4, FURTHER.canary.v6)
  await quic.line((line) => (line === 'READY' ? true : undefined))
  const learned = join(country.folder, 'learned')
  const teacher = await stage.connect(stage.invite(), '--dir', learned)
  await lasting(BEFORE_MS)
  await teacher.program.kill()
  const all: Judged[] = []
  for (const [index, recipe] of recipes.entries()) {
    const dir = join(country.folder, `client-${index}`)
    cpSync(learned, dir, { recursive: true })
    const judged = await measureVerdict(stage, dir, recipe)
    all.push(judged)
    // Sixteen recipes take a quarter of an hour: whoever waits sees each.
    const after = judged.afterMs === undefined ? '' : ` after ${(judged.afterMs / 1_000).toFixed(0)} s`
    process.stderr.write(`  ${judged.recipe}: ${judged.got ?? 'nothing'}${after}\n`)
  }
  return all
}

async function measureVerdict({ country, connect, invite, transfer }: Stage, dir: string, recipe: Recipe): Promise<Judged> {
  const client = await connect(invite(), '--dir', dir)
  const browsing = transfer(client, { direction: 'down', bytes: BYTES, bytesPerS: BYTES_PER_S })
  let last: Event | undefined
  let onSaid: () => void = () => undefined
  client.program
    .line((line) => {
      const said = JSON.parse(line) as Event
      if (said['event'] === 'verdict') last = said
      onSaid()
      return undefined
    })
    .catch(() => undefined)
  try {
    await lasting(BEFORE_MS)
    const fromMs = performance.now()
    await country.censor.apply(recipe)
    let afterMs: number | undefined
    const isRight = (): boolean => last?.['verdict'] === recipe.verdict
    if (recipe.verdict === 'open') await lasting(NOTHING_MS)
    while (performance.now() - fromMs < LIMIT_MS && recipe.verdict !== 'open') {
      const said = new Promise<void>((resolve) => {
        onSaid = resolve
      })
      if (isRight()) {
        afterMs ??= performance.now() - fromMs
        await lasting(STAYS_MS)
        if (isRight()) break
      }
      await Promise.race([said, lasting(STAYS_MS)])
    }
    const evidence = ((last?.['evidence'] ?? []) as unknown as readonly { readonly code: string }[]).map(({ code }) => code).join(', ')
    return { recipe: recipe.name, wanted: recipe.verdict, got: last?.['verdict'] as string | undefined, afterMs, evidence }
  } finally {
    await browsing.kill()
    await client.program.kill()
    await country.censor.lift()
  }
}
