// Several hosts that are one relay, as it stands in config.json: the store that they share, and where each is reached by the others.
import { checked, type Fields } from '../fields.ts'
import { formatHostPort, type HostPort, parseHostPort } from '../host-port.ts'
import { OperatorError } from '../operator-error.ts'

export interface ClusterSettings {
  /** redis:// or rediss://, with a password where the store asks for one: a secret. */
  readonly store: string
  /** This host, for its siblings only: an address of a network of their own. */
  readonly at: HostPort
}

/** Throws OperatorError. No field at all: this host is all there is. */
export function parseCluster(fields: Fields | undefined): ClusterSettings | undefined {
  if (fields === undefined) return undefined
  const settings = {
    store: checked('cluster.store', () => parseStore(fields.text('store'))),
    at: checked('cluster.at', () => parseHostPort(fields.text('at'), 1)),
  }
  fields.end()
  return settings
}

/** parseCluster reads it back to the same. */
export function encodeCluster({ store, at }: ClusterSettings): unknown {
  return { store, at: formatHostPort(at) }
}

/** Throws OperatorError in words that fit after “--store ”; they don't repeat what may be a password. */
export function parseStore(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    throw new OperatorError('must be redis://HOST:PORT or rediss://USER:PASSWORD@HOST:PORT')
  return text
}
