// The relay's side of the contract suite: a real listener with real cookies, and carriers without sessions behind it.

import type { Socket } from 'node:net'
import { type CarrierEvents, consumeAdmission, consumeRequest, deriveAdmissionKeys, EnvelopeKind } from '#protocol'
import { nodeCrypto, WebSocketCarrier } from '#protocol/node'
import { HttpCarriers, type HttpClaim } from '../../relay/carriers/http.ts'
import { folderSite } from '../../relay/cover/site.ts'
import { acceptLimits, httpLimits, type ListenLimits, listenLimits } from '../../relay/limits.ts'
import { type Listening, listen } from '../../relay/listen.ts'
import { type Fixture, makeFixture } from '../relay/probes/fixtures.ts'
import { End } from './end.ts'

export const ADMISSION = deriveAdmissionKeys(nodeCrypto, new Uint8Array(32).fill(1), new Uint8Array(32).fill(2))
export const PATH = '/news.html'
/** What the relay sends first on every carrier, as long as a real reply. */
export const REPLY = Buffer.alloc(1_300, 'reply')
const ID_BYTES = 8

/** Times that a test can wait for. */
export const ORIGIN_LIMITS = {
  ...httpLimits,
  idleMs: 5_000,
  gapMs: 2_000,
  sweepMs: 50,
  pollMsMin: 500,
  pollMsMax: 1_000,
  streamLateMs: 2_000,
  streamMs: 12_000,
}

/** Here the relay's process is the client's too: whatever it does for the client, the relay would take for strangers' work, and pace them. */
const LISTEN_LIMITS: ListenLimits = {
  ...listenLimits,
  deadSessionSweepMs: 20,
  accept: { ...acceptLimits, busyUtilization: Number.POSITIVE_INFINITY },
}

export interface Origin {
  readonly port: number
  readonly fixture: Fixture
  /** Requests that were shown the cover. */
  readonly refused: () => number
  /** The relay's end of the carrier whose client says `name`, once it is there. */
  end(name: string): Promise<End>
  /** Nobody will ask for this one. */
  forget(name: string): void
  close(): Promise<void>
}

/** Starts a relay on loopback with a certificate of its own; plain: as behind a front. */
export async function startOrigin(isPlain = false): Promise<Origin> {
  const fixture = makeFixture()
  const carriers = new HttpCarriers(ORIGIN_LIMITS)
  const ends = new Map<string, PromiseWithResolvers<End>>()
  let refusedCount = 0
  const site = folderSite(fixture.site)
  const endOf = (name: string): PromiseWithResolvers<End> => {
    const end = ends.get(name) ?? Promise.withResolvers<End>()
    ends.set(name, end)
    return end
  }
  const begin = (message: Uint8Array, make: (events: CarrierEvents) => End['carrier']): void => {
    const end = new End()
    end.carrier = make(end)
    end.carrier.sendMessage(REPLY)
    end.carrier.start()
    endOf(nameOf(message)).resolve(end)
  }
  const listening: Listening = await listen<Uint8Array | HttpClaim>(
    {
      host: '127.0.0.1',
      port: 0,
      tls: isPlain ? undefined : fixture,
      site: (request, response) => {
        refusedCount++
        site(request, response)
      },
      admit: ({ method, headers }) => {
        const nowS = Math.floor(Date.now() / 1000)
        const admission = consumeAdmission(nodeCrypto, ADMISSION, headers.cookie ?? '', nowS, { remember: () => true })
        if (admission?.kind !== EnvelopeKind.request) return admission?.message
        const asked = consumeRequest(nodeCrypto, admission.message, (id) => carriers.keyOf(id))
        return asked && carriers.claim(method, asked.id, asked.sequence)
      },
      accept: (message, socket, head) =>
        begin(message as Uint8Array, (events) => new WebSocketCarrier(socket as Socket, head, false, events)),
      serve: (admitted, request, response) => {
        if ('carrier' in admitted) return carriers.serve(admitted, request, response)
        const keys = { id: admitted.slice(0, ID_BYTES), key: admitted.slice(ID_BYTES) }
        begin(admitted, (events) => carriers.begin(keys, response, events))
      },
    },
    LISTEN_LIMITS,
  )
  return {
    port: listening.port,
    fixture,
    refused: () => refusedCount,
    end: async (name) => {
      const end = await endOf(name).promise
      ends.delete(name)
      return end
    },
    forget: (name) => void ends.delete(name),
    close: async () => {
      carriers.close()
      await listening.close()
      fixture.remove()
    },
  }
}

/** Of the carrier that a first message asks for. */
export function nameOf(message: Uint8Array): string {
  return Buffer.from(message.subarray(0, ID_BYTES)).toString('hex')
}
