// Cases for SPEC.md §14: bundles for a client, checkpoints, and proofs that an entry stands in a tree. Computed from the page with node:crypto alone.
import {
  BODY,
  type BundleFields,
  bundle,
  certificate,
  charter,
  charterBody,
  checkpointText,
  consensus,
  DAY_S,
  ENTRIES,
  first,
  frontierOf,
  LATER_S,
  LEAVES,
  leafOf,
  line,
  MADE_S,
  members,
  NAME,
  NETWORK_ID,
  note,
  pathOf,
  rootOf,
  type Signer,
  second,
  signerOf,
  stranger,
  TWO,
  third,
  WATCHED_BODY,
  WITNESS,
} from './directory-parts.ts'
import { sha256, turn, u8 } from './write.ts'

export type BundleOutcome =
  | 'taken'
  | 'bad-directory'
  | 'directory-mixed'
  | 'directory-unsigned'
  | 'directory-rolled-back'
  | 'directory-forked'
  | 'directory-unproved'
  | 'directory-early'
  | 'directory-expired'

export interface BundleCase {
  readonly name: string
  readonly reader: 'bundle'
  readonly bundle: string
  /** What the client keeps of directories before; without it only the network id of `keys`. */
  readonly known?: { readonly size?: number; readonly root?: string; readonly serials?: Readonly<Record<string, number>> }
  readonly nowS: number
  readonly expect: BundleOutcome
  /** Of the consensus that was taken. */
  readonly number?: number
}

export interface CheckpointCase {
  readonly name: string
  readonly reader: 'checkpoint'
  readonly text: string
  /** Whose signature is looked for: of an authority's signing key, or a witness's. */
  readonly signer: { readonly name: string; readonly kind: 'authority' | 'witness'; readonly key: string }
  readonly expect: 'signed' | 'not-signed' | 'bad-directory'
}

export interface InclusionCase {
  readonly name: string
  readonly reader: 'inclusion'
  /** A leaf's hash, and the hashes beside its way to the root. */
  readonly leaf: string
  readonly index: number
  readonly size: number
  readonly path: readonly string[]
  readonly root: string
  readonly expect: 'included' | 'not-included'
}

export const directoryKeys: Readonly<Record<string, unknown>> = {
  networkId: NETWORK_ID.toString('hex'),
  charter: charter(BODY).toString('hex'),
}

type More = Partial<Pick<BundleCase, 'known' | 'nowS'>>

function taken(name: string, fields: BundleFields, more: More = {}, number = 3): BundleCase {
  return { name, reader: 'bundle', bundle: bundle(fields).toString('hex'), nowS: LATER_S, ...more, expect: 'taken', number }
}

function refused(name: string, expect: Exclude<BundleOutcome, 'taken'>, fields: BundleFields | Buffer, more: More = {}): BundleCase {
  const bytes = Buffer.isBuffer(fields) ? fields : bundle(fields)
  return { name, reader: 'bundle', bundle: bytes.toString('hex'), nowS: LATER_S, ...more, expect }
}

const stoppedAt = (size: number, leaves: readonly Buffer[] = LEAVES): More => ({
  known: { size, root: rootOf(leaves.slice(0, size)).toString('hex') },
})
const NEXT_MEMBERS = [second, third, stranger].sort((one, other) => Buffer.compare(one.root.public, other.root.public))
const NEXT_BODY = charterBody({ number: 2, previous: NETWORK_ID, authorities: NEXT_MEMBERS })
const AFTER_NEXT: BundleFields = {
  charters: [
    charter(BODY),
    charter(
      NEXT_BODY,
      [second, third].sort((a, b) => Buffer.compare(a.root.public, b.root.public)),
    ),
  ],
  certificates: NEXT_MEMBERS.map((one) => certificate(one)),
  consensus: consensus({ number: 3, charterNumber: 2 }),
  signers: [third, stranger].map(signerOf),
}
const OTHER_PAST = [consensus({ number: 1, madeS: MADE_S - 50_000 }), consensus({ number: 2, madeS: MADE_S - 30_000 })].map(leafOf)
const GOOD_LOG = checkpointText(3, rootOf(LEAVES))
/** Behind any hash. */
const ONES = Buffer.alloc(32, 255)
const FEW: BundleFields = { signers: [signerOf(first)] }

