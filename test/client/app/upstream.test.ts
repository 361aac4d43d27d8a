// The app behind another proxy: what a person sets is where it dials, and says nothing of it to anyone.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NodePlatform } from '../../../client/engine/platform-node.ts'
import { FakeShell } from './fake-shell.ts'
import { inviteOf, type Running, relay, start, stopAll } from './running-app.ts'

let server: Server
/** Settled by the next dial that asks this proxy. */
let asked: PromiseWithResolvers<string | undefined>
let address: string

beforeEach(async () => {
  asked = Promise.withResolvers()
  server = createServer().on('connect', ({ url }, socket) => {
    asked.resolve(url)
    socket.on('error', () => undefined).end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  address = `http://somebody:secret@127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(stopAll)
afterEach(() => void server.close())

function begin(shell: FakeShell): Promise<Running> {
  const platform = new NodePlatform()
  return start(shell, { platform, goThrough: (upstream) => platform.goThrough(upstream) })
}

test('dials go through the proxy that the person set, at once and after the next start', async () => {
  const shell = new FakeShell()
  const { app, until } = await begin(shell)
  await app.executors.addInvite({ text: inviteOf(1) })
  await app.executors.connect(undefined)
  expect(await app.executors.changeSettings({ upstream: address })).toMatchObject({ ok: true })
  expect(await asked.promise).toBe(relay.address)
  await until(({ link }) => link.state === 'waiting' && link.reason === 'upstream')
  await app.stop()
  asked = Promise.withResolvers()
  const again = await begin(shell)
  await again.app.executors.connect(undefined)
  expect(await asked.promise).toBe(relay.address)
})

test('what is no address of a proxy is refused, and changes nothing', async () => {
  const { app } = await begin(new FakeShell())
  expect(await app.executors.changeSettings({ upstream: address })).toMatchObject({ ok: true })
  expect(await app.executors.changeSettings({ upstream: 'proxy.example' })).toEqual({ ok: false, fault: 'upstream-bad' })
  expect(app.status.settings.upstream).toBe(address)
})

test('no report names it, and forgetting everything forgets it', async () => {
  const { app } = await begin(new FakeShell())
  await app.executors.changeSettings({ upstream: address })
  const previews = [await app.executors.previewReport(undefined), await app.executors.previewShared(undefined)]
  for (const preview of previews)
    expect(preview).toMatchObject({ ok: true, value: { text: expect.not.stringMatching(/secret|127\.0\.0\.1/) } })
  await app.executors.forgetEverything(undefined)
  expect(app.status.settings.upstream).toBe('')
})
