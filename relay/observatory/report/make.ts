// `culvert-relay observatory report`: a month's report, made, printed and signed, into a folder.

import type { KeyObject } from 'node:crypto'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { Kysely } from 'kysely'
import { makeFolder } from '#protocol/node'
import { OperatorError } from '../../operator-error.ts'
import { close } from '../closing.ts'
import { commitOf } from '../commit.ts'
import { Publication } from '../publication.ts'
import { canonical } from '../records.ts'
import { monthText, rowMonths } from '../rows.ts'
import type { ObservatoryTables } from '../tables.ts'
import { compilePages } from '../tsx.ts'
import { type Language, TRAITS } from '../words/languages.ts'
import { gatherInput } from './input.ts'
import { reportFiles } from './names.ts'
import { findChromium, hasLetters, printPdf } from './pdf.ts'
import { type Manifest, orSay, sha256, signManifest } from './sign.ts'

export interface MakeOptions {
  readonly db: Kysely<ObservatoryTables>
  readonly month: string
  /** Nothing published later goes in, and nothing more is published that says it was out by then. ISO 8601, to the second, not yet to come. */
  readonly asOf: string
  readonly language: Language
  readonly folder: string
  readonly key: KeyObject
  readonly withPdf: boolean
}

/** Throws OperatorError where the month has no numbers, where a PDF is wanted and can't be made, and where the folder can't be written to. */
export async function makeReport(options: MakeOptions): Promise<Manifest> {
  const { month, asOf, language, folder } = options
  await close(options.db, asOf)
  const publication = new Publication(options.db)
  const input = await gatherInput(publication, month, asOf)
  if (input.cells.length === 0) throw new OperatorError(`Nothing was published for ${month} until ${asOf}, so there is nothing to report.`)
  await compilePages()
  const { renderReport } = await import('./document.tsx')
  const commit = commitOf()
  const inputText = canonical(input)
  const html = renderReport(input, { language, commit, inputSha256: sha256(inputText) })
  const files = reportFiles(month, language)
  const pdf = options.withPdf ? await print(html, language) : undefined
  const manifest = signManifest(
    {
      version: 1,
      kind: 'culvert-report',
      month,
      language,
      asOf,
      isSynthetic: input.cells.some(({ isSynthetic }) => isSynthetic),
      commit,
      node: process.versions.node,
      rowsSha256: await rowsSha256(publication, asOf),
      inputSha256: sha256(inputText),
      htmlSha256: sha256(html),
      ...(pdf !== undefined && { pdfSha256: sha256(pdf) }),
    },
    options.key,
  )
  const parts = [
    [files.input, inputText],
    [files.html, html],
    // One of before would be given out beside a manifest that doesn't know it.
    [files.pdf, pdf],
    [files.manifest, `${JSON.stringify(manifest, undefined, 1)}\n`],
  ] as const
  orSay(`The report can’t be written to ${folder}`, () => put(folder, parts))
  return manifest
}

/** Of every month until then, also of one in which nothing came out. */
async function rowsSha256(publication: Publication, asOf: string): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {}
  for (const month of await rowMonths(publication)) if (month <= asOf) hashes[month] = sha256(await monthText(publication, month, asOf))
  return hashes
}

/** All of it lies there before anything of before is taken away, so that a disk that is full costs nothing. undefined: no such part. */
function put(folder: string, parts: readonly (readonly [name: string, bytes: string | Uint8Array | undefined])[]): void {
  makeFolder(folder)
  const aside = mkdtempSync(join(folder, '.culvert-'))
  try {
    for (const [name, bytes] of parts) if (bytes !== undefined) writeFileSync(join(aside, name), bytes)
    for (const [name, bytes] of parts) {
      if (bytes === undefined) rmSync(join(folder, name), { force: true })
      else renameSync(join(aside, name), join(folder, name))
    }
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

function print(html: string, language: Language): Promise<Uint8Array> {
  const chromium = findChromium()
  if (chromium === undefined)
    throw new OperatorError(
      'There is no Chromium here to print the PDF with. Install it (Debian: apt-get install chromium), or say --no-pdf.',
    )
  if (!hasLetters(TRAITS[language].name))
    throw new OperatorError(
      `No font here has the letters of “${language}”: the PDF would be full of boxes. Install some (Debian: apt-get install fonts-noto fonts-noto-cjk), or say --no-pdf.`,
    )
  return printPdf(chromium, html)
}
