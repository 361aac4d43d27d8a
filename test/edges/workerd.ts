// relay/edge/worker.ts in Cloudflare's own runtime.
import { readFileSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import type { Origin, Started } from './edge.ts'
import type { Place } from './place.ts'

/** The package says where its program is, and brings no types. */
const { default: PROGRAM } = createRequire(import.meta.url)('workerd') as { readonly default: string }
const WORKER_FILE = join(import.meta.dirname, '../../relay/edge/worker.ts')

export async function startWorkerd(place: Place, origin: Origin): Promise<Started> {
  // As wrangler does before it uploads.
  place.write('worker.js', stripTypeScriptTypes(readFileSync(WORKER_FILE, 'utf8')))
  place.write('origin.crt', origin.certificate)
  const file = place.write('config.capnp', config(place, origin))
  const argv = [PROGRAM, 'serve', '--control-fd=1', file, 'config']
  const { said } = await place.run(argv, portOf, 'SIGKILL')
  return { port: said, hasFront: false }
}

/** The compatibility date is the one of wrangler.toml; every fetch of the Worker ends at the origin. */
function config(place: Place, { address, serverName }: Origin): string {
  const date = /compatibility_date = "([\d-]+)"/.exec(place.filled('wrangler.toml', {}))?.[1] ?? ''
  const { host, port } = place.listen
  const port443 = address.endsWith(':443') ? '' : address.slice(address.lastIndexOf(':'))
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "edge", worker = .edge), (name = "origin", external = .origin) ],
  sockets = [ (name = "edge", address = "${host.includes(':') ? `[${host}]` : host}:${port}", https = (options = (), tlsOptions = .tls), service = "edge") ],
);
const tls :Workerd.TlsOptions = ( keypair = (privateKey = embed "site.key", certificateChain = embed "site.crt") );
const edge :Workerd.Worker = (
  modules = [ (name = "worker.js", esModule = embed "worker.js") ],
  compatibilityDate = "${date}",
  bindings = [ (name = "ORIGIN", text = "https://${serverName}${port443}") ],
  globalOutbound = "origin",
);
const origin :Workerd.ExternalServer = (
  address = "${address}",
  https = (options = (), tlsOptions = (trustedCertificates = [ embed "origin.crt" ]), certificateHost = "${serverName}"),
);
`
}

/** workerd says where it listens as {"event":"listen","socket":"edge","port":N}. */
function portOf(line: string): number | undefined {
  const port = /"event":"listen".*"port":(\d+)/.exec(line)?.[1]
  return port === undefined ? undefined : Number(port)
}
