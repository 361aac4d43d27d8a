// What a recipe is: one thing that a censor does, as rules for its router, with a name, a sentence and what a client should conclude.
import type { Verdict } from '../../client/contract/verdict.ts'
import { type Addresses, addressesOf, type FURTHER, NAMES, type NamedPlace, type PLACES } from './atlas.ts'

export interface Recipe {
  /** kebab-case; npm run lab knows it by this. */
  readonly name: string
  /** What it does, in one sentence. */
  readonly sentence: string
  /** What reachability should conclude about a network under it. */
  readonly verdict: Verdict
  /** Sets and chains of an nft table of family inet that is the recipe's own; made when it is applied, gone when it is lifted. */
  readonly rules: (own: Own) => string
  /** Texts in the client's TCP packets. nft can't search, so a packet that holds one comes with own.mark to the rules. */
  readonly searches?: readonly string[]
  /** Names that the censor's own resolver, on own.liarPort of its address towards the client, answers with these addresses. */
  readonly lies?: { readonly names: readonly string[]; readonly to: Addresses }
}

/** What an applied recipe shares with no other. */
export interface Own {
  readonly mark: number
  readonly liarPort: number
}

/** A chain through which everything goes that the censor's router passes on. */
export function passing(...rules: readonly string[]): string {
  return `chain passing {\n type filter hook forward priority filter; policy accept;\n ${rules.join('\n ')}\n}`
}

/** Rules for both directions between the client and these places, or all of abroad: `statement` says what becomes of a packet. */
export function between(places: readonly NamedPlace[] | undefined, statement: string): readonly string[] {
  if (places === undefined) return [`iifname client oifname abroad ${statement}`, `iifname abroad oifname client ${statement}`]
  const { v4, v6 } = addressList(places)
  return [
    `iifname client ip daddr { ${v4} } ${statement}`,
    `oifname client ip saddr { ${v4} } ${statement}`,
    `iifname client ip6 daddr { ${v6} } ${statement}`,
    `oifname client ip6 saddr { ${v6} } ${statement}`,
  ]
}

/** Addresses of both families, separated by commas. */
export function addressList(places: readonly (keyof typeof PLACES | keyof typeof FURTHER)[]): Addresses {
  const all = places.map(addressesOf)
  return { v4: all.map(({ v4 }) => v4).join(', '), v6: all.map(({ v6 }) => v6).join(', ') }
}

/** Memory of who talked to whom at which port, for `residualS` after `remember`; `punish` meets their packets in both directions. */
export function residual(residualS: number): {
  readonly sets: string
  readonly remember: readonly string[]
  readonly punish: (statement: string) => readonly string[]
} {
  const set = (family: 4 | 6): string =>
    `set residual${family} { type ipv${family}_addr . ipv${family}_addr . inet_service; flags dynamic,timeout; timeout ${residualS}s; size 65535; }`
  return {
    sets: `${set(4)}\n${set(6)}`,
    remember: ['update @residual4 { ip saddr . ip daddr . tcp dport }', 'update @residual6 { ip6 saddr . ip6 daddr . tcp dport }'],
    punish: (statement) => [
      `iifname client ip saddr . ip daddr . tcp dport @residual4 ${statement}`,
      `iifname client ip6 saddr . ip6 daddr . tcp dport @residual6 ${statement}`,
      `oifname client ip daddr . ip saddr . tcp sport @residual4 ${statement}`,
      `oifname client ip6 daddr . ip6 saddr . tcp sport @residual6 ${statement}`,
    ],
  }
}

export const RESET = 'meta l4proto tcp reject with tcp reset'

export function namesOf(places: readonly NamedPlace[]): readonly string[] {
  return places.map((place) => NAMES[place])
}
