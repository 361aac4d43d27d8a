// npm run sim: random seeds until told to stop, or one seed again. Ends with 1 when something did not hold.
import { Command, InvalidArgumentError } from 'commander'
import { type DistributionOptions, simulateDistribution } from './distribution/main.ts'
import { commit, runSeed, tellFailure } from './run.ts'

interface Options {
  readonly seed?: number
  readonly seeds?: number
  readonly minutes?: number
  readonly freeze?: boolean
}

const REPORT_MS = 5_000

const command = new Command('npm run sim --')
  .description('Runs two production sessions through simulated networks on virtual time. A failure prints the seed that replays it.')
  .option('--seed <number>', 'this seed first; without --seeds and --minutes no other', parseNumber)
  .option('--seeds <number>', 'how many seeds', parseNumber)
  .option('--minutes <number>', 'how long; without --seeds ten of them', parseNumber)
  .option('--freeze', 'a censor freezes every flow after some kilobytes, for long')
  .action((options: Options) => {
    process.exitCode = simulate(options)
  })
command
  .command('distribution')
  .description('Simulates years of handing relays out to users, some of whom are agents of a censor.')
  .option('--seed <number>', 'the first seed (1)', parseNumber)
  .option('--seeds <number>', 'how many (30)', parseNumber)
  .option('--minutes <number>', 'begin no year after so many', parseNumber)
  .option('--write', 'write docs/DISTRIBUTION.md and docs/distribution.svg')
  .action((_: unknown, distribution: Command) => simulateDistribution(distribution.optsWithGlobals<DistributionOptions>()))
await command.parseAsync()

function simulate({ seed, seeds, minutes, freeze }: Options): number {
  const first = seed ?? Math.floor(Math.random() * 0x1_0000_0000)
  const isReplay = seed !== undefined && seeds === undefined && minutes === undefined
  const count = isReplay ? 1 : (seeds ?? Number.POSITIVE_INFINITY)
  const endsMs = performance.now() + (minutes ?? (seeds === undefined ? 10 : Number.POSITIVE_INFINITY)) * 60_000
  console.log(`simulating at commit ${commit()}, from seed ${first}`)
  const sum = { runs: 0, failures: 0, virtualMs: 0, streams: 0, carriers: 0, faults: 0 }
  const tell = (): void =>
    console.log(
      `${sum.runs} runs, ${sum.failures} failed: ${(sum.virtualMs / 60_000).toFixed(0)} virtual minutes, ${sum.streams} streams, ${sum.carriers} carriers, ${sum.faults} faults`,
    )
  for (let told = performance.now(); sum.runs < count && performance.now() < endsMs; ) {
    const run = runSeed((first + sum.runs) >>> 0, freeze)
    sum.runs++
    sum.virtualMs += run.virtualMs
    sum.streams += run.plan.exchanges.length + run.plan.associations.length
    sum.carriers += run.carriers
    sum.faults += run.plan.faults.length
    if (run.failure !== undefined) {
      sum.failures++
      console.log(tellFailure(run))
    }
    if (performance.now() - told > REPORT_MS) {
      told = performance.now()
      tell()
    }
  }
  tell()
  return sum.failures === 0 ? 0 : 1
}

function parseNumber(text: string): number {
  const number = Number(text)
  if (text === '' || !Number.isFinite(number) || number < 0) throw new InvalidArgumentError('This is not a number.')
  return number
}
