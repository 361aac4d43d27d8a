import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Carrier, type CarrierEvents, createClientHandshake } from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { waysOf } from '../../client/engine/control/way.ts'
import { dialWay } from '../../client/engine/dial-way.ts'
import { linkLimits } from '../../client/engine/limits.ts'
import { NodePlatform } from '../../client/engine/platform-node.ts'
import { RelaySession } from '../../client/engine/relay-session.ts'
import { reportText, sealReport } from '../../client/engine/reports/report.ts'
import { sessionSubmitter } from '../../client/engine/reports/submitter.ts'
import { loadConfig, loadKeys } from '../../relay/config.ts'
import { relayIdentity } from '../../relay/keys.ts'
import { dayOf } from '../../relay/observatory/spans.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore } from '../../relay/store/store.ts'
import { event, type Relay, World } from '../e2e/world.ts'
import { needs } from '../needs.ts'

const MAIN = resolve(import.meta.dirname, '../../relay/main.ts')
const world = new World()
afterAll(() => world.close())

/* Goal: from a real client through a real relay to a real collector's store, numbers arrive and nothing else does. */
test.runIf(needs('curl'))(
  'a session is counted and a report handed in, and neither relay nor collector keeps or says where it came from',
  async () => {
    const store = join(world.folder, 'observatory.db')
    const collect = world.run([
      process.execPath,
      MAIN,
      'observatory',
      'collect',
      '--store',
      store,
      '--listen',
      '127.0.0.1:0',
      '--report-key',
      join(world.folder, 'key.pem'),
      '--json',
    ])
    const { listen, reportKey } = await event(collect, ({ event }) => event === 'ready')
    const dir = await world.init()
    writeFileSync(join(dir, 'observatory.json'), JSON.stringify({ collector: `http://${listen}` }))
    const roll = await openStore<ObservatoryTables>(store, OBSERVATORY)
    const { publicKey } = relayIdentity(loadKeys(loadConfig(dir)))
    await roll.db.insertInto('roll_relays').values({ relay: publicKey, since: '2026-01-01', until: '' }).execute()
    const relay = await world.relay(dir)

    const session = await connect(relay)
    const report = (): Uint8Array => {
      const text = reportText({ day: dayOf(Date.now()), isFirstOfMonth: true, country: 'DE', coarse: undefined }, randomBytes(16))
      return sealReport(text, String(reportKey))
    }
    const submitter = sessionSubmitter(session.drive)
    expect(await submitter.submit(report())).toBe('taken')
    // One a day for each session, where its address tells no country.
    expect(await submitter.submit(report())).toBe('never')
    await browse(await world.client(relay.inviteFile))
    session.drive.stop()
    relay.program.signal('SIGTERM')
    expect((await relay.program.ended).code).toBe(0)
    collect.signal('SIGTERM')
    expect((await collect.ended).code).toBe(0)

    const counted = await roll.db.selectFrom('raw_relay_days').selectAll().execute()
    const reports = await roll.db.selectFrom('raw_reports').selectAll().orderBy('family').execute()
    await roll.close()
    expect(counted.map(({ country, way, sessions, bytes }) => [country, way, sessions, bytes > 1_000])).toEqual([
      ['ZZ', 'websocket-direct', 2, true],
    ])
    expect(reports.map(({ family, country, count }) => [family, country, count])).toEqual([
      ['peopleDay', 'DE', 1],
      ['peopleMonth', 'DE', 1],
    ])
  },
)

async function connect({ invite }: Relay): Promise<RelaySession> {
  const platform = new NodePlatform()
  const [way] = waysOf([invite])
  if (way === undefined) throw new Error('this invite has no endpoint')
  const handshake = createClientHandshake(nodeCrypto, nodeRandom, invite, platform.nowS())
  const ignore = (): void => undefined
  return await new Promise((begun, failed) => {
    const take = (reply: Uint8Array, carrier: Carrier): CarrierEvents => {
      const session = new RelaySession({
        crypto: nodeCrypto,
        random: nodeRandom,
        invite,
        relayIndex: 0,
        keys: handshake.consumeReply(reply),
        nowS: () => platform.nowS(),
        lifeOf: () => ({ bytes: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }),
        events: { onLost: ignore, onLate: ignore, onDraining: ignore, onEnd: ignore },
      })
      setImmediate(() => begun(session))
      return session.seat(carrier, way, 0, 0, [])
    }
    const { cookie } = handshake
    const signal = new AbortController().signal
    dialWay({ platform, way, cookie, requestCookie: () => '', replyMs: linkLimits.replyMs, signal, take }).catch(failed)
  })
}

async function browse(client: { readonly http: string }): Promise<void> {
  const port = await world.serve(createServer((_, response) => response.end('x'.repeat(10_000))))
  const curl = world.run(['curl', '-s', '-x', `http://${client.http}`, `http://127.0.0.1:${port}/`])
  await curl.ended
  expect(curl.stdout).toHaveLength(10_000)
}
