// More endpoints at once than there may be windows.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ChromiumPlatform, chromiumPlatform } from '../../../client/engine/chromium/platform.ts'
import { chromiumLimits } from '../../../client/engine/limits.ts'
import { dialThrough, endpointAt } from '../../contract/dial.ts'
import { type Origin, startOrigin } from '../../contract/origin.ts'
import { Path } from '../../contract/path.ts'
import { needs } from '../../needs.ts'
import { Electron } from './electron.ts'

const BEYOND = 2

describe.runIf(needs('electron'))('many endpoints at once', () => {
  let electron: Electron
  let platform: ChromiumPlatform
  let origin: Origin
  let paths: readonly Path[] = []
  beforeAll(async () => {
    ;[electron, origin] = await Promise.all([Electron.start(), startOrigin()])
    platform = chromiumPlatform(await electron.attach())
    paths = await Promise.all(Array.from({ length: chromiumLimits.panesMax + BEYOND }, () => Path.to(origin.port)))
  })
  afterAll(async () => {
    platform?.close()
    await electron?.close()
    await Promise.all(paths.map((path) => path.close()))
    await origin?.close()
  })

  /** Until there are at most so many windows, by the dialer's count and by Electron's. */
  async function untilLeft(windowsMax: number): Promise<void> {
    for (;;) {
      const { windows, all } = await electron.count()
      if (Math.max(windows, all) <= windowsMax) return
    }
  }

  test('have a window each, those beyond the limit are refused, and few windows outlive their carriers', async () => {
    const dials = paths.map(({ port }) => dialThrough(origin, endpointAt(port, origin), 'http', undefined, platform))
    const outcomes = await Promise.allSettled(dials)
    const pairs = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(pairs.length).toBe(chromiumLimits.panesMax)
    expect(errors).toMatchObject(Array.from({ length: BEYOND }, () => ({ reason: 'unreachable', step: 'tcp' })))
    expect(await electron.count()).toMatchObject({ windows: chromiumLimits.panesMax, all: chromiumLimits.panesMax })
    for (const { client, relay } of pairs) {
      client.carrier.close()
      await relay.until(() => relay.closedCount > 0)
    }
    await untilLeft(chromiumLimits.idlePanesMax)
    platform.close()
    await untilLeft(0)
  })
})
