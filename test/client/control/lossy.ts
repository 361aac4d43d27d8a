// A life on a path that loses packets: busy for some minutes, idle for longer, a quarter of each day busy in all.
import { Dice } from '../../sim/dice.ts'
import { FakeLink } from './fake-link.ts'
import { Network } from './network.ts'
import { PLACES } from './places.ts'

const DAY_MS = 86_400_000

export function live(seed: number, days: number): FakeLink {
  const dice = new Dice(seed)
  const network = new Network(dice.fork(), { rttMs: 400, bytesPerS: 20_000, loss: 0.05 })
  const link = new FakeLink(dice, network, PLACES, 1_000)
  link.isBusy = busyBy(dice.fork())
  link.run(days * DAY_MS)
  return link
}

function busyBy(dice: Dice): (nowMs: number) => boolean {
  let isBusy = false
  let untilMs = 0
  return (nowMs) => {
    if (nowMs < untilMs) return isBusy
    isBusy = !isBusy
    untilMs = nowMs + dice.skewed(10_000, 600_000) * (isBusy ? 1 : 3)
    return isBusy
  }
}
