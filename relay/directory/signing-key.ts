// Ed25519 keys of authorities, in files of their own: root keys, which stay in a safe, and signing keys, which live on the machine.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Sign } from '#protocol'
import { fileRefused, OperatorError } from '../operator-error.ts'

export interface SigningKey {
  readonly publicKey: Uint8Array
  readonly sign: Sign
}

/** PKCS #8 wrapping of a raw private key (RFC 8410 §7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Makes a key, in a file that must not be there yet, readable by its user only. Throws OperatorError. */
export function createKeyFile(file: string): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  const secret = privateKey.export({ format: 'jwk' }).d as string
  const key = signingKey(privateKey)
  const text = `${JSON.stringify({ version: 1, private: secret, public: Buffer.from(key.publicKey).toString('base64url') }, undefined, 2)}\n`
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileRefused(file, 'written', error)
    throw new OperatorError(`${file} is there already: a key is never written over.`)
  }
  return key
}

/** Throws OperatorError. */
export function loadKeyFile(file: string): SigningKey {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw fileRefused(`The key file ${file}`, 'read', error)
  }
  const key = parse(text)
  if (key === undefined) throw new OperatorError(`The key file ${file} is damaged, or is no key file. Put it back from a copy.`)
  return key
}

function parse(text: string): SigningKey | undefined {
  try {
    const { version, private: secret, public: shown } = JSON.parse(text) as Readonly<Record<string, unknown>>
    if (version !== 1 || typeof secret !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(secret)) return undefined
    const key = signingKeyOf(Buffer.from(secret, 'base64url'))
    return Buffer.from(key.publicKey).toString('base64url') === shown ? key : undefined
  } catch {
    return undefined
  }
}

/** By its 32 raw bytes. */
export function signingKeyOf(secret: Uint8Array): SigningKey {
  return signingKey(createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' }))
}

function signingKey(privateKey: KeyObject): SigningKey {
  const shown = createPublicKey(privateKey).export({ format: 'jwk' }).x as string
  return { publicKey: new Uint8Array(Buffer.from(shown, 'base64url')), sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)) }
}
