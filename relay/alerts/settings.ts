// Whom a relay tells when something is wrong with it, as it stands in config.json.
import { parseEmail } from '../acme/settings.ts'
import { checked, type Fields, wrong } from '../fields.ts'
import { OperatorError } from '../operator-error.ts'

export interface AlertSettings {
  /** Gets a POST with JSON. */
  readonly webhook: string | undefined
  readonly mail: MailSettings | undefined
}

export interface MailSettings {
  readonly to: string
  /** smtp:// or smtps://, with user and password where the server asks for them: a secret. */
  readonly server: string
}

export const NO_ALERTS: AlertSettings = { webhook: undefined, mail: undefined }

/** Throws OperatorError. No field at all: nobody is told. */
export function parseAlerts(fields: Fields | undefined): AlertSettings {
  if (fields === undefined) return NO_ALERTS
  const webhook = fields.optionalText('webhook')
  const to = fields.optionalText('mail')
  const server = fields.optionalText('mailServer')
  fields.end()
  if ((to === undefined) !== (server === undefined)) throw wrong('alerts', 'must hold both “mail” and “mailServer”, or neither')
  return {
    webhook: webhook === undefined ? undefined : checked('alerts.webhook', () => parseWebhook(webhook)),
    mail:
      to === undefined || server === undefined
        ? undefined
        : { to: checked('alerts.mail', () => parseEmail(to)), server: checked('alerts.mailServer', () => parseMailServer(server)) },
  }
}

/** The value of “alerts” in config.json; parseAlerts reads it back to the same. undefined: nobody is told. */
export function encodeAlerts({ webhook, mail }: AlertSettings): unknown {
  if (webhook === undefined && mail === undefined) return undefined
  return { ...(webhook !== undefined && { webhook }), ...(mail && { mail: mail.to, mailServer: mail.server }) }
}

/** Throws OperatorError in words that fit after “--webhook ”. */
export function parseWebhook(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new OperatorError(`must be an http or https URL, but is “${text}”`)
  // Nothing could be posted there: fetch refuses it.
  if (url.username !== '' || url.password !== '') throw new OperatorError('must hold no user and no password')
  return url.href
}

/** Throws OperatorError in words that fit after “--mail-server ”; they don't repeat what may be a password. */
export function parseMailServer(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    throw new OperatorError('must be smtp://HOST:PORT or smtps://USER:PASSWORD@HOST:PORT')
  // As it is read when there is something to tell.
  if (![url.username, url.password].every(isEscaped)) throw new OperatorError('must have %25 for each % of its user and password')
  return text
}

function isEscaped(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
