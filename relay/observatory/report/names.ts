// What a report's files are called: by month and language, so that none takes another's place.
import { isLanguage, type Language } from '../words/languages.ts'

/** One of a report's files, as it is asked for. */
export const REPORT_FILE: RegExp = /^culvert-\d{4}-\d{2}-[a-z]{2}\.(html|pdf|json|input\.json)$/

export function reportFiles(month: string, language: Language): Readonly<Record<'manifest' | 'input' | 'html' | 'pdf', string>> {
  const name = `culvert-${month}-${language}`
  return { manifest: `${name}.json`, input: `${name}.input.json`, html: `${name}.html`, pdf: `${name}.pdf` }
}

/** The manifest's name, beside any file of a report; of another name, that itself. */
export function manifestOf(name: string): string {
  return REPORT_FILE.test(name) ? name.replace(/\.(?:html|pdf|input\.json)$/, '.json') : name
}

/** What the manifest of that name is of; undefined: it is no manifest's name. */
export function reportOf(manifest: string): { readonly month: string; readonly language: Language } | undefined {
  const [, month, language] = /^culvert-(\d{4}-\d{2})-([a-z]{2})\.json$/.exec(manifest) ?? []
  return month !== undefined && language !== undefined && isLanguage(language) ? { month, language } : undefined
}
