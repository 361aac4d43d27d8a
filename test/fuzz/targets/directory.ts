// Directory documents as they come, and with the signatures made right, so that what is behind them is reached.
import {
  decodeBallots,
  decodeBundle,
  decodeDescriptor,
  decodeRoll,
  encodeBallots,
  encodeBundle,
  encodeDescriptor,
  encodeRoll,
  firstKnown,
  verifyBundle,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { decodeCertificate, decodeCharter } from '../../../protocol/directory/charter.ts'
import { decodeConsensus, encodeConsensus } from '../../../protocol/directory/consensus.ts'
import { decodeNote, encodeNote } from '../../../protocol/directory/note.ts'
import { purposeBytes } from '../../../protocol/directory/signed.ts'
import { decodeVote } from '../../../protocol/directory/vote.ts'
import {
  drawInvite,
  drawKeys,
  type Held,
  hold,
  makeNetwork,
  NOW_S,
  openMeeting,
  ROUND_S,
  SETTINGS,
} from '../../protocol/directory/network.ts'
import { bytesOf, type FuzzTarget, must, outcome } from '../target.ts'

const network = makeNetwork('directory fuzz', 3, 2)
const relay = drawInvite('fuzzed relay')
const verdicts = [{ commitment: new Uint8Array(32).fill(3), weight: 5 }]
const settings = { ...SETTINGS, sources: [relay], handers: [new Uint8Array(32).fill(8)], revoked: [new Uint8Array(32).fill(9)] }
const held = hold(network, network.authorities, [], { verdicts, settings }) as Held
const parts = decodeBundle(held.bundle)
const { ballots } = openMeeting(network, network.authorities[0] as (typeof network.authorities)[0], [], ROUND_S, { ...settings, verdicts })
const relayKeys = drawKeys('fuzzed relay')
const descriptor = encodeDescriptor(
  {
    issuedS: NOW_S,
    expiresS: NOW_S + 86_400,
    isLeaving: false,
    version: [0, 1, 0],
    capacityBytesPerS: 1_000_000,
    contact: 'a@b.example',
    invite: relay,
  },
  relayKeys.sign,
)
const SIGNATURE_BYTES = 64
const NUMBERS = ['\u0000', '\u0001', '\u0040\u0000', '\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff'].map(bytesOf)

export const bundle: FuzzTarget = {
  name: 'directory-bundle',
  seeds: [held.bundle],
  words: NUMBERS,
  run(input) {
    const decoded = outcome(['bad-directory'], () => decodeBundle(Uint8Array.from(input)))
    if ('code' in decoded) return decoded.message
    must(decodeBundle(encodeBundle(decoded.value)).leaves.length === decoded.value.leaves.length, 'a bundle can be written again')
    const codes = ['bad-directory', 'directory-unsigned', 'directory-mixed', 'directory-early', 'directory-expired'] as const
    const verified = outcome(codes, () => verifyBundle(nodeCrypto, Uint8Array.from(input), firstKnown(network.networkId), NOW_S))
    if ('code' in verified) return verified.message
    must(Buffer.from(verified.value.bundle.consensus).equals(parts.consensus), 'nothing is taken but what was signed')
    return 'taken'
  },
}

export const consensus: FuzzTarget = {
  name: 'directory-consensus',
  seeds: [parts.consensus],
  words: [...NUMBERS, bytesOf('IR'), bytesOf(':443')],
  run(input) {
    const decoded = outcome(['bad-directory'], () => decodeConsensus(Uint8Array.from(input)))
    if ('code' in decoded) return decoded.message
    const again = encodeConsensus(decoded.value)
    must(Buffer.from(encodeConsensus(decodeConsensus(again))).equals(Buffer.from(again)), 'a consensus can be written again')
    return `${decoded.value.policies.length} policies, ${decoded.value.sources.length} sources`
  },
}

export const checkpoint: FuzzTarget = {
  name: 'directory-checkpoint',
  seeds: [encodeNote(parts.note)],
  words: ['\n\n', '— ', '\n', ' ', '='].map((text) => Buffer.from(text)),
  run(input) {
    const decoded = outcome(['bad-directory'], () => decodeNote(Uint8Array.from(input)))
    if ('code' in decoded) return decoded.message
    must(Buffer.from(encodeNote(decoded.value)).equals(Buffer.from(input)), 'a checkpoint has one spelling')
    return `${decoded.value.signatures.length} signatures`
  },
}

export const charter: FuzzTarget = {
  name: 'directory-charter',
  seeds: network.charters,
  words: NUMBERS,
  run(input) {
    const decoded = outcome(['bad-directory'], () => decodeCharter(Uint8Array.from(input)))
    return 'code' in decoded ? decoded.message : `${decoded.value.charter.authorities.length} authorities`
  },
}

export const certificate: FuzzTarget = {
  name: 'directory-certificate',
  seeds: parts.certificates,
  words: NUMBERS,
  run(input) {
    const decoded = outcome(['bad-directory'], () => decodeCertificate(nodeCrypto, Uint8Array.from(input)))
    return 'code' in decoded ? decoded.message : 'certified'
  },
}

export const roll: FuzzTarget = {
  name: 'directory-roll',
  seeds: [encodeRoll(held.roll)],
  words: NUMBERS,
  run(input) {
    const decoded = outcome(['bad-directory'], () => decodeRoll(Uint8Array.from(input)))
    if ('code' in decoded) return decoded.message
    must(Buffer.from(encodeRoll(decoded.value)).equals(Buffer.from(input)), 'a roll has one spelling')
    return `${decoded.value.length} relays`
  },
}

export const ballotBox: FuzzTarget = {
  name: 'directory-ballots',
  seeds: [encodeBallots(ballots)],
  words: NUMBERS,
  run(input) {
    const decoded = outcome(['bad-directory'], () => decodeBallots(Uint8Array.from(input)))
    if ('code' in decoded) return decoded.message
    must(encodeBallots(decoded.value).length > 0, 'ballots can be written again')
    return `${decoded.value.length} ballots`
  },
}

export const voteBody: FuzzTarget = {
  name: 'directory-vote',
  seeds: ballots.map(({ vote }) => vote.subarray(0, -SIGNATURE_BYTES)),
  words: NUMBERS,
  run(input) {
    const keys = network.authorities[0]?.signing ?? relayKeys
    const bytes = Buffer.concat([input, keys.sign(purposeBytes('culvert v1 authority vote', input))])
    const decoded = outcome(['bad-directory'], () => decodeVote(nodeCrypto, Uint8Array.from(bytes)))
    return 'code' in decoded ? decoded.message : `${decoded.value.verdicts.length} verdicts`
  },
}

export const descriptorBody: FuzzTarget = {
  name: 'relay-descriptor',
  seeds: [descriptor.subarray(0, -SIGNATURE_BYTES)],
  words: [...NUMBERS, bytesOf(':443')],
  run(input) {
    const bytes = Buffer.concat([input, relayKeys.sign(purposeBytes('culvert v1 relay descriptor', input))])
    const decoded = outcome(['bad-descriptor'], () => decodeDescriptor(nodeCrypto, Uint8Array.from(bytes), NOW_S))
    return 'code' in decoded ? decoded.message : `${decoded.value.invite.endpoints.length} endpoints`
  },
}
