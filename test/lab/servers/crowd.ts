// Many clients in one process, without proxies: as many sessions with one relay, each with a download, each coming back when its carrier is cut.
//   node crowd.ts INVITE COUNT HOST PORT BYTES RATE
// Says {"standing":…,"carried":…,"whole":…,"lost":…} twice a second: sessions that have begun, that have a carrier now, whose download is whole, and that are
// gone or whose download was cut. Downloads begin when all sessions stand.
import { createHash } from 'node:crypto'
import { createClientHandshake, decodeInvite, type Invite, parseTarget, type SessionKeys } from '#protocol'
import { nodeCrypto, nodeRandom, StreamDuplex } from '#protocol/node'
import { waysOf } from '../../../client/engine/control/way.ts'
import { dialWay } from '../../../client/engine/dial-way.ts'
import { linkLimits } from '../../../client/engine/limits.ts'
import { NodePlatform } from '../../../client/engine/platform-node.ts'
import { type Leg, RelaySession } from '../../../client/engine/relay-session.ts'
import { hashOfPattern } from './marks.ts'

/** Dials under way at once, as a relay with so many clients might see. */
const DIALS_MAX = 16
/** Between two tries of one client to come back, and drawn up to twice that: all come at once. */
const AGAIN_MS = 500
const SAY_MS = 500

const [inviteText = '', countText, host = '', port, bytesText, rate] = process.argv.slice(2)
const invite = decodeInvite(inviteText)
const [count, bytes] = [Number(countText), Number(bytesText)]
const wanted = hashOfPattern(bytes)
const way = waysOf([invite])[0]
if (way === undefined) throw new Error('this invite has no endpoint')
const tally = { standing: 0, whole: 0, lost: 0 }
const sessions: RelaySession[] = []
let dialling = 0
const waiting: (() => void)[] = []

setInterval(() => {
  const carried = sessions.filter(({ legs }) => legs.size > 0).length
  process.stdout.write(`${JSON.stringify({ ...tally, carried })}\n`)
}, SAY_MS)

await Promise.all(Array.from({ length: count }, begin))
for (const session of sessions) download(session)

/** Runs one dial when it is its turn. */
async function inTurn(dial: () => Promise<void>): Promise<void> {
  if (dialling >= DIALS_MAX) await new Promise<void>((resolve) => waiting.push(resolve))
  dialling++
  try {
    await dial()
  } finally {
    dialling--
    waiting.shift()?.()
  }
}

/** A platform for each, so that no client resumes another's TLS. */
async function begin(): Promise<void> {
  const platform = new NodePlatform()
  const handshake = createClientHandshake(nodeCrypto, nodeRandom, invite, platform.nowS())
  await inTurn(() =>
    dialWay({
      platform,
      way: way as NonNullable<typeof way>,
      cookie: handshake.cookie,
      requestCookie: () => '',
      replyMs: linkLimits.replyMs,
      signal: new AbortController().signal,
      take: (reply, carrier) => {
        const session = createSession(platform, invite, handshake.consumeReply(reply))
        sessions.push(session)
        tally.standing++
        return session.seat(carrier, way as NonNullable<typeof way>, 0, 0, [])
      },
    }),
  )
}

function createSession(platform: NodePlatform, invite: Invite, keys: SessionKeys): RelaySession {
  const comeBack = (session: RelaySession, _leg: Leg): void => {
    if (session.isOver) return
    setTimeout(() => void attach(platform, session).catch(() => comeBack(session, _leg)), AGAIN_MS * (1 + Math.random()))
  }
  return new RelaySession({
    crypto: nodeCrypto,
    random: nodeRandom,
    invite,
    relayIndex: 0,
    keys,
    nowS: () => platform.nowS(),
    lifeOf: () => ({ bytes: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }),
    events: {
      onLost: comeBack,
      onLate: () => undefined,
      onDraining: () => undefined,
      onEnd: () => {
        tally.lost++
      },
    },
  })
}

function attach(platform: NodePlatform, session: RelaySession): Promise<void> {
  return inTurn(async () => {
    if (session.legs.size > 0 || session.isOver) return
    const { cookie, requestCookie, take } = session.attachment()
    const to = way as NonNullable<typeof way>
    const signal = AbortSignal.timeout(linkLimits.dialMs)
    await dialWay({ platform, way: to, cookie, requestCookie, take: take(to), replyMs: linkLimits.replyMs, signal })
  })
}

function download(session: RelaySession): void {
  const stream = session.drive.open(parseTarget(host, Number(port)), {})
  const duplex = new StreamDuplex(session.drive, stream)
  const hash = createHash('sha256')
  duplex.write(`down ${bytes} ${rate}\n`)
  duplex.on('data', (chunk: Buffer) => hash.update(chunk))
  duplex.on('end', () => {
    if (hash.digest('hex') === wanted) tally.whole++
    else tally.lost++
    duplex.destroy()
  })
  duplex.on('error', () => {
    tally.lost++
  })
}
