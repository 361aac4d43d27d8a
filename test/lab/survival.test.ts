// What is open survives what a censor does: the rows of docs/RESILIENCE.md, shorter, and without their bars, which are for a quiet machine.
import { describe, expect, test } from 'vitest'
import { needs } from '../needs.ts'
import { measureBlackout, measureFreeze, measureStart } from './scenarios/inside.ts'
import { measurePrograms } from './scenarios/programs.ts'
import { type Act, measureRecovery } from './scenarios/recovery.ts'
import { onStage } from './scenarios/stage.ts'
import { measureSwitching } from './scenarios/switching.ts'

const isWanted = needs('namespaces', 'root', 'cc', 'nginx', 'varnish')

describe.runIf(isWanted)('a transfer that is driven from carrier to carrier', () => {
  test.each(['down', 'up'] as const)('%s comes whole', async (direction) => {
    const { isWhole, stallsMs } = await onStage((stage) => measureSwitching(stage, { direction, bytes: 12_000_000, switches: 4 }))
    expect({ isWhole, switches: stallsMs.length }).toEqual({ isWhole: true, switches: 4 })
  })
})

describe.runIf(isWanted)('a download', () => {
  test.each<Act>(['reset', 'freeze', 'silent drop', 'throttle', 'cutoff'])('flows again after a %s', async (act) => {
    const times = await onStage((stage) => measureRecovery(stage, act, 1))
    expect(times.filter(Number.isFinite)).toHaveLength(1)
  })

  test('goes on, and so does an upload, when the network comes back after a blackout', async () => {
    expect(await onStage((stage) => measureBlackout(stage, 5_000))).toMatchObject({ pass: true })
  })

  test('completes by an edge while every flow to the relay freezes at 16 KiB', async () => {
    expect(await onStage((stage) => measureFreeze(stage, 4_000_000))).toMatchObject({ pass: true })
  })
})

describe.runIf(isWanted)('a client that starts inside the cutoff', () => {
  test('has data from an invite alone', async () => {
    expect(await onStage((stage) => measureStart(stage, 1))).toMatchObject({ pass: true })
  })
})

describe.runIf(isWanted && needs('git', 'ssh', 'netcat'))('git and ssh', () => {
  test('finish by an edge when the cutoff comes in the middle of their work', async () => {
    expect(await onStage((stage) => measurePrograms(stage, 6_000_000))).toMatchObject({ pass: true })
  })
})
