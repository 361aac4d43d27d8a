// What lies in an authority's folder besides that of a relay: its signing key, its certificate, the charters of its network.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  charterHash,
  countSignatures,
  decodeCertificate,
  decodeCharter,
  followCharters,
  ProtocolError,
  type SignedCharter,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { fileRefused, OperatorError } from '../operator-error.ts'
import { replaceFile } from '../replace-file.ts'
import { type Mandate, refuseWrongMandate } from './authority.ts'
import { loadSettings } from './settings.ts'
import { loadKeyFile } from './signing-key.ts'

export const SIGNING_KEY_FILE = 'signing-key.json'
const CERTIFICATE_FILE = 'certificate.bin'

/** Throws OperatorError. */
export function loadMandate(dir: string): Mandate {
  const file = join(resolve(dir), CERTIFICATE_FILE)
  if (!existsSync(file))
    throw new OperatorError(
      'This authority has no certificate yet. Have the root key sign its signing-request, then: culvert-relay directory install --certificate FILE',
    )
  return mandateBy(readBytes(file), dir)
}

function mandateBy(certificate: Uint8Array, dir: string): Mandate {
  const charters = loadCharters(dir)
  const [first] = charters
  if (first === undefined)
    throw new OperatorError(`There is no charter in ${resolve(dir)}. Put it there with: culvert-relay directory install --charter FILE`)
  return { networkId: charterHash(decodeCharter(first).body), charters, certificate, settings: loadSettings(dir) }
}

/** From the first on; each file is whole, and follows the one before. */
export function loadCharters(dir: string): readonly Uint8Array[] {
  const charters: Uint8Array[] = []
  for (let number = 1; existsSync(charterFile(dir, number)); number++) charters.push(readBytes(charterFile(dir, number)))
  return charters
}

/** Puts a signed charter in its place. Throws OperatorError where it does not follow, or too few have signed it. */
export function installCharter(bytes: Uint8Array, dir: string): SignedCharter {
  const signed = readCharter(bytes)
  const before = loadCharters(dir)
  const [first = bytes] = before
  try {
    followCharters(nodeCrypto, [...before, bytes].map(decodeCharter), charterHash(decodeCharter(first).body), undefined)
  } catch (error) {
    if (error instanceof ProtocolError) throw new OperatorError(`This charter can’t be used here: ${error.message}`)
    throw error
  }
  if (signed.charter.number !== before.length + 1)
    throw new OperatorError(`This folder has charter ${before.length} and needs ${before.length + 1}; this is ${signed.charter.number}.`)
  replaceFile(charterFile(dir, signed.charter.number), bytes)
  return signed
}

/** Throws OperatorError where it is not this authority's, or not for its key: what stands there stays, since without it there is no next start. */
export function installCertificate(bytes: Uint8Array, dir: string, nowS: number): void {
  readCertificate(bytes)
  refuseWrongMandate(mandateBy(bytes, dir), loadKeyFile(join(resolve(dir), SIGNING_KEY_FILE)), nowS)
  replaceFile(join(resolve(dir), CERTIFICATE_FILE), bytes)
}

/** Throws OperatorError. */
export function readCharter(bytes: Uint8Array): SignedCharter {
  return orOperator('This is no charter, or one of another version.', () => decodeCharter(bytes))
}

export function readCertificate(bytes: Uint8Array): ReturnType<typeof decodeCertificate> {
  return orOperator('This is no certificate, or its root key has not signed it.', () => decodeCertificate(nodeCrypto, bytes))
}

/** How many of its own authorities have signed it, and how many must. */
export function signedBy(signed: SignedCharter): string {
  return `${countSignatures(nodeCrypto, signed, signed.charter.authorities)} of ${signed.charter.threshold}`
}

/** Throws OperatorError. */
export function readBytes(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file))
  } catch (error) {
    throw fileRefused(file, 'read', error)
  }
}

function charterFile(dir: string, number: number): string {
  return join(resolve(dir), `charter-${number}.bin`)
}

function orOperator<T>(words: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) throw new OperatorError(words)
    throw error
  }
}
