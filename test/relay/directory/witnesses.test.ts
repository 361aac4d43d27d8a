// Witnesses sign beside the authorities, by C2SP's protocol, and sign no other past.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { decodeCertificate, encodeHex, firstKnown, leafHash, type Meeting, utf8, verifyBundle } from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { consistencyPath, rootOf } from '../../../protocol/directory/tlog.ts'
import { Authority } from '../../../relay/directory/authority.ts'
import { Book } from '../../../relay/directory/book.ts'
import { defaultSettings } from '../../../relay/directory/settings.ts'
import { askWitness } from '../../../relay/directory/witnesses.ts'
import { drawInvite, drawKeys, exchange, makeNetwork, NOW_S, openMeeting, ROUND_S, SETTINGS } from '../../protocol/directory/network.ts'
import { isConsistent, Witness } from './witness.ts'

const keys = drawKeys('witness')
const network = makeNetwork('witnessed', 3, 2, { witnessThreshold: 1, witnesses: [{ name: 'witness', key: keys.key }] })
const closers: (() => unknown)[] = []
afterEach(() => Promise.all(closers.splice(0).map((close) => close())))

async function open(): Promise<{ readonly witness: Witness; readonly url: string }> {
  const witness = new Witness('network.example/witness', keys, NOW_S)
  closers.push(() => witness.server.close())
  return { witness, url: await witness.listen() }
}

/** A meeting after its last phase, signed by all authorities. */
function meeting(
  leaves: readonly Uint8Array[],
  roundS: number,
): { readonly held: Meeting; readonly note: string; readonly leaves: readonly Uint8Array[] } {
  const meetings = network.authorities.map((one) => openMeeting(network, one, leaves, roundS, { ...SETTINGS, verdicts: [] }))
  for (let phase = 1; phase <= 2; phase++) exchange(meetings, phase)
  const drafts = meetings.map((one) => one.conclude())
  const [held] = meetings as [Meeting]
  for (const other of meetings) if (other.note !== undefined) held.takeNote(other.note)
  return { held, note: Buffer.from(held.note ?? []).toString(), leaves: [...leaves, leafHash(drafts[0]?.consensus ?? new Uint8Array())] }
}

const soon = (): number => Date.now() + 10_000
const take = ({ held, note }: ReturnType<typeof meeting>, lines: string): boolean =>
  held.takeNote(utf8(`${note.slice(0, note.indexOf('\n\n') + 2)}${lines}`))

describe('a witness', () => {
  test('signs beside the authorities, so that there is a directory', async () => {
    const { url } = await open()
    const one = meeting([], ROUND_S)
    expect([one.held.isSigned(new Map()), one.held.bundle]).toEqual([true, undefined])
    const { lines, size } = await askWitness(url, one.note, one.leaves, 0, soon())
    expect(size).toBe(1)
    take(one, lines)
    expect(verifyBundle(nodeCrypto, one.held.bundle ?? new Uint8Array(), firstKnown(network.networkId), NOW_S).consensus.number).toBe(1)
  })

  test('is not asked for what clients would refuse, since a key under it was replaced: it would sign nothing else of that size', () => {
    const one = meeting([], ROUND_S)
    const younger = (count: number): ReadonlyMap<string, number> =>
      new Map(
        network.authorities.slice(0, count).map(({ certificate }) => [encodeHex(decodeCertificate(nodeCrypto, certificate).rootKey), 99]),
      )
    expect([0, 1, 2].map((count) => one.held.isSigned(younger(count)))).toEqual([true, true, false])
  })

  test('says how far it has seen to an authority that does not know, and signs what grew since', async () => {
    const { witness, url } = await open()
    let log: readonly Uint8Array[] = []
    for (let n = 0; n < 6; n++) {
      const next = meeting(log, ROUND_S + n)
      // Each time as an authority that has just started, and thinks of nothing or of too much.
      const { lines } = await askWitness(url, next.note, next.leaves, n % 2 === 0 ? 0 : 99, soon())
      take(next, lines)
      expect([n, next.held.bundle !== undefined, witness.seen.size]).toEqual([n, true, n + 1])
      log = next.leaves
    }
  })

  test('signs no other past', async () => {
    const { witness, url } = await open()
    const first = meeting([], ROUND_S)
    await askWitness(url, first.note, first.leaves, 0, soon())
    const other = meeting(meeting([], ROUND_S + 60).leaves, ROUND_S + 120)
    expect(await askWitness(url, other.note, other.leaves, 1, soon())).toEqual({ lines: '', size: 1 })
    expect(witness.seen.size).toBe(1)
  })

  test('that answers as if it had signed, and did not, is asked again in the same meeting, and not once it has', async () => {
    const one = makeNetwork('one', 1, 1, { witnessThreshold: 1, witnesses: [{ name: 'witness', key: keys.key }] })
    const [own] = one.authorities
    const { witness, url } = await open()
    const book = await Book.open(':memory:')
    closers.push(() => book.close())
    const settings = { ...defaultSettings('authority-0', []), witnesses: [url] }
    const authority = await Authority.open({
      mandate: () => ({ ...one, certificate: own?.certificate as Uint8Array, settings }),
      key: { publicKey: own?.signing.key as Uint8Array, sign: own?.signing.sign as never },
      invite: drawInvite('own'),
      book,
      nowMs: () => NOW_S * 1_000,
      ask: () => Promise.resolve(undefined),
      examine: () => Promise.reject(new Error('there is no relay')),
      until: () => Promise.resolve(),
    })
    witness.feigns = 2
    expect(await authority.meet(ROUND_S)).toMatchObject({ event: 'directory', number: 1 })
    // Twice for nothing; then once more to learn that it has seen nothing, and again from there.
    expect(witness.asked).toBe(4)
  })

  test('that is away, or talks without end, costs the meeting nothing but its signature', async () => {
    const one = meeting([], ROUND_S)
    expect(await askWitness('http://127.0.0.1:1/log', one.note, one.leaves, 0, soon())).toEqual({ lines: '', size: 0 })
    const server = createServer((_request, response) => {
      const talk = (): void =>
        void (response.destroyed || (response.write('x'.repeat(4_096)) ? setImmediate(talk) : response.once('drain', talk)))
      talk()
    }).listen(0, '127.0.0.1')
    closers.push(() => server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await askWitness(url, one.note, one.leaves, 0, soon())).toEqual({ lines: '', size: 0 })
    // What is no signature of a witness of the charter adds nothing.
    take(one, '— network.example/witness AAAAAAAA\n')
    expect(one.held.bundle).toBeUndefined()
  })
})

test('what shows that a log only grew does so for each size before, and for no other root', () => {
  const leaves = Array.from({ length: 20 }, (_, n) => leafHash(Uint8Array.of(n)))
  for (let size = 1; size <= leaves.length; size++)
    for (let before = 0; before <= size; before++) {
      const proof = consistencyPath(leaves.slice(0, size), before)
      const [first, second] = [before, size].map((count) => ({ size: count, root: rootOf(leaves.slice(0, count)) })) as [never, never]
      expect([before, size, isConsistent(first, second, proof)]).toEqual([before, size, true])
      if (before > 0) expect(isConsistent({ size: before, root: leafHash(Uint8Array.of(99)) }, second, proof)).toBe(false)
    }
})
