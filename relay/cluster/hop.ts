// The way from one host of a relay to another: TLS that both ends prove themselves by, with a key that only this relay's hosts have. No certificate, no name.
import { createHmac } from 'node:crypto'
import { type ClientRequest, type RequestOptions, request as requestTo } from 'node:http'
import { request as secureRequestTo } from 'node:https'
import type { TlsOptions } from 'node:tls'
import { parseHostPort } from '../host-port.ts'
import type { RelayKeys } from '../keys.ts'

/** Makes the request that hands another over to `at`. */
export type Reach = (at: string, options: RequestOptions) => ClientRequest

/** To a process of this host: by its socket file. */
export const reachProcess: Reach = (at, options) => requestTo({ ...options, socketPath: at })

/** With forward secrecy; Node has keys that were agreed before for TLS 1.2 only. */
const CIPHERS = 'ECDHE-PSK-CHACHA20-POLY1305'
const IDENTITY = 'culvert'

/** To another host of this relay. */
export function reachHost(keys: RelayKeys): Reach {
  const psk = hopKey(keys)
  return (at, options) =>
    secureRequestTo({
      ...options,
      ...parseHostPort(at, 1),
      ciphers: CIPHERS,
      maxVersion: 'TLSv1.2',
      pskCallback: () => ({ psk, identity: IDENTITY }),
      checkServerIdentity: () => undefined,
    } as RequestOptions)
}

/** For the server that other hosts reach. */
export function hopOptions(keys: RelayKeys): TlsOptions {
  const psk = hopKey(keys)
  return { ciphers: CIPHERS, maxVersion: 'TLSv1.2', pskCallback: (_socket, identity) => (identity === IDENTITY ? psk : null) }
}

function hopKey({ privateKey }: RelayKeys): Buffer {
  return createHmac('sha256', privateKey).update('culvert v1 relay cluster hop').digest()
}
