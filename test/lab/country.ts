// A censored country, whole: raise() lays its network and opens its sites, in about a second; close(), or this process's end, leaves nothing behind.
//
//   const country = await raise()
//   await country.relayA.serve()                                        a real culvert-relay
//   const client = await country.connect(country.invite(country.relayA))   a real culvert connect, inside
//   await country.censor.apply(ipBlock())                               … and country.censor.lift()
import type { Server } from 'node:http'
import type { Program } from '../e2e/program.ts'
import { addressesOf, type EdgeName, type HostName, NAMES, type NamedPlace, PLACES } from './atlas.ts'
import { Censor } from './censor.ts'
import { type InviteOptions, inviteTo, type LabClient, LabEdge, LabRelay, startClient } from './product.ts'
import { startDoh } from './servers/doh.ts'
import { startResolver } from './servers/resolver.ts'
import { dohSocketOf, makeSites, type Page, publish, startSites, trustOf } from './servers/sites.ts'
import { type Host, type Outcome, openSpaces, type Spaces } from './spaces.ts'
import { type Cables, layCables } from './wires.ts'

export interface CountryOptions {
  /** Delay, jitter and loss; without them the cables are as fast as the machine. */
  readonly cables?: Cables
  /** A second country, and machines for many relays and authorities: test/lab/network.ts. */
  readonly network?: boolean
}

export interface DownloadOptions {
  /** Bytes come in no time here: a download that takes longer has failed. */
  readonly timeoutS?: number
  /** curl's further arguments, such as -6. */
  readonly more?: readonly string[]
}

export interface Download {
  /** curl's exit status: 0 is well; 28 timed out, 35 TLS broke, 56 was reset, 60 met a wrong certificate (curl(1), EXIT CODES). */
  readonly code: number | undefined
  readonly bytes: number
  readonly seconds: number
}

export class Country {
  readonly folder: string
  /** PEM of the authorities that vouch for the lab's sites, for curl --cacert and NODE_EXTRA_CA_CERTS. */
  readonly trust: string
  readonly censor: Censor
  readonly hosts: Spaces['hosts']
  readonly relayA: LabRelay
  readonly relayB: LabRelay
  readonly edges: Readonly<Record<EdgeName, LabEdge>>
  /** Of the second country, where there is one. */
  readonly neighbour: { readonly client: Host; readonly censor: Censor } | undefined
  readonly network: Spaces['network']
  readonly #spaces: Spaces
  readonly #programs: Program[] = []
  readonly #servers: Server[] = []

  constructor(spaces: Spaces) {
    this.#spaces = spaces
    this.folder = spaces.folder
    this.hosts = spaces.hosts
    this.trust = trustOf(spaces.folder)
    const { censor, relayA, relayB, cdnNginx, cdnVarnish, cdnWorkerd } = spaces.hosts
    this.censor = new Censor(censor)
    const { network } = spaces
    this.network = network
    this.neighbour = network && { client: network.neighbour, censor: new Censor(network.neighbourCensor) }
    this.relayA = new LabRelay('relayA', relayA, this.folder)
    this.relayB = new LabRelay('relayB', relayB, this.folder)
    this.edges = {
      nginx: new LabEdge('cdnNginx', cdnNginx, 'nginx'),
      varnish: new LabEdge('cdnVarnish', cdnVarnish, 'varnish'),
      workerd: new LabEdge('cdnWorkerd', cdnWorkerd, 'workerd'),
    }
  }

  get client(): Host {
    return this.hosts.client
  }

  get target(): Host {
    return this.hosts.target
  }

  /** All at once: servers may take addresses that are still to come. */
  async open({ cables = {} }: CountryOptions): Promise<void> {
    const names = Object.entries(NAMES) as [NamedPlace, string][]
    const records = names.map(([place, name]) => [name, addressesOf(place)] as const)
    const [links, resolver, sites] = await Promise.all([
      layCables(this.#spaces, cables),
      startResolver(this.hosts.dns, { addresses: Object.values(PLACES.dns), port: 53, records, upstream: false }),
      this.#startSites(),
      startDoh(dohSocketOf(this.folder), records).then((server) => this.#servers.push(server)),
      this.censor.open(),
      this.neighbour?.censor.open(),
    ])
    this.#programs.push(...links, resolver, ...sites)
  }

  /** Runs a program on a host to its end. */
  exec(host: HostName, argv: readonly string[]): Promise<Outcome> {
    return this.hosts[host].run(argv)
  }

  /** The text of an invite to a relay that has been made, with the ways that are asked for. */
  invite(relay: LabRelay, options: InviteOptions = {}): string {
    return inviteTo(relay, options)
  }

  /** A real `culvert connect` inside the country; resolves once it has its ports. `args` are more of its options. */
  connect(invite: string | readonly string[], ...args: readonly string[]): Promise<LabClient> {
    return this.connectFrom(this.client, typeof invite === 'string' ? [invite] : invite, args)
  }

  /** The same on some host, with more of its environment. */
  async connectFrom(
    host: Host,
    invites: readonly string[],
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<LabClient> {
    const client = await startClient(host, invites, args, { NODE_EXTRA_CA_CERTS: this.trust, ...env })
    this.#programs.push(client.program)
    return client
  }

  /** Puts bytes that nobody can guess onto the sites, under a name of one word. */
  publish(name: string, bytes: number): Page {
    return publish(this.folder, name, bytes)
  }

  /** A download by curl, unprotected, from inside the country. */
  async download(url: string, { timeoutS = 3, more = [] }: DownloadOptions = {}): Promise<Download> {
    const limits = ['--max-time', String(timeoutS), '--cacert', this.trust]
    const { code, stdout } = await this.client.run([
      'curl',
      '-s',
      ...limits,
      '-o',
      '/dev/null',
      '-w',
      '%{size_download} %{time_total}',
      ...more,
      url,
    ])
    const [bytes = 0, seconds = 0] = stdout.split(' ').map(Number)
    return { code, bytes, seconds }
  }

  /** Resolves when every program is gone and so are the namespaces. */
  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.close()
      server.closeAllConnections()
    }
    const product = [this.relayA, this.relayB].map((relay) => relay.kill()).concat(Object.values(this.edges).map((edge) => edge.stop()))
    await Promise.all([...product, ...this.#programs.map((program) => program.kill()), this.#spaces.close()])
  }

  async #startSites(): Promise<readonly Program[]> {
    await makeSites(this.folder)
    const { domestic, target } = this.hosts
    return Promise.all([startSites(domestic, 'domestic', this.folder), startSites(target, 'target', this.folder)])
  }
}

/** Raises a country. Throws an Error whose message is a sentence where this machine can't hold one. */
export async function raise(options: CountryOptions = {}): Promise<Country> {
  const spaces = await openSpaces(options.network)
  try {
    const country = new Country(spaces)
    await country.open(options)
    return country
  } catch (error) {
    await spaces.close()
    throw error
  }
}
