// An authority whose operator does harm, with genuine keys: node hostile-main.ts FOLDER HARM.
//   lie: votes that no relay is good, that all clients are too old, and that its peers' sources are others
//   fork: is two authorities with one key, whose votes differ; every stream meets one or the other in turn
//   slow: takes every question, and answers none
import { join } from 'node:path'
import process from 'node:process'
import { decodeInvite } from '#protocol'
import { loadConfig } from '../../relay/config.ts'
import { Authority, type Mandate } from '../../relay/directory/authority.ts'
import { Book } from '../../relay/directory/book.ts'
import { loadMandate, SIGNING_KEY_FILE } from '../../relay/directory/folder.ts'
import { Peers } from '../../relay/directory/peers.ts'
import { meetForever, testForever } from '../../relay/directory/run.ts'
import { loadKeyFile } from '../../relay/directory/signing-key.ts'
import { makeInvite } from '../../relay/invite.ts'
import { serve } from '../../relay/serve.ts'
import type { Documents } from '../../relay/streams.ts'

const [, , dir = '', harm = ''] = process.argv
process.chdir(dir)
const nowS = (): number => Math.floor(Date.now() / 1_000)
const config = loadConfig(dir)
const peers = new Peers()

const liar = await open(() => lie(loadMandate(dir)))
const honest = harm === 'fork' ? await open(() => loadMandate(dir)) : liar
let turn = 0
const inTurn: Documents = (stream, target) => (turn++ % 2 === 0 ? liar : honest).documents(stream, target)
const answerNothing: Documents = (stream) => {
  const nothing = (): void => undefined
  stream.handler = { onData: nothing, onDatagram: nothing, onOpened: nothing, onFin: nothing, onReset: nothing, onRoom: nothing }
  return true
}
const serving = await serve({ config, folder: dir, allow: [], answers: harm === 'slow' ? answerNothing : inTurn })
await serving.begin()
const stop = new AbortController()
for (const one of new Set([liar, honest])) {
  void testForever(one, dir, stop.signal)
  void meetForever(one, dir, stop.signal, () => undefined)
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
  return { ...mandate, settings: { ...settings, decided } }
}
