// `culvert-relay observatory verify`: a signed report made again from the published data, and whether every byte is equal, or where it is not.
//
// 1. the manifest is genuine: its signature holds, by the key that was asked for                     genuine
// 2. the files beside it are those that were signed                                                   signed files
// 3. the report is made again from its input, with this source                                        made again
// 4. where a store or what everybody is given of it is at hand, it is what was signed                  rows
// 5. and the input is gathered again from it                                                          published data
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { OperatorError } from '../../operator-error.ts'
import { commitOf } from '../commit.ts'
import type { Publication } from '../publication.ts'
import { canonical, objectIn } from '../records.ts'
import { monthText, rowMonths } from '../rows.ts'
import { siteLimits } from '../site-limits.ts'
import { compilePages } from '../tsx.ts'
import { isLanguage } from '../words/languages.ts'
import { cellName, gatherInput, type ReportInput } from './input.ts'
import { manifestOf, reportFiles } from './names.ts'
import { isGenuine, type Manifest, sha256 } from './sign.ts'

export interface Verdict {
  readonly step: 'signature' | 'input' | 'html' | 'pdf' | 'made again' | 'rows' | 'published data'
  readonly isEqual: boolean
  /** One sentence: what is equal, or where it is not. */
  readonly says: string
}

export interface VerifyOptions {
  /** Its manifest, or another of its files, beside which that lies. */
  readonly report: string
  /** Ed25519, base64url: the key that the report must be signed by. */
  readonly key?: string
  /** To gather the input from again. */
  readonly publication?: Publication
}

/** Throws OperatorError where there is no manifest to go by. */
export async function verifyReport({ report, key, publication }: VerifyOptions): Promise<readonly Verdict[]> {
  const manifest = readManifest(join(dirname(report), manifestOf(basename(report))))
  const files = reportFiles(manifest.month, manifest.language)
  const beside = (name: string): Buffer | undefined => {
    const file = join(dirname(report), name)
    return existsSync(file) ? readBounded(file) : undefined
  }
  const [inputBytes, htmlBytes, pdf] = [beside(files.input), beside(files.html), beside(files.pdf)]
  const verdicts: Verdict[] = [
    signatureVerdict(manifest, key),
    hashVerdict('input', files.input, inputBytes, manifest.inputSha256),
    hashVerdict('html', files.html, htmlBytes, manifest.htmlSha256),
  ]
  if (manifest.pdfSha256 !== undefined) verdicts.push(hashVerdict('pdf', files.pdf, pdf, manifest.pdfSha256))
  else if (pdf !== undefined)
    verdicts.push({ step: 'pdf', isEqual: false, says: `${files.pdf} lies beside the report, but none was signed.` })
  const input = inputBytes && parseInput(inputBytes.toString('utf8'))
  if (input !== undefined && (input.month !== manifest.month || input.asOf !== manifest.asOf)) verdicts.push(otherInput(input, manifest))
  await compilePages()
  const { renderReport } = await import('./document.tsx')
  const facts = { language: manifest.language, commit: manifest.commit, inputSha256: sha256(inputBytes ?? '') }
  const again = input && madeAgain(() => renderReport(input, facts))
  verdicts.push(againVerdict(again, htmlBytes?.toString('utf8'), manifest))
  if (publication !== undefined) {
    const { month, asOf } = manifest
    verdicts.push(await rowsVerdict(publication, manifest))
    verdicts.push(publishedVerdict(input, await gatherInput(publication, month, asOf), await gatherInput(publication, month, END_OF_TIME)))
  }
  return verdicts
}

/** Later than anything that was ever published. */
const END_OF_TIME = '9999-12-31T23:59:59Z'

/** For a terminal: a report that is made to deceive must not steer it, nor turn the words around. */
export function verdictLines(verdicts: readonly Verdict[]): string {
  const plain = (text: string): string => text.slice(0, siteLimits.verdictMax).replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd')
  const lines = verdicts.map(({ isEqual, step, says }) => `${isEqual ? 'equal    ' : 'DIFFERENT'}  ${step.padEnd(14)}  ${plain(says)}`)
  const isCompared = verdicts.some(({ step }) => step === 'published data')
  const equal = isCompared ? 'All is equal.' : 'All is equal, within the report. --published compares it with what everybody is given.'
  return [...lines, '', verdicts.every(({ isEqual }) => isEqual) ? equal : 'It is not equal.'].map((line) => `${line}\n`).join('')
}

