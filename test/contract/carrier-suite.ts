// What every carrier must do, whatever it is made of and whatever lies between its two ends. Method: both ends for real, in one process, over a path that
// can be stalled and cut; what one end sends is compared with what the other is handed, by a digest that covers every length and byte.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type CutTried, sampleCuts, tryCuts, type World } from './cuts.ts'
import type { Pair } from './dial.ts'
import { digestOf, type End } from './end.ts'
import { REPLY } from './origin.ts'
import type { Direction, Path } from './path.ts'
import type { Behind, Setting } from './settings.ts'

const MESSAGE_BYTES_MAX = 65_535
/** What a carrier, the sockets below it and those of an edge may take before it says that there is no room. */
const TAKEN_BYTES_MAX = 67_108_864
/** Worlds for cuts: where one leaves no request under way, a relay takes its time to notice. */
const CUTS_AT_ONCE = 256
/** Which places are cut: all of them take hours, and are for `npm run cuts`. */
const CUTS_SEED = 1
const DIRECTIONS = ['up', 'down'] as const

/** The suite in one of the settings; `cutCount`: how many places of each direction are cut. */
export function describeSetting({ name, begin }: Setting, cutCount: number): void {
  let begun: Promise<Behind> | undefined
  afterAll(async () => (await begun)?.close())
  describeCarrier(
    name,
    async () => {
      begun ??= begin()
      return (await begun).open()
    },
    cutCount,
  )
}

export function describeCarrier(name: string, open: () => Promise<World>, cutCount: number, cutsAtOnce: number = CUTS_AT_ONCE): void {
  describe(name, () => {
    let world: World | undefined
    const pairs: Pair[] = []
    beforeAll(async () => {
      world = await open()
    })
    afterEach(() => {
      world?.path.resume()
      for (const { client, relay } of pairs.splice(0)) {
        client.carrier.close()
        relay.carrier.close()
      }
    })
    afterAll(() => world?.close())
    const path = (): Path => (world as World).path
    const dial = async (): Promise<Pair> => {
      const pair = await (world as World).dial()
      pairs.push(pair)
      return pair
    }

    test('the first message is the relay’s', async () => {
      const { client } = await dial()
      expect(client.first?.equals(REPLY)).toBe(true)
    })

    test.each(DIRECTIONS)('%s, messages of all sizes come whole and in order', async (direction) => {
      const { from, to } = sides(await dial(), direction)
      const messages = drawMessages(400, direction)
      await exchange(from, to, messages)
      expect([to.digest, to.closedCount]).toEqual([digestOf(direction === 'up' ? messages : [REPLY, ...messages]), 0])
    })

    test('both ways at once, nothing is lost', async () => {
      const { client, relay } = await dial()
      const [up, down] = [drawMessages(200, 'both up'), drawMessages(200, 'both down')]
      await Promise.all([exchange(client, relay, up), exchange(relay, client, down)])
      expect([relay.digest, client.digest]).toEqual([digestOf(up), digestOf([REPLY, ...down])])
    })

    test('question and answer go to and fro', async () => {
      const { client, relay } = await dial()
      await talk(client, relay)
      expect([relay.bytes, client.bytes]).toEqual([100, REPLY.length + 200])
    })

    test.each(DIRECTIONS)('%s, a path that stops makes it say that there is no room, and go on when there is', async (direction) => {
      const { from, to } = sides(await dial(), direction)
      path().stall()
      const message = Buffer.alloc(MESSAGE_BYTES_MAX, 'stalled')
      const messages: Buffer[] = []
      while (messages.length * message.length < TAKEN_BYTES_MAX) {
        if (from.carrier.hasRoom) {
          messages.push(message)
          from.carrier.sendMessage(message)
        } else if (!(await hasRoomSoon(from))) break
      }
      expect(from.carrier.hasRoom).toBe(false)
      const before = from.roomCount
      path().resume()
      await from.until(() => from.roomCount > before || from.closedCount > 0)
      await to.until(() => to.bytes >= messages.length * message.length || to.closedCount > 0)
      expect([from.closedCount, to.closedCount]).toEqual([0, 0])
    })

    test.each(DIRECTIONS)('%s, what was sent before a close comes, then the end', async (direction) => {
      const { from, to } = sides(await dial(), direction)
      const messages = drawMessages(60, 'close')
      await from.send(messages)
      from.carrier.close()
      from.carrier.sendMessage(Buffer.from('too late'))
      expect([from.closedCount, from.carrier.hasRoom]).toEqual([1, false])
      await to.until(() => to.closedCount > 0)
      expect([to.digest, to.closedCount, from.closedCount]).toEqual([digestOf(direction === 'up' ? messages : [REPLY, ...messages]), 1, 1])
    })

    test.each(DIRECTIONS)('%s, a close is seen though the other side sends', async (direction) => {
      const { from, to } = sides(await dial(), direction)
      const messages = drawMessages(40, 'last words')
      const other = to.send(Array.from({ length: 200 }, () => Buffer.alloc(50_000)))
      await from.send(messages)
      from.carrier.close()
      await to.until(() => to.closedCount > 0)
      await other
      expect(to.digest).toBe(digestOf(direction === 'up' ? messages : [REPLY, ...messages]))
    })

    test('an end whose peer is gone without a word can be closed, and says so once', async () => {
      const { client, relay } = await dial()
      path().stall()
      client.carrier.sendMessage(Buffer.alloc(1_000))
      client.carrier.close()
      relay.carrier.sendMessage(Buffer.alloc(1_000))
      relay.carrier.close()
      client.carrier.close()
      path().reset()
      expect([client.closedCount, relay.closedCount, client.count, relay.count]).toEqual([1, 1, 1, 0])
    })

    // Whatever the client might still say stays on the way.
    test('a client whose flows are gone is gone to the relay as well, though neither says anything', async () => {
      const { client, relay } = await dial()
      await talk(client, relay)
      path().stall()
      path().reset()
      client.carrier.close()
      await relay.until(() => relay.closedCount > 0)
      expect([client.closedCount, relay.closedCount]).toEqual([1, 1])
    })

    // What had not reached anybody may be asked again on another flow.
    test('a reset of everything ends both sides, or harms neither', async () => {
      const { client, relay } = await dial()
      path().reset()
      client.carrier.sendMessage(Buffer.from('up'))
      relay.carrier.sendMessage(Buffer.from('down'))
      const isOver = (): boolean => client.closedCount > 0 || relay.closedCount > 0 || (client.count === 2 && relay.count === 1)
      await Promise.race([client.until(isOver), relay.until(isOver)])
      client.carrier.close()
      await relay.until(() => relay.closedCount > 0)
      expect([client.closedCount, relay.closedCount]).toEqual([1, 1])
    })

    test('bytes are counted as they come', async () => {
      const { client, relay } = await dial()
      const before = relay.carrier.receivedBytes
      await exchange(client, relay, [Buffer.alloc(10_000)])
      expect(relay.carrier.receivedBytes - before).toBeGreaterThanOrEqual(10_000)
      expect(client.carrier.receivedBytes).toBeGreaterThanOrEqual(REPLY.length)
    })

    test.each(DIRECTIONS)('%s, a cut at any byte costs the carrier at most, and never half a message', async (direction) => {
      const worlds = await Promise.all(Array.from({ length: Math.min(cutCount, cutsAtOnce) }, open))
      const tried: CutTried[] = []
      await tryCuts(worlds, direction, sampleCuts(cutCount, CUTS_SEED), (one) => tried.push(one))
      await Promise.all(worlds.map((one) => one.close()))
      expect([tried.length, tried.flatMap(({ failure }) => failure ?? [])]).toEqual([cutCount, []])
    })
  })
}

