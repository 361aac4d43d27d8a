// The invite of this relay: what its configuration, its keys and its certificate come to, as one line of text in D/invite.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Endpoint, encodeInvite } from '#protocol'
import { isPubliclyTrusted, pinOf } from './certificate.ts'
import { loadKeys, type RelayConfig } from './config.ts'
import { edgeEndpoint } from './edges.ts'
import { formatHostPort } from './host-port.ts'
import type { RelayKeys } from './keys.ts'
import { fileRefused } from './operator-error.ts'
import { replaceFile } from './replace-file.ts'

export const INVITE_FILE = 'invite'

/** The invite as it should be now. Throws OperatorError when the keys or the certificate can't be read. */
export function makeInvite(config: RelayConfig): string {
  return inviteText(config, loadKeys(config), readCertificate(config))
}

/** Puts an invite into D/invite and returns that file's name. Throws OperatorError. */
export function writeInvite(text: string, dir: string): string {
  const file = join(resolve(dir), INVITE_FILE)
  replaceFile(file, `${text}\n`)
  return file
}

/** certificate: what visitors see, PEM; undefined when the front gets one from a public authority. */
export function inviteText(config: RelayConfig, keys: RelayKeys, certificate: string | undefined): string {
  const { publicKey, psk, policyKey } = keys
  const edges = config.edges.map((edge) => edgeEndpoint(edge, config.path))
  return encodeInvite({ relayKey: publicKey, psk, policyKey, endpoints: [directEndpoint(config, certificate), ...edges] })
}

/** The relay itself. certificate: as for inviteText. */
export function directEndpoint({ address, domain, path }: RelayConfig, certificate: string | undefined): Endpoint {
  return {
    address: formatHostPort(address),
    serverName: domain,
    hostName: domain,
    path,
    pin: certificate === undefined || isPubliclyTrusted(certificate) ? undefined : pinOf(certificate),
    carriers: ['websocket', 'http'],
    isEdge: false,
  }
}

/** What visitors see, PEM; undefined when the front gets its own. Throws OperatorError. */
export function readCertificate({ tls }: RelayConfig): string | undefined {
  if (tls === undefined) return undefined
  try {
    return readFileSync(tls.certificateFile, 'utf8')
  } catch (error) {
    throw fileRefused(tls.certificateFile, 'read', error)
  }
}
