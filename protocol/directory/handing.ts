// How a member is handed relays: a question that only one authority can read, whoever passes it on, and the answer, which only who asked can. SPEC.md §14.10.
//
// 1. the member seals who it is, and the invite that it came by, or how the relays that it has fare      sealQuestion
// 2. a relay that passes it on reads for whom it is, and nothing else                                    authorityOfQuestion
// 3. the authority opens it, and answers under the same key                                              openQuestion, its `answer`
// 4. the member opens the answer, and checks that each relay is on the roll                              `open`, refuseUnlisted
import { concatBytes, encodeHex, equalBytes, Reader, utf8, Writer } from '../bytes.ts'
import { Cipher, type Crypto, hkdf32, type Random } from '../crypto.ts'
import { assert, ProtocolError } from '../errors.ts'
import { decodeInviteBody, encodeInviteBody, type Invite } from '../invite.ts'
import { HANDED_BYTES_MAX, HANDED_RELAYS_MAX } from '../limits.ts'
import { parseTarget, type Target } from '../target.ts'
import { type Consensus, entryBytes } from './consensus.ts'
import { commitmentOf } from './descriptor.ts'
import { decodeCount, take } from './signed.ts'
import { isIncluded, leafHash } from './tlog.ts'

export const HANDING_TARGET: Target = parseTarget('handing.invalid', 1)
export const SECRET_BYTES = 16
const MARK_BYTES = 4
/** version, authority's key, ephemeral key, the question, tag. */
export const HANDING_QUESTION_BYTES: number = 1 + 32 + 32 + (1 + 2 * SECRET_BYTES + 2 + 4) + 16

export type Question = Asker & Asks

export interface Asker {
  /** What the member drew for itself: who knows it is the member. */
  readonly member: Uint8Array
  /** Two capital letters; empty where the person did not say. */
  readonly country: string
  /** Of the log, as far as the member knows it. */
  readonly size: number
}

/** Which relays are mine, or an invite for a friend, by the secret of the invite by which the member came; or which are mine now that the last fare like this. */
export type Asks =
  | { readonly wants: 'relays' | 'friend'; readonly invite: Uint8Array }
  | { readonly wants: 'renewal'; readonly seen: readonly Seen[] }

/** One relay, as one member sees it. */
export interface Seen {
  /** By `seenMark`: tells the few relays of one member from each other. */
  readonly mark: Uint8Array
  readonly state: 'answers' | 'silent'
}

export function seenMark({ relayKey }: Pick<Invite, 'relayKey'>): Uint8Array {
  return relayKey.slice(0, MARK_BYTES)
}

/** `given`: what was asked for. Else why not, in the words of `Refused`. */
export type Word = 'given' | Refused
export type Refused = 'unknown' | 'expired' | 'used-up' | 'none-free' | 'not-yet'
const WORDS: readonly Word[] = ['given', 'unknown', 'expired', 'used-up', 'none-free', 'not-yet']

/** A relay, and what shows that it is listed. */
export interface Handed {
  readonly invite: Invite
  readonly weight: number
  /** Its place on the roll, and the hashes beside the way from there to the roll's root. */
  readonly index: number
  readonly path: readonly Uint8Array[]
}

export interface Answer {
  readonly word: Word
  /** Seconds until it is worth asking again. */
  readonly againS: number
  /** Of the consensus on whose roll the relays are. */
  readonly number: number
  /** The directory with it, where the member's is older; else empty. */
  readonly bundle: Uint8Array
  readonly relays: readonly Handed[]
  /** An invite for a friend, where that was asked for. */
  readonly friend: { readonly secret: Uint8Array; readonly untilS: number } | undefined
}

const VERSION = 1
const KINDS: readonly Question['wants'][] = ['relays', 'friend', 'renewal']
/** 0: nothing is said. */
const STATES: readonly (Seen['state'] | undefined)[] = [undefined, 'answers', 'silent']
const INFO = utf8('culvert v1 handing')
const TAG_BYTES = 16
/** One key for one question and one answer: a nonce for each. */
const ASKING = new Uint8Array(12)
const ANSWERING = new Uint8Array(12).fill(1)
/** Answers come in few sizes, so that who passes one on does not see how many relays are in it. */
const ANSWER_STEP_BYTES = 2_048

