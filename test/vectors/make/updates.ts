// Cases for docs/UPDATES.md: documents that maintainers signed, or did not, and what an app makes of them. Signed here by node:crypto alone.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { draw } from './write.ts'

export interface UpdateCase {
  readonly name: string
  readonly document: string
  /** What the app remembers of an earlier document; left out where there was none. */
  readonly known?: object
  readonly nowS: number
  readonly builtAtS: number
  /** Of the app that runs. */
  readonly version: string
  readonly expect: 'newer' | 'current' | 'damaged' | 'not-signed' | 'expired' | 'older'
}

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const maintainers = ['ada', 'ben', 'cy', 'dee', 'eve'].map((name) =>
  createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, draw(`update key ${name}`, 32)]), format: 'der', type: 'pkcs8' }),
)
const [ADA, BEN, CY, DEE, EVE] = maintainers as [KeyObject, KeyObject, KeyObject, KeyObject, KeyObject]
const publicText = (key: KeyObject): string => createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url')

interface Signed {
  readonly text: string
  readonly signatures: readonly { readonly key: string; readonly signature: string }[]
}

function signed(kind: string, text: string, ...keys: readonly KeyObject[]): Signed {
  const bytes = Buffer.from(`culvert update 1 ${kind}\n${text}`)
  return { text, signatures: keys.map((key) => ({ key: publicText(key), signature: sign(undefined, bytes, key).toString('base64url') })) }
}

const keySet = (number: number, threshold: number, ...keys: readonly KeyObject[]): object => ({ number, threshold, keys: keys.map(publicText) })
const FIRST = keySet(1, 2, ADA, BEN, CY)
const SECOND = keySet(2, 2, BEN, CY, DEE)
const THIRD = keySet(3, 3, CY, DEE, EVE)
export const updateKeys: object = { firstKeys: FIRST, target: 'linux-x64-deb' }

const MADE = 1_790_000_000
const EXPIRES = MADE + 60 * 86_400
const FILE = { target: 'linux-x64-deb', name: 'culvert-0.2.0.deb', bytes: 1000, sha256: draw('update file', 32).toString('hex') }
const release = (over: object = {}): object => ({ number: 7, version: '0.2.0', madeAt: MADE, expires: EXPIRES, files: [FILE], ...over })

const document = (release: Signed, ...rotations: readonly Signed[]): string => JSON.stringify({ rotations, release })
const released = (over: object = {}, ...keys: readonly KeyObject[]): Signed =>
  signed('release', JSON.stringify(release(over)), ...(keys.length === 0 ? [ADA, BEN] : keys))
const toSecond = (...keys: readonly KeyObject[]): Signed => signed('keys', JSON.stringify(SECOND), ...keys)
const toThird = (...keys: readonly KeyObject[]): Signed => signed('keys', JSON.stringify(THIRD), ...keys)
const GOOD = released()
const GOOD_SECOND = toSecond(ADA, BEN, CY)
const GOOD_THIRD = toThird(BEN, CY, DEE, EVE)

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
const known = (over: object = {}): object => ({ keys: FIRST, number: 7, version: '0.2.0', madeAt: MADE, release: digest(GOOD.text), ...over })

type Rest = Partial<Omit<UpdateCase, 'name' | 'document' | 'expect'>>
const one = (name: string, expect: UpdateCase['expect'], text: string, rest: Rest = {}): UpdateCase => ({
  name,
  document: text,
  nowS: MADE + 100,
  builtAtS: MADE - 1_000_000,
  version: '0.1.0',
  ...rest,
  expect,
})
const forged = (over: Partial<Signed>): string => document({ ...GOOD, ...over })
const [first, second] = GOOD.signatures as [Signed['signatures'][0], Signed['signatures'][0]]
const flipped = { ...second, signature: `${second.signature[0] === 'A' ? 'B' : 'A'}${second.signature.slice(1)}` }

const good: readonly UpdateCase[] = [
  one('signed by as many as must', 'newer', document(GOOD)),
  one('signed by more', 'newer', document(released({}, ADA, BEN, CY))),
  one('signed by a stranger as well', 'newer', document(released({}, EVE, ADA, BEN))),
  one('of the version that runs', 'current', document(GOOD), { version: '0.2.0' }),
  one('seen before', 'newer', document(GOOD), { known: known() }),
  one('newer than what was seen', 'newer', document(released({ number: 8 })), { known: known() }),
  one('signed by new keys, after one change', 'newer', document(released({}, BEN, DEE), GOOD_SECOND)),
  one('signed by new keys, after two changes', 'newer', document(released({}, CY, DEE, EVE), GOOD_SECOND, GOOD_THIRD)),
  one('with a change that is known already', 'newer', document(released({ number: 8 }, BEN, DEE), GOOD_SECOND), { known: known({ keys: SECOND }) }),
  one('in its last second', 'newer', document(GOOD), { nowS: EXPIRES }),
]

