// The relay's sessions with a dialer of our own, over a real socket and the real handshake.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  consumeAdmission,
  consumeHandshake,
  createClientHandshake,
  deriveAdmissionKeys,
  parseTarget,
  ResetCode,
  Session,
  type Target,
} from '#protocol'
import { Drive, nodeCrypto, nodeRandom, Splice, WebSocketCarrier } from '#protocol/node'
import type { Dialer, DialResult } from '../../relay/dial/dial.ts'
import { createRelayKeys } from '../../relay/keys.ts'
import { sessionLimits } from '../../relay/limits.ts'
import { Sessions } from '../../relay/sessions.ts'

const DIALS_MAX = 2
const NOW_S = 1_800_000_000

interface Dial {
  readonly target: Target
  readonly done: (result: DialResult) => void
}

/** Keeps dials until the test decides. */
class HeldDialer {
  readonly dials: Dial[] = []
  readonly cancelled: Target[] = []
  #onDial: (() => void) | undefined

  dialTcp(target: Target, done: (result: DialResult) => void): () => void {
    this.dials.push({ target, done })
    this.#onDial?.()
    return () => this.cancelled.push(target)
  }

  async dialled(count: number): Promise<void> {
    while (this.dials.length < count) {
      await new Promise<void>((resolve) => {
        this.#onDial = resolve
      })
    }
  }
}

const sockets: Socket[] = []
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
  for (const socket of sockets.splice(0)) socket.destroy()
})

async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [far] = (await once(server, 'connection')) as [Socket]
  server.close()
  sockets.push(near, far)
  return [near, far]
}

/** A client's drive on a session that `sessions` has accepted. */
async function join(sessions: Sessions): Promise<Drive> {
  const { privateKey, publicKey, psk } = createRelayKeys()
  const admission = deriveAdmissionKeys(nodeCrypto, psk, publicKey)
  const handshake = createClientHandshake(nodeCrypto, nodeRandom, { relayKey: publicKey, psk }, NOW_S)
  const message = consumeAdmission(nodeCrypto, admission, handshake.cookie, NOW_S, { remember: () => true })
  if (message === undefined) throw new Error('the cookie is not admitted')
  const keyPair = { secretKey: privateKey, publicKey }
  const [near, far] = await socketPair()
  const { promise, resolve } = Promise.withResolvers<Drive>()
  let drive: Drive | undefined
  const carrier: WebSocketCarrier = new WebSocketCarrier(near, new Uint8Array(), true, {
    onMessage: (bytes) => {
      if (drive !== undefined) return drive.onMessage(bytes)
      const options = {
        crypto: nodeCrypto,
        random: nodeRandom,
        role: 'client',
        nowMs: performance.now(),
        ...handshake.consumeReply(bytes),
      } as const
      const nothing = (): void => undefined
      drive = new Drive((onWake) => new Session(options, { onWake, onOpen: nothing, onGoaway: nothing }), nothing)
      drive.attach(carrier)
      resolve(drive)
    },
    onRoom: () => drive?.onRoom(),
    onClosed: () => drive?.onClosed(),
  })
  carrier.start()
  sessions.accept(consumeHandshake(nodeCrypto, nodeRandom, { keyPair, psk, admission }, message, NOW_S), far, new Uint8Array())
  return promise
}

function makeSessions(dialer: HeldDialer): Sessions {
  const sessions = new Sessions(dialer as unknown as Dialer, { ...sessionLimits, dialsMax: DIALS_MAX })
  closers.push(() => sessions.close())
  return sessions
}

/** Opens streams to ports 1, 2, 3 … and gathers how each ends. */
function open(drive: Drive, count: number): Promise<ResetCode>[] {
  return Array.from({ length: count }, (_, i) => {
    const stream = drive.session.open(parseTarget('192.0.2.1', i + 1))
    const { promise, resolve } = Promise.withResolvers<ResetCode>()
    new Splice(drive, stream, undefined, () => undefined)
    const { handler } = stream
    const onReset = handler.onReset.bind(handler)
    handler.onReset = (code) => {
      onReset(code)
      resolve(code)
    }
    return promise
  })
}

describe('streams beyond the dials that one session may have under way', () => {
  test('wait, and are dialled in their order as others end', async () => {
    const dialer = new HeldDialer()
    const fates = open(await join(makeSessions(dialer)), 5)
    for (let ended = 0; ended < 5; ended++) {
      await dialer.dialled(Math.min(ended + DIALS_MAX, 5))
      expect(dialer.dials).toHaveLength(Math.min(ended + DIALS_MAX, 5))
      dialer.dials[ended]?.done({ code: ResetCode.refused })
      expect(await fates[ended]).toBe(ResetCode.refused)
    }
    expect(dialer.dials.map(({ target }) => target.port)).toEqual([1, 2, 3, 4, 5])
  })

  test('are never dialled when the session ends before their turn', async () => {
    const dialer = new HeldDialer()
    const sessions = makeSessions(dialer)
    const fates = open(await join(sessions), 5)
    await dialer.dialled(DIALS_MAX)
    sessions.close()
    await Promise.all(fates)
    expect(dialer.dials).toHaveLength(DIALS_MAX)
    expect(dialer.cancelled.map(({ port }) => port)).toEqual([1, 2])
  })
})
