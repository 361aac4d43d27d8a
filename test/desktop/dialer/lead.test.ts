// A hidden window's first request goes to the hop like all others: one that went out by itself would have its name looked up by the censor's resolver, and the
// window could not be had.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../../needs.ts'
import { Electron } from './electron.ts'

/** Where nobody looks whether the proxy has arrived, one in thirty goes out by itself. */
const PARTITIONS = 120

describe.runIf(needs('electron'))('a partition', () => {
  let electron: Electron
  let hop: Server
  beforeAll(async () => {
    electron = await Electron.start()
    hop = createServer((_request, response) => response.writeHead(204).end())
    await once(hop.listen(0, '127.0.0.1'), 'listening')
  })
  afterAll(async () => {
    await electron?.close()
    hop?.closeAllConnections()
    hop?.close()
  })

  test(`sends no request but through the hop, not even its first, ${PARTITIONS} times`, async () => {
    const outcomes = await electron.lead(PARTITIONS, (hop.address() as AddressInfo).port)
    expect(outcomes).toEqual(Array.from({ length: PARTITIONS }, () => '204'))
  })
})
