// What keeps a session with the relays of some invites: control, the link that it steers, and what watches the network beside it.
import type { Crypto, Invite } from '#protocol'
import type { Status } from '../contract/status.ts'
import type { Finding } from '../contract/verdict.ts'
import { Control } from './control/control.ts'
import { Link } from './link.ts'
import type { Platform } from './platform.ts'
import { Policies } from './policies.ts'
import type { StateStore } from './state.ts'
import { Watch } from './watch.ts'

export interface CoreOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  /** One for each relay. */
  readonly invites: readonly Invite[]
  readonly store: StateStore
  readonly onStatus: (status: Status) => void
  readonly onFinding: (finding: Finding) => void
}

export interface Core {
  readonly link: Link
  readonly policies: Policies
  stop(): void
}

/** Dials from now on, and says how it fares by `onStatus`. */
export function startCore({ platform, crypto, invites, store, onStatus, onFinding }: CoreOptions): Core {
  const state = store.load()
  const policies = new Policies(invites, state.policies, platform.nowS())
  const control = new Control({
    crypto,
    random: platform.random,
    saved: state.memory,
    network: platform.network(),
    nowMs: performance.now(),
    ...policies.places,
  })
  const remember = (clockOffsetS: number): void => store.save({ clockOffsetS, memory: control.saved(), policies: policies.saved })
  const link: Link = new Link({
    platform,
    crypto,
    control,
    invites: policies.invites,
    clockOffsetS: state.clockOffsetS,
    events: { onStatus, onLearned: remember, onSession: (drive, relayIndex) => watch.onSession(drive, relayIndex) },
  })
  const watch: Watch = new Watch({
    control,
    policies,
    platform,
    events: {
      onFinding,
      onNews: () => {
        remember(link.clockOffsetS)
        link.refresh()
      },
    },
  })
  const stop = (): void => {
    watch.stop()
    link.stop()
  }
  return { link, policies, stop }
}
