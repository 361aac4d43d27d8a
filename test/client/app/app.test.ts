// The app core with a fake shell, a real engine and relays that answer nobody; test/ui has one with a real relay.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { reportLimits } from '../../../client/engine/reports/limits.ts'
import { FakeShell } from './fake-shell.ts'
import { inviteOf, networkInvite, relay, start, stopAll } from './running-app.ts'

afterEach(stopAll)

describe('invites', () => {
  test('are found in the middle of a message, and kept, sealed, for the next start', async () => {
    const shell = new FakeShell()
    const { app } = await start(shell)
    expect(await app.executors.connect(undefined)).toEqual({ ok: false, fault: 'no-invite-yet' })
    const line = inviteOf(1)
    expect(await app.executors.addInvite({ text: `Hello! Here it is:\n${line}.\nTake care` })).toEqual({
      ok: true,
      value: { added: 1, known: 0 },
    })
    expect(await app.executors.addInvite({ text: line })).toEqual({ ok: false, fault: 'invite-known' })
    await app.stop()
    expect(shell.state).toMatchObject({ kind: 'sealed' })
    const again = await start(shell)
    expect(again.app.status.relays).toMatchObject([{ number: 1, ageDays: 0, ways: [{ state: 'idle' }, { state: 'idle' }] }])
  })

  test('that a mail program broke into lines are joined again', async () => {
    const { app } = await start(new FakeShell())
    const text = inviteOf(1).replace(/.{60}/g, '$&\r\n')
    expect(await app.executors.addInvite({ text })).toMatchObject({ ok: true })
  })

  test('of another network do not take the place of the one that the person takes part in, pasted or opened', async () => {
    const { app } = await start(new FakeShell())
    await app.executors.addInvite({ text: networkInvite(1) })
    const other = networkInvite(2, undefined, new Uint8Array(32).fill(9))
    expect(await app.executors.addInvite({ text: other })).toEqual({ ok: false, fault: 'invite-other-network' })
    app.onShellEvent({ event: 'opened', text: other })
    expect(await app.executors.answerOffer({ isWanted: true })).toEqual({ ok: false, fault: 'invite-other-network' })
    await app.executors.removeInvite({ id: app.status.relays[0]?.inviteId ?? '' })
    expect(await app.executors.addInvite({ text: other })).toMatchObject({ ok: true })
  })

  test('of a network is kept beside those of relays, and shows what it leads to; a later one takes its place', async () => {
    const shell = new FakeShell()
    const { app } = await start(shell)
    await app.executors.addInvite({ text: inviteOf(1) })
    expect(await app.executors.addInvite({ text: networkInvite(1) })).toMatchObject({ ok: true })
    expect(await app.executors.addInvite({ text: networkInvite(2) })).toMatchObject({ ok: true })
    expect(app.status.relays).toHaveLength(2)
    const [, door] = app.status.relays
    expect(await app.executors.removeInvite({ id: door?.inviteId ?? '' })).toMatchObject({ ok: true })
    expect(app.status.relays).toHaveLength(1)
  })

  test('of a network that nobody answers for says that no door can be reached, and gives no friend one', async () => {
    const { app, until } = await start(new FakeShell())
    await app.executors.addInvite({ text: networkInvite(1) })
    expect(await app.executors.giveToFriend({ withInvite: true })).toEqual({ ok: false, fault: 'no-friend-yet' })
    await app.executors.connect(undefined)
    await until(({ link }) => link.state === 'waiting' && link.reason === 'no-door')
  })

  test.each([
    ['  ', 'invite-empty'],
    ['hello', 'invite-none'],
    ['culvert:a*b', 'invite-letters'],
    ['culvert:AQAA', 'invite-old'],
    ['culvert:CQAA', 'invite-new'],
    // As a keyboard that capitalises makes it of “AgAA”.
    ['CULVERT:AGAA', 'invite-damaged'],
    [networkInvite(1, 1_700_000_000), 'invite-expired'],
    [inviteOf(1).replace(/.(?=.{20}$)/, (letter) => (letter === 'A' ? 'B' : 'A')), 'invite-damaged'],
    [`culvert:${'A'.repeat(9000)}`, 'invite-too-long'],
  ])('%j is refused with %s', async (text, fault) => {
    const { app } = await start(new FakeShell())
    expect(await app.executors.addInvite({ text })).toEqual({ ok: false, fault })
  })

  test('are found in a link that a messenger made to share them', async () => {
    const { app } = await start(new FakeShell())
    const text = `https://messenger.example/share?url=${encodeURIComponent(inviteOf(3))}&text=Hello#top`
    expect(await app.executors.addInvite({ text })).toMatchObject({ ok: true, value: { added: 1 } })
  })

  test('that were looked for in an empty file are said not to be in it', async () => {
    const { app } = await start(new FakeShell())
    app.onShellEvent({ event: 'opened', text: '' })
    expect(app.status.offer).toEqual({ kind: 'none', fault: 'invite-none' })
  })

  // A web page can open a culvert: link, and whoever made it would see all that goes through.
  test('that were opened from outside wait for the person’s word', async () => {
    const { app } = await start(new FakeShell())
    app.onShellEvent({ event: 'opened', text: inviteOf(3) })
    expect(app.status).toMatchObject({ offer: { kind: 'invite', relays: 1 }, relays: [] })
    await app.executors.answerOffer({ isWanted: false })
    expect(app.status.offer).toBeUndefined()
    expect(app.status.relays).toEqual([])
    app.onShellEvent({ event: 'opened', text: inviteOf(3) })
    await app.executors.answerOffer({ isWanted: true })
    expect(app.status.relays).toHaveLength(1)
  })
})

