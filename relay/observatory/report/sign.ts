// A report's manifest: what it was made from and by, and the signature over that.
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { OperatorError } from '../../operator-error.ts'
import { canonical, exportPublicKey, importPublicKey } from '../records.ts'
import type { Language } from '../words/languages.ts'

export interface Manifest {
  readonly version: 1
  readonly kind: 'culvert-report'
  readonly month: string
  readonly language: Language
  readonly asOf: string
  readonly isSynthetic: boolean
  /** Of the source that made it, and the Node it ran on: another may write numbers and names of countries in another way. */
  readonly commit: string
  readonly node: string
  /** By month, of all that had come out by `asOf`: what rows.ts makes of it. */
  readonly rowsSha256: Readonly<Record<string, string>>
  readonly inputSha256: string
  readonly htmlSha256: string
  /** undefined where no PDF was made. A PDF holds the time at which it was made, so it is signed, not made again. */
  readonly pdfSha256?: string
  /** Ed25519, base64url, as is the signature. */
  readonly publicKey: string
  readonly signature: string
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export function signManifest(manifest: Omit<Manifest, 'publicKey' | 'signature'>, key: KeyObject): Manifest {
  const unsigned = { ...manifest, publicKey: exportPublicKey(key) }
  return { ...unsigned, signature: sign(undefined, signedBytes(unsigned), key).toString('base64url') }
}

export function isGenuine({ signature, ...unsigned }: Manifest): boolean {
  const key = importPublicKey(unsigned.publicKey)
  return key !== undefined && verify(undefined, signedBytes(unsigned), key, Buffer.from(signature, 'base64url'))
}

function signedBytes(unsigned: Omit<Manifest, 'signature'>): Buffer {
  return Buffer.from(`culvert observatory report v1\n${canonical(unsigned)}`)
}

/** The key in the file, made on first use. Throws OperatorError. */
export function reportKey(file: string): KeyObject {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    orSay(`${file} can’t be written`, () => writeFileSync(file, pem, { mode: 0o600, flag: 'wx' }))
    return privateKey
  }
  try {
    const key = createPrivateKey(readFileSync(file))
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below.
  }
  throw new OperatorError(`${file} holds no Ed25519 key in PEM.`)
}

/** What the file system refuses is the operator's to mend: `what`, and its code. Throws OperatorError. */
export function orSay(what: string, work: () => unknown): void {
  try {
    work()
  } catch (error) {
    throw new OperatorError(`${what} (${(error as NodeJS.ErrnoException).code}).`, { cause: error })
  }
}
