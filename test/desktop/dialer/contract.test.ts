// The contract of carriers, over a real Electron's hidden windows. How polls fare behind an edge that holds answers back is the engine's doing, whoever asks:
// test/contract has that.
import { afterAll, beforeAll, describe } from 'vitest'
import type { CarrierKind } from '#protocol'
import { type ChromiumPlatform, chromiumPlatform } from '../../../client/engine/chromium/platform.ts'
import { describeCarrier } from '../../contract/carrier-suite.ts'
import type { World } from '../../contract/cuts.ts'
import { dialThrough, endpointAt } from '../../contract/dial.ts'
import { type Origin, startOrigin } from '../../contract/origin.ts'
import { Path } from '../../contract/path.ts'
import { needs } from '../../needs.ts'
import { Electron } from './electron.ts'

/** A window is a process: few at once, and so few cuts. */
const CUTS = 8
const CUTS_AT_ONCE = 4

describe.runIf(needs('electron'))('the contract of carriers', () => {
  let electron: Electron
  let platform: ChromiumPlatform
  let origin: Origin
  beforeAll(async () => {
    ;[electron, origin] = await Promise.all([Electron.start(), startOrigin()])
    platform = chromiumPlatform(await electron.attach())
  })
  afterAll(async () => {
    platform?.close()
    await electron?.close()
    await origin?.close()
  })
  const worlds = (carrier: CarrierKind) => async (): Promise<World> => {
    const path = await Path.to(origin.port)
    const endpoint = endpointAt(path.port, origin)
    return { path, dial: () => dialThrough(origin, endpoint, carrier, undefined, platform), close: () => path.close() }
  }

  describeCarrier('websocket, by a hidden window', worlds('websocket'), CUTS, CUTS_AT_ONCE)
  describeCarrier('http, by a hidden window', worlds('http'), CUTS, CUTS_AT_ONCE)
})