const damaged: readonly UpdateCase[] = [
  one('nothing', 'damaged', ''),
  one('no JSON', 'damaged', document(GOOD).slice(0, -1)),
  one('a list', 'damaged', '[]'),
  one('with a field that nobody knows', 'damaged', JSON.stringify({ rotations: [], release: GOOD, note: '' })),
  one('without rotations', 'damaged', JSON.stringify({ release: GOOD })),
  one('a signature too short', 'damaged', forged({ signatures: [first, { ...second, signature: 'AA' }] })),
  one('a key in an alphabet of others', 'damaged', forged({ signatures: [first, { ...second, key: `+${second.key.slice(1)}` }] })),
  one('too many signatures', 'damaged', forged({ signatures: Array.from({ length: 33 }, () => first) })),
  one('too many changes of keys', 'damaged', document(GOOD, ...Array.from({ length: 17 }, () => GOOD_SECOND))),
]

const notSigned: readonly UpdateCase[] = [
  one('signed by nobody', 'not-signed', forged({ signatures: [] })),
  one('signed by one of two', 'not-signed', forged({ signatures: [first] })),
  one('signed by one twice', 'not-signed', forged({ signatures: [first, first] })),
  one('signed by one, and by a stranger', 'not-signed', document(released({}, ADA, EVE))),
  one('a signature changed', 'not-signed', forged({ signatures: [first, flipped] })),
  one('signatures that changed owners', 'not-signed', forged({ signatures: [{ ...first, key: second.key }, { ...second, key: first.key }] })),
  one('a letter changed after signing', 'not-signed', forged({ text: GOOD.text.replace('0.2.0', '0.3.0') })),
  one('a space added after signing', 'not-signed', forged({ text: `${GOOD.text} ` })),
  one('signed as keys', 'not-signed', document(signed('keys', GOOD.text, ADA, BEN))),
  one('signed without saying as what', 'not-signed', document({ text: GOOD.text, signatures: [ADA, BEN].map((key) => ({ key: publicText(key), signature: sign(undefined, Buffer.from(GOOD.text), key).toString('base64url') })) })),
  one('another release under a number that was seen', 'not-signed', document(released({ version: '0.2.1' })), { known: known() }),
  one('keys that the old ones did not sign', 'not-signed', document(released({}, BEN, DEE), toSecond(CY, DEE))),
  one('keys that too few of the old ones signed', 'not-signed', document(released({}, BEN, DEE), toSecond(ADA, DEE))),
  one('keys that too few of the new ones signed', 'not-signed', document(released({}, BEN, DEE), toSecond(ADA, BEN))),
  one('keys signed as a release', 'not-signed', document(released({}, BEN, DEE), signed('release', JSON.stringify(SECOND), ADA, BEN, CY))),
  one('a change of keys left out', 'not-signed', document(released({}, CY, DEE, EVE), GOOD_THIRD)),
  one('changes of keys in the wrong order', 'not-signed', document(released({}, CY, DEE, EVE), GOOD_THIRD, GOOD_SECOND)),
  one('old keys after a change', 'not-signed', document(released({ number: 8 }, ADA, CY), GOOD_SECOND)),
  one('old keys, when the change is known', 'not-signed', document(released({ number: 8 }, ADA, CY)), { known: known({ keys: SECOND }) }),
  one('keys with a threshold of none', 'not-signed', document(released({}, BEN), signed('keys', JSON.stringify({ ...SECOND, threshold: 0 }), ADA, BEN, CY))),
  one('one key that stands twice among the keys', 'not-signed', document(released({}, BEN), signed('keys', JSON.stringify(keySet(2, 2, BEN, BEN)), ADA, BEN))),
  one('a file name with a way in it', 'not-signed', document(released({ files: [{ ...FILE, name: '../culvert.deb' }] }))),
  one('a hidden file', 'not-signed', document(released({ files: [{ ...FILE, name: '.culvert.deb' }] }))),
  one('two files for one target', 'not-signed', document(released({ files: [FILE, FILE] }))),
  one('a file of no bytes', 'not-signed', document(released({ files: [{ ...FILE, bytes: 0 }] }))),
  one('a file of too many bytes', 'not-signed', document(released({ files: [{ ...FILE, bytes: 2 ** 31 }] }))),
  one('a digest of another kind', 'not-signed', document(released({ files: [{ ...FILE, sha256: 'ab' }] }))),
  one('a version that is none', 'not-signed', document(released({ version: '0.2' }))),
  one('a version before a release', 'not-signed', document(released({ version: '0.2.0-beta' }))),
  one('expires before it is made', 'not-signed', document(released({ expires: MADE - 1 }))),
  one('a number that is none', 'not-signed', document(released({ number: 1.5 }))),
]

const late: readonly UpdateCase[] = [
  one('a second too late', 'expired', document(GOOD), { nowS: EXPIRES + 1 }),
  one('a clock set back, while the app was built later', 'expired', document(GOOD), { nowS: 1, builtAtS: EXPIRES + 1 }),
  one('a clock set back, while a later document is known', 'expired', document(released({ number: 8 })), { nowS: 1, known: known({ madeAt: EXPIRES + 1 }) }),
  one('a number below what was seen', 'older', document(GOOD), { known: known({ number: 8 }) }),
  one('a version below what was seen', 'older', document(released({ number: 9 })), { known: known({ number: 8, version: '0.2.1' }) }),
  one('a version below what runs', 'older', document(GOOD), { version: '0.10.0' }),
]

export const updateCases: readonly UpdateCase[] = [...good, ...damaged, ...notSigned, ...late]
