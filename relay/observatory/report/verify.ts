// `culvert-relay observatory verify`: a signed report made again from the published data, and whether every byte is equal, or where it is not.
//
// 1. the manifest is genuine: its signature holds, by the key that was asked for                     genuine
// 2. the files beside it are those that were signed                                                   signed files
// 3. the report is made again from its input, with this source                                        made again
// 4. where a store or a copy of what is published is at hand, the input is gathered again from it     published data
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { OperatorError } from '../../operator-error.ts'
import { commitOf } from '../commit.ts'
import type { Publication } from '../publication.ts'
import { canonical } from '../records.ts'
import { siteLimits } from '../site-limits.ts'
import { compilePages } from '../tsx.ts'
import { isLanguage } from '../words/languages.ts'
import { gatherInput, type ReportInput } from './input.ts'
import { reportFiles } from './names.ts'
import { isGenuine, type Manifest, sha256 } from './sign.ts'

export interface Verdict {
  readonly step: 'signature' | 'input' | 'html' | 'pdf' | 'made again' | 'published data'
  readonly isEqual: boolean
  /** One sentence: what is equal, or where it is not. */
  readonly says: string
}

export interface VerifyOptions {
  readonly report: string
  /** Ed25519, base64url: the key that the report must be signed by. */
  readonly key?: string
  /** To gather the input from again. */
  readonly publication?: Publication
}

/** Throws OperatorError where the report can't be read at all. */
export async function verifyReport({ report, key, publication }: VerifyOptions): Promise<readonly Verdict[]> {
  const manifest = readManifest(report)
  const files = reportFiles(manifest.month, manifest.language)
  const beside = (name: string): string => join(dirname(report), name)
  const inputText = readBounded(beside(files.input)).toString('utf8')
  const html = readBounded(beside(files.html)).toString('utf8')
  const verdicts: Verdict[] = [
    signatureVerdict(manifest, key),
    hashVerdict('input', files.input, sha256(inputText), manifest.inputSha256),
    hashVerdict('html', files.html, sha256(html), manifest.htmlSha256),
  ]
  if (manifest.pdfSha256 !== undefined)
    verdicts.push(hashVerdict('pdf', files.pdf, sha256(readBounded(beside(files.pdf))), manifest.pdfSha256))
  else if (existsSync(beside(files.pdf)))
    verdicts.push({ step: 'pdf', isEqual: false, says: `${files.pdf} lies beside the report, but none was signed.` })
  const input = parseInput(inputText, files.input)
  await compilePages()
  const { renderReport } = await import('./document.tsx')
  const again = madeAgain(() =>
    renderReport(input, { language: manifest.language, commit: manifest.commit, inputSha256: sha256(inputText) }),
  )
  verdicts.push(againVerdict(again, html, manifest))
  if (publication !== undefined) {
    const gathered = await gatherInput(publication, manifest.month, manifest.asOf)
    verdicts.push(publishedVerdict(input, gathered))
  }
  return verdicts
}

/** For a terminal: a report that is made to deceive must not steer it, nor turn the words around. */
export function verdictLines(verdicts: readonly Verdict[]): string {
  const plain = (text: string): string => text.slice(0, siteLimits.verdictMax).replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd')
  const lines = verdicts.map(({ isEqual, step, says }) => `${isEqual ? 'equal    ' : 'DIFFERENT'}  ${step.padEnd(14)}  ${plain(says)}`)
  return [...lines, '', verdicts.every(({ isEqual }) => isEqual) ? 'All is equal.' : 'It is not equal.'].map((line) => `${line}\n`).join('')
}

function signatureVerdict(manifest: Manifest, key: string | undefined): Verdict {
  const step = 'signature'
  if (!isGenuine(manifest)) return { step, isEqual: false, says: 'The signature does not hold: the manifest was changed, or never signed.' }
  if (key !== undefined && key !== manifest.publicKey)
    return { step, isEqual: false, says: `It is signed by ${manifest.publicKey}, which is not the key that was asked for.` }
  const hint = key === undefined ? ' Say --key to ask for a certain one.' : ''
  return { step, isEqual: true, says: `Signed by ${manifest.publicKey}.${hint}` }
}

function hashVerdict(step: Verdict['step'], file: string, found: string, wanted: string): Verdict {
  const isEqual = found === wanted
  return {
    step,
    isEqual,
    says: isEqual ? `${file} is the file that was signed.` : `${file} has SHA-256 ${found}, but ${wanted} was signed.`,
  }
}

/** undefined: the input is not of a form that a report can be made from. */
function madeAgain(make: () => string): string | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

function againVerdict(again: string | undefined, html: string, { commit, node }: Manifest): Verdict {
  const step = 'made again'
  if (again === undefined) return { step, isEqual: false, says: 'No report can be made from its input: it holds what no row can be.' }
  if (again === html) return { step, isEqual: true, says: 'The report made again from its input is equal in every byte.' }
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

function publishedVerdict(input: ReportInput, gathered: ReportInput): Verdict {
  const step = 'published data'
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
  return { step, isEqual: true, says: 'Its input is equal to what is published.' }
}

function readManifest(file: string): Manifest {
  const manifest = parseJson(readBounded(file).toString('utf8'), file) as Partial<Manifest>
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
    /^\d{4}-(?:0[1-9]|1[0-2])$/.test(manifest.month ?? '') &&
    isText(manifest.language) &&
    isLanguage(manifest.language) &&
    texts.every(isText)
  if (!isWhole) throw new OperatorError(`${file} is no manifest of a report of this version.`)
  return manifest as Manifest
}

function parseInput(text: string, file: string): ReportInput {
  const input = parseJson(text, file) as Partial<ReportInput>
  const lists = [input.cells, input.events, input.costs, input.decisions, input.ledger, input.indicators, input.quality]
  if (input.version !== 1 || !lists.every(Array.isArray)) throw new OperatorError(`${file} is no input of a report of this version.`)
  return input as ReportInput
}

function parseJson(text: string, file: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Said below.
  }
  throw new OperatorError(`${file} is not JSON.`)
}

function readBounded(file: string): Buffer {
  try {
    if (statSync(file).size > siteLimits.reportBytesMax) throw new OperatorError(`${file} is larger than any report.`)
    return readFileSync(file)
  } catch (error) {
    if (error instanceof OperatorError) throw error
    throw new OperatorError(`${file} can’t be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error })
  }
}
