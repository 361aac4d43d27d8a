// The app core with a real relay and a real collector: what a person who takes part tells arrives, once, and nothing does without their word; and updates are
// looked for through the session, once a day.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { nodeCrypto } from '#protocol/node'
import type { AppStatus } from '../../client/contract/app-status.ts'
import type { OwnProxy } from '../../client/contract/shell.ts'
import { type App, startApp } from '../../client/engine/app/app.ts'
import { encodeAppState, FRESH_APP_STATE } from '../../client/engine/app/saved-state.ts'
import { NodePlatform } from '../../client/engine/platform-node.ts'
import { drawDays } from '../../client/engine/reports/days.ts'
import { loadConfig, loadKeys } from '../../relay/config.ts'
import { relayIdentity } from '../../relay/keys.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore } from '../../relay/store/store.ts'
import { FakeShell, FULL_CAPABILITIES } from '../client/app/fake-shell.ts'
import { event, type Relay, World } from './world.ts'

const MAIN = resolve(import.meta.dirname, '../../relay/main.ts')
const world = new World()
const apps: App[] = []
afterEach(() => Promise.all(apps.splice(0).map((app) => app.stop())))
afterAll(() => world.close())

/** Looks for updates, and says by which way it was to do so. */
class AskedShell extends FakeShell {
  readonly asked: (OwnProxy | undefined)[] = []
  override readonly checkUpdate = async (through?: OwnProxy): Promise<void> => void this.asked.push(through)
}

interface Network {
  readonly relay: Relay
  /** Reports that are on the collector's disk, by what they count. */
  readonly reports: () => Promise<readonly string[]>
}

async function openNetwork(): Promise<Network> {
  const store = join(world.folder, 'observatory.db')
  const keyFile = join(world.folder, 'key.pem')
  const args = ['observatory', 'collect', '--store', store, '--listen', '127.0.0.1:0', '--report-key', keyFile, '--json']
  const collect = world.run([process.execPath, MAIN, ...args])
  const { listen, reportKey } = await event(collect, ({ event }) => event === 'ready')
  const dir = await world.init()
  const joining = ['observatory', 'join', '--dir', dir, '--collector', `http://${listen}`, '--report-key', String(reportKey)]
  expect((await world.run([process.execPath, MAIN, ...joining]).ended).code).toBe(0)
  const open = await openStore<ObservatoryTables>(store, OBSERVATORY)
  world.defer(() => open.close())
  const { publicKey } = relayIdentity(loadKeys(loadConfig(dir)))
  await open.db.insertInto('roll_relays').values({ relay: publicKey, since: '2026-01-01', until: '' }).execute()
  const reports = async (): Promise<readonly string[]> =>
    (await open.db.selectFrom('raw_reports').selectAll().orderBy('family').execute()).map(({ family }) => family)
  return { relay: await world.relay(dir), reports }
}

/** Whose reports are drawn for today, the coarse part too. */
function secretOfToday(): string {
  const day = new Date().toISOString().slice(0, 10)
  for (let number = 0; ; number++) {
    const secret = Buffer.alloc(32)
    secret.writeUInt32LE(number)
    if (drawDays(secret, day.slice(0, 7)).coarseDay === day) return secret.toString('base64url')
  }
}

async function start(
  shell: FakeShell,
): Promise<{ readonly app: App; readonly until: (holds: (status: AppStatus) => boolean) => Promise<AppStatus> }> {
  const watchers = new Set<(status: AppStatus) => void>()
  const app = await startApp({
    version: '1.2.3',
    system: 'linux',
    shell,
    capabilities: FULL_CAPABILITIES,
    platform: new NodePlatform(),
    goThrough: () => undefined,
    crypto: nodeCrypto,
    onStatus: (status) => {
      for (const watcher of watchers) watcher(status)
    },
  })
  apps.push(app)
  const until = (holds: (status: AppStatus) => boolean): Promise<AppStatus> =>
    new Promise((done) => {
      const look = (status: AppStatus): void => {
        if (!holds(status)) return
        watchers.delete(look)
        done(status)
      }
      watchers.add(look)
      look(app.status)
    })
  return { app, until }
}

async function sends(app: App): Promise<{ readonly sends: string; readonly text: string }> {
  const shown = await app.executors.previewShared(undefined)
  if (!shown.ok) throw new Error('there is no preview')
  return shown.value
}

test('a person who takes part is counted once, by the text that was shown; nothing leaves before, and nothing is kept after', async () => {
  const { relay, reports } = await openNetwork()
  const shell = new AskedShell()
  const state = encodeAppState({
    ...FRESH_APP_STATE,
    settings: { ...FRESH_APP_STATE.settings, ports: { socks: 0, http: 0, hasPassword: true } },
    invites: [{ id: 'a', text: readFileSync(relay.inviteFile, 'utf8').trim(), any: { kind: 'relay', invite: relay.invite }, addedDay: 0 }],
  })
  shell.state = { kind: 'sealed', text: state }
  const first = await start(shell)
  expect(await sends(first.app)).toMatchObject({ sends: 'off' })
  await first.app.executors.connect(undefined)
  const { ports } = await first.until(({ link }) => link.state === 'connected')
  // Updates are looked for in the same second that a report would have left in.
  await first.until(() => shell.asked.length > 0)
  const http = Number(ports?.http.split(':').at(-1))
  expect(shell.asked).toEqual([{ port: http, password: ports?.password }])
  expect([await reports(), JSON.parse(stored(shell)).reporter]).toEqual([[], undefined])
  await first.app.stop()

  shell.state = { kind: 'sealed', text: withPart(stored(shell)) }
  const second = await start(shell)
  const shown = await sends(second.app)
  expect([shown.sends, shown.text.length]).toEqual(['today', 1_024])
  await second.app.executors.connect(undefined)
  await second.until(() => JSON.parse(stored(shell)).reporter.toldDay !== '')
  await expect.poll(() => sends(second.app).then((now) => now.sends), { timeout: 30_000 }).toBe('told')
  await expect.poll(reports, { timeout: 30_000 }).toEqual(expect.arrayContaining(['peopleDay', 'peopleMonth']))
  expect(await second.app.executors.sendShared(undefined)).toEqual({ ok: false, fault: 'not-sent' })

  await second.app.executors.changeSettings({ reports: false })
  await second.app.stop()
  expect(JSON.parse(stored(shell)).reporter).toBeUndefined()
  // Looked for once a day, not at each start of the line; this app is a new one.
  expect(shell.asked).toHaveLength(2)
})

function stored({ state }: FakeShell): string {
  return 'text' in state ? state.text : '{}'
}

/** The same state of a person who takes part, and for whom today is drawn. */
function withPart(text: string): string {
  const state = JSON.parse(text)
  return JSON.stringify({
    ...state,
    settings: { ...state.settings, reports: true },
    reporter: { secret: secretOfToday(), usedMonth: '', toldDay: '' },
  })
}
