// Many idle sessions on one relay, each over a WebSocket and TLS of its own, as so many clients would have them.
//   node many-sessions.ts INVITE COUNT
// Opens COUNT sessions from a few processes, prints {"count":…,"seconds":…,"failed":…,"error":…} once all stand or have failed, and keeps
// them alive until stdin ends. Clients without proxies, so that thousands fit beside the relay that is measured.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type CarrierEvents, createClientHandshake, decodeInvite, type Invite, Session } from '#protocol'
import { Drive, nodeCrypto, nodeRandom } from '#protocol/node'
import { NodePlatform } from '../../client/engine/platform-node.ts'

const PROCESSES = 4
/** Sessions that one process opens at once. */
const OPENING_MAX = 8

interface Outcome {
  readonly count: number
  readonly failed: number
  readonly error: string
}

const [file = '', countText = ''] = process.argv.slice(2)
const count = Number(countText)
if (process.send === undefined) await share()
else await openAll(decodeInvite(readFileSync(file, 'utf8')))

// The parent: divides the count, adds the outcomes up, ends its children with itself.
async function share(): Promise<void> {
  const beganMs = performance.now()
  const children = Array.from({ length: PROCESSES }, (_, index) => {
    const part = Math.floor(count / PROCESSES) + (index < count % PROCESSES ? 1 : 0)
    return fork(import.meta.filename, [file, String(part)])
  })
  const outcomes = await Promise.all(children.map(outcomeOf))
  const sum = outcomes.reduce((all, { count, failed, error }) => ({
    count: all.count + count,
    failed: all.failed + failed,
    error: all.error || error,
  }))
  process.stdout.write(`${JSON.stringify({ ...sum, seconds: (performance.now() - beganMs) / 1e3 })}\n`)
  await once(process.stdin.resume(), 'end')
  // Waited for, so that what they cost counts as the benchmark's own work.
  for (const child of children) if (child.kill('SIGKILL')) await once(child, 'exit')
  process.exit(0)
}

function outcomeOf(child: ChildProcess): Promise<Outcome> {
  return new Promise((resolve) => {
    child.once('message', (outcome) => resolve(outcome as Outcome))
    child.once('exit', () => resolve({ count: 0, failed: 1, error: 'a process of clients ended' }))
  })
}

async function openAll(invite: Invite): Promise<void> {
  let [started, opened, failed, error] = [0, 0, 0, '']
  const openNext = async (): Promise<void> => {
    while (started < count) {
      started++
      try {
        await openSession(invite)
        opened++
      } catch (cause) {
        failed++
        error = cause instanceof Error ? cause.message : String(cause)
      }
    }
  }
  await Promise.all(Array.from({ length: OPENING_MAX }, openNext))
  process.send?.({ count: opened, failed, error } satisfies Outcome)
}

// Resolves once the relay's reply has been understood: the session stands. A platform of its own, so that no client resumes another's TLS.
async function openSession({ endpoints, ...relay }: Invite): Promise<void> {
  const [endpoint] = endpoints
  if (endpoint === undefined) throw new Error('this invite has no endpoint')
  const platform = new NodePlatform()
  const handshake = createClientHandshake(nodeCrypto, nodeRandom, relay, platform.nowS())
  const reply = Promise.withResolvers<Uint8Array>()
  let seat: CarrierEvents | undefined
  const events: CarrierEvents = {
    onMessage: (message) => (seat === undefined ? reply.resolve(message.slice()) : seat.onMessage(message)),
    onRoom: () => seat?.onRoom(),
    onClosed(wasReset) {
      seat?.onClosed(wasReset)
      reply.reject(new Error('the relay closed the carrier'))
    },
  }
  const carrier = await platform.dial({
    endpoint,
    carrier: 'websocket',
    cookie: handshake.cookie,
    requestCookie: () => '',
    events,
    signal: new AbortController().signal,
  })
  carrier.start()
  const keys = handshake.consumeReply(await reply.promise)
  const nothing = (): void => undefined
  const options = { crypto: nodeCrypto, random: nodeRandom, role: 'client', nowMs: performance.now(), ...keys } as const
  const drive = new Drive((onWake) => new Session(options, { onWake, onOpen: nothing, onGoaway: nothing, onRetire: nothing }), {
    onEnd: nothing,
    onLost: nothing,
    onLate: nothing,
  })
  seat = drive.attach(carrier, 0, 0, [])
}
