// What keeps a session with the relays of some invites: control, the link that it steers, and what watches the network beside it.
import type { Crypto, Invite } from '#protocol'
import type { Drive } from '#protocol/node'
import type { Status } from '../contract/status.ts'
import type { Finding } from '../contract/verdict.ts'
import { Control, type Places } from './control/control.ts'
import { DirectoryBook } from './control/directory.ts'
import type { Relay } from './control/way.ts'
import { Directories } from './directories.ts'
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
  /** Two capital letters, where the person said: which of the directory’s policies holds. */
  readonly country?: string | undefined
  readonly onStatus: (status: Status) => void
  readonly onFinding: (finding: Finding) => void
}

export interface Core {
  readonly link: Link
  readonly policies: Policies
  stop(): void
}

/** Dials from now on, and says how it fares by `onStatus`. */
export function startCore({ platform, crypto, invites, store, country = '', onStatus, onFinding }: CoreOptions): Core {
  const state = store.load()
  const policies = new Policies(invites, state.policies, platform.nowS())
  const book = state.directory && new DirectoryBook(crypto, state.directory)
  const nowS = (): number => platform.nowS() + state.clockOffsetS
  const places = (): Places => (book === undefined ? policies.places : placesOf(policies, book, country, nowS()))
  const control = new Control({
    crypto,
    random: platform.random,
    saved: state.memory,
    network: platform.network(),
    nowMs: performance.now(),
    ...places(),
  })
  const remember = (clockOffsetS: number): void =>
    store.save({ clockOffsetS, memory: control.saved(), policies: policies.saved, ...(book && { directory: book.saved }) })
  const begun = (drive: Drive, relayIndex: number): void => {
    watch.onSession(drive, relayIndex)
    directories?.onSession(drive)
  }
  const news = (): void => {
    remember(link.clockOffsetS)
    link.refresh()
  }
  const link: Link = new Link({
    platform,
    crypto,
    control,
    invites: policies.invites,
    clockOffsetS: state.clockOffsetS,
    events: { onStatus, onLearned: remember, onSession: begun },
  })
  const watch: Watch = new Watch({
    control,
    policies,
    platform,
    places,
    events: { onFinding, onNews: news },
  })
  const directories =
    book &&
    new Directories({
      book,
      platform,
      crypto,
      clockOffsetS: () => link.clockOffsetS,
      onNews: () => {
        control.update(places())
        news()
      },
    })
  const stop = (): void => {
    directories?.stop()
    watch.stop()
    link.stop()
  }
  return { link, policies, stop }
}

/** What the authorities say holds before what one relay says: which relays are not to be used, how sessions are spread, and whom one may ask. */
function placesOf(policies: Policies, book: DirectoryBook, country: string, nowS: number): Places {
  const { relays, policy } = policies.places
  const weighed = relays.map((relay, index): Relay => {
    const invite = policies.invites[index] as Invite
    if (book.isRevoked(invite)) return { ...relay, endpoints: [], weight: 0 }
    // A relay of somebody's own is in no directory, and is as good as ever: it is only the last to be spread to.
    return { ...relay, weight: Math.max(1, book.weightOf(invite) ?? 1) }
  })
  return { relays: weighed, policy: book.policy(country, nowS) ?? policy }
}
