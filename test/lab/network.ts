// A whole network in the lab: five authorities and six relays as real processes, three edges, and users in two countries, each with a censor of its own.
//
//   const network = await LabNetwork.found()
//   const user = await network.user('here', network.invites([0, 1, 2]), network.folder())    a culvert connect with invites of three of the relays
//   const member = await network.member('here', 2)                                           one with an invite of the network, made by authority 2
//   await user.exit()                                                                        by which relay its traffic leaves, as a site sees it
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { encodeBase64url, encodeInvite } from '#protocol'
import { makeNetworkInvite, reportBlocked } from '../../relay/directory/handing-commands.ts'
import { makeJoinCode } from '../../relay/directory/init.ts'
import { addEdge } from '../../relay/edge-commands.ts'
import { changeSettings } from '../../relay/set-command.ts'
import { Place, readInvite, type Seat, type Stand } from '../directory/place.ts'
import type { Program } from '../e2e/program.ts'
import { event } from '../e2e/world.ts'
import { NAMES, NETWORK, NETWORK_AUTHORITIES, NETWORK_RELAYS } from './atlas.ts'
import { type Country, raise } from './country.ts'
import type { LabClient, LabEdge, Served } from './product.ts'
import { passing, type Recipe } from './recipe.ts'
import type { Host, Outcome } from './spaces.ts'

/** In the world it is a day. */
const EPOCH_S = 16
export const THRESHOLD = 3
const CLI = join(import.meta.dirname, '../../client/engine/cli.ts')
const RELAY = join(import.meta.dirname, '../../relay/main.ts')
const LATER = pathToFileURL(join(import.meta.dirname, 'later.ts')).href

export type Side = 'here' | 'neighbour'
/** Two small ones: authorities hand nothing out to letters that no country has. */
const COUNTRIES = { here: 'SM', neighbour: 'LI' } as const satisfies Record<Side, string>

export interface User {
  readonly side: Side
  readonly dir: string
  readonly client: LabClient
  /** The number of the relay by which a page is fetched now; undefined: it did not come. */
  exit(): Promise<number | undefined>
}

export class LabNetwork {
  readonly country: Country
  readonly place: Place
  readonly authorities: (Program | undefined)[] = []
  readonly #relays: Program[] = []
  #users = 0

  private constructor(country: Country, place: Place) {
    this.country = country
    this.place = place
  }

  /**
   * Resolves once a directory lists all relays, and the last of them has it. Two edges stand before authorities 2 and 3, the third before the last relay, and are
   * named in their invites.
   */
  static async found(): Promise<LabNetwork> {
    const country = await raise({ network: true })
    try {
      const network = new LabNetwork(
        country,
        new Place({ folder: country.folder, standOf: standOf(country), destinations: ['203.0.113.80/32'] }),
      )
      await network.#found()
      return network
    } catch (error) {
      await country.close()
      throw error
    }
  }

  get id(): string {
    return encodeBase64url(this.place.networkId)
  }

  /** Which epoch it is for those who hand relays out. */
  get epoch(): number {
    return Math.floor((Date.now() / 1_000 - this.place.foundedS) / EPOCH_S)
  }

  /** In which epoch this authority last gave somebody of that country a relay that they didn't know. */
  lastGiven(side: Side, authority: number): number {
    return this.place.lastGiven(this.seat(authority), COUNTRIES[side])
  }

  seat(number: number): Seat {
    return this.place.seats[number] as Seat
  }

