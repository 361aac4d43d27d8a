// Keys and papers of an authority, step by step (docs/DIRECTORY.md): what is done with a root key needs no network, and goes in files.
//
// 1. each organisation makes a root key, off line, and tells its public half            createRoot
// 2. one of them writes the charter; k sign it, each with its root key                   writeCharter, signCharter
// 3. each makes its authority, whose signing request its root key certifies              signing-request, certify
import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type Charter,
  charterHash,
  charterSignedBytes,
  compareBytes,
  decodeBase64url,
  encodeBase64url,
  encodeCertificate,
  encodeCharter,
  encodeCharterBody,
  type Member,
  memberOf,
  ProtocolError,
} from '#protocol'
import { OperatorError } from '../operator-error.ts'
import { readBytes, readCharter, signedBy } from './folder.ts'
import { charterTimes } from './limits.ts'
import { createKeyFile, loadKeyFile } from './signing-key.ts'

const DAY_S = 86_400

export interface CharterOptions {
  readonly name: string
  readonly threshold: string
  /** name=key */
  readonly authority: readonly string[]
  readonly witness: readonly string[]
  readonly witnessThreshold: string
  /** Seconds; without them those of the charter before, or what is usual. */
  readonly period?: string | undefined
  readonly phase?: string | undefined
  readonly epoch?: string | undefined
  /** The charter that this one follows. */
  readonly after?: string | undefined
  readonly out: string
}

/** Returns what to tell; so do the others here. Throws OperatorError. */
export function createRoot(out: string): string {
  const { publicKey } = createKeyFile(resolve(out))
  return `The root key is in ${resolve(out)}. Keep it and a copy off line, in a safe.\nIts public half, for the charter: ${encodeBase64url(publicKey)}\n`
}

export function writeCharter(options: CharterOptions, nowS: number): string {
  const before = options.after === undefined ? undefined : readCharter(readBytes(options.after))
  const usual = before?.charter.times ?? charterTimes
  const timeOf = (name: string, text: string | undefined, otherwise: number): number =>
    text === undefined ? otherwise : parseCount(name, text)
  const charter: Charter = {
    name: options.name,
    number: (before?.charter.number ?? 0) + 1,
    previous: before === undefined ? new Uint8Array(32) : charterHash(before.body),
    issuedS: Math.floor(nowS),
    times: {
      periodS: timeOf('--period', options.period, usual.periodS),
      phaseS: timeOf('--phase', options.phase, usual.phaseS),
      epochS: timeOf('--epoch', options.epoch, usual.epochS),
    },
    threshold: parseCount('--threshold', options.threshold),
    authorities: parseMembers('--authority', options.authority),
    witnessThreshold: parseCount('--witness-threshold', options.witnessThreshold),
    witnesses: parseMembers('--witness', options.witness),
  }
  if (charter.times.epochS !== (before?.charter.times ?? charter.times).epochS)
    throw new OperatorError('Epochs are counted from the first charter, so --epoch goes with no later one.')
  let body: Uint8Array
  try {
    body = encodeCharterBody(charter)
  } catch (error) {
    if (error instanceof ProtocolError) throw new OperatorError(`This would be ${error.message}.`)
    throw error
  }
  const out = resolve(options.out)
  if (existsSync(out)) throw new OperatorError(`${out} is there already.`)
  writeFileSync(out, encodeCharter(body, []))
  const id = charter.number === 1 ? `The network’s id is ${encodeBase64url(charterHash(body))}.\n` : ''
  return `Charter ${charter.number} of ${charter.name} is in ${out}, unsigned.\n${id}${charter.threshold} of its ${charter.authorities.length} authorities must sign it: culvert-relay directory sign-root --key ROOT --charter FILE\n`
}

/** Adds the root key's signature. Whoever signs should have read what it says; so it is told. */
export function signCharter(keyFile: string, charterFile: string): string {
  const key = loadKeyFile(keyFile)
  const signed = readCharter(readBytes(charterFile))
  const { charter, body } = signed
  const others = signed.signatures.filter((one) => compareBytes(one.key, key.publicKey) !== 0)
  const signatures = [...others, { key: key.publicKey, signature: key.sign(charterSignedBytes(body)) }]
  const bytes = encodeCharter(body, signatures)
  writeFileSync(charterFile, bytes)
  const members = charter.authorities.map(({ name, key: root }) => `  ${name}  ${encodeBase64url(root)}\n`).join('')
  const standing = memberOf(charter, key.publicKey)?.name ?? 'an authority of the charter before'
  return `Signed as ${standing}: charter ${charter.number} of ${charter.name}, ${charter.threshold} of\n${members}Signatures of its own authorities: ${signedBy(readCharter(bytes))}.\n`
}

/** What an authority asks its root key to sign: a line of text. */
export function signingRequest(networkId: Uint8Array, signingKey: Uint8Array): string {
  return `culvert-signing-request:${encodeBase64url(networkId)}:${encodeBase64url(signingKey)}\n`
}

export function certify(keyFile: string, requestFile: string, days: string, serial: string, out: string, nowS: number): string {
  const key = loadKeyFile(keyFile)
  const text = Buffer.from(readBytes(requestFile)).toString('utf8').trim()
  const [, network = '', signing = ''] = /^culvert-signing-request:([\w-]{43}):([\w-]{43})$/.exec(text) ?? []
  const [networkId, signingKey] = [decodeBase64url(network), decodeBase64url(signing)]
  if (networkId?.length !== 32 || signingKey?.length !== 32) throw new OperatorError(`${requestFile} is no signing request.`)
  const fromS = Math.floor(nowS) - DAY_S
  const life = parseCount('--days', days)
  if (life < 1 || life > 390) throw new OperatorError('--days must be from 1 to 390.')
  const untilS = fromS + (life + 1) * DAY_S
  const number = parseCount('--serial', serial)
  const certificate = encodeCertificate({ networkId, rootKey: key.publicKey, signingKey, serial: number, fromS, untilS }, key.sign)
  writeFileSync(resolve(out), certificate)
  return `The certificate is in ${resolve(out)}: serial ${number}, for ${life} days. Every one with a lower serial is void once clients have seen this.\n`
}

function parseMembers(name: string, texts: readonly string[]): readonly Member[] {
  const members = texts.map((text) => {
    const [, member, letters = ''] = /^([a-z0-9.-]+)=([A-Za-z0-9_-]{43})$/.exec(text) ?? []
    const key = decodeBase64url(letters)
    if (member === undefined || key?.length !== 32) throw new OperatorError(`${name} must be NAME=KEY, but is “${text}”.`)
    return { name: member, key }
  })
  return members.sort((a, b) => compareBytes(a.key, b.key))
}

function parseCount(name: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new OperatorError(`${name} must be a number, but is “${text}”.`)
  return Number(text)
}