describe('the line', () => {
  test('says what is tried, why it failed and when it is tried again, and is off at once when that is given up', async () => {
    const { app, until } = await start(new FakeShell())
    await app.executors.addInvite({ text: inviteOf(1) })
    expect(await app.executors.connect(undefined)).toEqual({ ok: true, value: undefined })
    const { link, ports } = await until((status) => status.link.state === 'waiting')
    expect(link).toMatchObject({ state: 'waiting', reason: 'refused' })
    expect('attempts' in link ? link.attempts : []).toContainEqual(
      expect.objectContaining({ way: { place: 'direct', carrier: 'websocket' }, stage: 'failed', reason: 'refused' }),
    )
    expect(ports?.socks).toMatch(/^127\.0\.0\.1:\d+$/)
    await app.executors.disconnect(undefined)
    expect(app.status).toMatchObject({ link: { state: 'off' } })
    expect(app.status.ports).toBeUndefined()
  })

  test('keeps the ports that were drawn, and draws a password when one is wanted', async () => {
    const { app } = await start(new FakeShell())
    await app.executors.addInvite({ text: inviteOf(1) })
    await app.executors.connect(undefined)
    const first = app.status.ports
    expect(first?.password).toBeUndefined()
    await app.executors.changeSettings({ ports: { socks: 0, http: 0, hasPassword: true } })
    expect(app.status.ports).toMatchObject({ socks: first?.socks, http: first?.http, password: expect.stringMatching(/^.{20}$/) })
  })
})

/** Leaves what a core leaves behind that dies while the system's proxy leads to it. Resolves with the port, which the person chose. */
async function dieConnected(shell: FakeShell): Promise<number> {
  const { app, until } = await start(shell)
  await app.executors.addInvite({ text: inviteOf(1) })
  await app.executors.useSystemProxy({ isOn: true })
  await app.executors.connect(undefined)
  const { ports } = await until((status) => status.link.state === 'waiting' && status.systemProxy.state === 'on')
  const http = Number(ports?.http.split(':').at(-1))
  await app.executors.changeSettings({ ports: { socks: 0, http, hasPassword: false } })
  await app.stop()
  shell.proxies.splice(0)
  return http
}

