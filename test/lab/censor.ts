// The censor: applies recipes to its router and lifts them, at any time, also in the middle of flows.
//
// 1. its own resolver, if names are to be lied about   2. iptables' search, which marks packets (nft can't search)   3. an nft table
import type { Program } from '../e2e/program.ts'
import { ROUTERS } from './atlas.ts'
import type { Own, Recipe } from './recipe.ts'
import { startResolver } from './servers/resolver.ts'
import type { Host } from './spaces.ts'

/** Flows are tracked from the start, so that a recipe knows how far those have come that it finds. */
const ALWAYS = `table inet always {
 chain track { type filter hook forward priority raw + 250; policy accept; ct state new counter; }
}`

const LIAR_PORT_BASE = 5300
/** Each recipe has a bit of a packet's mark: more of them at once than this are never applied. */
const MARK_BITS = 31

interface Applied {
  readonly recipe: Recipe
  readonly table: string
  readonly searches: readonly (readonly string[])[]
  readonly liar: Program | undefined
}

export class Censor {
  readonly #host: Host
  readonly #applied = new Map<Recipe, Applied>()
  #count = 0

  /** host: the router between the client and everything else. */
  constructor(host: Host) {
    this.#host = host
  }

  /** Before the first flow. */
  async open(): Promise<void> {
    await this.#nft(ALWAYS)
  }

  get applied(): readonly Recipe[] {
    return [...this.#applied.keys()]
  }

  /** Resolves when the recipe is in force. One recipe object can be applied once at a time; different ones add up. */
  async apply(recipe: Recipe): Promise<void> {
    if (this.#applied.has(recipe)) throw new Error(`${recipe.name} is applied already`)
    const number = ++this.#count
    const own: Own = { mark: 1 << (number % MARK_BITS), liarPort: LIAR_PORT_BASE + number }
    const table = `recipe${number}`
    const searches = ['iptables', 'ip6tables'].flatMap((program) =>
      (recipe.searches ?? []).map((text) => searchFor(program, text, own.mark)),
    )
    const liar = recipe.lies && (await this.#startLiar(recipe.lies, own.liarPort))
    this.#applied.set(recipe, { recipe, table, searches, liar })
    try {
      for (const [program = '', ...rest] of searches) await this.#host.order([program, '-w', '-t', 'mangle', '-A', ...rest])
      await this.#nft(`table inet ${table} {\n${recipe.rules(own)}\n}`)
    } catch (error) {
      await this.lift(recipe)
      throw error
    }
  }

  /** Lifts a recipe, or all of them; resolves when packets pass as before. */
  async lift(recipe?: Recipe): Promise<void> {
    const wanted = recipe === undefined ? [...this.#applied.values()] : [...this.#applied.values()].filter((one) => one.recipe === recipe)
    for (const { recipe, table, searches, liar } of wanted) {
      this.#applied.delete(recipe)
      // Adding it first makes this right also where applying it has failed half-way.
      await this.#nft(`add table inet ${table}; delete table inet ${table}`)
      for (const [program = '', ...rest] of searches) await this.#host.startAsRoot([program, '-w', '-t', 'mangle', '-D', ...rest]).ended
      await liar?.kill()
    }
  }

  /** The router's rules and what they have counted, as nft prints them. */
  rules(): Promise<string> {
    return this.#host.order(['nft', 'list', 'ruleset'])
  }

  #startLiar({ names, to }: NonNullable<Recipe['lies']>, port: number): Promise<Program> {
    return startResolver(this.#host, {
      addresses: Object.values(ROUTERS.toClient),
      port,
      records: names.map((name) => [name, to]),
      upstream: true,
    })
  }

  #nft(text: string): Promise<string> {
    return this.#host.order(['nft', '-f', '-'], text)
  }
}

function searchFor(program: string, text: string, mark: number): readonly string[] {
  const match = ['-i', 'client', '-p', 'tcp', '-m', 'string', '--algo', 'bm', '--string', text]
  return [program, 'FORWARD', ...match, '-j', 'MARK', '--or-mark', String(mark)]
}
