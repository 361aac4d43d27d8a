import { describe, expect, test, vi } from 'vitest'
import { ResetCode } from '#protocol'
import { type DialResult, Race, resetCodeOf } from '../../../relay/dial/happy-eyeballs.ts'
import { type SocketShare, Sockets } from '../../../relay/dial/sockets.ts'
import { dialLimits } from '../../../relay/limits.ts'
import { FakeSockets, type Fate, ROOMY } from './fake-sockets.ts'

const NEVER_MS = 2 ** 30
const PATIENT = { ...dialLimits, staggerMs: NEVER_MS, resolutionDelayMs: NEVER_MS }
const HASTY = { ...dialLimits, staggerMs: 1, resolutionDelayMs: 1 }

function start(
  fates: Record<string, Fate>,
  limits = PATIENT,
  share = ROOMY,
): { sockets: FakeSockets; race: Race; result: Promise<DialResult>; results: DialResult[] } {
  const sockets = new FakeSockets((address) => fates[address] ?? 'silent')
  const results: DialResult[] = []
  let tell: (result: DialResult) => void = () => {}
  const result = new Promise<DialResult>((resolve) => {
    tell = resolve
  })
  const race = new Race({ port: 80, connect: sockets.connect, limits, onread: undefined, share, from: () => undefined }, (given) => {
    results.push(given)
    tell(given)
  })
  return { sockets, race, result, results }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

describe('order', () => {
  test('families take turns, IPv6 first', async () => {
    const addresses = ['1.0.0.1', '1.0.0.2', '1.0.0.3', '2600::1', '2600::2']
    const { sockets, race, result } = start(Object.fromEntries(addresses.map((address) => [address, 'ECONNREFUSED'])))
    race.offer(addresses, true)
    expect(await result).toEqual({ code: ResetCode.refused })
    expect(sockets.dialled).toEqual(['2600::1', '1.0.0.1', '2600::2', '1.0.0.2', '1.0.0.3'])
  })

  test('IPv6 starts without waiting for IPv4', () => {
    const { sockets, race } = start({})
    race.offer(['2600::1'], false)
    expect(sockets.dialled).toEqual(['2600::1'])
    race.cancel()
  })

  test('IPv4 waits for the AAAA answer, and starts when there is none', () => {
    const { sockets, race } = start({})
    race.offer(['1.0.0.1'], false)
    expect(sockets.dialled).toEqual([])
    race.offer([], true)
    expect(sockets.dialled).toEqual(['1.0.0.1'])
    race.cancel()
  })

  test('IPv4 goes alone when the AAAA answer does not come', async () => {
    const { race, result } = start({ '1.0.0.1': 'connects' }, HASTY)
    race.offer(['1.0.0.1'], false)
    expect(await result).toHaveProperty('socket')
  })

  test('a late answer joins a race whose attempts have all failed', async () => {
    const { race, result, sockets } = start({ '2600::1': 'ENETUNREACH', '1.0.0.1': 'connects' })
    race.offer(['2600::1'], false)
    await turn()
    race.offer(['1.0.0.1'], true)
    expect(await result).toEqual({ socket: sockets.sockets[1] })
  })
})

describe('the race', () => {
  test('a failure starts the next attempt without the stagger', async () => {
    const { race, result, sockets } = start({ '2600::1': 'ENETUNREACH', '1.0.0.1': 'connects' })
    race.offer(['2600::1', '1.0.0.1'], true)
    expect(await result).toEqual({ socket: sockets.sockets[1] })
  })

  test('a silent address holds up the next one for the stagger only, and is destroyed when it loses', async () => {
    const { race, result, sockets } = start({ '1.0.0.1': 'connects' }, HASTY)
    race.offer(['2600::1', '1.0.0.1'], true)
    expect(await result).toEqual({ socket: sockets.sockets[1] })
    expect(sockets.sockets.map((socket) => socket.destroyed)).toEqual([true, false])
  })

  test('the winner comes paused and without listeners of ours', async () => {
    const { race, result } = start({ '1.0.0.1': 'connects' })
    race.offer(['1.0.0.1'], true)
    const { socket } = (await result) as Extract<DialResult, { socket: unknown }>
    expect([socket.isPaused(), socket.listenerCount('error'), socket.listenerCount('connect')]).toEqual([true, 0, 0])
  })

  test('no more than attemptsMax addresses are tried', async () => {
    const addresses = Array.from({ length: 20 }, (_, i) => `1.0.0.${i}`)
    const { race, result, sockets } = start(Object.fromEntries(addresses.map((address) => [address, 'ETIMEDOUT'])))
    race.offer(addresses, false)
    race.offer([], true)
    expect(await result).toEqual({ code: ResetCode.timeout })
    expect(sockets.dialled.length).toBe(dialLimits.attemptsMax)
  })

  test('two that connect in the same turn give one socket, and the other is destroyed', async () => {
    const { race, results, sockets } = start({ '2600::1': 'silent', '1.0.0.1': 'silent' }, HASTY)
    race.offer(['2600::1', '1.0.0.1'], true)
    while (sockets.sockets.length < 2) await turn()
    for (const socket of sockets.sockets) socket.emit('connect')
    await turn()
    expect(results).toEqual([{ socket: sockets.sockets[0] }])
    expect(sockets.sockets[1]?.destroyed).toBe(true)
  })
})

describe('where there is room for one socket', () => {
  const forOne = (): SocketShare => new Sockets(1).enter()

  test('a second address is not tried beside the first, which goes on', async () => {
    const share = forOne()
    const hasRoom = vi.spyOn(share, 'hasRoom')
    const { race, result, sockets } = start({ '2600::1': 'silent' }, HASTY, share)
    race.offer(['2600::1', '1.0.0.1'], true)
    await vi.waitFor(() => expect(hasRoom).toHaveBeenCalledTimes(2))
    expect(sockets.dialled).toEqual(['2600::1'])
    sockets.sockets[0]?.emit('connect')
    expect(await result).toEqual({ socket: sockets.sockets[0] })
  })

  test.each([
    ['all addresses are there', [['2600::1', '1.0.0.1']]],
    ['one family is late', [['2600::1'], ['1.0.0.1']]],
    ['IPv4 came first', [['1.0.0.1'], []]],
  ])('who comes next is told overload when %s, and their turn comes once it is closed', async (_when, offers) => {
    const share = forOne()
    const taken = new FakeSockets(() => 'silent').connect({ host: '192.0.2.1', port: 80 })
    share.take(taken)
    const next = start({}, HASTY, share)
    for (const [i, addresses] of offers.entries()) next.race.offer(addresses, i === offers.length - 1)
    expect(await next.result).toEqual({ code: ResetCode.overload })
    expect(next.sockets.dialled).toEqual([])
    taken.destroy()
    await turn()
    const last = start({ '1.0.0.1': 'connects' }, HASTY, share)
    last.race.offer(['1.0.0.1'], true)
    expect(await last.result).toEqual({ socket: last.sockets.sockets[0] })
  })
})

describe('the end', () => {
  test('cancel destroys every attempt and stays silent', async () => {
    const { race, results, sockets } = start({ '2600::1': 'connects' })
    race.offer(['2600::1', '1.0.0.1'], false)
    race.cancel()
    race.offer(['1.0.0.2'], true)
    await turn()
    expect(results).toEqual([])
    expect(sockets.sockets.every((socket) => socket.destroyed)).toBe(true)
    expect(sockets.dialled).toEqual(['2600::1'])
  })

  test('a cancel between a failure and its report keeps the report back', async () => {
    const { race, results } = start({})
    race.fail(ResetCode.denied)
    race.cancel()
    await turn()
    expect(results).toEqual([])
  })

  test('a failure is reported once, and never in the turn that causes it', async () => {
    const { race, results } = start({})
    race.offer([], true)
    race.fail(ResetCode.timeout)
    expect(results).toEqual([])
    await turn()
    expect(results).toEqual([{ code: ResetCode.nameNotFound }])
  })

  test('of several failures the one that came furthest is reported', async () => {
    const { race, result } = start({ '2600::1': 'ENETUNREACH', '1.0.0.1': 'ECONNREFUSED', '1.0.0.2': 'EHOSTUNREACH' })
    race.note(ResetCode.denied)
    race.offer(['2600::1', '1.0.0.1', '1.0.0.2'], true)
    expect(await result).toEqual({ code: ResetCode.refused })
  })
})

test.each([
  ['ECONNREFUSED', ResetCode.refused],
  ['EHOSTUNREACH', ResetCode.hostUnreachable],
  ['ENETUNREACH', ResetCode.networkUnreachable],
  ['EADDRNOTAVAIL', ResetCode.networkUnreachable],
  ['ETIMEDOUT', ResetCode.timeout],
  ['ECONNRESET', ResetCode.broken],
  ['EACCES', ResetCode.denied],
  ['EMFILE', ResetCode.overload],
  ['EWHATEVER', ResetCode.internal],
])('%s is reset code %i', (code, expected) => {
  expect(resetCodeOf(Object.assign(new Error(code), { code }))).toBe(expected)
})
