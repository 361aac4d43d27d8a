// An authority whose operator does harm, with genuine keys: node hostile-main.ts FOLDER HARM.
//   lie: votes that no relay is good, that all clients are too old, and that its peers' sources are others
//   fork: is two authorities with one key, whose votes differ; every stream meets one or the other in turn
//   slow: takes every question, and answers none
//   forge OTHER: has the signing key of another authority too, whose folder is OTHER, and with both signs a directory without a relay, whose only source it
//       is itself; hands that to everyone, and keeps it in FOLDER/forged.bin. Says “forged” each time

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { decodeBundle, decodeCertificate, decodeCharter, decodeInvite, encodeBundle, Frontier, leafHash } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { keyNameOf, memberOf } from '../../protocol/directory/charter.ts'
import { decodeConsensus, encodeConsensus, rollRootOf } from '../../protocol/directory/consensus.ts'
import { signCheckpoint } from '../../protocol/directory/note.ts'
import { loadConfig } from '../../relay/config.ts'
import { type Shown, serveDirectory } from '../../relay/directory/answer.ts'
import { Authority, type Mandate } from '../../relay/directory/authority.ts'
import { Book } from '../../relay/directory/book.ts'
import { loadMandate, SIGNING_KEY_FILE } from '../../relay/directory/folder.ts'
import { Peers } from '../../relay/directory/peers.ts'
import { meetForever, testForever } from '../../relay/directory/run.ts'
import { loadKeyFile } from '../../relay/directory/signing-key.ts'
import { Faults } from '../../relay/faults.ts'
import { makeInvite } from '../../relay/invite.ts'
import { serve } from '../../relay/serve.ts'
import type { Documents } from '../../relay/streams.ts'

const [, , dir = '', harm = '', other = ''] = process.argv
process.chdir(dir)
const nowS = (): number => Math.floor(Date.now() / 1_000)
const config = loadConfig(dir)
const peers = new Peers()

if (harm === 'forge') {
  await serveForged()
  // Until it is killed.
  await new Promise<never>(() => undefined)
}
const liar = await open(() => lie(loadMandate(dir)))
const honest = harm === 'fork' ? await open(() => loadMandate(dir)) : liar
let turn = 0
const inTurn: Documents = (stream, target, who) => (turn++ % 2 === 0 ? liar : honest).documents(stream, target, who)
const answerNothing: Documents = (stream) => {
  const nothing = (): void => undefined
  stream.handler = { onData: nothing, onDatagram: nothing, onOpened: nothing, onFin: nothing, onReset: nothing, onRoom: nothing }
  return true
}
const serving = await serve({ config, folder: dir, allow: [], answers: harm === 'slow' ? answerNothing : inTurn })
await serving.begin()
const stop = new AbortController()
const faults = new Faults((fault) => console.log(JSON.stringify({ event: 'fault', ...fault })))
for (const one of new Set([liar, honest])) {
  void testForever(one, stop.signal, faults)
  void meetForever(one, stop.signal, faults, () => undefined)
}
console.log(JSON.stringify({ event: 'ready' }))

async function open(mandate: () => Mandate): Promise<Authority> {
  return Authority.open({
    mandate,
    key: loadKeyFile(join(dir, SIGNING_KEY_FILE)),
    invite: decodeInvite(makeInvite(config)),
    book: await Book.open(':memory:'),
    nowMs: Date.now,
    ask: (invite, target, request, untilMs) => peers.ask(invite, target, request, untilMs),
    examine: () => Promise.resolve({ atS: nowS(), weight: 0, fault: 'unreachable' }),
    until: (ms) => new Promise((resolve) => void setTimeout(resolve, Math.max(0, ms - Date.now()))),
  })
}

function lie(mandate: Mandate): Mandate {
  const { settings } = mandate
  const decided = {
    ...settings.decided,
    clientMin: [99, 0, 0] as const,
    relayMin: [99, 0, 0] as const,
    revoked: [new Uint8Array(32).fill(1)],
  }
  return { ...mandate, settings: { ...settings, handers: [settings.member], decided } }
}

async function serveForged(): Promise<void> {
  const shown = await forge()
  writeFileSync(join(dir, 'forged.bin'), encodeBundle(shown.bundle))
  const answer = serveDirectory(() => shown)
  const serving = await serve({
    config,
    folder: dir,
    allow: [],
    answers: (stream, target, who) => {
      console.log(JSON.stringify({ event: 'forged' }))
      return answer(stream, target, who)
    },
  })
  await serving.begin()
  console.log(JSON.stringify({ event: 'ready' }))
}

/** The next entry of the true log, by as many keys as were seized. */
async function forge(): Promise<Shown> {
  const mandates = [dir, other].map((folder) => ({ key: loadKeyFile(join(folder, SIGNING_KEY_FILE)), ...loadMandate(folder) }))
  const book = await Book.open(loadMandate(dir).settings.store)
  const current = await book.current()
  await book.close()
  if (current === undefined) throw new Error('there is no directory to begin from')
  const honest = decodeBundle(current.bundle)
  const before = decodeConsensus(honest.consensus)
  const consensus = {
    ...before,
    number: before.number + 1,
    madeS: nowS(),
    rollSize: 0,
    rollRoot: rollRootOf([]),
    sources: [decodeInvite(makeInvite(config))],
  }
  const bytes = encodeConsensus(consensus)
  const leaves = [...honest.leaves, leafHash(bytes)]
  const log = new Frontier()
  for (const leaf of leaves) log.append(leaf)
  const checkpoint = { ...honest.note.checkpoint, size: log.size, root: log.root() }
  const signatures = mandates.map(({ key, certificate, charters }) => {
    const { charter } = decodeCharter(charters.at(-1) as Uint8Array)
    const member = memberOf(charter, decodeCertificate(nodeCrypto, certificate).rootKey)
    if (member === undefined) throw new Error('the seized authority is none of the charter')
    return signCheckpoint(checkpoint, keyNameOf(charter, member), key.publicKey, key.sign)
  })
  return {
    bundle: { ...honest, consensus: bytes, note: { checkpoint, signatures }, frontier: new Frontier(), leaves },
    consensus,
    roll: new Uint8Array(),
  }
}
