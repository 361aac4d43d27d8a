// What a client takes for a directory, and what not: each refusal by its own code.
import { describe, expect, test } from 'vitest'
import {
  type Bundle,
  type Charter,
  charterHash,
  charterSignedBytes,
  commitmentOf,
  cosignCheckpoint,
  decodeBundle,
  decodeCertificate,
  decodeNote,
  decodeRoll,
  encodeBundle,
  encodeCharter,
  encodeCharterBody,
  encodeNote,
  encodeRoll,
  firstKnown,
  inclusionPaths,
  isIncluded,
  isRollOf,
  type Known,
  keepCertificates,
  keyNameOf,
  policyFor,
  rollLeaves,
  trimBundle,
  verifyBundle,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { signCheckpoint } from '../../../protocol/directory/note.ts'
import { compareBytes } from '../../../protocol/directory/signed.ts'
import { codeOf } from '../fixtures.ts'
import {
  drawInvite,
  drawKeys,
  type Held,
  hold,
  holdSeveral,
  makeCertificate,
  makeNetwork,
  type Network,
  NOW_S,
  ROUND_S,
  SETTINGS,
} from './network.ts'

const network = makeNetwork('bundle test')
const { authorities, networkId } = network
const fresh = firstKnown(networkId)
const relays = ['one', 'two', 'three'].map((name) => drawInvite(name))
const verdicts = relays
  .map((invite, n) => ({ commitment: commitmentOf(invite), weight: n + 1 }))
  .sort((a, b) => compareBytes(a.commitment, b.commitment))
const series = holdSeveral(network, 4)
const [first, second, third, fourth] = series as [Held, Held, Held, Held]

function refusal(bytes: Uint8Array, known: Known = fresh, nowS: number = NOW_S): string | undefined {
  return codeOf(() => verifyBundle(nodeCrypto, bytes, known, nowS))
}

function having(held: Held, known: Known = fresh): Known {
  return verifyBundle(nodeCrypto, held.bundle, known, held.consensus.madeS).known
}

describe('a directory that authorities have signed', () => {
  const held = hold(network, authorities, [], { verdicts }) as Held

  test('is taken by whoever knows only the network’s id', () => {
    const { consensus, charter, known } = verifyBundle(nodeCrypto, held.bundle, fresh, NOW_S)
    expect([consensus.number, consensus.madeS, charter.threshold, known.checkpoint?.size]).toEqual([1, ROUND_S, 3, 1])
    expect(policyFor(consensus, 'IR')?.canaries.foreign).toEqual(['www.example.org:443'])
  })

  test('lists relays by commitments, each of which can be shown to stand in it', () => {
    const roll = decodeRoll(encodeRoll(held.roll))
    expect(isRollOf(held.consensus, roll)).toBe(true)
    expect(isRollOf(held.consensus, roll.slice(1))).toBe(false)
    expect(isRollOf(held.consensus, [{ ...(roll[0] as (typeof roll)[0]), weight: 999 }, ...roll.slice(1)])).toBe(false)
    const leaves = rollLeaves(roll)
    const index = roll.findIndex(({ commitment }) => compareBytes(commitment, commitmentOf(relays[1] as (typeof relays)[0])) === 0)
    expect(roll[index]?.weight).toBe(2)
    expect(isIncluded(leaves[index] as Uint8Array, index, roll.length, inclusionPaths(leaves)(index), held.consensus.rollRoot)).toBe(true)
  })

  test('holds no address and no key of a relay', () => {
    const text = Buffer.from(held.bundle).toString('latin1')
    for (const { relayKey, psk, policyKey, endpoints } of relays) {
      for (const bytes of [relayKey, psk, policyKey]) expect(text).not.toContain(Buffer.from(bytes).toString('latin1'))
      expect(text).not.toContain(endpoints[0]?.address)
    }
  })

  test('is written again as it was read', () => {
    expect(encodeBundle(decodeBundle(held.bundle))).toEqual(held.bundle)
  })

  test('is refused with any one bit turned, cut anywhere, and with anything added', () => {
    for (let at = 0; at < held.bundle.length; at += 7) {
      const turned = held.bundle.slice()
      turned[at] = (turned[at] as number) ^ 4
      expect([at, refusal(turned) !== undefined || isHarmless(turned)]).toEqual([at, true])
      expect(refusal(held.bundle.subarray(0, at))).toBe('bad-directory')
    }
    expect(refusal(new Uint8Array([...held.bundle, 0]))).toBe('bad-directory')
  })

  /** One of five signatures is spoilt: four are enough, and what they signed is the same. */
  function isHarmless(bytes: Uint8Array): boolean {
    const { consensus } = verifyBundle(nodeCrypto, bytes, fresh, NOW_S)
    return compareBytes(consensus.rollRoot, held.consensus.rollRoot) === 0 && consensus.number === held.consensus.number
  }
})

describe('signatures', () => {
  test('k are enough, whoever the k are, and k − 1 are not', () => {
    for (let at = 0; at < 5; at++) {
      const three = [0, 1, 2].map((n) => authorities[(at + n) % 5] as (typeof authorities)[0])
      expect(refusal((hold(network, three) as Held).bundle)).toBeUndefined()
    }
    expect(hold(network, authorities.slice(0, 2))).toBeUndefined()
    const parts = decodeBundle((hold(network, authorities.slice(0, 3)) as Held).bundle)
    const two = { ...parts, note: { ...parts.note, signatures: parts.note.signatures.slice(1) } }
    expect(refusal(encodeBundle(two))).toBe('directory-unsigned')
    const [one, again] = parts.note.signatures
    expect(
      refusal(encodeBundle({ ...two, note: { ...parts.note, signatures: [one, one, again, again] as typeof parts.note.signatures } })),
    ).toBe('directory-unsigned')
  })

  test('k − 1 whose keys were seized can’t make up the k-th, by a key of their own, a certificate of their own, or a charter of their own', () => {
    const seized = authorities.slice(0, 2)
    const stranger = { name: 'stranger', root: drawKeys('stranger root'), signing: drawKeys('stranger signing') }
    const parts = decodeBundle((hold(network, authorities.slice(0, 3)) as Held).bundle)
    const { checkpoint } = parts.note
    const sign = (name: string, keys: typeof stranger.root): (typeof parts.note.signatures)[0] =>
      signCheckpoint(checkpoint, `network.example/${name}`, keys.key, keys.sign)
    const signatures = [...seized.map(({ name, signing }) => sign(name, signing)), sign(authorities[2]?.name ?? '', stranger.signing)]
    const forged = { ...parts, note: { checkpoint, signatures } }
    expect(refusal(encodeBundle(forged))).toBe('directory-unsigned')
    // A certificate for it by a root key that is none.
    const selfMade = makeCertificate(networkId, stranger.root, stranger.signing)
    const certificates = [...seized.map(({ certificate }) => certificate), selfMade].sort((a, b) =>
      compareBytes(a.subarray(33, 65), b.subarray(33, 65)),
    )
    expect(refusal(encodeBundle({ ...forged, certificates }))).toBe('directory-unsigned')
    // A charter in which they are most.
    const coup: Charter = {
      ...network.charter,
      number: 2,
      previous: charterHash(encodeCharterBody(network.charter)),
      threshold: 2,
      authorities: network.charter.authorities.slice(0, 3),
    }
    const body = encodeCharterBody(coup)
    const bySeized = seized.map(({ root }) => ({ key: root.key, signature: root.sign(charterSignedBytes(body)) }))
    expect(refusal(encodeBundle({ ...forged, charters: [...network.charters, encodeCharter(body, bySeized)] }))).toBe('directory-unsigned')
  })

  test('witnesses are asked for as the charter says', () => {
    const witness = drawKeys('witness')
    const watched = makeNetwork('watched', 5, 3, { witnessThreshold: 1, witnesses: [{ name: 'witness', key: witness.key }] })
    expect(hold(watched, watched.authorities)).toBeUndefined()
    const cosign = (bytes: Uint8Array): Uint8Array => {
      const note = decodeNote(bytes)
      const name = keyNameOf(watched.charter, { name: 'witness', key: witness.key })
      return encodeNote({ ...note, signatures: [cosignCheckpoint(note.checkpoint, name, witness.key, NOW_S, witness.sign)] })
    }
    const held = hold(watched, watched.authorities, [], { witness: cosign }) as Held
    expect(refusal(held.bundle, firstKnown(watched.networkId))).toBeUndefined()
    const parts = decodeBundle(held.bundle)
    const signatures = parts.note.signatures.filter(({ name }) => !name.endsWith('/witness'))
    expect(refusal(encodeBundle({ ...parts, note: { ...parts.note, signatures } }), firstKnown(watched.networkId))).toBe(
      'directory-unsigned',
    )
  })
})

describe('time', () => {
  test('a directory is taken for 72 hours, and from a day before it was made for a clock that is behind', () => {
    const { bundle, consensus } = fourth
    expect(refusal(bundle, fresh, consensus.madeS - 86_400)).toBeUndefined()
    expect(refusal(bundle, fresh, consensus.madeS - 86_401)).toBe('directory-early')
    expect(refusal(bundle, fresh, consensus.madeS + 72 * 3_600 - 1)).toBeUndefined()
    expect(refusal(bundle, fresh, consensus.madeS + 72 * 3_600)).toBe('directory-expired')
  })

  test('a clock that is a day ahead takes what is fresh', () => {
    expect(refusal(fourth.bundle, fresh, fourth.consensus.madeS + 86_400 + 86_400)).toBeUndefined()
  })
})

describe('the past', () => {
  test('each directory is taken after each one before it, whatever lies between', () => {
    for (const [n, held] of series.entries())
      for (const older of series.slice(0, n)) expect(refusal(held.bundle, having(older))).toBeUndefined()
  })

  test('an older one than was taken is refused', () => {
    expect(refusal(first.bundle, having(second), second.consensus.madeS)).toBe('directory-rolled-back')
    expect(refusal(third.bundle, having(third))).toBeUndefined()
  })

  test('another past is refused, though all authorities have signed it', () => {
    const otherFirst = hold(network, authorities, [], { verdicts, roundS: first.consensus.madeS }) as Held
    const otherSecond = hold(network, authorities, otherFirst.leaves, { roundS: second.consensus.madeS }) as Held
    expect(refusal(otherFirst.bundle, having(first))).toBe('directory-forked')
    expect(refusal(otherSecond.bundle, having(first))).toBe('directory-forked')
    expect(refusal(otherSecond.bundle, having(otherFirst))).toBeUndefined()
  })

  test('what was trimmed for one size proves nothing to who stopped earlier, and all to who stopped there', () => {
    const trimmed = encodeBundle(trimBundle(decodeBundle(fourth.bundle), 2))
    expect(trimmed.length).toBeLessThan(fourth.bundle.length)
    expect(refusal(trimmed, having(second))).toBeUndefined()
    expect(refusal(trimmed, having(third))).toBeUndefined()
    expect(refusal(trimmed, fresh)).toBeUndefined()
    expect(refusal(trimmed, having(first))).toBe('directory-unproved')
    expect(refusal(encodeBundle(trimBundle(decodeBundle(fourth.bundle), 9)), having(third))).toBeUndefined()
  })
})

describe('parts that do not belong together', () => {
  const parts = decodeBundle(third.bundle)
  const others = decodeBundle(fourth.bundle)
  const stranger = makeNetwork('another network')

  test.each<[string, Partial<typeof parts>, string]>([
    ['the consensus of another time', { consensus: others.consensus }, 'directory-mixed'],
    ['the checkpoint of another time', { note: others.note }, 'directory-mixed'],
    ['the log of another time', { leaves: others.leaves }, 'directory-mixed'],
    ['the charter of another network', { charters: stranger.charters }, 'directory-mixed'],
    ['no charter at all', { charters: [] }, 'directory-mixed'],
    ['certificates of another network', { certificates: stranger.authorities.map(({ certificate }) => certificate) }, 'directory-unsigned'],
    ['no certificates', { certificates: [] }, 'directory-unsigned'],
    ['certificates out of order', { certificates: [...parts.certificates].reverse() }, 'bad-directory'],
  ])('%s', (_name, change, code) => {
    expect(refusal(encodeBundle({ ...parts, ...change }))).toBe(code)
  })

  test('a directory of another network is refused', () => {
    const held = hold(stranger, stranger.authorities) as Held
    expect(refusal(held.bundle)).toBe('directory-mixed')
    expect(refusal(held.bundle, having(first))).not.toBeUndefined()
  })
})

describe('keys that change', () => {
  test('a younger signing key counts, and from then on the older one does not', () => {
    const young = drawKeys('young signing key')
    const rotate = (net: Network): Network => ({
      ...net,
      authorities: net.authorities.map((one, n) =>
        n === 0 ? { ...one, signing: young, certificate: makeCertificate(networkId, one.root, young, 2) } : one,
      ),
    })
    const three = rotate(network).authorities.slice(0, 3)
    const held = hold(network, three) as Held
    expect(refusal(held.bundle)).toBeUndefined()
    // Who has seen the younger one takes no directory that needs the older one.
    const bySeized = hold(network, authorities.slice(0, 3), held.leaves, { roundS: ROUND_S + 60 }) as Held
    expect(refusal(bySeized.bundle, having(held))).toBe('directory-unsigned')
    expect(refusal((hold(network, authorities, held.leaves, { roundS: ROUND_S + 60 }) as Held).bundle, having(held))).toBeUndefined()
  })

  test('a charter is followed by one that k of the old roots and k of the new have signed, and by no other', () => {
    const newcomer = { name: 'newcomer', root: drawKeys('newcomer'), signing: drawKeys('newcomer signing') }
    const stays = authorities.slice(1)
    const members = [...stays, newcomer].sort((a, b) => compareBytes(a.root.key, b.root.key))
    const next: Charter = {
      ...network.charter,
      number: 2,
      previous: charterHash(encodeCharterBody(network.charter)),
      authorities: members.map(({ name, root }) => ({ name, key: root.key })),
    }
    const body = encodeCharterBody(next)
    const signedBy = (list: readonly { readonly root: (typeof newcomer)['root'] }[]): Uint8Array =>
      encodeCharter(
        body,
        list.map(({ root }) => ({ key: root.key, signature: root.sign(charterSignedBytes(body)) })),
      )
    const seats = members.map((one) => ({ ...one, certificate: makeCertificate(networkId, one.root, one.signing) }))
    const later = (charter: Uint8Array): Network => ({
      ...network,
      charter: next,
      charters: [...network.charters, charter],
      authorities: seats,
    })
    const held = hold(later(signedBy(stays)), seats, first.leaves) as Held
    expect(refusal(held.bundle)).toBeUndefined()
    expect(refusal(held.bundle, having(first))).toBeUndefined()
    // Two old ones and the newcomer: enough of the new, too few of the old.
    expect(refusal((hold(later(signedBy([...stays.slice(0, 2), newcomer])), seats) as Held).bundle)).toBe('directory-unsigned')
    // A client that has followed does not go back.
    expect(refusal(second.bundle, having(held), second.consensus.madeS)).not.toBeUndefined()
    const skipped = encodeBundle({ ...decodeBundle(held.bundle), charters: [signedBy(stays)] })
    expect(refusal(skipped)).toBe('directory-mixed')
    expect(refusal(skipped, having(first))).toBeUndefined()
  })

  test('a charter that would be one too many for those who read directories can’t be made', () => {
    const numbered = (number: number): Charter => ({ ...network.charter, number, previous: new Uint8Array(32).fill(1) })
    expect(() => encodeCharterBody(numbered(64))).not.toThrow()
    expect(() => encodeCharterBody(numbered(65))).toThrow('one charter more than a network can have')
  })

  test('a threshold of half or less is no threshold', () => {
    for (const threshold of [0, 1, 2, 6]) expect(codeOf(() => encodeCharterBody({ ...network.charter, threshold }))).toBe('bad-directory')
  })

  test('nothing that authorities decide is lost on the way', () => {
    const settings = {
      ...SETTINGS,
      sources: [drawInvite('a source')],
      handers: [new Uint8Array(32).fill(6), new Uint8Array(32).fill(7)],
      revoked: [new Uint8Array(32).fill(7)],
      clientMin: [1, 2, 3] as const,
    }
    const { consensus } = verifyBundle(nodeCrypto, (hold(network, authorities, [], { settings }) as Held).bundle, fresh, NOW_S)
    expect(consensus).toMatchObject(settings)
  })
})

test('a key that was replaced is void for whoever keeps a directory, also where its holder has not signed the last one', () => {
  const [a, b, c] = authorities
  if (a === undefined || b === undefined || c === undefined) throw new Error('the network has fewer authorities')
  const young = { ...b, certificate: makeCertificate(networkId, b.root, b.signing, 2) }
  const rest = authorities.filter((one) => one !== b)
  const one = hold(network, [young, ...rest]) as Held
  const two = hold(network, rest, one.leaves, { roundS: ROUND_S + 60 }) as Held
  const three = hold(network, [a, b, c], two.leaves, { roundS: ROUND_S + 120 }) as Held
  const taken = [one, two].map(({ bundle }) => decodeBundle(bundle))
  const kept = encodeBundle(keepCertificates(nodeCrypto, taken[1] as Bundle, taken[0]))
  // As after a start: what was kept is all that is known.
  const again = (bundle: Uint8Array): Known => verifyBundle(nodeCrypto, bundle, fresh, NOW_S).known
  expect(refusal(three.bundle, again(two.bundle))).toBeUndefined()
  expect(refusal(three.bundle, again(kept))).toBe('directory-unsigned')
  // Nor is that forgotten by a directory that has the old certificate in it.
  const old = { ...(taken[1] as Bundle), certificates: [...(taken[1] as Bundle).certificates, b.certificate].sort(byRootKey) }
  const keptAgain = encodeBundle(keepCertificates(nodeCrypto, old, decodeBundle(kept)))
  expect(refusal(three.bundle, again(keptAgain))).toBe('directory-unsigned')
})

function byRootKey(one: Uint8Array, other: Uint8Array): number {
  return compareBytes(decodeCertificate(nodeCrypto, one).rootKey, decodeCertificate(nodeCrypto, other).rootKey)
}
