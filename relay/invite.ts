// The invite of this relay: what its configuration, its keys and its certificate come to, as one line of text in D/invite.
import { type Endpoint, encodeInvite } from '#protocol'
import { isPubliclyTrusted, pinOf } from './certificate.ts'
import type { RelayConfig } from './config.ts'
import { formatHostPort } from './host-port.ts'
import type { RelayKeys } from './keys.ts'

export const INVITE_FILE = 'invite'

/** certificate: what visitors see, PEM; undefined when the front gets one from a public authority. */
export function inviteText(config: RelayConfig, keys: RelayKeys, certificate: string | undefined): string {
  const { publicKey, psk, policyKey } = keys
  return encodeInvite({ relayKey: publicKey, psk, policyKey, endpoints: [directEndpoint(config, certificate)] })
}

function directEndpoint({ address, domain, path }: RelayConfig, certificate: string | undefined): Endpoint {
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
