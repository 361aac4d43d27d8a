// `culvert rehearse` on the command line. Ends with 0 when every step was survived, and with 1 when something is missing.
import { nodeCrypto } from '#protocol/node'
import { adviceSentence, missingSentence, outcomePhrase, type Rehearsal, rehearsalLines, stepPhrase } from '../../contract/rehearsal.ts'
import { parseSeconds, readKnownRelays, UsageError } from '../arguments.ts'
import { drillLimits } from '../limits.ts'
import { NodePlatform } from '../platform-node.ts'
import { createFolderStore, noStore } from '../state.ts'
import { type RehearseOptions, rehearse as runRehearsal } from './rehearse.ts'
import { downloadsOf, requestsToRelay } from './transfer.ts'

export interface RehearseFlags {
  readonly invite: readonly string[]
  readonly dir?: string
  readonly url?: string
  readonly stepSeconds: string
  readonly json?: boolean
}

/** What a shell expects of a program that Ctrl-C ended. */
const ENDED_BY_SIGNAL = 130

export async function rehearse(flags: RehearseFlags): Promise<void> {
  const stop = new AbortController()
  const state = (flags.dir === undefined ? noStore : createFolderStore(flags.dir)).load()
  const options: Omit<RehearseOptions, 'onStep' | 'onOutcome'> = {
    platform: new NodePlatform(),
    crypto: nodeCrypto,
    invites: readKnownRelays(flags.invite, state, Math.floor(Date.now() / 1000)),
    state,
    transfer: flags.url === undefined ? requestsToRelay(drillLimits) : downloadsOf(flags.url, drillLimits),
    stepMs: parseSeconds('--step-seconds', flags.stepSeconds, drillLimits.stepMsMin / 1000, drillLimits.stepMsMax / 1000),
    signal: stop.signal,
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  const rehearsal = await runRehearsal({ ...options, ...(flags.json === true ? inJson : inWords) }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
    process.exit(ENDED_BY_SIGNAL)
  })
  if (rehearsal === undefined)
    throw new UsageError('No way to the relay works now, so there is nothing to rehearse. Ask culvert doctor why.')
  process.stdout.write(
    flags.json === true ? line({ event: 'report', ...withWords(rehearsal) }) : `\n${rehearsalLines(rehearsal).join('\n')}\n`,
  )
  process.exit(rehearsal.survived ? 0 : 1)
}

function withWords(rehearsal: Rehearsal): object {
  return { ...rehearsal, sentences: [...rehearsal.missing.map(missingSentence), ...rehearsal.advice.map(adviceSentence)] }
}

const inJson: Pick<RehearseOptions, 'onStep' | 'onOutcome'> = {
  onStep: (step, index, count) => void process.stdout.write(line({ event: 'step', number: index + 1, of: count, ...step })),
  onOutcome: (result) => void process.stdout.write(line({ event: 'outcome', ...result })),
}

const inWords: Pick<RehearseOptions, 'onStep' | 'onOutcome'> = {
  onStep: (step, index, count) => void process.stderr.write(`${index + 1} of ${count}: ${stepPhrase(step)} … `),
  onOutcome: (result) => void process.stderr.write(`${outcomePhrase(result)}\n`),
}

function line(object: object): string {
  return `${JSON.stringify(object)}\n`
}
