import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../needs.ts'
import { type Edge, type EdgeOptions, startEdge } from './edge.ts'
import type { Fault } from './fault.ts'
import { startOrigin, type TestOrigin } from './origin.ts'
import { answerOf, begin, get, openWebSocket, take, textOf } from './visitor.ts'

let origin: TestOrigin
const edges: Edge[] = []
beforeAll(async () => {
  origin = await startOrigin()
})
afterAll(async () => {
  for (const edge of edges) await edge.stop()
  await origin.stop()
})

async function start(kind: 'nginx-cap' | 'evil', options: Omit<EdgeOptions, 'origin'>): Promise<Edge> {
  const edge = await startEdge(kind, { origin, ...options })
  edges.push(edge)
  return edge
}

/** What comes back of messages that are sent one after the other, each once the one before has been seen at the edge. */
async function echoes(edge: Edge, messages: readonly string[], count: number): Promise<string[]> {
  const socket = openWebSocket(edge, { path: '/live' })
  await once(socket, 'open')
  const back: string[] = []
  const all = new Promise<void>((resolve) => {
    socket.on('message', (message) => {
      back.push(String(message))
      if (back.length === count) resolve()
    })
  })
  for (const message of messages) socket.send(Buffer.from(message))
  await all
  socket.terminate()
  return back
}

/** The body that the origin gets of one, or the answer that a visitor gets of one. */
async function carried(edge: Edge, way: Fault['way'], body: string): Promise<string> {
  const asked = origin.next('/body')
  const sent = begin(edge, { path: '/body', method: 'POST' }).end(way === 'up' ? body : '')
  const { request, response } = await asked
  const up = await textOf(request)
  response.end(way === 'down' ? body : '')
  const down = await textOf(await answerOf(sent))
  return way === 'up' ? up : down
}

const MESSAGES = ['aaaa', 'bbbb', 'cccc', 'dddd']
const FAULTS = [
  { kind: 'corrupt', messages: ['aaaa', 'bbcb', 'cccc', 'dded'], body: 'abceef' },
  { kind: 'double', messages: ['aaaa', 'bbbb', 'bbbb', 'cccc', 'dddd', 'dddd'], body: 'abcdefabcdef' },
  { kind: 'reorder', messages: ['aaaa', 'cccc', 'bbbb'], body: 'defabc' },
  { kind: 'truncate', messages: ['aaaa', 'bb', 'cccc', 'dd'], body: 'abc' },
] as const

describe.each(['up', 'down'] as const)('evil, bytes that go %s', (way) => {
  test.each(FAULTS)('$kind: strikes each time that enough has passed', async ({ kind, messages, body }) => {
    const edge = await start('evil', { fault: { kind, way, everyBytes: 8 } })
    expect(await echoes(edge, MESSAGES, messages.length)).toEqual(messages)
    await edge.struck(kind === 'reorder' ? 1 : 2)
    const other = await start('evil', { fault: { kind, way, everyBytes: 6 } })
    expect(await carried(other, way, 'abcdef')).toBe(body)
    expect(await carried(other, way === 'up' ? 'down' : 'up', 'abcdef')).toBe('abcdef')
    await other.struck(1)
  })
})

test('evil without a fault is an honest edge', async () => {
  const edge = await start('evil', {})
  expect(await echoes(edge, MESSAGES, 4)).toEqual(MESSAGES)
  expect(await carried(edge, 'up', 'x'.repeat(300_000))).toBe('x'.repeat(300_000))
  expect(await carried(edge, 'down', 'x'.repeat(300_000))).toBe('x'.repeat(300_000))
})

describe.runIf(needs('nginx'))('nginx-cap', () => {
  test('cuts an answer that streams for longer, and a WebSocket', async () => {
    const edge = await start('nginx-cap', { capSeconds: 1 })
    const asked = origin.next('/endless')
    const wanted = begin(edge, { path: '/endless' }).end()
    const { response } = await asked
    response.writeHead(200)
    response.write('first')
    const answer = await answerOf(wanted)
    expect(await take(answer, 5)).toBe('first')
    const socket = openWebSocket(edge, { path: '/live' })
    await once(socket, 'open')
    await Promise.all([expect(textOf(answer)).rejects.toThrow('aborted'), once(socket, 'close'), once(response, 'close')])
    expect(await get(edge, { path: '/count' })).toMatchObject({ status: 200 })
  })
})

test('an edge whose program ends at once rejects with what it said, and leaves nothing behind', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  await expect(startEdge('evil', { origin, listen: { host: '127.0.0.1', port } })).rejects.toThrow('EADDRINUSE')
  taken.close()
})