async function exchange(from: End, to: End, messages: readonly Uint8Array[]): Promise<void> {
  const count = to.count + messages.length
  await from.send(messages)
  await to.until(() => to.count >= count || to.closedCount > 0)
}

/** A hundred questions with their answers, one after the other. */
async function talk(client: End, relay: End): Promise<void> {
  for (let i = 1; i <= 100; i++) {
    client.carrier.sendMessage(Buffer.from([i]))
    await relay.until(() => relay.count === i)
    relay.carrier.sendMessage(Buffer.from([i, i]))
    await client.until(() => client.count === i + 1)
  }
}

/** Whether the sockets below take some of what is queued. */
async function hasRoomSoon(end: End): Promise<boolean> {
  for (let turn = 0; turn < 200 && !end.carrier.hasRoom; turn++) await new Promise((resolve) => setTimeout(resolve, 5))
  return end.carrier.hasRoom
}

function sides({ client, relay }: Pair, direction: Direction): { readonly from: End; readonly to: End } {
  return direction === 'up' ? { from: client, to: relay } : { from: relay, to: client }
}

/** Messages of 1 byte, of the most that there may be, and between, as `seed` draws them. */
function drawMessages(count: number, seed: string): Buffer[] {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7)
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 8) % below
  }
  const sizes = [1, MESSAGE_BYTES_MAX, 1, 2, 255, 256, 16_384, 65_534]
  return Array.from({ length: count }, (_, i) => Buffer.alloc(sizes[i] ?? 1 + draw(draw(3) === 0 ? MESSAGE_BYTES_MAX : 2_000), draw(256)))
}
