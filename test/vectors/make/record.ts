// Cases for SPEC.md §6: one record each, and what the receiver makes of it. Sealed here by node:crypto from the page.
import { createCipheriv } from 'node:crypto'
import { aes256block, draw, expand, join, turn, u64 } from './write.ts'

export interface RecordCase {
  readonly name: string
  readonly cipher: 'aes256gcm' | 'chacha20poly1305'
  /** The direction's secret 0. */
  readonly secret: string
  /** The number that the receiver expects. */
  readonly expected: number
  readonly sealed: string
  /** ahead: opened, and its plaintext kept until its turn comes. */
  readonly expect: 'opened' | 'ahead' | 'duplicate' | 'bad-record' | 'record-gap'
  readonly plaintext?: string
}

type CipherName = RecordCase['cipher']

const SECRET = draw('record secret', 32)
const REKEY = 65_536

function keyOf(secret: Buffer, number: number | bigint): Buffer {
  let current = secret
  for (let epoch = BigInt(number) / BigInt(REKEY); epoch > 0n; epoch--) current = expand(current, 'culvert v1 record next')
  return expand(current, 'culvert v1 record key')
}

interface Parts {
  readonly cipher?: CipherName
  readonly secret?: Buffer
  readonly key?: Buffer
  /** What the header says; the nonce's number unless told otherwise. */
  readonly shown?: number | bigint
}

function seal(
  number: number | bigint,
  plaintext: Buffer,
  { cipher = 'aes256gcm', secret = SECRET, key = keyOf(secret, number), shown = number }: Parts = {},
): Buffer {
  const nonce = join(Buffer.alloc(4), u64(number))
  const name = cipher === 'aes256gcm' ? ('aes-256-gcm' as const) : ('chacha20-poly1305' as const)
  const sealer = createCipheriv(name as 'aes-256-gcm', key, nonce, { authTagLength: 16 })
  const body = join(sealer.update(plaintext), sealer.final())
  const tag = sealer.getAuthTag()
  const mask = aes256block(expand(secret, 'culvert v1 record mask'), tag)
  return join(
    u64(shown).map((byte, i) => byte ^ (mask[i] as number)),
    body,
    tag,
  )
}

function one(
  name: string,
  expected: number,
  sealed: Buffer,
  expect: RecordCase['expect'],
  plaintext?: Buffer,
  cipher: CipherName = 'aes256gcm',
): RecordCase {
  const base: RecordCase = { name, cipher, secret: SECRET.toString('hex'), expected, sealed: sealed.toString('hex'), expect }
  return plaintext === undefined ? base : { ...base, plaintext: plaintext.toString('hex') }
}

const WINDOW = 8_192
const TEXT = Buffer.from('a record')
const good = seal(5, TEXT)

const opened: readonly RecordCase[] = (['aes256gcm', 'chacha20poly1305'] as const).flatMap((cipher) => [
  one(`${cipher}: the first record`, 0, seal(0, TEXT, { cipher }), 'opened', TEXT, cipher),
  one(`${cipher}: an empty one`, 0, seal(0, Buffer.alloc(0), { cipher }), 'opened', Buffer.alloc(0), cipher),
  one(`${cipher}: the last one under the first key`, REKEY - 1, seal(REKEY - 1, TEXT, { cipher }), 'opened', TEXT, cipher),
  one(`${cipher}: the first one under the second key`, REKEY, seal(REKEY, TEXT, { cipher }), 'opened', TEXT, cipher),
  one(`${cipher}: the next but one`, 4, seal(5, TEXT, { cipher }), 'ahead', undefined, cipher),
])

export const recordCases: readonly RecordCase[] = [
  ...opened,
  one('an old one', 6, good, 'duplicate'),
  one('record 0 when much later is expected', 300, seal(0, TEXT), 'duplicate'),
  one('an old one that nobody sealed: it is never looked into', 6, seal(5, TEXT, { key: draw('record other key', 32) }), 'duplicate'),
  one('the last one of the window', 5, seal(5 + WINDOW - 1, TEXT), 'ahead'),
  one('one under the second key while the first is in use', REKEY - 2, seal(REKEY + 1, TEXT), 'ahead'),
  one('the first one beyond the window', 5, seal(5 + WINDOW, TEXT), 'record-gap'),
  one('one far ahead', 4, seal(1_000_000, TEXT), 'record-gap'),
  one('one as far ahead as a gap may be', 5, seal(5 + 2 ** 32 - 1, TEXT, { key: draw('record any key', 32) }), 'record-gap'),
  one('one farther ahead than any gap', 5, seal(5 + 2 ** 32, TEXT, { key: draw('record any key', 32) }), 'bad-record'),
  one('one ahead whose body has a bit turned', 4, turn(good, 8), 'bad-record'),
  one('one ahead under the second key before the boundary', REKEY - 3, seal(REKEY - 2, TEXT, { key: keyOf(SECRET, REKEY) }), 'bad-record'),
  one('one ahead under the first key after the boundary', REKEY - 1, seal(REKEY, TEXT, { key: keyOf(SECRET, 0) }), 'bad-record'),
  one('a low bit turned in the number', 5, turn(good, 7, 0x40), 'bad-record'),
  one('a high bit turned in the number', 5, turn(good, 5, 0x40), 'record-gap'),
  one('a bit turned in the body', 5, turn(good, 8), 'bad-record'),
  one('a bit turned at the end of the body', 5, turn(good, -17), 'bad-record'),
  one('a number that the nonce does not have', 5, seal(6, TEXT, { shown: 5 }), 'bad-record'),
  one('a number of 2^53', 5, seal(2n ** 53n, TEXT, { key: draw('record any key', 32) }), 'bad-record'),
  one('the largest number', 5, seal(2n ** 64n - 1n, TEXT, { key: draw('record any key', 32) }), 'bad-record'),
  one('the first key kept after the boundary', REKEY, seal(REKEY, TEXT, { key: keyOf(SECRET, 0) }), 'bad-record'),
  one('the second key taken before the boundary', REKEY - 1, seal(REKEY - 1, TEXT, { key: keyOf(SECRET, REKEY) }), 'bad-record'),
  one('the other cipher', 5, seal(5, TEXT, { cipher: 'chacha20poly1305' }), 'bad-record'),
  one('the other direction’s key under the right mask', 5, seal(5, TEXT, { key: keyOf(draw('record other secret', 32), 5) }), 'bad-record'),
  one('nothing', 5, Buffer.alloc(0), 'bad-record'),
  one('23 bytes', 5, good.subarray(0, 23), 'bad-record'),
  one('a byte missing from the body', 5, join(good.subarray(0, 8), good.subarray(9)), 'bad-record'),
  one('a byte added to the body', 5, join(good.subarray(0, 8), Buffer.of(0), good.subarray(8)), 'bad-record'),
  one(
    'a tag of zeros under the right number',
    5,
    join(
      u64(5).map((byte, i) => byte ^ (aes256block(expand(SECRET, 'culvert v1 record mask'), Buffer.alloc(16))[i] as number)),
      good.subarray(8, -16),
      Buffer.alloc(16),
    ),
    'bad-record',
  ),
]