const bundles: readonly BundleCase[] = [
  taken('the first directory', { past: [], consensus: ENTRIES[0] }, {}, 1),
  taken('the third, for who knows only the network', {}),
  taken('the third, for who has the first', {}, stoppedAt(1)),
  taken('the third, for who has it', {}, stoppedAt(3)),
  taken('without the log before the second, for who has the second', { frontierSize: 2 }, stoppedAt(2)),
  taken('with a signature of somebody unknown', { signers: [...TWO, signerOf(stranger)] }),
  taken('by another charter, which both sets have signed', AFTER_NEXT),
  taken(
    'by a younger signing key than was known',
    { certificates: members.map((one) => certificate(one, { serial: 2 })) },
    { known: { serials: { [first.root.public.toString('hex')]: 1 } } },
  ),
  taken('with authorities that share relays', { consensus: consensus({ number: 3, handers: [sha256(), ONES] }) }),
  taken('by a clock that is a day behind', {}, { nowS: MADE_S - DAY_S }),
  taken('a second before it expires', {}, { nowS: MADE_S + 3 * DAY_S - 1 }),

  refused('an unknown version', 'bad-directory', { version: 2 }),
  refused('nothing', 'bad-directory', Buffer.alloc(0)),
  refused('the last byte missing', 'bad-directory', bundle().subarray(0, -1)),
  refused('a byte left over', 'bad-directory', { behind: u8(0) }),
  refused('a charter of an unknown version', 'bad-directory', { charters: [charter(charterBody({ version: 2 }))] }),
  refused('a charter of which half of three is enough', 'bad-directory', { charters: [charter(charterBody({ threshold: 1 }))] }),
  refused('a charter whose authorities are out of order', 'bad-directory', {
    charters: [charter(charterBody({ authorities: [second, first, third] }))],
  }),
  refused('a charter that has an authority twice', 'bad-directory', {
    charters: [charter(charterBody({ authorities: [first, first, second] }))],
  }),
  refused('a charter whose meetings take longer than its period', 'bad-directory', {
    charters: [charter(charterBody({ times: [720, 121, 86_400] }))],
  }),
  refused('a charter without phases', 'bad-directory', { charters: [charter(charterBody({ times: [720, 0, 86_400] }))] }),
  refused('a charter of epochs that are longer than a week', 'bad-directory', {
    charters: [charter(charterBody({ times: [720, 120, 604_801] }))],
  }),
  refused('signatures of a charter out of order', 'bad-directory', { charters: [charter(BODY, [second, first])] }),
  refused('certificates out of order', 'bad-directory', { certificates: [second, first].map((one) => certificate(one)) }),
  refused('a certificate that another key has signed', 'bad-directory', {
    certificates: [certificate(first, { signer: second.root }), certificate(second)],
  }),
  refused('a certificate for more than 400 days', 'bad-directory', {
    certificates: [certificate(first, { untilS: MADE_S + 391 * DAY_S }), certificate(second)],
  }),
  refused('a consensus of an unknown version', 'bad-directory', { consensus: consensus({ version: 2, number: 3 }) }),
  refused('countries out of order', 'bad-directory', { consensus: consensus({ number: 3, countries: ['IR', ''] }) }),
  refused('a country in small letters', 'bad-directory', { consensus: consensus({ number: 3, countries: ['ir'] }) }),
  refused('an authority that hands out twice', 'bad-directory', { consensus: consensus({ number: 3, handers: [sha256(), sha256()] }) }),
  refused('authorities that hand out, out of order', 'bad-directory', { consensus: consensus({ number: 3, handers: [ONES, sha256()] }) }),
  refused('a relay revoked twice', 'bad-directory', { consensus: consensus({ number: 3, revoked: [sha256(), sha256()] }) }),
  refused('a consensus without a number', 'bad-directory', { consensus: consensus({ number: 0 }) }),
  refused('no leaf', 'bad-directory', { leaves: [] }),
  refused('a log of more leaves than there may be', 'bad-directory', { frontierSize: 24_577, frontier: frontierOf([]), leaves: [] }),
  refused('no checkpoint', 'bad-directory', { note: '' }),

  refused('the charter of another network', 'directory-mixed', { charters: [charter(WATCHED_BODY)] }),
  refused('no charter', 'directory-mixed', { charters: [] }),
  refused('a charter that follows another', 'directory-mixed', {
    ...AFTER_NEXT,
    charters: [charter(BODY), charter(charterBody({ number: 2, previous: sha256(), authorities: NEXT_MEMBERS }), [second, third])],
  }),
  refused('a charter that leaves one out', 'directory-mixed', {
    ...AFTER_NEXT,
    charters: [charter(BODY), charter(charterBody({ number: 3, previous: NETWORK_ID, authorities: NEXT_MEMBERS }), [second, third])],
  }),
  refused('a charter with another epoch than the one before', 'directory-mixed', {
    ...AFTER_NEXT,
    charters: [
      charter(BODY),
      charter(charterBody({ number: 2, previous: NETWORK_ID, authorities: NEXT_MEMBERS, times: [21_600, 120, 43_200] }), [second, third]),
    ],
  }),
  refused('a consensus of another network', 'directory-mixed', { consensus: consensus({ networkId: sha256(), number: 3 }) }),
  refused('a consensus of a charter that is not there', 'directory-mixed', { consensus: consensus({ number: 3, charterNumber: 2 }) }),
  refused('a checkpoint of another log', 'directory-mixed', {
    note: note(checkpointText(3, rootOf(LEAVES), 'other.example/directory'), TWO),
  }),
  refused('a checkpoint of another size', 'directory-mixed', { note: note(checkpointText(2, rootOf(LEAVES)), TWO) }),
  refused('a checkpoint of another root', 'directory-mixed', { note: note(checkpointText(3, sha256()), TWO) }),
  refused('a leaf that is another', 'directory-mixed', { leaves: [LEAVES[0], turn(LEAVES[1], 0), LEAVES[2]] }),
  refused('a consensus that is not the last leaf', 'directory-mixed', { consensus: ENTRIES[1], leaves: LEAVES, note: note(GOOD_LOG, TWO) }),
  refused('a consensus whose number is not the log’s size', 'directory-mixed', { consensus: consensus({ number: 4 }) }),

  refused('a charter that one has signed', 'directory-unsigned', { charters: [charter(BODY, [first])] }),
  refused('another charter that one of the old has signed', 'directory-unsigned', {
    ...AFTER_NEXT,
    charters: [
      charter(BODY),
      charter(
        NEXT_BODY,
        [third, stranger].sort((a, b) => Buffer.compare(a.root.public, b.root.public)),
      ),
    ],
  }),
  refused('a checkpoint that one has signed', 'directory-unsigned', FEW),
  refused('a checkpoint that one has signed twice', 'directory-unsigned', { signers: [signerOf(first), signerOf(first)] }),
  refused('the second signature by a key that is not certified', 'directory-unsigned', {
    signers: [signerOf(first), { ...signerOf(second), key: stranger.signing }],
  }),
  refused('the second by a stranger with a certificate of its own', 'directory-unsigned', {
    certificates: [first, stranger].sort((a, b) => Buffer.compare(a.root.public, b.root.public)).map((one) => certificate(one)),
    signers: [first, stranger].map(signerOf),
  }),
  refused('the second by a certificate of another network', 'directory-unsigned', {
    certificates: [certificate(first), certificate(second, { networkId: sha256() })],
  }),
  refused('the second by a certificate that had ended when it was made', 'directory-unsigned', {
    certificates: [certificate(first), certificate(second, { untilS: MADE_S })],
  }),
  refused('the second by a certificate that began later', 'directory-unsigned', {
    certificates: [certificate(first), certificate(second, { fromS: MADE_S + 1 })],
  }),
  refused(
    'the second by an older key than was known',
    'directory-unsigned',
    {},
    { known: { serials: { [second.root.public.toString('hex')]: 2 } } },
  ),
  refused('no certificate', 'directory-unsigned', { certificates: [] }),

  refused('an older one than was taken', 'directory-rolled-back', { past: LEAVES.slice(0, 1), consensus: ENTRIES[1] }, stoppedAt(3)),
  refused('another one of the same size', 'directory-forked', {}, { known: { size: 3, root: sha256().toString('hex') } }),
  refused('another past, all of it signed', 'directory-forked', {}, stoppedAt(2, OTHER_PAST)),
  refused('another past behind a frontier', 'directory-forked', { frontierSize: 2 }, stoppedAt(2, OTHER_PAST)),
  refused('a frontier behind what was taken', 'directory-unproved', { frontierSize: 2 }, stoppedAt(1)),
  refused('made more than a day from now', 'directory-early', {}, { nowS: MADE_S - DAY_S - 1 }),
  refused('72 hours old', 'directory-expired', {}, { nowS: MADE_S + 3 * DAY_S }),
]

