// The death of the whole app, on a desktop of GNOME's settings: what it had changed is put back at once.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DesktopSession } from '../client/desktop/system-proxy/session-bus.ts'
import { type Relay, World } from '../e2e/world.ts'
import { needs } from '../needs.ts'
import { openStage, STAGE_MS, type Stage, TestApp } from './app.ts'

const world = new World()
let stage: Stage
let relay: Relay
let session: DesktopSession
let app: TestApp

describe.runIf(needs('electron', 'dbus', 'gsettings', 'dconf'))('killing the app', () => {
  beforeAll(async () => {
    ;[stage, relay, session] = await Promise.all([openStage(), world.relay(), DesktopSession.open('GNOME')])
    app = await start()
    await app.send('storePlainly', { isOn: true })
    await app.join(relay.inviteFile)
  }, STAGE_MS)
  afterAll(async () => {
    await app?.kill()
    await session?.close()
    await stage?.display.close()
    await world.close()
    for (const folder of [app?.home, stage && join(stage.folder, '..')]) if (folder) rmSync(folder, { recursive: true, force: true })
  })

  test('has its guard put the system’s proxy back at once', async () => {
    const before = session.proxySettings
    await app.send('useSystemProxy', { isOn: true })
    await app.status(({ systemProxy }) => systemProxy.state === 'on')
    expect(session.proxySettings).toContain("mode='manual'")
    const back = settings((now) => now === before)
    await app.kill()
    await back
  })
})

function start(): Promise<TestApp> {
  const { DBUS_SESSION_BUS_ADDRESS = '', XDG_CONFIG_HOME = '', XDG_CURRENT_DESKTOP = '', XDG_RUNTIME_DIR = '' } = session.env
  const env = { DBUS_SESSION_BUS_ADDRESS, XDG_CONFIG_HOME, XDG_CURRENT_DESKTOP, XDG_RUNTIME_DIR }
  return TestApp.start(stage, { env })
}

/** Resolves once the desktop's settings are so. */
async function settings(hold: (text: string) => boolean): Promise<void> {
  const watch = spawn('dconf', ['watch', '/system/proxy/'], { env: session.env, stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    for await (const _line of createInterface({ input: watch.stdout })) if (hold(session.proxySettings)) return
  } finally {
    watch.kill()
  }
}