function signatureVerdict(manifest: Manifest, key: string | undefined): Verdict {
  const step = 'signature'
  if (!isGenuine(manifest)) return { step, isEqual: false, says: 'The signature does not hold: the manifest was changed, or never signed.' }
  if (key !== undefined && key !== manifest.publicKey)
    return { step, isEqual: false, says: `It is signed by ${manifest.publicKey}, which is not the key that was asked for.` }
  const hint = key === undefined ? ' Anybody can sign with a key of their own: --key asks for that of whom you trust.' : ''
  return { step, isEqual: true, says: `Signed by ${manifest.publicKey}.${hint}` }
}

function hashVerdict(step: Verdict['step'], file: string, bytes: Uint8Array | undefined, wanted: string): Verdict {
  if (bytes === undefined) return { step, isEqual: false, says: `${file} does not lie beside the manifest, which has it signed.` }
  const found = sha256(bytes)
  const isEqual = found === wanted
  const differs = `${file} is not the file that was signed: its SHA-256 is ${found}, and ${wanted} was signed.`
  return { step, isEqual, says: isEqual ? `${file} is the file that was signed.` : differs }
}

/** Nobody but the signer can bring that about. */
function otherInput(input: ReportInput, manifest: Manifest): Verdict {
  const of = ({ month, asOf }: Pick<Manifest, 'month' | 'asOf'>): string => `${month} as of ${asOf}`
  return { step: 'input', isEqual: false, says: `Its input is that of ${of(input)}, and the manifest says ${of(manifest)}.` }
}

/** undefined: the input is not of a form that a report can be made from. */
function madeAgain(make: () => string): string | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

function againVerdict(again: string | undefined, html: string | undefined, { commit, node, htmlSha256 }: Manifest): Verdict {
  const step = 'made again'
  if (again === undefined)
    return { step, isEqual: false, says: 'No report can be made from its input: that is not there, cut off, or holds what no row can be.' }
  if (again === html) return { step, isEqual: true, says: 'The report made again from its input is equal in every byte.' }
  if (sha256(again) === htmlSha256) {
    const says = 'The report made again from its input is the one that was signed'
    if (html === undefined) return { step, isEqual: true, says: `${says}.` }
    const { at, was, is } = firstDifference(again, html)
    return { step, isEqual: false, says: `${says}; the file here differs from it at character ${at}: “${was}” became “${is}”.` }
  }
  if (html === undefined) return { step, isEqual: false, says: 'The report made again from its input is not the one that was signed.' }
  const place = firstDifference(html, again)
  const others = [
    ...(commit === commitOf() ? [] : [`it was made by commit ${commit}, and this is ${commitOf()}`]),
    ...(node === process.versions.node ? [] : [`it was made on Node ${node}, and this is ${process.versions.node}`]),
  ]
  const why = others.length === 0 ? '' : ` Perhaps because ${others.join(', and ')}.`
  return {
    step,
    isEqual: false,
    says: `The report made again differs at character ${place.at}: “${place.was}” became “${place.is}”.${why}`,
  }
}

/** Where two texts part, with a little around it. */
export function firstDifference(was: string, is: string): { readonly at: number; readonly was: string; readonly is: string } {
  let at = 0
  while (at < was.length && was[at] === is[at]) at++
  const around = (text: string): string => text.slice(Math.max(0, at - 24), at + 24).replace(/\s+/g, ' ')
  return { at, was: around(was), is: around(is) }
}