describe('the system’s proxy', () => {
  test('is set only when that is wished for and there is a session, and is put back in the end', async () => {
    const shell = new FakeShell()
    const { app, until } = await start(shell)
    await app.executors.addInvite({ text: inviteOf(1) })
    await app.executors.useSystemProxy({ isOn: true })
    expect(shell.proxies).toEqual([])
    await app.executors.connect(undefined)
    await until((status) => status.link.state === 'waiting' && status.systemProxy.state === 'on')
    await app.executors.disconnect(undefined)
    expect(shell.proxy).toEqual({ mode: 'restored' })
  })

  test('refuses while the kill switch is on, from the next start on, until it is released', async () => {
    const shell = new FakeShell()
    const first = await start(shell)
    await first.app.executors.useKillSwitch({ isOn: true })
    expect(shell.proxy).toEqual({ mode: 'refusing' })
    await first.app.stop()
    expect(shell.proxy).toEqual({ mode: 'restored' })
    const { app } = await start(shell)
    expect(shell.proxy).toEqual({ mode: 'refusing' })
    expect(app.status.systemProxy).toEqual({ state: 'refusing' })
    await app.executors.useKillSwitch({ isOn: false })
    expect(shell.proxy).toEqual({ mode: 'restored' })
  })

  test('that a crash left shut is so in the settings as well, even if those were never stored, and opens again', async () => {
    const shell = new FakeShell()
    const { app } = await start(shell, { found: 'held' })
    expect(app.status).toMatchObject({ settings: { systemProxy: true, killSwitch: true }, notices: [{ code: 'kill-switch-on' }] })
    expect(shell.proxy).toEqual({ mode: 'refusing' })
    await app.executors.useKillSwitch({ isOn: false })
    expect(shell.proxy).toEqual({ mode: 'restored' })
  })

  test('that was released by hand is not shut again by what the settings still say', async () => {
    const shell = new FakeShell()
    const first = await start(shell)
    await first.app.executors.useKillSwitch({ isOn: true })
    await first.app.stop()
    shell.proxies.splice(0)
    const { app } = await start(shell, { found: 'released' })
    expect(app.status).toMatchObject({ settings: { systemProxy: false, killSwitch: false }, notices: [{ code: 'internet-repaired' }] })
    expect(shell.proxies).toEqual([])
  })

  test('and the kill switch come and go together, so that it never shuts for good', async () => {
    const { app } = await start(new FakeShell())
    await app.executors.changeSettings({ killSwitch: true })
    expect(app.status.settings).toMatchObject({ systemProxy: true, killSwitch: true })
    await app.executors.useSystemProxy({ isOn: false })
    expect(app.status.settings).toMatchObject({ systemProxy: false, killSwitch: false })
  })

  test('stays as it is while a core that died is started again, since what programs have open must not go out by itself', async () => {
    const shell = new FakeShell()
    const httpPort = await dieConnected(shell)
    const { app, until } = await start(shell, { isResumed: true })
    await until((status) => status.link.state === 'waiting' && status.systemProxy.state === 'on')
    expect(shell.proxies).toEqual([expect.objectContaining({ mode: 'through', httpPort })])
    await app.executors.disconnect(undefined)
    expect(shell.proxy).toEqual({ mode: 'restored' })
  })

  test('is put back when a core that is started again can’t have its port, so that programs aren’t sent where nobody listens', async () => {
    const shell = new FakeShell()
    const other = createServer().listen(await dieConnected(shell), '127.0.0.1')
    await once(other, 'listening')
    const { until } = await start(shell, { isResumed: true })
    await until(({ link, systemProxy }) => link.state === 'off' && link.fault === 'port-taken' && systemProxy.state === 'off')
    await until(() => shell.proxies.length > 0)
    expect(shell.proxies).toEqual([{ mode: 'restored' }])
    other.close()
  })

  test('that can’t be set is said, and asked for once', async () => {
    const shell = new FakeShell()
    shell.proxyFault = 'refused'
    const { app } = await start(shell)
    expect(await app.executors.useKillSwitch({ isOn: true })).toEqual({ ok: false, fault: 'proxy-refused' })
    expect(app.status).toMatchObject({ systemProxy: { fault: 'refused' }, notices: [{ code: 'system-proxy-failed' }] })
  })

  test('that another program changed is said as that, once, where no window is open, too', async () => {
    const shell = new FakeShell()
    const { app } = await start(shell)
    await app.executors.useKillSwitch({ isOn: true })
    for (let looks = 0; looks < 2; looks++)
      app.onShellEvent({ event: 'system-proxy', status: { state: 'off', fault: 'changed-by-others' } })
    expect(app.status).toMatchObject({ systemProxy: { fault: 'changed-by-others' }, notices: [{ code: 'system-proxy-changed' }] })
    expect(shell.notified).toEqual(['system-proxy-changed'])
  })

  test('that another program changed is set anew when the person asks for that', async () => {
    const shell = new FakeShell()
    const { app } = await start(shell)
    await app.executors.useKillSwitch({ isOn: true })
    app.onShellEvent({ event: 'system-proxy', status: { state: 'off', fault: 'changed-by-others' } })
    expect(await app.executors.changeSettings({ theme: 'dark' })).toMatchObject({ ok: true })
    expect(shell.proxies).toHaveLength(1)
    await app.executors.useSystemProxy({ isOn: true })
    expect([shell.proxies.length, app.status.systemProxy]).toEqual([2, { state: 'refusing' }])
  })

  test('of another program is no fault to whoever turns this off, and is named to whoever repairs', async () => {
    const shell = new FakeShell()
    const { app } = await start(shell)
    await app.executors.useKillSwitch({ isOn: true })
    shell.proxyFault = 'changed-by-others'
    expect(await app.executors.useSystemProxy({ isOn: false })).toEqual({ ok: true, value: undefined })
    expect(app.status).toMatchObject({ systemProxy: { state: 'off' }, notices: [] })
    expect(await app.executors.repairInternet(undefined)).toEqual({ ok: false, fault: 'proxy-changed' })
  })
})

