// Name servers: a real dnsmasq, the one that tells the truth and the censor's that lies.
import type { Program } from '../../e2e/program.ts'
import { findProgram } from '../../programs.ts'
import { type Addresses, PLACES } from '../atlas.ts'
import type { Host } from '../spaces.ts'

export interface ResolverOptions {
  /** Where it answers. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly records: readonly (readonly [name: string, addresses: Addresses])[]
  /** Whether it asks the true one what it does not know itself; otherwise there is no such name. */
  readonly upstream: boolean
}

/** Resolves when it answers. */
export async function startResolver(host: Host, { addresses, port, records, upstream }: ResolverOptions): Promise<Program> {
  const options = [
    // Stays in the foreground and the user it is.
    '--no-daemon',
    '--log-facility=-',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--bind-interfaces',
    `--port=${port}`,
    ...addresses.map((address) => `--listen-address=${address}`),
    ...records.map(([name, { v4, v6 }]) => `--host-record=${name},${v4},${v6},1`),
    upstream ? `--server=${PLACES.dns.v4}` : '--local=/#/',
  ]
  const program = host.start(['sh', '-c', 'exec "$@" 2>&1', 'sh', findProgram('dnsmasq') as string, ...options])
  await program.line((line) => (line.includes('started, version') ? true : undefined))
  return program
}
