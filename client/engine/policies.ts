// What invites and policies together say of where one can go. A policy adds fresh endpoints of its own relay, and further relays; only the youngest of
// each relay counts, so an old one that someone kept brings nothing back.
import { type Crypto, decodeInvite, decodePolicy, encodeHex, equalBytes, type Invite, type Policy, ProtocolError } from '#protocol'
import { askableOf, invitesNamed, isInside, placesNamed } from './askable.ts'
import type { Places } from './control/control.ts'
import type { Relay } from './control/way.ts'
import { policyLimits } from './limits.ts'
import type { FetchedPolicy } from './policy-fetch.ts'

/** Policies as they came, signature and all, by the relay's key in hex. */
export type SavedPolicies = Readonly<Record<string, Uint8Array>>

export class Policies {
  readonly #invites: Invite[]
  readonly #policies = new Map<string, FetchedPolicy>()
  /** The one that came last: its canaries, resolvers and rotation are in force. */
  #latest: Policy | undefined

  constructor(crypto: Crypto, invites: readonly Invite[], saved: SavedPolicies, nowS: number) {
    this.#invites = [...invites]
    for (const { relayKey, policyKey } of invites) {
      const bytes = saved[encodeHex(relayKey)]
      const policy = bytes && decode(crypto, bytes, policyKey, nowS)
      if (bytes !== undefined && policy !== undefined) this.#keep(relayKey, { policy, bytes })
    }
  }

  /** By Way.relayIndex; grows at its end. */
  get invites(): readonly Invite[] {
    return this.#invites
  }

  get places(): Places {
    return { relays: this.#invites.map((invite) => this.#relayOf(invite)), policy: this.#latest }
  }

  /** For which reports that go through this relay are sealed; undefined: it hands none on. */
  reportKeyOf(relayIndex: number): Uint8Array | undefined {
    const invite = this.#invites[relayIndex]
    return invite && this.#policies.get(encodeHex(invite.relayKey))?.policy.reportKey
  }

  get saved(): SavedPolicies {
    return Object.fromEntries([...this.#policies].map(([key, { bytes }]) => [key, bytes]))
  }

  /** True: it is younger than the one there was, and in force now. */
  take(relayIndex: number, fetched: FetchedPolicy): boolean {
    const { relayKey } = this.#invites[relayIndex] as Invite
    const known = this.#policies.get(encodeHex(relayKey))
    if (known !== undefined && known.policy.issuedS >= fetched.policy.issuedS) return false
    this.#keep(relayKey, fetched)
    return true
  }

  /** Relays that a network handed out; one that is here already is left as it is. */
  add(invites: readonly Invite[]): void {
    for (const invite of invites) this.#addInvite(invite, policyLimits.handedMax)
  }

  #keep(relayKey: Uint8Array, fetched: FetchedPolicy): void {
    this.#policies.set(encodeHex(relayKey), fetched)
    this.#latest = askableOf(fetched.policy)
    const own = this.#invites.filter((invite) => equalBytes(invite.relayKey, relayKey))
    const named = fetched.policy.relays.flatMap((text) => parse(text) ?? [])
    for (const invite of invitesNamed(named, isInside(own))) this.#addInvite(invite, policyLimits.relaysMax)
  }

  #addInvite(invite: Invite, countMax: number): void {
    if (this.#invites.length >= countMax) return
    if (!this.#invites.some(({ relayKey }) => equalBytes(relayKey, invite.relayKey))) this.#invites.push(invite)
  }

  #relayOf(invite: Invite): Relay {
    const { relayKey, endpoints } = invite
    const added = this.#policies.get(encodeHex(relayKey))?.policy.endpoints ?? []
    return { relayKey, endpoints: [...endpoints, ...placesNamed(added, isInside([invite]))] }
  }
}

function decode(crypto: Crypto, bytes: Uint8Array, policyKey: Uint8Array, nowS: number): Policy | undefined {
  return orUndefined(() => decodePolicy(crypto, bytes, policyKey, nowS))
}

function parse(text: string): Invite | undefined {
  return orUndefined(() => decodeInvite(text))
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