describe('the report', () => {
  test('is saved exactly as it was shown, and names no address, name, key or port', async () => {
    const shell = new FakeShell()
    const { app, until } = await start(shell)
    const line = inviteOf(1)
    await app.executors.addInvite({ text: line })
    await app.executors.connect(undefined)
    await until((status) => status.link.state === 'waiting')
    const preview = await app.executors.previewReport(undefined)
    if (!preview.ok) throw new Error('there is no preview')
    expect(await app.executors.saveReport({ id: preview.value.id })).toEqual({ ok: true, value: { manner: 'file' } })
    expect(shell.files).toEqual([preview.value.text])
    const { socks = '', http = '' } = app.status.ports ?? {}
    const secrets = [relay.address, relay.serverName, line.slice(8, 40), socks.slice(-5), http.slice(-5), '192.0.2.1']
    expect(secrets.filter((secret) => preview.value.text.includes(secret))).toEqual([])
    expect(await app.executors.saveReport({ id: 'none' })).toEqual({ ok: false, fault: 'no-such-thing' })
  })

  test('for the public numbers is shown as it would be sent: of one size, coarse, by the place that makes reports', async () => {
    const { app } = await start(new FakeShell())
    const shown = await app.executors.previewShared(undefined)
    if (!shown.ok) throw new Error('there is no preview')
    expect(shown.value.text).toHaveLength(reportLimits.bytes)
    const { mark, day, ...rest } = JSON.parse(shown.value.text)
    expect({ mark, day }).toEqual({ mark: expect.stringMatching(/^[0-9a-f]{32}$/), day: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/) })
    const coarse = { verdicts: [], worked: [], connect: 'longer', version: '1.2', language: 'en' }
    expect(rest).toEqual({ version: 1, firstOfMonth: 1, coarse })
  })
})
