// What keeps a session with the relays of some invites: control, the link that it steers, and what watches the network beside it.
import { type Crypto, compareVersions, equalBytes, type Invite, type NetworkInvite, type Refused, type Version } from '#protocol'
import type { Drive } from '#protocol/node'
import type { Reason, Status } from '../contract/status.ts'
import type { Finding } from '../contract/verdict.ts'
import { askableOf, isInside } from './askable.ts'
import { Clock } from './clock.ts'
import { Control, type Places } from './control/control.ts'
import { DirectoryBook, type SavedDirectory } from './control/directory.ts'
import type { Relay } from './control/way.ts'
import { Directories } from './directories.ts'
import { Link } from './link.ts'
import { Membership, type MembershipFault } from './membership.ts'
import type { Platform } from './platform.ts'
import { Policies } from './policies.ts'
import type { EngineState, StateStore } from './state.ts'
import { Watch } from './watch.ts'

export interface CoreOptions {
  readonly platform: Platform
  readonly crypto: Crypto
  /** One for each relay. */
  readonly invites: readonly Invite[]
  /** Of a network that hands out relays. */
  readonly network?: NetworkInvite | undefined
  readonly store: StateStore
  /** Two capital letters, where the person said: which of the directory’s policies holds. */
  readonly country?: string | undefined
  readonly onStatus: (status: Status) => void
  readonly onFinding: (finding: Finding) => void
  /** A session began with the relay of this index (Policies.invites). */
  readonly onSession?: ((drive: Drive, relayIndex: number) => void) | undefined
  /** Of this program; and the authorities say that it is too old: told once for each least version that they name. */
  readonly age?: { readonly version: Version; readonly onTooOld: (least: Version) => void }
}

export interface Core {
  readonly link: Link
  readonly policies: Policies
  readonly clock: Clock
  /** An invite of the network for a friend, asked for by the session; else why there is none, or undefined where nobody answers. Never rejects. */
  askForFriend(): Promise<NetworkInvite | Refused | undefined>
  stop(): void
}

/** Dials from now on, and says how it fares by `onStatus`. */
export function startCore(options: CoreOptions): Core {
  const { platform, crypto, invites, network, store, country = '', onStatus, onFinding, onSession, age } = options
  const state = store.load()
  const directory = directoryOf(state, network)
  const book = directory && new DirectoryBook(crypto, directory)
  const clock = new Clock(() => platform.nowS(), state.clockOffsetS)
  const membership =
    network &&
    book &&
    new Membership({
      ...{ invite: network, saved: state.membership, book, platform, crypto, country, clock },
      drive: () => link.drive,
      seenOf: ({ relayKey }) => control.seen(policies.invites.findIndex((one) => equalBytes(one.relayKey, relayKey))),
      onNews: () => handed(),
    })
  const policies = new Policies(crypto, [...invites, ...(membership?.relays ?? [])], state.policies, clock.nowS())
  const places = (): Places => (book === undefined ? policies.places : placesOf(policies, book, membership, country, clock.nowS()))
  const control = new Control({
    ...{ crypto, random: platform.random, saved: state.memory, network: platform.network(), nowMs: performance.now() },
    ...places(),
  })
  const remember = (): void =>
    store.save({
      ...{ clockOffsetS: clock.offsetS, memory: control.saved(), policies: policies.saved },
      ...(book && { directory: book.saved }),
      ...(membership && { membership: membership.saved }),
      ...(state.unread && { unread: state.unread }),
    })
  let toldOf = ''
  const judgeAge = (): void => {
    const least = book?.consensus(clock.nowS())?.clientMin
    if (age === undefined || least === undefined || compareVersions(age.version, least) >= 0 || toldOf === least.join('.')) return
    toldOf = least.join('.')
    age.onTooOld(least)
  }
  const begun = (drive: Drive, relayIndex: number): void => {
    watch.onSession(drive, relayIndex)
    directories?.onSession(drive)
    membership?.onSession()
    onSession?.(drive, relayIndex)
  }
  const news = (): void => {
    remember()
    link.refresh()
  }
  const younger = (): void => {
    control.update(places())
    news()
    judgeAge()
  }
  const handed = (): void => {
    policies.add(membership?.relays ?? [])
    younger()
    if (policies.invites.length === 0) said({ state: 'connecting', attempt: 1 })
  }
  const said = (status: Status): void => {
    if (status.state === 'connected') watch.onCarried()
    if (status.state === 'waiting' && status.reason !== 'offline') membership?.onTrouble()
    const reason = policies.invites.length === 0 && status.state !== 'stopped' ? reasonOf(membership?.fault) : undefined
    onStatus(reason === undefined ? status : { state: 'waiting', reason, retryInMs: membership?.waitMs ?? 0 })
  }
  const link: Link = new Link({
    ...{ platform, crypto, control, invites: policies.invites, clock },
    events: { onStatus: said, onLearned: remember, onSession: begun },
  })
  const watch: Watch = new Watch({
    ...{ crypto, control, policies, platform, clock, places },
    events: { onFinding, onNews: news },
  })
  const directories =
    book && new Directories({ book, platform, crypto, clock, isInside: isInside(network?.doors ?? invites), onNews: younger })
  // Kept before it is told: an invite must not be used up by who is forgotten.
  if (membership !== undefined) remember()
  membership?.start()
  judgeAge()
  const stop = (): void => {
    for (const one of [membership, directories, watch, link]) one?.stop()
  }
  const askForFriend = async (): Promise<NetworkInvite | Refused | undefined> => link.drive && membership?.askForFriend(link.drive)
  return { link, policies, clock, askForFriend, stop }
}

/** That of the network that the invite is of; what was kept of another is of no use then. */
function directoryOf({ directory }: EngineState, network: NetworkInvite | undefined): SavedDirectory | undefined {
  if (network === undefined || (directory && equalBytes(directory.networkId, network.networkId))) return directory
  return { networkId: network.networkId, bundle: new Uint8Array() }
}

const REASONS: Readonly<Record<MembershipFault, Reason>> = {
  unknown: 'invite-unknown',
  expired: 'invite-expired',
  'used-up': 'invite-used-up',
  'none-free': 'no-relay-free',
  'not-yet': 'no-relay-free',
  unreachable: 'no-door',
}

function reasonOf(fault: MembershipFault | undefined): Reason | undefined {
  return fault && REASONS[fault]
}

/** What the authorities say holds before what one relay says: which relays are not to be used, how sessions are spread, and whom one may ask. */
function placesOf(policies: Policies, book: DirectoryBook, membership: Membership | undefined, country: string, nowS: number): Places {
  const { relays, policy } = policies.places
  const weighed = relays.map((relay, index): Relay => {
    const invite = policies.invites[index] as Invite
    if (book.isRevoked(invite) || membership?.isTakenBack(invite) === true) return { ...relay, endpoints: [], weight: 0 }
    // A relay of somebody's own is in no directory, and is as good as ever: it is only the last to be spread to.
    return { ...relay, weight: Math.max(1, book.weightOf(invite) ?? 1) }
  })
  const signed = book.policy(country, nowS)
  return { relays: weighed, policy: signed === undefined ? policy : askableOf(signed) }
}