const looked = ({ name, kind, key: own }: Signer): CheckpointCase['signer'] => ({ name, kind, key: own.public.toString('hex') })

function checkpoint(name: string, expect: CheckpointCase['expect'], text: string, signer: Signer = signerOf(first)): CheckpointCase {
  return { name, reader: 'checkpoint', text, signer: looked(signer), expect }
}

const WHOLE = note(GOOD_LOG, TWO)
const checkpoints: readonly CheckpointCase[] = [
  checkpoint('signed by two, the first', 'signed', WHOLE),
  checkpoint('signed by two, the second', 'signed', WHOLE, signerOf(second)),
  checkpoint('cosigned by a witness', 'signed', note(GOOD_LOG, [...TWO, WITNESS]), WITNESS),
  checkpoint('of an empty log', 'signed', note(checkpointText(0, sha256()), TWO)),
  checkpoint('by somebody else', 'not-signed', WHOLE, signerOf(third)),
  checkpoint('by the same key under another name', 'not-signed', WHOLE, { ...signerOf(first), name: `${NAME}/z` }),
  checkpoint('of another size than was signed', 'not-signed', WHOLE.replace('\n3\n', '\n4\n')),
  checkpoint('of another root than was signed', 'not-signed', `${checkpointText(3, sha256())}\n${line(signerOf(first), GOOD_LOG)}`),
  checkpoint('a witness’s signature in an authority’s place', 'not-signed', note(GOOD_LOG, [{ ...signerOf(first), kind: 'witness' }])),
  checkpoint(
    'a witness’s at another time than was signed',
    'not-signed',
    `${GOOD_LOG}\n— ${WITNESS.name} ${turn(Buffer.from(line(WITNESS, GOOD_LOG).split(' ')[2] ?? '', 'base64'), 11).toString('base64')}\n`,
    WITNESS,
  ),
  checkpoint('no blank line', 'bad-directory', WHOLE.replace('\n\n', '\n')),
  checkpoint('no line break at the end', 'bad-directory', WHOLE.slice(0, -1)),
  checkpoint('no size', 'bad-directory', WHOLE.replace('\n3\n', '\n\n')),
  checkpoint('a size with a zero in front', 'bad-directory', WHOLE.replace('\n3\n', '\n03\n')),
  checkpoint('a log that is too large', 'bad-directory', WHOLE.replace('\n3\n', '\n24577\n')),
  checkpoint('a root of 31 bytes', 'bad-directory', `${checkpointText(3, sha256().subarray(0, 31))}\n`),
  checkpoint('a root in base64url', 'bad-directory', `${NAME}/directory\n3\n${'_'.repeat(43)}=\n\n`),
  checkpoint('a signature line without its dash', 'bad-directory', WHOLE.replace('— ', '- ')),
  checkpoint('a signature shorter than its key’s id', 'bad-directory', `${GOOD_LOG}\n— ${NAME}/a AAAA\n`),
]