export interface Asked {
  readonly question: Uint8Array
  /** Throws ProtocolError('bad-directory') for what that authority did not answer. */
  open(answer: Uint8Array): Answer
}

export function sealQuestion(crypto: Crypto, random: Random, authorityKey: Uint8Array, question: Question): Asked {
  const ephemeral = crypto.x25519KeyPair(random(32))
  const key = sharedKey(crypto, ephemeral.secretKey, authorityKey, ephemeral.publicKey, authorityKey)
  const { wants, member, country, size } = question
  const shown = wants === 'renewal' ? encodeSeen(question.seen) : question.invite
  assert(member.length === SECRET_BYTES && shown.length === SECRET_BYTES, 'secrets are 16 bytes')
  const plain = new Writer(new Uint8Array(64))
    .u8(KINDS.indexOf(wants))
    .put(member)
    .put(shown)
    .put(utf8(country.padEnd(2, '\0')))
    .u32(size)
  const { body, tag } = crypto.aead(Cipher.aes256gcm, key).seal(ASKING, plain.done())
  return {
    question: concatBytes(Uint8Array.of(VERSION), authorityKey, ephemeral.publicKey, body, tag),
    open: (answer) => decodeAnswer(unseal(crypto, key, ANSWERING, answer)),
  }
}

/** Whom a question is for. Throws ProtocolError('bad-directory'). */
export function authorityOfQuestion(bytes: Uint8Array): Uint8Array {
  const reader = new Reader(bytes, 'bad-directory')
  if (bytes.length !== HANDING_QUESTION_BYTES || reader.u8() !== VERSION) throw reader.error('a question of an unknown version')
  return take(reader, 32)
}

export type OpenedQuestion = Question & {
  /** Drawn for this question: two that have the same are one. */
  readonly key: Uint8Array
  answer(answer: Answer): Uint8Array
}

/** `keys`: the authority's own. Throws ProtocolError('bad-directory'). */
export function openQuestion(
  crypto: Crypto,
  keys: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array },
  bytes: Uint8Array,
): OpenedQuestion {
  if (!equalBytes(authorityOfQuestion(bytes), keys.publicKey)) throw new ProtocolError('bad-directory', 'a question for another authority')
  const ephemeral = bytes.slice(33, 65)
  const key = sharedKey(crypto, keys.privateKey, ephemeral, ephemeral, keys.publicKey)
  const reader = new Reader(unseal(crypto, key, ASKING, bytes.subarray(65)), 'bad-directory')
  const wants = KINDS[reader.u8()]
  const [member, shown] = [take(reader, SECRET_BYTES), take(reader, SECRET_BYTES)]
  const country = String.fromCharCode(...take(reader, 2)).replaceAll('\0', '')
  const size = reader.u32()
  reader.end()
  if (wants === undefined || !/^(?:[A-Z]{2})?$/.test(country)) throw reader.error('a question that asks for nothing')
  const question: Question =
    wants === 'renewal' ? { wants, member, country, size, seen: decodeSeen(shown) } : { wants, member, country, size, invite: shown }
  const answer = (said: Answer): Uint8Array => {
    const { body, tag } = crypto.aead(Cipher.aes256gcm, key).seal(ANSWERING, encodeAnswer(said))
    return concatBytes(body, tag)
  }
  return { ...question, key: ephemeral, answer }
}

/** As long as an invite's secret, in whose place it stands: no question is longer than another, nor told from it by a relay of any age. */
function encodeSeen(seen: readonly Seen[]): Uint8Array {
  assert(seen.length <= HANDED_RELAYS_MAX, 'a bucket is small')
  const writer = new Writer(new Uint8Array(SECRET_BYTES))
  for (const { mark, state } of seen) writer.put(mark).u8(STATES.indexOf(state))
  return writer.bytes
}

