import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../needs.ts'
import { type Edge, startEdge } from './edge.ts'
import { startOrigin, type TestOrigin } from './origin.ts'
import { get, openWebSocket } from './visitor.ts'

let origin: TestOrigin
const edges: Edge[] = []
beforeAll(async () => {
  origin = await startOrigin()
})
afterAll(async () => {
  for (const edge of edges) await edge.stop()
  await origin.stop()
})

async function start(kind: 'nginx' | 'nginx-421' | 'varnish'): Promise<Edge & { readonly front: NonNullable<Edge['front']> }> {
  const edge = await startEdge(kind, { origin })
  edges.push(edge)
  const { front } = edge
  if (front === undefined) throw new Error(`${kind} has no front`)
  return Object.assign(edge, { front })
}

const lets = (kind: 'nginx' | 'varnish'): void => {
  test(`${kind} lets a visitor in by another site’s name, for requests and WebSockets`, async () => {
    const edge = await start(kind)
    const tlsName = edge.front.serverName
    expect(await get(edge, { path: '/count', tlsName })).toMatchObject({ status: 200, text: expect.stringMatching(/^\d+$/) })
    const socket = openWebSocket(edge, { path: '/live', tlsName })
    await once(socket, 'open')
    socket.send('through')
    const [message] = await once(socket, 'message')
    expect(String(message)).toBe('through')
    socket.terminate()
  })
}

describe.runIf(needs('nginx'))('fronting by nginx', () => {
  lets('nginx')

  test('nginx-421 refuses it with 421 and asks the origin nothing, but lets in whoever says the same name twice', async () => {
    const edge = await start('nginx-421')
    const before = origin.requests.length
    const tlsName = edge.front.serverName
    expect(await get(edge, { path: '/count', tlsName })).toMatchObject({ status: 421 })
    const socket = openWebSocket(edge, { path: '/live', tlsName })
    const [, answer] = await once(socket, 'unexpected-response')
    expect(answer.statusCode).toBe(421)
    socket.terminate()
    expect(origin.requests.length).toBe(before)
    expect(await get(edge, { path: '/count' })).toMatchObject({ status: 200 })
  })

  test('the front is a site of its own', async () => {
    const edge = await start('nginx')
    const { serverName } = edge.front
    expect(await get(edge, { path: '/', tlsName: serverName, headers: { host: serverName } })).toEqual({ status: 200, text: 'the front\n' })
  })
})

describe.runIf(needs('varnish'))('fronting by hitch and varnish', () => {
  lets('varnish')
})
