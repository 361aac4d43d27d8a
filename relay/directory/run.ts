// `culvert-relay directory run`: an authority from its start to its end. To strangers it is a web site; whoever has its invite may ask it, and nothing is
// dialled for anyone.
import { join, resolve } from 'node:path'
import { decodeCertificate, decodeCharter, decodeInvite, ProtocolError } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { loadConfig, loadKeys } from '../config.ts'
import { makeInvite } from '../invite.ts'
import { OperatorError } from '../operator-error.ts'
import { serve } from '../serve.ts'
import { anyOf } from './answer.ts'
import { Authority, type Mandate, type Met, refuseWrongMandate } from './authority.ts'
import { Book } from './book.ts'
import { Distributor } from './distributor.ts'
import { examine } from './examine.ts'
import { loadMandate, SIGNING_KEY_FILE } from './folder.ts'
import { authorityLimits, distributorLimits } from './limits.ts'
import { Peers } from './peers.ts'
import { loadKeyFile } from './signing-key.ts'

export interface DirectoryRunOptions {
  readonly dir: string
  readonly json: boolean
}

/** Resolves when the authority has ended by SIGTERM or SIGINT. Rejects with an OperatorError when it can't start. */
export async function runAuthority({ dir: given, json }: DirectoryRunOptions): Promise<void> {
  const dir = resolve(given)
  const say = (event: object, sentence: string): void => void process.stdout.write(json ? `${JSON.stringify(event)}\n` : `${sentence}\n`)
  const config = loadConfig(dir)
  const key = loadKeyFile(join(dir, SIGNING_KEY_FILE))
  const mandate = loadMandate(dir)
  refuseWrongMandate(mandate, key, Date.now() / 1_000)
  // What a relay keeps in its working directory: the memory of admissions.
  process.chdir(dir)
  const book = await Book.open(mandate.settings.store)
  const peers = new Peers()
  const authority = await Authority.open({
    mandate: keepingLast(
      () => loadMandate(dir),
      (words) => say({ event: 'folder-refused', words }, `What stands in the folder now is not used: ${words}`),
    ),
    key,
    invite: decodeInvite(makeInvite(config)),
    book,
    nowMs: Date.now,
    ask: (invite, target, request, untilMs) => peers.ask(invite, target, request, untilMs),
    examine: ({ descriptor }) => examine(descriptor, nowS()),
    until,
  })
  const { charter: first } = decodeCharter(mandate.charters[0] as Uint8Array)
  const distributor = await Distributor.open({
    keys: loadKeys(config),
    book,
    shown: () => authority.shown,
    nowS: () => Date.now() / 1_000,
    epochs: { fromS: first.issuedS, lengthS: first.times.epochS },
    rootKey: decodeCertificate(nodeCrypto, mandate.certificate).rootKey,
  })
  const serving = await serve({ config, folder: dir, allow: [], answers: anyOf(authority.documents, distributor.documents) })
  await serving.begin()
  say({ event: 'ready' }, 'The authority is ready.')
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  await Promise.all([
    testForever(authority, stop.signal),
    meetForever(authority, stop.signal, (met) => say(met, describe(met))),
    handForever(distributor, stop.signal, () => say({ event: 'epoch' }, 'It was decided anew who is handed which relays.')),
  ])
  peers.close()
  await serving.close()
  await book.close()
  say({ event: 'ended' }, 'The authority has ended.')
  process.exit(0)
}

export async function testForever(authority: Authority, signal: AbortSignal): Promise<void> {
  const test = async (those: 'passing' | 'others'): Promise<void> => {
    while (!signal.aborted) {
      await authority.test(those)
      await Promise.race([until(Date.now() + (authority.times.testS * 1_000) / 4), aborted(signal)])
    }
  }
  await Promise.all([test('passing'), test('others')])
}

export async function meetForever(authority: Authority, signal: AbortSignal, tell: (met: Met) => void): Promise<void> {
  while (!signal.aborted) {
    const { periodS, phaseS } = authority.times
    const roundS = nextRoundS(Date.now() / 1_000, periodS, phaseS * authorityLimits.syncPhases)
    await Promise.race([until((roundS - phaseS * authorityLimits.syncPhases) * 1_000), aborted(signal)])
    if (signal.aborted) return
    await authority.sync()
    await Promise.race([until(roundS * 1_000), aborted(signal)])
    if (!signal.aborted) await Promise.race([authority.meet(roundS).then(tell), aborted(signal)])
  }
}

export async function handForever(distributor: Distributor, signal: AbortSignal, tell: () => void): Promise<void> {
  while (!signal.aborted) {
    if (await distributor.turn()) tell()
    await Promise.race([until(Date.now() + distributorLimits.turnMs), aborted(signal)])
  }
}

/** What stands in the folder now; while that can't be used, since somebody is at work on it, what could be used last, and what is wrong is told once. */
export function keepingLast(load: () => Mandate, tell: (words: string) => void): () => Mandate {
  let last = load()
  let told = ''
  return () => {
    try {
      last = load()
      told = ''
    } catch (error) {
      if (!(error instanceof OperatorError || error instanceof ProtocolError)) throw error
      if (error.message !== told) tell(error.message)
      told = error.message
    }
    return last
  }
}

/** The next meeting that there is time to prepare for. */
export function nextRoundS(atS: number, periodS: number, prepareS: number): number {
  return Math.ceil((atS + prepareS) / periodS) * periodS
}

function describe(met: Met): string {
  return met.event === 'directory'
    ? `Directory ${met.number}: ${met.relays} relays, signed by ${met.signed}.`
    : `No directory from this meeting: ${met.votes} authorities came, or too few agreed. The last one goes on until it expires.`
}

function nowS(): number {
  return Math.floor(Date.now() / 1_000)
}

function until(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, Math.max(0, ms - Date.now())))
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })))
}
