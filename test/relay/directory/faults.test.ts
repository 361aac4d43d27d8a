// What an authority that runs for years lives on with: a store that is gone for a while, and its own loops.
import { getEventListeners } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import { handForever, meetForever, testForever } from '../../../relay/directory/run.ts'
import { Faults } from '../../../relay/faults.ts'
import { faultLimits } from '../../../relay/limits.ts'

test('a store that fails ends no loop of an authority, and a meeting is held without what could not be exchanged', async () => {
  const told: object[] = []
  const faults = new Faults(
    (fault) => told.push(fault),
    () => 0,
  )
  const stop = new AbortController()
  let metS = 0
  const fail = (): Promise<never> => Promise.reject(Object.assign(new Error('of an address'), { code: 'ECONNREFUSED' }))
  const authority = {
    times: { periodS: 1, phaseS: 0.01, epochS: 1, testS: 1 },
    test: fail,
    sync: fail,
    meet: (roundS: number) => {
      metS = roundS
      stop.abort()
      return fail()
    },
  }
  await Promise.all([
    testForever(authority, stop.signal, faults),
    meetForever(authority, stop.signal, faults, () => undefined),
    handForever({ turn: fail }, stop.signal, faults, () => undefined),
  ])
  expect(metS).toBeGreaterThan(0)
  expect(told).toEqual([{ code: 'ECONNREFUSED', count: 1 }])
})

test('a clock that was a year ahead and is set right has the next meeting held by its new time', async () => {
  const stop = new AbortController()
  const trueMs = Date.now
  let aheadMs = 365 * 86_400_000
  vi.spyOn(Date, 'now').mockImplementation(() => trueMs() + aheadMs)
  onTestFinished(() => void vi.restoreAllMocks())
  let metS = 0
  const authority = {
    times: { periodS: 1, phaseS: 0.1, epochS: 1, testS: 1 },
    sync: () => {
      aheadMs = 0
      return Promise.resolve()
    },
    meet: (roundS: number) => {
      metS = roundS
      stop.abort()
      return new Promise<never>(() => undefined)
    },
  }
  await meetForever(authority, stop.signal, new Faults(() => undefined), () => undefined)
  expect(Math.abs(metS - trueMs() / 1_000)).toBeLessThan(5)
})

test('of failures a code is told, once a minute, with how many there were, and nothing that the error says', () => {
  const told: object[] = []
  let nowMs = 0
  const faults = new Faults(
    (fault) => told.push(fault),
    () => nowMs,
  )
  faults.take(Object.assign(new Error('postgres://me:secret@192.0.2.1/db'), { code: 'postgres://me:secret@192.0.2.1/db' }))
  faults.take(new TypeError('192.0.2.1'))
  nowMs = faultLimits.tellMs
  faults.take('192.0.2.1')
  expect(told).toEqual([
    { code: 'Error', count: 1 },
    { code: 'unknown', count: 3 },
  ])
})

test('a loop leaves nothing behind at each of its turns', async () => {
  const stop = new AbortController()
  const TURNS = 50
  let [turns, listeners] = [0, 0]
  const authority = {
    times: { periodS: 1, phaseS: 1, epochS: 1, testS: 0.004 },
    test: () => {
      listeners = Math.max(listeners, getEventListeners(stop.signal, 'abort').length)
      if (++turns >= TURNS) stop.abort()
      return Promise.resolve()
    },
  }
  await testForever(authority, stop.signal, new Faults(() => undefined))
  expect([turns >= TURNS, listeners < 5]).toEqual([true, true])
})
