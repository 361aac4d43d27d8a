// `culvert directory`: the directory in files, links and QR codes, for who reaches nobody. What comes in is checked as if it came over the network; what
// goes out is the same for everyone, and names no relay.
import { readFileSync, writeFileSync } from 'node:fs'
import { toBuffer } from 'qrcode'
import {
  decodeBase64url,
  decodeBundle,
  encodeBase64url,
  encodeBundle,
  equalBytes,
  freshUntilS,
  ProtocolError,
  trimBundle,
  validUntilS,
} from '#protocol'
import { nodeCrypto } from '#protocol/node'
import { UsageError } from './arguments.ts'
import { DirectoryBook, networkOf, type Taken } from './control/directory.ts'
import { directoryLimits } from './limits.ts'
import { createFolderStore, type EngineState, loadFolder } from './state.ts'

const SCHEME = 'culvert-directory:'
const SENTENCES: Readonly<Partial<Record<Taken, string>>> = {
  younger: 'This directory is right, and younger than the one there was. It is in force now.',
  known: 'This is the directory that is in force already.',
  'directory-rolled-back': 'This directory is older than the one that was taken last. Nothing was changed.',
  'directory-expired': 'This directory has expired, or the clock of this computer is wrong. Nothing was changed.',
  'directory-early': 'This directory is of the future: the clock of this computer seems to be wrong. Nothing was changed.',
  'directory-unsigned': 'Too few authorities have signed this directory. It may be forged. Nothing was changed.',
  'directory-forked':
    'The authorities have signed two different pasts. Someone may be trying to deceive you: tell the people you have Culvert from. Nothing was changed.',
  'directory-mixed': 'This is the directory of another network, or its parts do not belong together. Nothing was changed.',
  'directory-unproved':
    'This copy does not reach back to the directory that was taken last. Ask for a whole one, as a file. Nothing was changed.',
}
const DAMAGED = 'This is no directory, or it is damaged. Copy it again, whole.'

/** What became of a copy, for people. */
export function takenSentence(taken: Taken): string {
  return SENTENCES[taken] ?? `${DAMAGED} Nothing was changed.`
}

export interface ImportFlags {
  readonly dir: string
  /** The network’s id, where the person was told. */
  readonly network?: string
}

/** `parts`: files, or the lines of links and QR codes. Throws UsageError. */
export function importDirectory(parts: readonly string[], { dir, network }: ImportFlags, nowS: number): void {
  const bytes = join(parts.map(readPart))
  const store = createFolderStore(dir)
  const state = store.load()
  const networkId = networkOfFolder(state, network) ?? trustedNetwork(bytes)
  const book = new DirectoryBook(nodeCrypto, state.directory ?? { networkId, bundle: new Uint8Array() })
  const taken = book.take(bytes, nowS + state.clockOffsetS)
  const sentence = takenSentence(taken)
  if (taken !== 'younger' && taken !== 'known') throw new UsageError(sentence)
  store.save({ directory: book.saved })
  process.stdout.write(`${sentence}\n${describeBook(book, nowS + state.clockOffsetS)}`)
}

export interface ExportFlags {
  readonly dir: string
  readonly out?: string
  readonly link?: boolean
  /** A name for pictures: NAME-1.png, NAME-2.png, … */
  readonly qr?: string
}

/** Throws UsageError. */
export async function exportDirectory({ dir, out, link, qr }: ExportFlags): Promise<void> {
  if (out === undefined && link !== true && qr === undefined)
    throw new UsageError('Say how to hand it on: --out FILE, --link or --qr NAME.')
  const { directory } = loadFolder(dir)
  if (directory === undefined || directory.bundle.length === 0) throw new UsageError('There is no directory in this folder yet.')
  if (out !== undefined) {
    writeTo(out, directory.bundle)
    process.stdout.write(`The directory is in ${out}: it is the same for everyone, and names no relay.\n`)
  }
  if (link === true) process.stdout.write(`${SCHEME}${encodeBase64url(directory.bundle)}\n`)
  if (qr === undefined) return
  // Who has seen one of the last few need not be shown the whole log.
  const bundle = decodeBundle(directory.bundle)
  const short = encodeBundle(trimBundle(bundle, bundle.note.checkpoint.size - directoryLimits.qrLeaves))
  const pieces = split(encodeBase64url(short), directoryLimits.qrLetters)
  for (const [index, piece] of pieces.entries())
    writeTo(`${qr}-${index + 1}.png`, await toBuffer(`${SCHEME}${index + 1}/${pieces.length}:${piece}`, { errorCorrectionLevel: 'L' }))
  process.stdout.write(`${pieces.length} pictures: ${qr}-1.png and so on.\n`)
}