function decodeSeen(bytes: Uint8Array): readonly Seen[] {
  const reader = new Reader(bytes, 'bad-directory')
  const all = Array.from({ length: HANDED_RELAYS_MAX }, () => ({ mark: take(reader, MARK_BYTES), state: STATES[reader.u8()] }))
  const seen = all.filter((one): one is Seen => one.state !== undefined)
  // There is one way to say it: a state that there is not, a gap, or bytes where nothing is said could hold what is nobody's to know.
  if (!equalBytes(encodeSeen(seen), bytes)) throw reader.error('a question that says of relays what can’t be said')
  return seen
}

/** Throws ProtocolError('directory-mixed') where a relay is not on the roll of this consensus: nobody is handed what k authorities have not listed. */
export function refuseUnlisted({ rollSize, rollRoot }: Consensus, relays: readonly Handed[]): void {
  for (const { invite, weight, index, path } of relays) {
    const leaf = leafHash(entryBytes({ commitment: commitmentOf(invite), weight }))
    if (!isIncluded(leaf, index, rollSize, path, rollRoot))
      throw new ProtocolError('directory-mixed', 'An authority handed out a relay that the directory does not list.')
  }
  if (new Set(relays.map(({ invite }) => encodeHex(invite.relayKey))).size < relays.length)
    throw new ProtocolError('directory-mixed', 'An authority handed out one relay twice.')
}

function encodeAnswer({ word, againS, number, bundle, relays, friend }: Answer): Uint8Array {
  assert(relays.length <= HANDED_RELAYS_MAX, 'a bucket is small')
  const writer = new Writer(new Uint8Array(HANDED_BYTES_MAX + bundle.length))
  writer.u8(WORDS.indexOf(word)).varint(againS).varint(number).varint(bundle.length).put(bundle).u8(relays.length)
  for (const { invite, weight, index, path } of relays) {
    const body = encodeInviteBody(invite)
    writer.u16(body.length).put(body).u16(weight).varint(index).u8(path.length)
    for (const hash of path) writer.put(hash)
  }
  writer.u8(friend === undefined ? 0 : 1)
  if (friend !== undefined) writer.put(friend.secret).u32(friend.untilS)
  const plain = writer.done()
  const padded = new Uint8Array(Math.ceil(plain.length / ANSWER_STEP_BYTES) * ANSWER_STEP_BYTES)
  padded.set(plain)
  return padded
}

function decodeAnswer(bytes: Uint8Array): Answer {
  const reader = new Reader(bytes, 'bad-directory')
  const word = WORDS[reader.u8()]
  const [againS, number] = [reader.varint(), reader.varint()]
  const bundle = take(reader, reader.varint())
  const relays = decodeCount(reader, HANDED_RELAYS_MAX, () => ({
    invite: decodeInviteBody(take(reader, reader.u16()), 'bad-directory'),
    weight: reader.u16(),
    index: reader.varint(),
    path: decodeCount(reader, 32, () => take(reader, 32)),
  }))
  const hasFriend = reader.u8()
  const friend = hasFriend === 1 ? { secret: take(reader, SECRET_BYTES), untilS: reader.u32() } : undefined
  if (word === undefined || hasFriend > 1 || take(reader, reader.remaining).some((byte) => byte !== 0))
    throw reader.error('an answer of an unknown kind')
  return { word, againS, number, bundle, relays, friend }
}

function sharedKey(crypto: Crypto, secret: Uint8Array, other: Uint8Array, ephemeral: Uint8Array, authorityKey: Uint8Array): Uint8Array {
  const shared = crypto.x25519(secret, other)
  if (shared === undefined) throw new ProtocolError('bad-directory', 'a key that is none')
  return hkdf32(crypto, concatBytes(ephemeral, authorityKey), shared, INFO)
}

function unseal(crypto: Crypto, key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  const cut = sealed.length - TAG_BYTES
  const plain = cut < 0 ? undefined : crypto.aead(Cipher.aes256gcm, key).open(nonce, sealed.subarray(0, cut), sealed.subarray(cut))
  if (plain === undefined) throw new ProtocolError('bad-directory', 'a message that its key does not open')
  return plain
}
