// Parts of directories for the cases of SPEC.md §14, whole and right where nothing else is said, computed from the page with node:crypto alone.
import { createHash, createPrivateKey, createPublicKey, sign as signBytes } from 'node:crypto'
import { join, sha256, text8, u8, u16, u32, u64 } from './write.ts'

export interface Key {
  readonly public: Buffer
  readonly sign: (...parts: readonly Uint8Array[]) => Buffer
}

export const MADE_S = 1_800_000_000
export const DAY_S = 86_400
export const LATER_S = MADE_S + 3_600
export const NAME = 'net.example'

export function key(label: string): Key {
  const secret = createHash('sha256').update(`culvert vectors directory ${label}`).digest()
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret])
  const own = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const shown = createPublicKey(own).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { public: shown, sign: (...parts) => signBytes(null, join(...parts), own) }
}

export function varint(value: number): Buffer {
  if (value < 64) return u8(value)
  if (value < 16_384) return u16(value | 0x4000)
  if (value < 2 ** 30) return u32(value + 2 ** 31)
  return u64(BigInt(value) | (3n << 62n))
}

// Who there is: three authorities, of which two must sign, and a witness.

export interface Member {
  readonly name: string
  readonly root: Key
  readonly signing: Key
}

export const members: readonly Member[] = ['a', 'b', 'c']
  .map((name) => ({ name, root: key(`root ${name}`), signing: key(`signing ${name}`) }))
  .sort((one, other) => Buffer.compare(one.root.public, other.root.public))
export const [first, second, third]: [Member, Member, Member] = members as [Member, Member, Member]
export const witness = key('witness')
export const stranger: Member = { name: 'd', root: key('root d'), signing: key('signing d') }

export interface CharterFields {
  readonly version?: number
  readonly name?: string
  readonly number?: number
  readonly previous?: Buffer
  readonly times?: readonly number[]
  readonly threshold?: number
  readonly authorities?: readonly Member[]
  readonly witnessThreshold?: number
  readonly witnesses?: readonly Key[]
}

export function charterBody(fields: CharterFields = {}): Buffer {
  const { version = 1, name = NAME, number = 1, previous = Buffer.alloc(32), threshold = 2, authorities = members } = fields
  const { witnessThreshold = 0, witnesses = [], times = [21_600, 120, 86_400] } = fields
  return join(
    u8(version),
    text8(name),
    varint(number),
    previous,
    varint(MADE_S - 100 * DAY_S),
    ...times.map(varint),
    u8(threshold),
    u8(authorities.length),
    ...authorities.map((one) => join(text8(one.name), one.root.public)),
    u8(witnessThreshold),
    u8(witnesses.length),
    ...witnesses.map((one) => join(text8('w'), one.public)),
  )
}

export function charter(body: Buffer, signers: readonly Member[] = [first, second]): Buffer {
  const purpose = Buffer.from('culvert v1 charter')
  const signatures = signers.map(({ root }) => join(root.public, root.sign(purpose, body)))
  return join(u16(body.length), body, u8(signatures.length), ...signatures)
}

export const BODY = charterBody()
export const NETWORK_ID = sha256(BODY)
export const WATCHED_BODY = charterBody({ witnessThreshold: 1, witnesses: [witness] })

export interface CertificateFields {
  readonly networkId?: Buffer
  readonly serial?: number
  readonly fromS?: number
  readonly untilS?: number
  readonly signer?: Key
}

export function certificate({ root, signing }: Member, fields: CertificateFields = {}): Buffer {
  const { networkId = NETWORK_ID, serial = 1, fromS = MADE_S - 10 * DAY_S, untilS = MADE_S + 300 * DAY_S, signer = root } = fields
  const body = join(u8(1), networkId, root.public, signing.public, varint(serial), varint(fromS), varint(untilS))
  return join(body, signer.sign(Buffer.from('culvert v1 authority certificate'), body))
}

// The log: RFC 6962's hashes.

export const leafOf = (entry: Uint8Array): Buffer => sha256(u8(0), entry)
const nodeOf = (left: Uint8Array, right: Uint8Array): Buffer => sha256(u8(1), left, right)

/** The largest power of two below a count of two or more. */
function cutOf(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1)
}

export function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length < 2) return leaves[0] ?? sha256()
  const cut = cutOf(leaves.length)
  return nodeOf(rootOf(leaves.slice(0, cut)), rootOf(leaves.slice(cut)))
}

/** The whole subtrees of a log, the largest first. */
export function frontierOf(leaves: readonly Buffer[]): readonly Buffer[] {
  const hashes: Buffer[] = []
  let at = 0
  for (let size = 2 ** 20; size >= 1; size /= 2) {
    if ((leaves.length & size) === 0) continue
    hashes.push(rootOf(leaves.slice(at, at + size)))
    at += size
  }
  return hashes
}

