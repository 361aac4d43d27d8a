// What most rows stand on: a country with relay A, its three edges, and bytes to carry; over cables like those of an ordinary mobile network.
import type { CarrierKind, Endpoint } from '#protocol'
import type { Program } from '../../e2e/program.ts'
import { type Country, raise } from '../country.ts'
import { event, type LabClient, type LabEdge } from '../product.ts'
import type { Cables } from '../wires.ts'
import { serveBytes, Transfer, type TransferOptions } from './transfer.ts'

/** What the rows' figures were measured over: 50 ms there and back, and slow enough that a transfer lasts. */
export const MOBILE: Cables = { abroad: { delayMs: 25, rateMbit: 16 } }
/** The same in words. */
export const LINE = '16 Mbit/s and 50 ms'

export interface Stage {
  readonly country: Country
  /** All three, in the order of country.edges. */
  readonly edges: readonly LabEdge[]
  /** An invite to relay A by its own address and these ways; all edges without. */
  invite(ways?: readonly { readonly endpoint: Endpoint }[], direct?: boolean): string
  /** A client that is connected; `args` are more options of connect. */
  connect(invite: string, ...args: readonly string[]): Promise<LabClient>
  transfer(client: LabClient, options: TransferOptions): Transfer
}

/** Raises a stage, plays on it and leaves nothing behind. */
export async function onStage<T>(play: (stage: Stage) => Promise<T>, cables: Cables = MOBILE): Promise<T> {
  const country = await raise({ cables })
  try {
    const server: Program = await serveBytes(country)
    await country.relayA.serve()
    const edges = Object.values(country.edges)
    await Promise.all(edges.map((edge) => edge.serve(country.relayA)))
    return await play({
      country,
      edges,
      invite: (ways = edges, direct = true) => country.invite(country.relayA, { edges: ways, direct }),
      connect: async (invite, ...args) => {
        const client = await country.connect(invite, ...args)
        await event(client.program, ({ state }) => state === 'connected')
        return client
      },
      transfer: (client, options) => new Transfer(country, server, client, options),
    })
  } finally {
    await country.close()
  }
}

/** A way through an edge by one kind of carrier only. */
export function only(carrier: CarrierKind, { endpoint }: LabEdge): { readonly endpoint: Endpoint } {
  return { endpoint: { ...endpoint, carriers: [carrier] } }
}

/** Resolves after so much time: for what lasts by its nature, such as a blackout; never to wait for something. */
export function lasting(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Rejects when something takes too long, in these words. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${ms / 1000} s`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