/** Throws UsageError. */
export function showDirectory(dir: string, nowS: number): void {
  const { directory, clockOffsetS } = loadFolder(dir)
  if (directory === undefined) throw new UsageError(`This folder knows no network. ${HOW_TO_BEGIN}`)
  const book = new DirectoryBook(nodeCrypto, directory)
  const said = describeBook(book, nowS + clockOffsetS)
  if (book.consensus(nowS + clockOffsetS) === undefined) throw new UsageError(said.trimEnd())
  process.stdout.write(said)
}

/** For who has a folder that knows of no network. */
export const HOW_TO_BEGIN =
  'Take in a directory that you have from someone you trust (culvert directory import FILE), or give the network’s id (culvert directory fetch --network ID).'

/** The directory that is in force, or why there is none, and of which network. */
export function describeBook(book: DirectoryBook, nowS: number): string {
  const network = `The network is ${encodeBase64url(book.networkId)}.\n`
  const consensus = book.consensus(nowS)
  if (consensus === undefined)
    return book.size === 0
      ? `There is no directory in this folder yet.\n${network}`
      : `Directory ${book.size} was taken last, and has expired. Relays that you have invites of go on working; culvert directory fetch gets a younger one.\n${network}`
  const hours = (untilS: number): string => `${((untilS - nowS) / 3_600).toFixed(1)} hours`
  const fresh = book.isFresh(nowS) ? `fresh for ${hours(freshUntilS(consensus))}` : 'not fresh any more'
  return `Directory ${consensus.number}: ${consensus.rollSize} relays; ${fresh}, valid for ${hours(validUntilS(consensus))}.\n${network}`
}

interface Part {
  readonly index: number
  readonly count: number
  readonly bytes: Uint8Array | string
}

function readPart(text: string): Part {
  const line = text.trim()
  if (!line.toLowerCase().startsWith(SCHEME)) {
    const file = readFile(text)
    const inside = Buffer.from(file.subarray(0, SCHEME.length)).toString('latin1')
    return inside.toLowerCase() === SCHEME ? readPart(Buffer.from(file).toString('latin1')) : { index: 1, count: 1, bytes: file }
  }
  const [, index = '1', count = '1', letters = ''] = /^(?:(\d{1,3})\/(\d{1,3}):)?([A-Za-z0-9_-]+)$/.exec(line.slice(SCHEME.length)) ?? []
  return { index: Number(index), count: Number(count), bytes: letters }
}

/** The parts in their order, whole. Throws UsageError. */
function join(parts: readonly Part[]): Uint8Array {
  const [first] = parts
  if (first === undefined) throw new UsageError('Give a file, a link, or what the QR codes say.')
  if (first.bytes instanceof Uint8Array) return first.bytes
  const found = Array.from(
    { length: first.count },
    (_, index) => parts.find((one) => one.index === index + 1 && one.count === first.count)?.bytes,
  )
  const missing = found.findIndex((one) => typeof one !== 'string')
  if (missing >= 0) throw new UsageError(`Part ${missing + 1} of ${first.count} is missing.`)
  const bytes = decodeBase64url(found.join(''))
  if (bytes === undefined) throw new UsageError('This link has letters that do not belong in it. Copy it again, whole.')
  return bytes
}

function writeTo(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes)
  } catch (error) {
    throw new UsageError(`${path} can’t be written (${(error as NodeJS.ErrnoException).code}).`)
  }
}

function readFile(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path))
  } catch {
    throw new UsageError(`The file ${path} can’t be read.`)
  }
}

/** The network that a folder's client takes part in, or that the person names; undefined where nobody says. Throws UsageError where they differ. */
export function networkOfFolder({ directory }: EngineState, network: string | undefined): Uint8Array | undefined {
  const named = network === undefined ? undefined : parseNetwork(network)
  if (directory === undefined || named === undefined) return directory?.networkId ?? named
  if (equalBytes(directory.networkId, named)) return named
  throw new UsageError('This folder’s client takes part in another network than --network says. Another network wants another folder.')
}

/** Of a first copy, which they have from someone they trust, like an invite. */
function trustedNetwork(bytes: Uint8Array): Uint8Array {
  try {
    return networkOf(bytes)
  } catch (error) {
    if (error instanceof ProtocolError) throw new UsageError(DAMAGED)
    throw error
  }
}

function parseNetwork(text: string): Uint8Array {
  const bytes = decodeBase64url(text)
  if (bytes?.length !== 32) throw new UsageError('--network wants the 43 letters of a network’s id.')
  return bytes
}

function split(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, index) => text.slice(index * length, (index + 1) * length))
}