const FIVE = [1, 2, 3, 4, 5].map((number) => leafOf(u8(number)))

function inclusion(name: string, expect: InclusionCase['expect'], index: number, more: Partial<InclusionCase> = {}): InclusionCase {
  const path = pathOf(FIVE, Math.min(index, 4)).map((hash) => hash.toString('hex'))
  const leaf = (FIVE[index] ?? (FIVE[0] as Buffer)).toString('hex')
  return { name, reader: 'inclusion', leaf, index, size: 5, path, root: rootOf(FIVE).toString('hex'), expect, ...more }
}

const SECOND_PATH = pathOf(FIVE, 1).map((hash) => hash.toString('hex'))
const inclusions: readonly InclusionCase[] = [
  inclusion('the first of five', 'included', 0),
  inclusion('the fourth of five', 'included', 3),
  inclusion('the last of five, which has a short way', 'included', 4),
  inclusion('the only one', 'included', 0, { size: 1, path: [], root: (FIVE[0] as Buffer).toString('hex') }),
  inclusion('at another place', 'not-included', 1, { index: 0 }),
  inclusion('beyond the end', 'not-included', 5),
  inclusion('in a tree of another size', 'not-included', 1, { size: 4 }),
  inclusion('another leaf', 'not-included', 1, { leaf: sha256().toString('hex') }),
  inclusion('another root', 'not-included', 1, { root: sha256().toString('hex') }),
  inclusion('a way that is too short', 'not-included', 1, { path: SECOND_PATH.slice(0, -1) }),
  inclusion('a way that is too long', 'not-included', 1, { path: [...SECOND_PATH, sha256().toString('hex')] }),
  inclusion('a way in the wrong order', 'not-included', 1, { path: [...SECOND_PATH].reverse() }),
  inclusion('a node taken for a leaf', 'not-included', 0, {
    leaf: rootOf(FIVE.slice(0, 2)).toString('hex'),
    size: 5,
    path: pathOf(FIVE, 0)
      .slice(1)
      .map((hash) => hash.toString('hex')),
  }),
]

export const directoryCases: readonly (BundleCase | CheckpointCase | InclusionCase)[] = [...bundles, ...checkpoints, ...inclusions]
