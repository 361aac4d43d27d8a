// Making an authority, and what it hands to others: the folder, the invites of its peers, join codes.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { charterHash, decodeInvite, equalBytes, type Invite, ProtocolError } from '#protocol'
import { type InitOptions, initRelay } from '../init.ts'
import { OperatorError } from '../operator-error.ts'
import { signingRequest } from './ceremony.ts'
import { installCharter, loadCharters, loadMandate, readBytes, readCharter, SIGNING_KEY_FILE } from './folder.ts'
import { encodeJoinCode } from './join-code.ts'
import { joinLimits } from './limits.ts'
import { defaultSettings, loadSettings, saveSettings } from './settings.ts'
import { createKeyFile, loadKeyFile } from './signing-key.ts'

export interface AuthorityInitOptions extends InitOptions {
  readonly charter: string
  /** Its name in the charter. */
  readonly member: string
}

/** Makes the folder, and returns what to do next. Throws OperatorError, and then there is no authority in it. */
export async function initAuthority(options: AuthorityInitOptions): Promise<string> {
  const charter = readCharter(readBytes(options.charter))
  const authorities = charter.charter.authorities.map(({ name }) => name)
  if (!authorities.includes(options.member)) throw new OperatorError(`The charter has no authority called ${options.member}.`)
  const { dir, inviteFile } = await initRelay(options, Date.now())
  const { publicKey } = createKeyFile(join(dir, SIGNING_KEY_FILE))
  installCharter(readBytes(options.charter), dir)
  saveSettings(defaultSettings(options.member, authorities), dir)
  const [first] = loadCharters(dir) as [Uint8Array]
  writeFileSync(join(dir, 'signing-request'), signingRequest(charterHash(readCharter(first).body), publicKey))
  return `The authority ${options.member} is in ${dir}.

What to do now:
  1. Take ${join(dir, 'signing-request')} to the root key: culvert-relay directory sign-root --key ROOT --request FILE --out certificate.bin
  2. culvert-relay directory install --dir '${dir}' --certificate certificate.bin
  3. Give ${inviteFile} to the other authorities, and name theirs here: culvert-relay directory peer --dir '${dir}' --invite FILE…
  4. culvert-relay directory run --dir '${dir}'
`
}

/** Adds to those that are named already; returns how many there are. Its own is left out: all invites lie in one folder. Throws OperatorError. */
export function namePeers(dir: string, files: readonly string[]): number {
  const settings = loadSettings(dir)
  const peers = [...settings.peers]
  const own = readInvite(join(resolve(dir), 'invite'))
  const isOf = (one: Invite, other: Invite): boolean => equalBytes(one.relayKey, other.relayKey)
  for (const one of files.map(readInvite)) if (![own, ...peers].some((known) => isOf(known, one))) peers.push(one)
  saveSettings({ ...settings, peers }, dir)
  return peers.length
}

/** Throws OperatorError. */
export function makeJoinCode(dir: string, days: number, uses: number): string {
  if (!(days >= 1 && days <= joinLimits.codeDaysMax)) throw new OperatorError(`--days must be from 1 to ${joinLimits.codeDaysMax}.`)
  if (!(uses >= 1 && uses <= joinLimits.usesMax)) throw new OperatorError(`--uses must be from 1 to ${joinLimits.usesMax}.`)
  const { networkId, certificate, settings } = loadMandate(dir)
  const key = loadKeyFile(join(resolve(dir), SIGNING_KEY_FILE))
  const authorities = [readInvite(join(resolve(dir), 'invite')), ...settings.peers]
  const untilS = Math.floor(Date.now() / 1_000) + days * 86_400
  return encodeJoinCode(
    { networkId, secret: new Uint8Array(randomBytes(32)), untilS, uses, certificateBytes: certificate, authorities },
    key.sign,
  )
}

/** Throws OperatorError. */
export function readInvite(file: string): Invite {
  try {
    return decodeInvite(Buffer.from(readBytes(file)).toString('utf8'))
  } catch (error) {
    if (error instanceof ProtocolError) throw new OperatorError(`${file}: ${error.message}`)
    throw error
  }
}
