// Who gets one more socket, and who is refused.
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { type SocketShare, Sockets } from '../../../relay/dial/sockets.ts'

/** Takes what it gets, or so many. */
function take(share: SocketShare, countMax: number = Number.POSITIVE_INFINITY): EventEmitter[] {
  const taken: EventEmitter[] = []
  while (taken.length < countMax && share.hasRoom()) {
    taken.push(new EventEmitter())
    share.take(taken.at(-1) as EventEmitter)
  }
  return taken
}

test.each([1, 2, 9, 99])('%i that take what they can get equal parts, and leave another such to everybody else', (count) => {
  const sockets = new Sockets(100_000)
  const shares = Array.from({ length: count }, () => sockets.enter())
  const taken = shares.map(() => 0)
  for (let went = true; went; ) {
    went = false
    for (const [i, share] of shares.entries()) {
      if (take(share, 1).length === 0) continue
      taken[i] = (taken[i] as number) + 1
      went = true
    }
  }
  const part = 100_000 / (count + 1)
  for (const one of taken) expect(Math.abs(one - part)).toBeLessThanOrEqual(1)
  expect(take(sockets.enter(), 300)).toHaveLength(300)
})

test('who has most is refused first, and gets more only once there is as much again', () => {
  const sockets = new Sockets(100)
  const [greedy, modest] = [sockets.enter(), sockets.enter()]
  const [first] = take(greedy)
  expect(take(modest, 10)).toHaveLength(10)
  first?.emit('close')
  expect([greedy.hasRoom(), modest.hasRoom()]).toEqual([false, true])
})

test('a socket counts until it is closed, be its session long over', () => {
  const sockets = new Sockets(100)
  const left = take(sockets.enter())
  expect(take(sockets.enter())).toHaveLength(25)
  for (const socket of left) socket.emit('close')
  expect(take(sockets.enter())).toHaveLength(38)
})