async function rowsVerdict(publication: Publication, { rowsSha256, asOf }: Manifest): Promise<Verdict> {
  const step = 'rows'
  for (const month of new Set([...Object.keys(rowsSha256), ...(await rowMonths(publication))].sort())) {
    const text = await monthText(publication, month, asOf)
    if (sha256(text) === (rowsSha256[month] ?? sha256(''))) continue
    const what = `The rows of ${month} that came out by ${asOf} are not those that were signed`
    return {
      step,
      isEqual: false,
      says: `${what}: some were changed, added or taken away since. A file that was kept from before tells which.`,
    }
  }
  return { step, isEqual: true, says: `All that is published until ${asOf} is what was signed: nothing in it was changed since.` }
}

/** `now`: as it would be gathered today, with what was corrected since. */
function publishedVerdict(input: ReportInput | undefined, gathered: ReportInput, now: ReportInput): Verdict {
  const step = 'published data'
  if (input === undefined) return { step, isEqual: false, says: 'Its input can’t be read, so not be compared with what is published.' }
  for (const [name, rows] of Object.entries(input)) {
    const other: unknown = gathered[name as keyof ReportInput]
    if (canonical(rows) === canonical(other)) continue
    if (!Array.isArray(rows) || !Array.isArray(other))
      return { step, isEqual: false, says: `“${name}” is ${String(other)} in what is published.` }
    const at = rows.findIndex((row, index) => canonical(row) !== canonical(other[index]))
    const index = at === -1 ? rows.length : at
    const spell = (row: unknown): string => (row === undefined ? 'nothing' : canonical(row).slice(0, 200))
    return {
      step,
      isEqual: false,
      says: `${name}, row ${index + 1}: the report has ${spell(rows[index])}, published is ${spell(other[index])}.`,
    }
  }
  const before = new Set(gathered.cells.map((cell) => canonical(cell)))
  const names = new Set(gathered.cells.map(cellName))
  const corrected = now.cells.filter((cell) => names.has(cellName(cell)) && !before.has(canonical(cell))).length
  const since = corrected === 0 ? '' : ` Since then, ${corrected} of its numbers were corrected: a report made today says others.`
  return { step, isEqual: true, says: `Its input is equal to what was published by ${gathered.asOf}.${since}` }
}

function readManifest(file: string): Manifest {
  const manifest = (objectIn(readBounded(file).toString('utf8')) ?? {}) as Partial<Manifest>
  const isText = (value: unknown): value is string => typeof value === 'string'
  const texts = [
    manifest.commit,
    manifest.node,
    manifest.inputSha256,
    manifest.htmlSha256,
    manifest.publicKey,
    manifest.signature,
    manifest.asOf,
  ]
  const isWhole =
    manifest.version === 1 &&
    manifest.kind === 'culvert-report' &&
    isMonth(manifest.month) &&
    isText(manifest.language) &&
    isLanguage(manifest.language) &&
    texts.every(isText) &&
    areHashes(manifest.rowsSha256)
  if (!isWhole) throw new OperatorError(`${file} is no manifest of a report of this version, or was cut off.`)
  return manifest as Manifest
}

function areHashes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const entries = Object.entries(value)
  return entries.length <= siteLimits.rowMonthsMax && entries.every(([month, hash]) => isMonth(month) && typeof hash === 'string')
}

function isMonth(text: string | undefined): boolean {
  return /^20\d{2}-(?:0[1-9]|1[0-2])$/.test(text ?? '')
}

/** undefined: it is of no form that this version knows. */
function parseInput(text: string): ReportInput | undefined {
  const input = objectIn(text) as Partial<ReportInput> | undefined
  const lists = [input?.cells, input?.events, input?.costs, input?.decisions, input?.ledger, input?.indicators, input?.quality]
  return input?.version === 1 && lists.every(Array.isArray) ? (input as ReportInput) : undefined
}

function readBounded(file: string): Buffer {
  try {
    const stats = statSync(file)
    // A pipe has no size, and may have no end.
    if (!stats.isFile()) throw new OperatorError(`${file} is no file.`)
    if (stats.size > siteLimits.reportBytesMax) throw new OperatorError(`${file} is larger than any report.`)
    return readFileSync(file)
  } catch (error) {
    if (error instanceof OperatorError) throw error
    throw new OperatorError(`${file} can’t be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error })
  }
}
