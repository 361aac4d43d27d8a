// What a site file for a front says, whichever front it is.
import type { Cover } from '../config.ts'
import type { HostPort } from '../host-port.ts'
import { OperatorError } from '../operator-error.ts'

export interface FrontSite {
  readonly domain: string
  /** Where the front accepts in, on every address. */
  readonly port: number
  /** Where the relay accepts in: loopback. */
  readonly relay: HostPort
  /** Path of carriers' requests. */
  readonly path: string
  /** Under which carriers bring their admission. */
  readonly cookieName: string
  readonly cover: Cover
  /** undefined: the front gets its own certificates. */
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | undefined
}

/** A file name in double quotes, as nginx and Caddy both read it. Throws OperatorError for what neither can express. */
export function quoteFile(file: string): string {
  if (/[\p{Cc}"\\${}]/u.test(file)) throw new OperatorError(`The file name ${file} can’t stand in a site file: move it to a plainer name.`)
  return `"${file}"`
}

/** A Cookie header that may be an admission: the relay's name, and as many letters as the shortest envelope has (SPEC.md §2.5). */
export function cookiePattern({ cookieName }: FrontSite): string {
  return `(?:^|; ?)${cookieName.replaceAll('.', '\\.')}=[A-Za-z0-9_-]{90,}`
}
