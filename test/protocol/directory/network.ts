// A network's authorities in memory: keys that depend on a seed, charters, certificates, and meetings that are held in one turn.
import {
  type Ballot,
  type Charter,
  type Consensus,
  charterHash,
  charterSignedBytes,
  decodeBundle,
  encodeCertificate,
  encodeCharter,
  encodeCharterBody,
  type Invite,
  Meeting,
  type RollEntry,
  type Settings,
  type Sign,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { decodeConsensus } from '../../../protocol/directory/consensus.ts'
import { compareBytes } from '../../../protocol/directory/signed.ts'
import type { Verdict } from '../../../protocol/directory/vote.ts'
import { seededRandom } from '../fixtures.ts'
import { drawPolicyKeys } from '../policy-keys.ts'

export const NOW_S = 1_800_000_000
export const ROUND_S = NOW_S - 600

export interface Keys {
  readonly key: Uint8Array
  readonly sign: Sign
}

export interface Authority {
  readonly name: string
  readonly root: Keys
  readonly signing: Keys
  readonly certificate: Uint8Array
}

export interface Network {
  readonly charter: Charter
  readonly charters: readonly Uint8Array[]
  readonly networkId: Uint8Array
  /** In the order of their root keys. */
  readonly authorities: readonly Authority[]
}

export const SETTINGS: Settings = {
  clientMin: [0, 1, 0],
  relayMin: [0, 1, 0],
  policies: [
    {
      country: '',
      canaries: { domestic: [], foreign: ['www.example.org:443'], udp: [] },
      resolvers: [],
      rotation: { bytesMin: 1_000_000, bytesMax: 9_000_000, secondsMin: 60, secondsMax: 600 },
    },
  ],
  sources: [],
  handers: [],
  revoked: [],
}

export function drawKeys(seed: string): Keys {
  const { policyKey, sign } = drawPolicyKeys(seed)
  return { key: policyKey, sign }
}

export function makeCertificate(networkId: Uint8Array, root: Keys, signing: Keys, serial = 1, fromS = NOW_S - 86_400): Uint8Array {
  const certificate = { networkId, rootKey: root.key, signingKey: signing.key, serial, fromS, untilS: fromS + 300 * 86_400 }
  return encodeCertificate(certificate, root.sign)
}

/** `count` authorities of which `threshold` must sign, and their first charter. */
export function makeNetwork(seed: string, count = 5, threshold = 3, more: Partial<Charter> = {}): Network {
  const roots = Array.from({ length: count }, (_, n) => ({ name: `authority-${n}`, root: drawKeys(`${seed} root ${n}`) }))
  roots.sort((a, b) => compareBytes(a.root.key, b.root.key))
  const charter: Charter = {
    name: 'network.example',
    number: 1,
    previous: new Uint8Array(32),
    issuedS: NOW_S - 86_400,
    times: { periodS: 21_600, phaseS: 120, epochS: 86_400 },
    threshold,
    authorities: roots.map(({ name, root }) => ({ name, key: root.key })),
    witnessThreshold: 0,
    witnesses: [],
    ...more,
  }
  const body = encodeCharterBody(charter)
  const signatures = roots.map(({ root }) => ({ key: root.key, signature: root.sign(charterSignedBytes(body)) }))
  const networkId = charterHash(body)
  const authorities = roots.map(({ name, root }) => {
    const signing = drawKeys(`${seed} signing ${name}`)
    return { name, root, signing, certificate: makeCertificate(networkId, root, signing) }
  })
  return { charter, charters: [encodeCharter(body, signatures)], networkId, authorities }
}

export interface Held {
  readonly bundle: Uint8Array
  readonly roll: readonly RollEntry[]
  readonly leaves: readonly Uint8Array[]
  readonly consensus: Consensus
}

/** A meeting of these authorities, all of them honest. */
export function hold(
  network: Network,
  attending: readonly Authority[],
  leaves: readonly Uint8Array[] = [],
  {
    roundS = ROUND_S,
    verdicts = [] as readonly Verdict[],
    settings = SETTINGS,
    witness = undefined as ((note: Uint8Array) => Uint8Array) | undefined,
  } = {},
): Held | undefined {
  const meetings = attending.map((authority) => openMeeting(network, authority, leaves, roundS, { ...settings, verdicts }))
  for (let phase = 1; phase <= network.charter.authorities.length - network.charter.threshold + 1; phase++) exchange(meetings, phase)
  const drafts = meetings.map((meeting) => meeting.conclude())
  for (const meeting of meetings) for (const other of meetings) if (other.note !== undefined) meeting.takeNote(other.note)
  const [first] = meetings as [Meeting]
  if (witness !== undefined && first.note !== undefined) first.takeNote(witness(first.note))
  const bundle = first.bundle
  if (bundle === undefined) return undefined
  const parts = decodeBundle(bundle)
  return { bundle, roll: drafts[0]?.roll ?? [], leaves: parts.leaves, consensus: decodeConsensus(parts.consensus) }
}

export function openMeeting(
  network: Network,
  authority: Authority,
  leaves: readonly Uint8Array[],
  roundS: number,
  opinion: Settings & { readonly verdicts: readonly Verdict[] },
): Meeting {
  const { networkId, charter, charters } = network
  const { certificate, signing } = authority
  const meeting = new Meeting({ crypto: nodeCrypto, networkId, charter, charters, roundS, certificate, sign: signing.sign, leaves })
  meeting.open(opinion)
  return meeting
}

/** All that was shown before the phase began comes to all. */
export function exchange(meetings: readonly Meeting[], phase: number): void {
  const shown: readonly (readonly Ballot[])[] = meetings.map((meeting) => meeting.ballots)
  for (const meeting of meetings) for (const ballots of shown) for (const ballot of ballots) meeting.take(ballot, phase)
}

/** Consensus after consensus, six hours apart, by all authorities. */
export function holdSeveral(network: Network, count: number): readonly Held[] {
  const held: Held[] = []
  for (let n = 0; n < count; n++) {
    const roundS = ROUND_S - (count - 1 - n) * 21_600
    held.push(hold(network, network.authorities, held.at(-1)?.leaves ?? [], { roundS }) as Held)
  }
  return held
}

export function drawInvite(seed: string, address = '192.0.2.1:443'): Invite {
  const random = seededRandom(seed)
  const endpoint = { serverName: 'relay.example', hostName: 'relay.example', path: '/live', pin: undefined, isEdge: false }
  return {
    relayKey: random(32),
    psk: random(32),
    policyKey: drawKeys(seed).key,
    endpoints: [{ ...endpoint, address, carriers: ['websocket', 'http'] }],
  }
}
