// The plain port: what it answers, and that sockets that say nothing take neither its places nor the relay's files.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listenPort80, type Port80 } from '../../relay/acme/port-80.ts'
import { acmeLimits } from '../../relay/limits.ts'
import { openSilent } from './silent.ts'

const proofs = new Map([['token', 'token.thumbprint']])
let site: Port80
beforeAll(async () => {
  site = await listenPort80({ host: '127.0.0.1', port: 0 }, 'relay.example', { host: '192.0.2.44', port: 443 }, proofs)
})
afterAll(() => site.close())

const ask = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${site.port}${path}`, { redirect: 'manual' })

test('it shows the proof that was asked for, and sends all else to https', async () => {
  expect(await (await ask('/.well-known/acme-challenge/token')).text()).toBe('token.thumbprint')
  for (const path of ['/', '/.well-known/acme-challenge/other']) {
    const { status, headers } = await ask(path)
    expect([status, headers.get('location')]).toEqual([301, `https://relay.example${path}`])
  }
})

test('beyond its places, the one that has said nothing for longest makes way', async () => {
  const silent = await openSilent({ port: site.port }, acmeLimits.socketsMax)
  const gone = once(silent[0] as Socket, 'close')
  expect((await ask('/')).status).toBe(301)
  await gone
  for (const socket of silent) socket.destroy()
})
