// The product inside a country: a relay by its real commands, an edge in front of it, and a client.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeInvite, type Endpoint, encodeInvite, type Invite } from '#protocol'
import type { Program } from '../e2e/program.ts'
import { type EdgeKind, type Edge as RunningEdge, startEdge } from '../edges/edge.ts'
import { addressesOf, NAMES } from './atlas.ts'
import type { Host } from './spaces.ts'

const ROOT = join(import.meta.dirname, '../..')
const RELAY = join(ROOT, 'relay/main.ts')
const CLIENT = join(ROOT, 'client/engine/cli.ts')
const PORT = 443
/** Where clients may be led: the lab's addresses are documentation's, which a relay refuses otherwise. */
const DESTINATIONS = ['203.0.113.0/24', '2001:db8:3::/64', '198.51.100.0/24', '2001:db8:2::/64']

export type Event = Readonly<Record<string, string | number>>

export class LabRelay {
  readonly place: 'relayA' | 'relayB'
  readonly host: Host
  readonly #dir: string
  #program: Program | undefined

  constructor(place: 'relayA' | 'relayB', host: Host, folder: string) {
    this.place = place
    this.host = host
    this.#dir = join(folder, place)
  }

  get serverName(): string {
    return NAMES[this.place]
  }

  /** What init made: its only endpoint is the relay's own. */
  get invite(): Invite {
    return decodeInvite(readFileSync(join(this.#dir, 'invite'), 'utf8'))
  }

  /** What edges forward to. */
  get origin(): { readonly address: string; readonly serverName: string; readonly certificate: string } {
    const certificate = readFileSync(join(this.#dir, 'certificate.pem'), 'utf8')
    return { address: `${addressesOf(this.place).v4}:${PORT}`, serverName: this.serverName, certificate }
  }

  /** The program that runs; throws when none does. */
  get program(): Program {
    if (this.#program === undefined) throw new Error(`${this.place} serves nobody: call serve() first`)
    return this.#program
  }

  /** Makes the relay if there is none yet, and runs it; resolves when it is ready. `args` are more options of run. */
  async serve(...args: readonly string[]): Promise<void> {
    if (!existsSync(this.#dir)) {
      const address = ['--listen', `[::]:${PORT}`, '--address', `${this.serverName}:${PORT}`]
      await this.#command('init', '--dir', this.#dir, '--domain', this.serverName, ...address)
    }
    const allowed = DESTINATIONS.flatMap((range) => ['--allow-destination', range])
    this.#program = this.host.start([process.execPath, RELAY, 'run', '--dir', this.#dir, '--json', ...allowed, ...args])
    await event(this.#program, ({ event }) => event === 'ready')
  }

  /** What clients are told, as options of `culvert-relay policy`; a relay that runs takes it up by itself. */
  async setPolicy(...options: readonly (readonly string[])[]): Promise<void> {
    await this.#command('policy', '--dir', this.#dir, ...options.flat())
  }

  /** As when its machine dies: nobody is told. It can serve again, as the same relay. */
  async kill(): Promise<void> {
    await this.#program?.kill()
    this.#program = undefined
  }

  async #command(name: string, ...args: readonly string[]): Promise<void> {
    const { code, stderr } = await this.host.run([process.execPath, RELAY, name, ...args])
    if (code !== 0) throw new Error(`${name} failed: ${stderr}`)
  }
}

/** What edges can stand before: a relay, or an authority. */
export type Served = Pick<LabRelay, 'origin' | 'invite'>

export class LabEdge {
  readonly place: 'cdnNginx' | 'cdnVarnish' | 'cdnWorkerd'
  readonly host: Host
  readonly #usual: EdgeKind
  #running: { readonly edge: RunningEdge; readonly relay: Served } | undefined

  /** usual: what runs on this machine when nothing else is asked for. */
  constructor(place: LabEdge['place'], host: Host, usual: EdgeKind) {
    this.place = place
    this.host = host
    this.#usual = usual
  }

  /** Forwards to a relay that has been made; resolves when it accepts. `kind`: an edge with other habits, such as nginx-buffering or nginx-cap. */
  async serve(relay: Served, kind: EdgeKind = this.#usual, capSeconds = 30): Promise<void> {
    await this.stop()
    const exec = (argv: readonly string[]): readonly string[] => [...this.host.prefix, ...argv]
    const listen = { host: '*', port: PORT }
    this.#running = {
      edge: await startEdge(kind, { origin: relay.origin, serverName: NAMES[this.place], listen, exec, capSeconds }),
      relay,
    }
  }

  get name(): string {
    return NAMES[this.place]
  }

  /** PEM of what it shows. */
  get certificateFile(): string {
    if (this.#running === undefined) throw new Error(`${this.place} forwards to no relay: call serve(relay) first`)
    return this.#running.edge.certificateFile
  }

  /** The way to the relay through this edge, as invites have it. */
  get endpoint(): Endpoint {
    if (this.#running === undefined) throw new Error(`${this.place} forwards to no relay: call serve(relay) first`)
    const { edge, relay } = this.#running
    const name = NAMES[this.place]
    const path = relay.invite.endpoints[0]?.path ?? '/'
    return {
      address: `${name}:${PORT}`,
      serverName: name,
      hostName: name,
      path,
      pin: edge.pin,
      carriers: ['websocket', 'http'],
      isEdge: true,
    }
  }

  async stop(): Promise<void> {
    await this.#running?.edge.stop()
    this.#running = undefined
  }
}

export interface InviteOptions {
  /** Whether the relay's own address is in it. */
  readonly direct?: boolean
  /** In this order, after the relay's own: edges, or ways through them that are made of theirs. */
  readonly edges?: readonly { readonly endpoint: Endpoint }[]
}

/** The text of an invite to a relay that has been made, with the ways that are asked for. */
export function inviteTo(relay: LabRelay, { direct = true, edges = [] }: InviteOptions = {}): string {
  const { endpoints, ...keys } = relay.invite
  return encodeInvite({ ...keys, endpoints: [...(direct ? endpoints : []), ...edges.map(({ endpoint }) => endpoint)] })
}

/** A running culvert connect. Its proxies are on the loopback of the client's own namespace. */
export interface LabClient {
  readonly program: Program
  /** host:port */
  readonly socks: string
  readonly http: string
}

/**
 * Resolves once it has its ports, which may be before it is connected; `args` are more options of connect. `env` names a file of authorities: the lab's are
 * this computer's, since what the client probes are sites like any other.
 */
export async function startClient(
  host: Host,
  invites: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<LabClient> {
  const asked = invites.flatMap((invite) => ['--invite', invite])
  const program = host.start([process.execPath, CLIENT, 'connect', ...asked, '--json', ...args], { env })
  const { socks, http } = await event(program, ({ event }) => event === 'ready')
  return { program, socks: String(socks), http: String(http) }
}

/** The first event said since line `from` that `accept` takes. */
export function event(program: Program, accept: (event: Event) => boolean, from = 0): Promise<Event> {
  return program.line((line) => {
    const said = JSON.parse(line) as Event
    return accept(said) ? said : undefined
  }, from)
}
