import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { CarrierEvents } from '#protocol'
import { Cipher } from '#protocol'
import { nodeCrypto, WebSocketCarrier } from '#protocol/node'
import { Flight } from '../../../protocol/flight.ts'
import { Lane } from '../../../protocol/lane.ts'
import { ACK_DELAY_MS } from '../../../protocol/limits.ts'
import { RecordSealer, sealedBytes } from '../../../protocol/record.ts'
import { encodeMessageHeader } from '../../../protocol/websocket.ts'
import { pattern, UP, wireBytes } from '../pair.ts'

const sockets: Socket[] = []

/** Two ends of one TCP connection, nothing read yet. */
async function socketPair(): Promise<readonly [Socket, Socket]> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [far] = (await once(server, 'connection')) as [Socket]
  server.close()
  sockets.push(near, far)
  return [near, far]
}

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

const quiet: CarrierEvents = { onMessage: () => undefined, onRoom: () => undefined, onClosed: () => undefined }

describe('a record that is acknowledged before our socket has sent it', () => {
  // A peer can name any number that was sealed. Goal: its memory is not given back while the kernel, or the socket's queue, still reads from it.
  test('goes out as it was sealed', async () => {
    const [near, far] = await socketPair()
    const carrier = new WebSocketCarrier(near, new Uint8Array(), true, quiet)
    const sealer = new RecordSealer(nodeCrypto, Cipher.aes256gcm, UP)
    const flight = new Flight()
    const lane = new Lane(0, 0, 1_000, () => ACK_DELAY_MS)
    const plaintext = pattern(60_000)
    const expected: Uint8Array[] = []
    for (let i = 0; i < 200; i++) {
      const record = sealer.seal(plaintext)
      expected.push(encodeMessageHeader(sealedBytes(record), true), wireBytes(record))
      flight.add(record, true, lane, 0)
      carrier.send(record)
    }
    expect(near.writableLength).toBeGreaterThan(0)
    flight.acknowledge(200, undefined, [lane], 200, 1)
    const overwriting = Array.from({ length: 200 }, () => new Uint8Array(60_000).fill(0x5a))
    expect(overwriting.length).toBe(200)

    const received: Buffer[] = []
    far.on('data', (bytes: Buffer) => received.push(bytes))
    near.end()
    far.resume()
    await once(far, 'end')
    expect(Buffer.compare(Buffer.concat(received), Buffer.concat(expected))).toBe(0)
  })

  test('and its memory is given back when both have let go', async () => {
    const [near, far] = await socketPair()
    const carrier = new WebSocketCarrier(near, new Uint8Array(), true, quiet)
    const flight = new Flight()
    const lane = new Lane(0, 0, 1_000, () => ACK_DELAY_MS)
    const record = new RecordSealer(nodeCrypto, Cipher.aes256gcm, UP).seal(pattern(60_000))
    flight.add(record, true, lane, 0)
    carrier.send(record)
    far.resume()
    await new Promise<void>((resolve) => near.write(new Uint8Array(), () => resolve()))
    expect([record.holds, record.body.length]).toEqual([1, 60_000])
    flight.acknowledge(1, undefined, [lane], 1, 1)
    expect([record.holds, record.body.length]).toEqual([0, 0])
  })
})
