// What the app keeps for its next start.
import { afterEach, describe, expect, test } from 'vitest'
import type { AppStatus } from '../../../client/contract/app-status.ts'
import { FakeShell } from './fake-shell.ts'
import { inviteOf, start, stopAll } from './running-app.ts'

afterEach(stopAll)

describe('what is stored', () => {
  // The computer may lose its power, or the app be killed, as soon as the person has read that it is done.
  test('is all that the person decided, by the time it is said to be done', async () => {
    const shell = new FakeShell()
    const { app } = await start(shell)
    const stored = async (): Promise<AppStatus> => {
      const other = new FakeShell()
      other.state = shell.state
      return (await start(other)).app.status
    }
    await app.executors.addInvite({ text: inviteOf(1) })
    const [{ inviteId = '' } = {}] = (await stored()).relays
    await app.executors.changeSettings({ theme: 'dark' })
    await app.executors.useKillSwitch({ isOn: true })
    expect((await stored()).settings).toMatchObject({ theme: 'dark', killSwitch: true })
    await app.executors.repairInternet(undefined)
    expect((await stored()).settings).toMatchObject({ theme: 'dark', killSwitch: false })
    await app.executors.removeInvite({ id: inviteId })
    expect((await stored()).relays).toEqual([])
    app.onShellEvent({ event: 'opened', text: inviteOf(2) })
    await app.executors.answerOffer({ isWanted: true })
    expect((await stored()).relays).toHaveLength(1)
  })

  test('is nothing in clear text before the person agreed, and nothing after they took that back', async () => {
    const shell = new FakeShell()
    const { app } = await start(shell, { storage: 'plain' })
    await app.executors.addInvite({ text: inviteOf(1) })
    await app.stop()
    expect(shell.state).toEqual({ kind: 'none' })
    const again = await start(shell, { storage: 'plain' })
    expect(again.app.status.storage).toEqual({ manner: 'ask' })
    await again.app.executors.storePlainly({ isOn: true })
    expect(shell.state).toMatchObject({ kind: 'plain' })
    await again.app.executors.storePlainly({ isOn: false })
    expect(shell.state).toEqual({ kind: 'none' })
  })

  test('that a full disk refuses is told of, until it is stored', async () => {
    const shell = new FakeShell()
    shell.canSave = false
    const { app, until } = await start(shell)
    await app.executors.addInvite({ text: inviteOf(1) })
    await until(({ notices }) => notices.some(({ code }) => code === 'state-unwritable'))
    shell.canSave = true
    await app.executors.changeSettings({ theme: 'dark' })
    await until(({ notices }) => notices.length === 0)
    expect(shell.state).toMatchObject({ kind: 'sealed' })
  })

  test('is forgotten whole', async () => {
    const shell = new FakeShell()
    const { app } = await start(shell)
    await app.executors.addInvite({ text: inviteOf(1) })
    await app.executors.changeSettings({ startAtLogin: true, theme: 'dark' })
    await app.executors.connect(undefined)
    expect(await app.executors.forgetEverything(undefined)).toEqual({ ok: true, value: undefined })
    expect(shell).toMatchObject({ state: { kind: 'none' }, wipes: 1, atLogin: false })
    expect(app.status).toMatchObject({ link: { state: 'off' }, relays: [], switches: [], settings: { theme: 'system' } })
  })

  test('by a later version, and not understood here, is there for that version again', async () => {
    const shell = new FakeShell()
    const later = { id: 'later', text: 'culvert:BAUG', addedDay: 20_000, rooms: [1] }
    const own = { id: 'own', text: inviteOf(1), addedDay: 20_000 }
    const kept = { version: 2, invites: [later, own], rooms: { a: [1] }, engine: { lastWay: 'x', policies: {} } }
    shell.state = { kind: 'sealed', text: JSON.stringify(kept) }
    const { app, until } = await start(shell)
    expect(app.status.relays).toHaveLength(1)
    await app.executors.removeInvite({ id: 'own' })
    await app.executors.addInvite({ text: inviteOf(2) })
    await app.executors.connect(undefined)
    await until(({ link }) => link.state === 'waiting')
    await app.stop()
    const { invites, rooms, engine } = JSON.parse((shell.state as { readonly text: string }).text)
    expect(invites).toEqual([expect.objectContaining({ text: expect.stringMatching(/^culvert:/) }), later])
    expect([rooms, engine.lastWay]).toEqual([{ a: [1] }, 'x'])
  })

  test('of settings that a later version knows is there for it again, but for what the person changed meanwhile', async () => {
    const shell = new FakeShell()
    const ports = { socks: 1080, http: 8080, hasPassword: true, socksUdp: 1081 }
    const later = { language: 'ur', theme: 'dim', systemProxy: true, killSwitch: true, notifications: 'all', ports, sound: 'low' }
    shell.state = { kind: 'sealed', text: JSON.stringify({ version: 2, settings: later }) }
    const { app } = await start(shell)
    expect(app.status.settings).toMatchObject({ language: 'system', theme: 'system', killSwitch: true, ports: { socks: 0 } })
    await app.executors.changeSettings({ theme: 'dark', notifications: 'none' })
    await app.stop()
    const { settings } = JSON.parse((shell.state as { readonly text: string }).text)
    expect(settings).toMatchObject({ ...later, theme: 'dark', notifications: 'none' })
  })

  test.each(['{', '[]', '{"settings":{"theme":"blue","killSwitch":true},"invites":[{"id":1}],"drawnPorts":{"socks":-1}}'])(
    'damaged as %j costs itself only',
    async (text) => {
      const shell = new FakeShell()
      shell.state = { kind: 'sealed', text }
      const { app } = await start(shell)
      expect(app.status.relays).toEqual([])
      expect(app.status.settings.theme).toBe('system')
      expect(app.status.settings.killSwitch).toBe(text.includes('killSwitch'))
    },
  )
})
