// A transfer that is driven from way to way: the censor resets the address in use, and the one before it, over and over.

import type { NamedPlace } from '../atlas.ts'
import { addressesOf } from '../atlas.ts'
import type { Country } from '../country.ts'
import type { LabClient } from '../product.ts'
import type { Recipe } from '../recipe.ts'
import { ipReset } from '../recipes/addresses.ts'
import type { Result, Row } from '../report.ts'
import { clockMs } from '../servers/marks.ts'
import { only, onStage, type Stage, within } from './stage.ts'
import { longestGapMs, percentile } from './timeline.ts'
import type { Transfer } from './transfer.ts'

const PLACES = ['relayA', 'cdnNginx', 'cdnVarnish', 'cdnWorkerd'] as const satisfies readonly NamedPlace[]
type Place = (typeof PLACES)[number]

const STALL_BAR_MS = 1_500
const GOODPUT_BAR = 0.85
/** Which address is in use shows within this. */
const LOOK_MS = 200
/** A transfer that takes so many times what its bytes need has failed. */
const PATIENCE = 4
const SPARE_MS = 30_000
const BITS = 8

export interface Switching {
  readonly direction: 'down' | 'up'
  readonly bytes: number
  readonly switches: number
}

export const switchingRows = (bytes: number, switches: number): Readonly<Record<string, Row>> =>
  Object.fromEntries(
    (['down', 'up'] as const).map((direction) => [
      `${bytes / 1e6} MB ${direction} with ${switches} forced switches`,
      () => onStage(async (stage) => judge(await measureSwitching(stage, { direction, bytes, switches }))),
    ]),
  )

export interface Switched {
  readonly isWhole: boolean
  /** For each switch, the longest time without a byte until the next. */
  readonly stallsMs: readonly number[]
  /** Over the same carriers, left alone. */
  readonly plainBytesPerS: number
  readonly bytesPerS: number
  /** How often each address was struck. */
  readonly struck: string
}

function judge({ isWhole, stallsMs, plainBytesPerS, bytesPerS, struck }: Switched): Result {
  const stallMs = percentile(stallsMs, 95)
  const share = bytesPerS / plainBytesPerS
  const figure = [
    isWhole ? 'SHA-256 equal' : 'bytes differ',
    `p95 stall ${(stallMs / 1000).toFixed(2)} s`,
    `goodput ${Math.round(share * 100)} % of ${((plainBytesPerS * BITS) / 1e6).toFixed(1)} Mbit/s`,
    `struck ${struck}`,
  ].join(', ')
  const bar = `SHA-256 equal, p95 stall ≤ ${STALL_BAR_MS / 1000} s, goodput ≥ ${GOODPUT_BAR * 100} %`
  return { figure, bar, pass: isWhole && stallMs <= STALL_BAR_MS && share >= GOODPUT_BAR }
}

export async function measureSwitching(stage: Stage, { direction, bytes, switches }: Switching): Promise<Switched> {
  const { country, connect, transfer, edges } = stage
  const [nginx, varnish, workerd] = edges
  if (nginx === undefined || varnish === undefined || workerd === undefined) throw new Error('there are three edges')
  const ways = [only('websocket', nginx), only('http', varnish), only('http', workerd)]
  const plainBytesPerS = await unswitched(stage, ways, direction, bytes)
  const client = await connect(stage.invite(ways))
  const meter = await Meter.open(country)
  const flow = transfer(client, { direction, bytes })
  const driver = new Driver(country, meter)
  const limitMs = (bytes / plainBytesPerS) * 1000 * PATIENCE + SPARE_MS
  const run = async (): Promise<boolean> => {
    for (let count = 1; count <= switches; count++) {
      await flow.reached((bytes * count) / (switches + 1))
      await driver.strike()
    }
    return flow.isWhole
  }
  const isWhole = await within(limitMs, 'the transfer', run()).finally(() => country.censor.lift())
  const ends = [...driver.struckMs.slice(1), Number.POSITIVE_INFINITY]
  const stallsMs = driver.struckMs.map((atMs, index) => longestGapMs(flow.marks, atMs, ends[index] as number))
  await end(flow, client)
  return { isWhole, stallsMs, plainBytesPerS, bytesPerS: bytesPerSOf(flow), struck: driver.summary }
}

