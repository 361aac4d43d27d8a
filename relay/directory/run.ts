// `culvert-relay directory run`: an authority from its start to its end. To strangers it is a web site; whoever has its invite may ask it, and nothing is
// dialled for anyone.
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { decodeCertificate, decodeCharter, decodeInvite, followCharters, PERIOD_S_MAX, ProtocolError } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { loadConfig, loadKeys } from '../config.ts'
import { Faults } from '../faults.ts'
import { makeInvite } from '../invite.ts'
import { OperatorError } from '../operator-error.ts'
import { serve } from '../serve.ts'
import { anyOf } from './answer.ts'
import { Authority, type Mandate, type Met, refuseWrongMandate } from './authority.ts'
import { Book } from './book.ts'
import { Distributor } from './distributor.ts'
import { examine, openSiteOf, openTo } from './examine.ts'
import { loadMandate, SIGNING_KEY_FILE } from './folder.ts'
import { describeFork } from './fork.ts'
import { authorityLimits, distributorLimits } from './limits.ts'
import { describeLogEnd } from './log-end.ts'
import { Peers } from './peers.ts'
import { loadKeyFile } from './signing-key.ts'

/** No meeting is farther off by any charter, and who waits for something else looks again: a clock that is set back holds up nothing for longer. */
const WAIT_MS_MAX = PERIOD_S_MAX * 1_000

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
  const permits = openTo(config.address.host)
  const own = decodeInvite(makeInvite(config))
  const faults = new Faults((fault) =>
    say(
      { event: 'fault', ...fault },
      `Something failed here (${fault.code}), and is tried again. Failures since the start: ${fault.count}.`,
    ),
  )
  const authority = await Authority.open({
    mandate: keepingLast(
      () => following(loadMandate(dir)),
      (words) => say({ event: 'folder-refused', words }, `What stands in the folder now is not used: ${words}`),
    ),
    key,
    invite: own,
    book,
    nowMs: Date.now,
    ask: (invite, target, request, untilMs) => peers.ask(invite, target, request, untilMs),
    examine: ({ descriptor }) => examine(descriptor, nowS(), permits, openSiteOf(own)),
    until,
    onFault: faults.take,
    onFork: (number) => say({ event: 'fork', number }, describeFork(number)),
  })
  const { charter: first } = decodeCharter(mandate.charters[0] as Uint8Array)
  const distributor = await Distributor.open({
    keys: loadKeys(config),
    book,
    shown: () => authority.shown,
    nowS: () => Date.now() / 1_000,
    epochs: { fromS: first.issuedS, lengthS: first.times.epochS },
    rootKey: decodeCertificate(nodeCrypto, mandate.certificate).rootKey,
    onFault: faults.take,
  })
  const serving = await serve({ config, folder: dir, allow: [], answers: anyOf(authority.documents, distributor.documents) })
  await serving.begin()
  say({ event: 'ready' }, 'The authority is ready.')
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  await Promise.all([
    testForever(authority, stop.signal, faults),
    meetForever(authority, stop.signal, faults, (met) => {
      say(met, describe(met))
      const end = describeLogEnd(authority.shown?.consensus.number ?? 0, authority.times)
      if (end !== '') say({ event: 'log-ends', words: end }, end)
    }),
    handForever(distributor, stop.signal, faults, () => say({ event: 'epoch' }, 'It was decided anew who is handed which relays.')),
  ])
  peers.close()
  await serving.close()
  await book.close()
  say({ event: 'ended' }, 'The authority has ended.')
  process.exit(0)
}

export async function testForever(authority: Pick<Authority, 'test' | 'times'>, signal: AbortSignal, faults: Faults): Promise<void> {
  const test = async (those: 'passing' | 'others'): Promise<void> => {
    while (!signal.aborted) {
      await faults.living(() => authority.test(those))
      await untilOver(Date.now() + (authority.times.testS * 1_000) / 4, signal)
    }
  }
  await Promise.all([test('passing'), test('others')])
}

export async function meetForever(
  authority: Pick<Authority, 'sync' | 'meet' | 'times'>,
  signal: AbortSignal,
  faults: Faults,
  tell: (met: Met) => void,
): Promise<void> {
  while (!signal.aborted) {
    const { periodS, phaseS } = authority.times
    const prepareS = phaseS * authorityLimits.syncPhases
    const wasSet = watchClock((phaseS * 1_000) / 2)
    const roundS = nextRoundS(Date.now() / 1_000, periodS, prepareS)
    if (!(await hasCome((roundS - prepareS) * 1_000, wasSet, signal))) continue
    await faults.living(() => authority.sync())
    if (!(await hasCome(roundS * 1_000, wasSet, signal))) continue
    await Promise.race([faults.living(() => authority.meet(roundS).then(tell)), aborted(signal)])
  }
}

export async function handForever(
  distributor: Pick<Distributor, 'turn'>,
  signal: AbortSignal,
  faults: Faults,
  tell: () => void,
): Promise<void> {
  while (!signal.aborted) {
    if ((await faults.living(() => distributor.turn())) === true) tell()
    await untilOver(Date.now() + distributorLimits.turnMs, signal)
  }
}

/** Throws ProtocolError where a charter does not follow the one before it, or the certificate is none. */
function following(mandate: Mandate): Mandate {
  followCharters(nodeCrypto, mandate.charters.map(decodeCharter), mandate.networkId, undefined)
  decodeCertificate(nodeCrypto, mandate.certificate)
  return mandate
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

function until(ms: number, signal?: AbortSignal): Promise<void> {
  return pause(Math.min(Math.max(0, ms - Date.now()), WAIT_MS_MAX), undefined, signal && { signal })
}

/** At that time, or when all is over. It leaves nothing with the signal: a loop that left something at each turn would fill the memory of an authority. */
async function untilOver(ms: number, signal: AbortSignal): Promise<void> {
  await until(ms, signal).catch(() => undefined)
}

/** Waits for that time. False: all is over, or the clock was set, as by its first answer from a time server, and another meeting may be the next. */
async function hasCome(ms: number, wasSet: () => boolean, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted && !wasSet()) {
    if (Date.now() >= ms) return true
    await untilOver(Math.min(ms, Date.now() + authorityLimits.clockMs), signal)
  }
  return false
}

/** Tells whether the clock has been set by more than that since. */
function watchClock(toleranceMs: number): () => boolean {
  const aheadMs = (): number => Date.now() - performance.now()
  const before = aheadMs()
  return () => Math.abs(aheadMs() - before) > toleranceMs
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })))
}
