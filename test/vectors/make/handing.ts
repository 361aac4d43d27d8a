// Cases for SPEC.md §14.10: questions for an authority and for a relay that passes them on, and answers for the member who asked. Computed from the page with
// node:crypto alone.
import { createCipheriv, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { leafOf, pathOf, rootOf, varint } from './directory-parts.ts'
import { endpoint } from './invite.ts'
import { draw, expand, hmac, join, sha256, turn, u8, u16, u32 } from './write.ts'

export interface QuestionCase {
  readonly name: string
  readonly reader: 'authority'
  readonly question: string
  readonly expect: 'question' | 'bad-directory'
  readonly asks?: Asks
}

interface Asks {
  readonly wants: 'relays' | 'friend' | 'renewal'
  readonly member: string
  /** But of a renewal. */
  readonly invite?: string
  readonly country: string
  readonly size: number
  /** Of a renewal: marks and states. */
  readonly seen?: readonly (readonly [string, 'answers' | 'silent'])[]
}

export interface PassCase {
  readonly name: string
  readonly reader: 'relay'
  readonly question: string
  /** `passed`: to the authority of this key, whatever is inside. */
  readonly expect: 'passed' | 'bad-directory'
  readonly authority?: string
}

export interface AnswerCase {
  readonly name: string
  readonly reader: 'member'
  /** To the question of `keys`. */
  readonly answer: string
  /** `directory-mixed`: it names a relay that the roll of `keys` does not show. */
  readonly expect: 'answer' | 'bad-directory' | 'directory-mixed'
  readonly says?: {
    readonly word: 'given' | 'unknown' | 'expired' | 'used-up' | 'none-free' | 'not-yet'
    readonly againS: number
    readonly number: number
    readonly bundle: string
    /** By relay key. */
    readonly relays: readonly string[]
    readonly friend?: { readonly secret: string; readonly untilS: number }
  }
}

// Keys

const raw = { pkcs8: Buffer.from('302e020100300506032b656e04220420', 'hex'), spki: Buffer.from('302a300506032b656e032100', 'hex') }
const ownKey = (secret: Buffer): ReturnType<typeof createPrivateKey> =>
  createPrivateKey({ key: join(raw.pkcs8, secret), format: 'der', type: 'pkcs8' })
const publicOf = (secret: Buffer): Buffer => createPublicKey(ownKey(secret)).export({ format: 'der', type: 'spki' }).subarray(-32)
const AUTHORITY_SECRET = draw('handing authority', 32)
const AUTHORITY = publicOf(AUTHORITY_SECRET)
const OTHER = publicOf(draw('handing other authority', 32))
const EPHEMERAL_SECRET = draw('handing ephemeral', 32)
const EPHEMERAL = publicOf(EPHEMERAL_SECRET)
const MEMBER = draw('handing member', 16)
const SECRET = draw('handing invite secret', 16)
const QUESTION_NONCE = Buffer.alloc(12)
const ANSWER_NONCE = Buffer.alloc(12, 1)

function keyWith(authority: Buffer, info = 'culvert v1 handing'): Buffer {
  const publicKey = createPublicKey({ key: join(raw.spki, authority), format: 'der', type: 'spki' })
  const shared = diffieHellman({ privateKey: ownKey(EPHEMERAL_SECRET), publicKey })
  return expand(hmac(join(EPHEMERAL, authority), shared), info)
}

const KEY = keyWith(AUTHORITY)

function seal(key: Buffer, nonce: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return join(cipher.update(plain), cipher.final(), cipher.getAuthTag())
}

// Questions

interface QuestionFields {
  readonly version?: number
  readonly authority?: Buffer
  readonly ephemeral?: Buffer
  readonly kind?: number
  readonly country?: string
  readonly size?: number
  /** What stands in the place of the invite's secret. */
  readonly shown?: Buffer
  readonly key?: Buffer
  readonly nonce?: Buffer
}

const MARKS = [1, 2, 3].map((number) => draw(`handing relay ${number}`, 32).subarray(0, 4)) as [Buffer, Buffer, Buffer]
const NOTHING = Buffer.alloc(5)
const SILENT = join(MARKS[0], u8(2))
const ANSWERS = join(MARKS[1], u8(1))
const SAID = [
  [MARKS[0].toString('hex'), 'silent'],
  [MARKS[1].toString('hex'), 'answers'],
  [MARKS[2].toString('hex'), 'answers'],
] as const

/** A renewal: what is said of three relays, and the byte that is left. */
function seen(parts: readonly Buffer[], left = 0): QuestionFields {
  return { kind: 2, shown: join(...parts, u8(left)) }
}

function question(fields: QuestionFields = {}): Buffer {
  const { version = 1, authority = AUTHORITY, ephemeral = EPHEMERAL, kind = 0, country = 'IR', size = 7 } = fields
  const { shown = SECRET, key = keyWith(authority), nonce = QUESTION_NONCE } = fields
  const body = join(u8(kind), MEMBER, shown, Buffer.from(country.padEnd(2, '\0'), 'latin1'), u32(size))
  return join(u8(version), authority, ephemeral, seal(key, nonce, body))
}

const GOOD = question()

function asked(name: string, fields: QuestionFields, asks: Partial<Asks> = {}): QuestionCase {
  const all = { wants: 'relays', member: MEMBER.toString('hex'), invite: SECRET.toString('hex'), country: 'IR', size: 7, ...asks } as const
  return { name, reader: 'authority', question: question(fields).toString('hex'), expect: 'question', asks: all }
}

function renewal(name: string, parts: readonly Buffer[], said: NonNullable<Asks['seen']>): QuestionCase {
  const asks = { wants: 'renewal', member: MEMBER.toString('hex'), country: 'IR', size: 7, seen: said } as const
  return { name, reader: 'authority', question: question(seen(parts)).toString('hex'), expect: 'question', asks }
}

function refused(name: string, bytes: Buffer): QuestionCase {
  return { name, reader: 'authority', question: bytes.toString('hex'), expect: 'bad-directory' }
}

const questionCases: readonly QuestionCase[] = [
  asked('which relays are mine', {}),
  asked('an invite for a friend', { kind: 1 }, { wants: 'friend' }),
  asked('from nowhere in particular', { country: '' }, { country: '' }),
  asked('of somebody who has no directory', { size: 0 }, { size: 0 }),
  asked('of somebody who claims a log of any size', { size: 2 ** 32 - 1 }, { size: 2 ** 32 - 1 }),
  renewal('of somebody one of whose relays is silent, and one answers', [SILENT, ANSWERS, NOTHING], SAID.slice(0, 2)),
  renewal('of somebody who has something to say of three', [SILENT, ANSWERS, join(MARKS[2], u8(1))], SAID),
  renewal('of somebody who has nothing to say', [NOTHING, NOTHING, NOTHING], []),
  refused('nothing', Buffer.alloc(0)),
  refused('version 0', question({ version: 0 })),
  refused('version 2', question({ version: 2 })),
  refused('for another authority', question({ authority: OTHER })),
  refused('sealed to another authority, under this one’s name', question({ key: keyWith(OTHER) })),
  refused('the last byte missing', GOOD.subarray(0, -1)),
  refused('a byte left over', join(GOOD, u8(0))),
  refused('a bit turned in the ephemeral key', turn(GOOD, 40)),
  refused('an ephemeral key that leads to no secret', question({ ephemeral: Buffer.alloc(32) })),
  refused('a bit turned in what is sealed', turn(GOOD, 70)),
  refused('a bit turned in the tag', turn(GOOD, -1)),
  refused('sealed with the nonce of answers', question({ nonce: ANSWER_NONCE })),
  refused('sealed for another purpose', question({ key: keyWith(AUTHORITY, 'culvert report v1') })),
  refused('a kind that there is not', question({ kind: 3 })),
  refused('a secret that is said to be what was seen of relays', question({ kind: 2 })),
  refused('a relay in a state that there is not', question(seen([SILENT, NOTHING, join(MARKS[2], u8(3))]))),
  refused('a relay of which nothing is said, and named', question(seen([SILENT, NOTHING, join(MARKS[2], u8(0))]))),
  refused('a relay after one of which nothing is said', question(seen([SILENT, NOTHING, ANSWERS]))),
  refused('more after the third relay', question(seen([SILENT, ANSWERS, NOTHING], 1))),
  refused('two relays seen, and no place for a third', question({ kind: 2, shown: join(SILENT, ANSWERS, u8(0)) })),
  refused('four relays seen', question({ kind: 2, shown: join(SILENT, ANSWERS, SILENT, ANSWERS, u8(0)) })),
  refused('a country in small letters', question({ country: 'ir' })),
  refused('a country of one letter', question({ country: 'I' })),
  refused('a country of digits', question({ country: '98' })),
]

// What a relay makes of a question

function passed(name: string, bytes: Buffer, authority: Buffer): PassCase {
  return { name, reader: 'relay', question: bytes.toString('hex'), expect: 'passed', authority: authority.toString('hex') }
}

function notPassed(name: string, bytes: Buffer): PassCase {
  return { name, reader: 'relay', question: bytes.toString('hex'), expect: 'bad-directory' }
}

const passCases: readonly PassCase[] = [
  passed('a question', GOOD, AUTHORITY),
  passed('one of somebody who says how his relays fare', question(seen([SILENT, ANSWERS, NOTHING])), AUTHORITY),
  passed('a question for another authority', question({ authority: OTHER }), OTHER),
  passed('a question that nobody can open', turn(GOOD, 70), AUTHORITY),
  notPassed('nothing', Buffer.alloc(0)),
  notPassed('version 2', question({ version: 2 })),
  notPassed('the last byte missing', GOOD.subarray(0, -1)),
  notPassed('a byte left over', join(GOOD, u8(0))),
]

// Relays, and the roll that they are on

interface Listed {
  readonly key: Buffer
  readonly invite: Buffer
  readonly weight: number
  readonly entry: Buffer
}

function listed(number: number, weight = 10): Listed {
  const key = draw(`handing relay ${number}`, 32)
  const rest = join(draw(`handing psk ${number}`, 32), draw(`handing policy key ${number}`, 32))
  const invite = join(u8(2), key, rest, u8(1), endpoint({ address: `192.0.2.${number}:443` }))
  return { key, invite, weight, entry: join(sha256(Buffer.from('culvert v1 relay commitment'), invite), u16(weight)) }
}

const ROLL = [1, 2, 3, 4, 5].map((number) => listed(number, number)).sort((a, b) => Buffer.compare(a.entry, b.entry))
const LEAVES = ROLL.map(({ entry }) => leafOf(entry))
const [first, second, third] = ROLL as [Listed, Listed, Listed]

interface HandedFields {
  readonly invite?: Buffer
  readonly weight?: number
  readonly index?: number
  readonly path?: readonly Buffer[]
}

function handed(relay: Listed, fields: HandedFields = {}): Buffer {
  const at = ROLL.indexOf(relay)
  const { invite = relay.invite, weight = relay.weight, index = at, path = at < 0 ? [] : pathOf(LEAVES, at) } = fields
  return join(u16(invite.length), invite, u16(weight), varint(index), u8(path.length), ...path)
}

// Answers

interface AnswerFields {
  readonly word?: number
  readonly againS?: number
  readonly number?: number
  readonly bundle?: Buffer
  readonly bundleBytes?: number
  readonly relays?: readonly Buffer[]
  readonly count?: number
  readonly hasFriend?: number
  readonly friend?: Buffer
  readonly behind?: Buffer
  readonly key?: Buffer
  readonly nonce?: Buffer
}

function answer(fields: AnswerFields = {}): Buffer {
  const { word = 0, againS = 86_400, number = 7, bundle = Buffer.alloc(0), bundleBytes = bundle.length } = fields
  const { relays = [handed(first)], count = relays.length, friend = Buffer.alloc(0), hasFriend = friend.length > 0 ? 1 : 0 } = fields
  const { behind = Buffer.alloc(0), key = KEY, nonce = ANSWER_NONCE } = fields
  const lists = join(varint(bundleBytes), bundle, u8(count), ...relays, u8(hasFriend), friend, behind)
  const plain = join(u8(word), varint(againS), varint(number), lists)
  return seal(key, nonce, join(plain, Buffer.alloc(2_048 - (((plain.length - 1) % 2_048) + 1))))
}

function says(name: string, fields: AnswerFields, told: Partial<AnswerCase['says']> = {}): AnswerCase {
  const all = { word: 'given', againS: 86_400, number: 7, bundle: '', relays: [first.key.toString('hex')], ...told } as const
  return { name, reader: 'member', answer: answer(fields).toString('hex'), expect: 'answer', says: all }
}

function wrong(name: string, expect: 'bad-directory' | 'directory-mixed', bytes: Buffer): AnswerCase {
  return { name, reader: 'member', answer: bytes.toString('hex'), expect }
}

const BUNDLE = draw('handing bundle', 3_000)
const FRIEND = join(draw('handing friend', 16), u32(2_000_000_000))
const friend = { secret: FRIEND.subarray(0, 16).toString('hex'), untilS: 2_000_000_000 }
const hexKeys = (...relays: readonly Listed[]): string[] => relays.map(({ key }) => key.toString('hex'))
const nobody = { relays: [] }

const answerCases: readonly AnswerCase[] = [
  says('one relay', {}),
  says('three relays', { relays: [first, second, third].map((one) => handed(one)) }, { relays: hexKeys(first, second, third) }),
  says('a relay with the directory, longer than one step', { bundle: BUNDLE }, { bundle: BUNDLE.toString('hex') }),
  says('an invite for a friend', { relays: [], friend: FRIEND }, { ...nobody, friend }),
  says('the invite is unknown', { word: 1, relays: [] }, { ...nobody, word: 'unknown' }),
  says('no relay is free', { word: 4, relays: [], againS: 3_600 }, { ...nobody, word: 'none-free', againS: 3_600 }),
  says('no invite for a friend yet', { word: 5, relays: [] }, { ...nobody, word: 'not-yet' }),
  wrong('nothing', 'bad-directory', Buffer.alloc(0)),
  wrong('shorter than a tag', 'bad-directory', Buffer.alloc(15)),
  wrong('a bit turned', 'bad-directory', turn(answer(), 3)),
  wrong('a bit turned in the tag', 'bad-directory', turn(answer(), -1)),
  wrong('the last byte missing', 'bad-directory', answer().subarray(0, -1)),
  wrong('under the key of a question to another authority', 'bad-directory', answer({ key: keyWith(OTHER) })),
  wrong('sealed with the nonce of questions', 'bad-directory', answer({ nonce: QUESTION_NONCE })),
  wrong('the question itself', 'bad-directory', GOOD.subarray(65)),
  wrong('a word that there is not', 'bad-directory', answer({ word: 6 })),
  wrong('four relays', 'bad-directory', answer({ relays: ROLL.slice(0, 4).map((one) => handed(one)) })),
  wrong('fewer relays than it says', 'bad-directory', answer({ count: 3, relays: [] })),
  wrong('a directory longer than the answer', 'bad-directory', answer({ bundle: BUNDLE, bundleBytes: 100_000 })),
  wrong('an invite of an unknown version', 'bad-directory', answer({ relays: [handed(first, { invite: turn(first.invite, 0, 1) })] })),
  wrong('an invite with a byte left over', 'bad-directory', answer({ relays: [handed(first, { invite: join(first.invite, u8(0)) })] })),
  wrong('an invite of nothing', 'bad-directory', answer({ relays: [handed(first, { invite: Buffer.alloc(0) })] })),
  wrong('a way to the root of 33 hashes', 'bad-directory', answer({ relays: [handed(first, { path: Array(33).fill(LEAVES[0]) })] })),
  wrong('neither a friend nor none', 'bad-directory', answer({ relays: [], hasFriend: 2 })),
  wrong('something behind it that is not zero', 'bad-directory', answer({ behind: u8(1) })),
  wrong('a relay of another weight', 'directory-mixed', answer({ relays: [handed(first, { weight: first.weight + 1 })] })),
  wrong('a relay in another place', 'directory-mixed', answer({ relays: [handed(first, { index: 1 })] })),
  wrong('a relay beyond the roll', 'directory-mixed', answer({ relays: [handed(first, { index: ROLL.length })] })),
  wrong('a relay with another’s way to the root', 'directory-mixed', answer({ relays: [handed(first, { path: pathOf(LEAVES, 1) })] })),
  wrong('a relay without a way to the root', 'directory-mixed', answer({ relays: [handed(first, { path: [] })] })),
  wrong('a relay that is not listed', 'directory-mixed', answer({ relays: [handed(listed(6), { path: pathOf(LEAVES, 0), index: 0 })] })),
  wrong('one listed relay, and one that is not', 'directory-mixed', answer({ relays: [handed(first), handed(listed(6), { index: 1 })] })),
  wrong('one relay twice', 'directory-mixed', answer({ relays: [handed(first), handed(first)] })),
]

export const handingKeys = {
  authoritySecretKey: AUTHORITY_SECRET.toString('hex'),
  authorityKey: AUTHORITY.toString('hex'),
  ephemeralSecretKey: EPHEMERAL_SECRET.toString('hex'),
  question: GOOD.toString('hex'),
  key: KEY.toString('hex'),
  rollSize: ROLL.length,
  rollRoot: rootOf(LEAVES).toString('hex'),
}

export const handingCases: readonly (QuestionCase | PassCase | AnswerCase)[] = [...questionCases, ...passCases, ...answerCases]