export function pathOf(leaves: readonly Buffer[], index: number): readonly Buffer[] {
  if (leaves.length < 2) return []
  const cut = cutOf(leaves.length)
  return index < cut
    ? [...pathOf(leaves.slice(0, cut), index), rootOf(leaves.slice(cut))]
    : [...pathOf(leaves.slice(cut), index - cut), rootOf(leaves.slice(0, cut))]
}

export interface ConsensusFields {
  readonly version?: number
  readonly networkId?: Buffer
  readonly number?: number
  readonly madeS?: number
  readonly charterNumber?: number
  readonly countries?: readonly string[]
  readonly handers?: readonly Buffer[]
  readonly revoked?: readonly Buffer[]
}

export function consensus(fields: ConsensusFields = {}): Buffer {
  const { version = 1, networkId = NETWORK_ID, number = 1, charterNumber = 1, countries = [''] } = fields
  const { madeS = MADE_S, handers = [], revoked = [] } = fields
  const policy = (country: string): Buffer =>
    join(
      text8(country),
      u8(0),
      u8(1),
      text8('www.example.org:443'),
      u8(0),
      u8(0),
      varint(1_000_000),
      varint(9_000_000),
      varint(60),
      varint(600),
    )
  return join(
    u8(version),
    networkId,
    varint(number),
    varint(madeS),
    varint(charterNumber),
    varint(0),
    sha256(),
    u8(0),
    u8(1),
    u8(0),
    u8(0),
    u8(1),
    u8(0),
    u8(countries.length),
    ...countries.map(policy),
    u8(0),
    u8(handers.length),
    ...handers,
    varint(revoked.length),
    ...revoked,
  )
}

// The checkpoint: C2SP's text.

export interface Signer {
  readonly name: string
  readonly key: Key
  readonly kind: 'authority' | 'witness'
}

export const signerOf = ({ name, signing }: Member): Signer => ({ name: `${NAME}/${name}`, key: signing, kind: 'authority' })
export const WITNESS: Signer = { name: `${NAME}/w`, key: witness, kind: 'witness' }

export function checkpointText(size: number | string, root: Buffer, origin = `${NAME}/directory`): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`
}

export function line({ name, key: own, kind }: Signer, text: string, timeS = LATER_S): string {
  const keyId = sha256(Buffer.from(`${name}\n`), u8(kind === 'authority' ? 1 : 4), own.public).subarray(0, 4)
  const signature =
    kind === 'authority' ? own.sign(Buffer.from(text)) : join(u64(timeS), own.sign(Buffer.from(`cosignature/v1\ntime ${timeS}\n${text}`)))
  return `— ${name} ${join(keyId, signature).toString('base64')}\n`
}

export function note(text: string, signers: readonly Signer[]): string {
  return `${text}\n${signers.map((one) => line(one, text)).join('')}`
}

// A bundle, whole and right where nothing else is said.

export interface BundleFields {
  readonly version?: number
  readonly charters?: readonly Buffer[]
  readonly certificates?: readonly Buffer[]
  readonly consensus?: Buffer
  /** Of all consensuses before. */
  readonly past?: readonly Buffer[]
  readonly frontierSize?: number
  readonly frontier?: readonly Buffer[]
  readonly leaves?: readonly Buffer[]
  readonly signers?: readonly Signer[]
  readonly note?: string
  readonly behind?: Buffer
}

/** Three directories, one after the other. */
export const ENTRIES = [1, 2, 3].map((number) => consensus({ number, madeS: MADE_S - (3 - number) * 21_600 })) as [Buffer, Buffer, Buffer]
export const LEAVES = ENTRIES.map(leafOf) as [Buffer, Buffer, Buffer]
export const TWO = [first, second].map(signerOf)

export function bundle(fields: BundleFields = {}): Buffer {
  const {
    version = 1,
    charters = [charter(BODY)],
    certificates = members.map((one) => certificate(one)),
    past = LEAVES.slice(0, 2),
  } = fields
  const { consensus: entry = ENTRIES[2], frontierSize = 0, signers = TWO, behind = Buffer.alloc(0) } = fields
  const log = [...past, leafOf(entry)]
  const { frontier = frontierOf(log.slice(0, frontierSize)), leaves = log.slice(frontierSize) } = fields
  const text = Buffer.from(fields.note ?? note(checkpointText(log.length, rootOf(log)), signers))
  const list = (parts: readonly Buffer[]): Buffer => join(u8(parts.length), ...parts.flatMap((one) => [u16(one.length), one]))
  return join(
    u8(version),
    list(charters),
    list(certificates),
    varint(entry.length),
    entry,
    varint(text.length),
    text,
    varint(frontierSize),
    ...frontier,
    varint(leaves.length),
    ...leaves,
    behind,
  )
}