  async #found(): Promise<void> {
    const { nginx, varnish, workerd } = this.country.edges
    await this.place.found(NETWORK_AUTHORITIES, THRESHOLD, { epochS: EPOCH_S }, async (seats) => {
      await Promise.all([
        before(nginx, (seats[2] as Seat).dir, NETWORK.authority(2).v4),
        before(varnish, (seats[3] as Seat).dir, NETWORK.authority(3).v4),
      ])
    })
    const code = makeJoinCode(this.seat(0).dir, 30, NETWORK_RELAYS)
    for (let n = 0; n < NETWORK_RELAYS; n++) {
      const dir = await this.place.initRelay(`relay-${n}`, code)
      changeSettings({ dir, from: NETWORK.exit(n).v4 })
    }
    const last = NETWORK_RELAYS - 1
    await before(workerd, this.place.path(`relay-${last}`), NETWORK.relay(last).v4)
    this.authorities.push(...(await this.place.openAll()))
    this.#relays.push(
      ...(await Promise.all(Array.from({ length: NETWORK_RELAYS }, (_, n) => this.place.runRelay(`relay-${n}`, THRESHOLD)))),
    )
    await this.nextDirectory(1, ({ relays }) => relays === NETWORK_RELAYS)
    // They came before there was a directory, and look for one again after a minute, or when they start.
    await this.restartRelay(last, THRESHOLD)
  }

  /** The next directory that this authority is part of, and which is like that. */
  async nextDirectory(
    authority: number,
    accept: (met: { readonly number: number; readonly relays: number }) => boolean = () => true,
  ): Promise<number> {
    const program = this.authorities[authority] as Program
    const said = await event(program, (one) => one['event'] === 'directory' && accept(one as never), program.lineCount)
    return Number(said['number'])
  }

  /** As when its machine is taken away; `harm`: what stands there afterwards. */
  async seize(number: number, ...harm: readonly string[]): Promise<Program | undefined> {
    await this.authorities[number]?.kill()
    this.authorities[number] = harm.length === 0 ? undefined : await this.place.open(this.seat(number), ...harm)
    return this.authorities[number]
  }

  async restartRelay(number: number, authorities: number, laterS = 0): Promise<void> {
    await this.#relays[number]?.kill()
    this.#relays[number] = await this.place.runRelay(`relay-${number}`, authorities, later(laterS))
  }

  invites(relays: readonly number[]): readonly string[] {
    return relays.map((n) => encodeInvite(readInvite(this.place.path(`relay-${n}`))))
  }

  /** Someone with an invite of the network for one person, made by this authority, connected. */
  async member(side: Side, authority: number): Promise<User> {
    const text = await makeNetworkInvite({ dir: this.seat(authority).dir, people: '1', days: '30', door: [] }, Date.now() / 1_000)
    return this.user(side, [text.trim()], this.folder(), ['--country', COUNTRIES[side]])
  }

  /** An operator says so to this authority. */
  async report(relay: number, side: Side, authority: number): Promise<void> {
    const invite = join(this.place.path(`relay-${relay}`), 'invite')
    await reportBlocked({ dir: this.seat(authority).dir, invite, country: COUNTRIES[side] }, Date.now() / 1_000)
  }

  /** A new folder of a client. */
  folder(): string {
    return join(this.country.folder, `user-${this.#users++}`)
  }

  /** A user with these invites, connected. `more` are options of connect. */
  async user(side: Side, invites: readonly string[], dir: string, more: readonly string[] = [], laterS = 0): Promise<User> {
    const host = this.host(side)
    const client = await this.country.connectFrom(host, invites, ['--dir', dir, ...more], later(laterS))
    await event(client.program, ({ state }) => state === 'connected')
    return { side, dir, client, exit: () => this.#exit(host, client) }
  }

  /** Runs `culvert …` for a user to its end. */
  culvert(side: Side, argv: readonly string[], laterS = 0): Promise<Outcome> {
    return this.host(side).run([process.execPath, CLI, ...argv], { env: later(laterS) })
  }

  /** Runs `culvert-relay …` on the authorities' machine to its end. */
  async operator(argv: readonly string[]): Promise<string> {
    const program = this.place.run([RELAY, ...argv], 'authority-0')
    const { code } = await program.ended
    if (code !== 0) throw new Error(`culvert-relay ${argv.slice(0, 2).join(' ')} failed: ${program.stderr}`)
    return program.stdout
  }

  host(side: Side): Host {
    return side === 'here' ? this.country.client : (this.country.neighbour?.client as Host)
  }

  /** Fetches a page again and again until it comes by a relay other than these; resolves with that one. */
  async moved(user: User, from: readonly number[]): Promise<number> {
    for (;;) {
      const exit = await user.exit()
      if (exit !== undefined && !from.includes(exit)) return exit
    }
  }

  async close(): Promise<void> {
    await this.place.close()
    await this.country.close()
  }

  async #exit(host: Host, client: LabClient): Promise<number | undefined> {
    const limits = ['--max-time', '20', '--cacert', this.country.trust]
    const { stdout } = await host.run(['curl', '-s', ...limits, '--proxy', `socks5h://${client.socks}`, `https://${NAMES.target}/who`])
    const number = Array.from({ length: NETWORK_RELAYS }, (_, n) => NETWORK.exit(n).v4).indexOf(stdout.trim())
    return number < 0 ? undefined : number
  }
}

/** Packets to and from these addresses vanish. */
export function blocked(...addresses: readonly string[]): Recipe {
  const list = addresses.join(', ')
  return {
    name: 'ip-block',
    sentence: 'Packets to and from certain addresses vanish.',
    verdict: 'interfered',
    rules: () => passing(`iifname client ip daddr { ${list} } drop`, `oifname client ip saddr { ${list} } drop`),
  }
}

/** Which relays and authorities stand where. */
function standOf({ network }: Country): (name: string) => Stand {
  return (name) => {
    const number = Number(name.split('-')[1])
    const isRelay = name.startsWith('relay')
    const { v4 } = isRelay ? NETWORK.relay(number) : NETWORK.authority(number)
    const host = isRelay ? network?.relays : network?.authorities
    return {
      listen: `${v4}:443`,
      address: `${v4}:443`,
      start: (argv, env = {}) => (host as Host).start(argv, { env }),
    }
  }
}

/** Puts an edge before whoever has this folder and stands at this address, and names it in the invite. */
async function before(edge: LabEdge, dir: string, address: string): Promise<void> {
  const invite = readInvite(dir)
  const serverName = invite.endpoints[0]?.serverName ?? ''
  const served: Served = {
    invite,
    origin: { address: `${address}:443`, serverName, certificate: readFileSync(join(dir, 'certificate.pem'), 'utf8') },
  }
  await edge.serve(served)
  addEdge({ dir, name: edge.name, pinFrom: edge.certificateFile })
}

function later(seconds: number): Readonly<Record<string, string>> {
  return seconds === 0 ? {} : { NODE_OPTIONS: `--import=${LATER}`, CULVERT_LATER_S: `${seconds}` }
}
