// A TLS client's first message as a censor's box reads it, and the fingerprint that such boxes make of it (JA4, FoxIO's description of 2023).
import { createHash } from 'node:crypto'

const SNI = 0
const SIGNATURE_ALGORITHMS = 13
const ALPN = 16
const SUPPORTED_VERSIONS = 43
const PRE_SHARED_KEY = 41
const VERSIONS: Readonly<Record<number, string>> = { 772: '13', 771: '12', 770: '11', 769: '10' }

export interface ClientHello {
  readonly ja4: string
  readonly serverName: string | undefined
  readonly alpn: readonly string[]
  /** Whether an earlier session is resumed. */
  readonly isResumed: boolean
}

/** Of the first bytes of a TCP connection. Throws on anything that is no ClientHello, or only a part of one. */
export function readClientHello(bytes: Buffer): ClientHello {
  const outer = new Fields(unwrap(bytes))
  outer.expect(1, 'a ClientHello')
  const hello = new Fields(outer.vector(3))
  const legacy = hello.number(2)
  hello.take(32)
  hello.vector(1)
  const ciphers = hello.vector(2)
  hello.vector(1)
  const extensions = readExtensions(hello.vector(2))
  const names = [...extensions.keys()].filter(isOrdinary)
  const suites = numbers(ciphers).filter(isOrdinary)
  const offered = extensions.get(SUPPORTED_VERSIONS)
  const version = offered === undefined ? legacy : Math.max(...numbers(offered.subarray(1)).filter(isOrdinary))
  const alpn = readAlpn(extensions.get(ALPN))
  const first = alpn[0] ?? '00'
  const algorithms = numbers((extensions.get(SIGNATURE_ALGORITHMS) ?? Buffer.alloc(2)).subarray(2)).map(hex)
  const counts = [suites.length, names.length].map((count) => String(Math.min(99, count)).padStart(2, '0')).join('')
  const head = `t${VERSIONS[version] ?? '00'}${extensions.has(SNI) ? 'd' : 'i'}${counts}${first[0]}${first.at(-1)}`
  const kinds = names.filter((name) => name !== SNI && name !== ALPN).map(hex)
  const tail = `${kinds.sort().join(',')}${algorithms.length > 0 ? `_${algorithms.join(',')}` : ''}`
  return {
    ja4: [head, digest(suites.map(hex).sort().join(',')), digest(tail)].join('_'),
    serverName: extensions.get(SNI)?.subarray(5).toString('latin1'),
    alpn,
    isResumed: extensions.has(PRE_SHARED_KEY),
  }
}

/** The handshake message, out of as many TLS records as it takes. */
function unwrap(bytes: Buffer): Buffer {
  const pieces: Buffer[] = []
  const records = new Fields(bytes)
  for (let wanted = 4; Buffer.concat(pieces).length < wanted; ) {
    records.expect(22, 'a handshake record')
    records.take(2)
    pieces.push(records.vector(2))
    const joined = Buffer.concat(pieces)
    if (joined.length >= 4) wanted = 4 + joined.readUIntBE(1, 3)
  }
  return Buffer.concat(pieces)
}

function readExtensions(bytes: Buffer): Map<number, Buffer> {
  const extensions = new Map<number, Buffer>()
  for (const fields = new Fields(bytes); !fields.isDone; ) extensions.set(fields.number(2), fields.vector(2))
  return extensions
}

function readAlpn(bytes: Buffer | undefined): string[] {
  const names: string[] = []
  if (bytes === undefined) return names
  for (const fields = new Fields(new Fields(bytes).vector(2)); !fields.isDone; ) names.push(fields.vector(1).toString('latin1'))
  return names
}

function numbers(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readUInt16BE(i * 2))
}

/** Not one of the values by which clients keep servers tolerant (RFC 8701). */
function isOrdinary(value: number): boolean {
  return (value & 0x0f0f) !== 0x0a0a || value >> 8 !== (value & 0xff)
}

function hex(value: number): string {
  return value.toString(16).padStart(4, '0')
}

function digest(text: string): string {
  return text === '' ? '000000000000' : createHash('sha256').update(text).digest('hex').slice(0, 12)
}

class Fields {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isDone(): boolean {
    return this.#offset >= this.#bytes.length
  }

  take(count: number): Buffer {
    if (this.#offset + count > this.#bytes.length) throw new Error('the message is not whole')
    this.#offset += count
    return this.#bytes.subarray(this.#offset - count, this.#offset)
  }

  number(bytes: number): number {
    return this.take(bytes).readUIntBE(0, bytes)
  }

  vector(lengthBytes: number): Buffer {
    return this.take(this.number(lengthBytes))
  }

  expect(value: number, what: string): void {
    if (this.number(1) !== value) throw new Error(`not ${what}`)
  }
}
