// The collector's door: what is too much is turned away before anything is looked at, and what comes meanwhile from others is taken.
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type CollectLimits, collectLimits } from '../../../relay/observatory/collect/limits.ts'
import { Collector, DAY_PATH, REPORT_PATH } from '../../../relay/observatory/collect/server.ts'
import { openSilent } from '../silent.ts'

const open: Collector[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function door(
  limits: Partial<CollectLimits>,
  take: () => Promise<'kept'> = () => Promise.resolve('kept'),
  onFault: (error: unknown) => void = () => undefined,
): Promise<string> {
  const collector = new Collector({
    intake: { takeDay: take, takeReport: take },
    limits: { ...collectLimits, ...limits },
    nowMs: () => nowMs,
    onFault,
  })
  open.push(collector)
  return `http://127.0.0.1:${await collector.listen('127.0.0.1', 0)}`
}

let nowMs = 0
const named = (letter: string): string => JSON.stringify({ relay: letter.repeat(43), body: '', signature: '' })
const post = async (url: string, body: string): Promise<number> => (await fetch(url, { method: 'POST', body })).status

describe('the collector’s door', () => {
  test('a relay that sends too often is told to come later, others are not, and a minute later it may again', async () => {
    const url = `${await door({ perRelayMax: 3 })}${DAY_PATH}`
    const answers = [await post(url, named('A')), await post(url, named('A')), await post(url, named('A')), await post(url, named('A'))]
    expect(answers).toEqual([200, 200, 200, 429])
    expect(await post(url, named('B'))).toBe(200)
    nowMs += 60_000
    expect(await post(url, named('A'))).toBe(200)
  })

  test('all relays together are bounded too, before a signature is looked at', async () => {
    const url = `${await door({ perMinuteMax: 2 })}${REPORT_PATH}`
    expect([await post(url, named('A')), await post(url, named('B')), await post(url, named('C'))]).toEqual([200, 200, 429])
  })

  test('more at once than it holds in memory are told to come later', async () => {
    const waiting: ((answer: 'kept') => void)[] = []
    let begin: () => void = () => undefined
    const isBusy = new Promise<void>((resolve) => {
      begin = resolve
    })
    const take = (): Promise<'kept'> =>
      new Promise((resolve) => {
        waiting.push(resolve)
        begin()
      })
    const url = `${await door({ atOnceMax: 1 }, take)}${DAY_PATH}`
    const first = post(url, named('A'))
    await isBusy
    expect(await post(url, named('B'))).toBe(429)
    waiting[0]?.('kept')
    expect(await first).toBe(200)
  })

  test.each([
    ['say nothing', ''],
    ['never end what they send', `POST ${DAY_PATH} HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nhalf`],
  ])('as many as there is room for, who %s, keep nobody out', async (_, said) => {
    const url = new URL(DAY_PATH, await door({ socketsMax: 4, atOnceMax: 4 }))
    const silent = await openSilent({ port: Number(url.port) }, 4, said)
    for (const name of 'ABCDEF') expect(await post(url.href, named(name))).toBe(200)
    for (const socket of silent) socket.destroy()
  })

  test('a body that does not say how long it is, and is too long, is not read to its end', async () => {
    const url = `${await door({ dayBytesMax: 1_000 })}${DAY_PATH}`
    const sent = request(url, { method: 'POST' })
    const answered = once(sent, 'response') as Promise<[{ statusCode: number; resume(): void }]>
    sent.on('error', () => undefined)
    for (let part = 0; part < 4; part++) sent.write('x'.repeat(500))
    const [response] = await answered
    expect(response.statusCode).toBe(413)
    response.resume()
    sent.destroy()
  })

  test('whoever goes away in the middle of a body is no failure of its own, and a store that fails is', async () => {
    const faults: unknown[] = []
    const gone = new Error('no store')
    const take = (): Promise<never> => Promise.reject(gone)
    const url = new URL(DAY_PATH, await door({}, take, (error) => faults.push(error)))
    expect(await post(url.href, named('A'))).toBe(503)
    const socket = connect(Number(url.port), url.hostname)
    socket.write(`POST ${DAY_PATH} HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\nhalf`)
    // It says that it reads.
    await once(socket, 'data')
    socket.destroy()
    await open.pop()?.close()
    expect(faults).toEqual([gone])
  })
})