/** Bytes a second over each of the carriers by itself, in harmonic mean: as if each had carried as much. */
async function unswitched(
  stage: Stage,
  ways: readonly { readonly endpoint: Stage['edges'][number]['endpoint'] }[],
  direction: 'down' | 'up',
  bytes: number,
): Promise<number> {
  const rates: number[] = []
  for (const invite of [stage.invite([]), ...ways.map((way) => stage.invite([way], false))]) {
    const client = await stage.connect(invite)
    const flow = stage.transfer(client, { direction, bytes: Math.round(bytes / (ways.length + 1)) })
    await flow.ended
    rates.push(bytesPerSOf(flow))
    await end(flow, client)
  }
  return rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0)
}

function bytesPerSOf({ marks }: Transfer): number {
  const [first, last] = [marks[0], marks.at(-1)]
  if (first === undefined || last === undefined) return 0
  return ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000
}

async function end(flow: Transfer, client: LabClient): Promise<void> {
  await flow.kill()
  await client.program.kill()
}

/** The censor as driver: whatever carries most is reset, and what was before it stays so a while longer, so that the flow does not just swing. */
class Driver {
  readonly struckMs: number[] = []
  readonly #country: Country
  readonly #meter: Meter
  readonly #counts = new Map<Place, number>()
  #before: Place | undefined
  #recipe: Recipe | undefined

  constructor(country: Country, meter: Meter) {
    this.#country = country
    this.#meter = meter
  }

  async strike(): Promise<void> {
    const { censor } = this.#country
    const place = await this.#meter.busiest()
    const recipe = ipReset({ places: this.#before === undefined || this.#before === place ? [place] : [place, this.#before] })
    this.struckMs.push(clockMs())
    await censor.apply(recipe)
    if (this.#recipe !== undefined) await censor.lift(this.#recipe)
    this.#recipe = recipe
    this.#before = place
    this.#counts.set(place, (this.#counts.get(place) ?? 0) + 1)
  }

  get summary(): string {
    return PLACES.map((place) => `${place} ${this.#counts.get(place) ?? 0}`).join(', ')
  }
}

/** What each address carries, as the censor sees it. */
class Meter {
  readonly #country: Country

  private constructor(country: Country) {
    this.#country = country
  }

  static async open(country: Country): Promise<Meter> {
    const counters = PLACES.map((place) => `counter ${place} {}`)
    const rules = PLACES.flatMap((place) => {
      const { v4, v6 } = addressesOf(place)
      return [
        `ip saddr ${v4} counter name ${place}`,
        `ip daddr ${v4} counter name ${place}`,
        `ip6 saddr ${v6} counter name ${place}`,
        `ip6 daddr ${v6} counter name ${place}`,
      ]
    })
    const chain = `chain passing {\n type filter hook forward priority filter + 10; policy accept;\n ${rules.join('\n ')}\n}`
    await country.hosts.censor.order(['nft', '-f', '-'], `table inet traffic {\n${counters.join('\n')}\n${chain}\n}`)
    return new Meter(country)
  }

  async busiest(): Promise<Place> {
    const before = await this.#read()
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    const after = await this.#read()
    const gains = PLACES.map((place) => [place, (after.get(place) ?? 0) - (before.get(place) ?? 0)] as const)
    return gains.reduce((best, one) => (one[1] > best[1] ? one : best))[0]
  }

  async #read(): Promise<ReadonlyMap<string, number>> {
    const text = await this.#country.hosts.censor.order(['nft', '-j', 'list', 'counters', 'table', 'inet', 'traffic'])
    const { nftables } = JSON.parse(text) as {
      readonly nftables: readonly { readonly counter?: { readonly name: string; readonly bytes: number } }[]
    }
    return new Map(nftables.flatMap(({ counter }) => (counter === undefined ? [] : [[counter.name, counter.bytes] as const])))
  }
}
