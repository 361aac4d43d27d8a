// What the hidden windows say of themselves in headers: what a Chrome of this build and this computer says, and nothing of Electron or of this app.
import { app } from 'electron'

const PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  win32: 'Windows NT 10.0; Win64; x64',
  darwin: 'Macintosh; Intel Mac OS X 10_15_7',
}

/** Chrome's reduced form: the same for every minor version, and for every version of an operating system. */
export function userAgent(): string {
  const major = process.versions['chrome']?.split('.')[0] ?? '0'
  const platform = PLATFORMS[process.platform] ?? 'X11; Linux x86_64'
  return `Mozilla/5.0 (${platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`
}

/** As Chrome makes them of the system's languages: each behind its country's form, English last. Chromium adds the weights. */
export function acceptedLanguages(): string {
  const preferred = app.getPreferredSystemLanguages().filter((tag) => /^[A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?$/.test(tag))
  const languages = [...preferred, 'en-US'].flatMap((tag) => [tag, tag.split('-')[0] as string])
  return [...new Set(languages)].slice(0, 6).join(',')
}
