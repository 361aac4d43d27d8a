// How a relay gets its certificate from a public authority by itself (RFC 8555), as it stands in config.json.
import { checked, type Fields } from '../fields.ts'
import { formatHostPort, type HostPort, parseHostPort } from '../host-port.ts'
import { OperatorError } from '../operator-error.ts'

export interface AcmeSettings {
  /** The authority. */
  readonly directoryUrl: string
  /** Where it may write to when something is wrong; undefined: it need not know. */
  readonly email: string | undefined
  /** Where it asks whether the name is ours: plain HTTP, which the authority dials at port 80. */
  readonly listen: HostPort
}

export const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory'
const LISTEN = '0.0.0.0:80'

/** Throws OperatorError. */
export function parseAcme(fields: Fields): AcmeSettings {
  const email = fields.optionalText('email')
  const settings = {
    directoryUrl: checked('tls.acme.directory', () => parseAcmeDirectory(fields.optionalText('directory') ?? LETS_ENCRYPT)),
    email: email === undefined ? undefined : checked('tls.acme.email', () => parseEmail(email)),
    listen: checked('tls.acme.listen', () => parseHostPort(fields.optionalText('listen') ?? LISTEN, 1)),
  }
  fields.end()
  return settings
}

/** parseAcme reads it back to the same. */
export function encodeAcme({ directoryUrl, email, listen }: AcmeSettings): unknown {
  const at = formatHostPort(listen)
  return {
    ...(directoryUrl !== LETS_ENCRYPT && { directory: directoryUrl }),
    ...(email !== undefined && { email }),
    ...(at !== LISTEN && { listen: at }),
  }
}

/** Throws OperatorError in words that fit after “--acme ”. */
export function parseAcmeDirectory(text: string): string {
  const url = URL.parse(text)
  if (url === null || url.protocol !== 'https:' || url.username !== '')
    throw new OperatorError(`must be the https URL of an authority’s directory, such as ${LETS_ENCRYPT}, but is “${text}”`)
  return url.href
}

/** Throws OperatorError in words that fit after “--email ”. */
export function parseEmail(text: string): string {
  if (!/^[^\s@"<>,;:]{1,64}@[^\s@"<>,;:]{1,190}$/.test(text)) throw new OperatorError(`must be one mail address, but is “${text}”`)
  return text
}
