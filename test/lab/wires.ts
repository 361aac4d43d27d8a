// The cables between the hosts, their addresses and routes. A cable with delay, jitter or loss is a user-space link (link.c).
//
//   client – censor – abroad – { dns, relayA, relayB, cdnNginx, cdnVarnish, cdnWorkerd, target }
//               \– domestic
//   neighbour – neighbourCensor – abroad – { relays, authorities }      where a network was asked for
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { Program } from '../e2e/program.ts'
import {
  type Addresses,
  addressesOf,
  FURTHER,
  type HostName,
  NEIGHBOUR,
  NETWORK,
  NETWORK_AUTHORITIES,
  NETWORK_RELAYS,
  PLACES,
  ROUTERS,
} from './atlas.ts'
import { type Host, SEARCHED, type Spaces } from './spaces.ts'

/** What a cable does to packets, one way, in each direction. Jitter is drawn per packet and never reorders. */
export interface Cable {
  readonly delayMs: number
  readonly jitterMs?: number
  readonly lossPercent?: number
  /** Each direction by itself; without it a cable is as fast as the machine. */
  readonly rateMbit?: number
}

export interface Cables {
  /** Between the client and the censor. */
  readonly client?: Cable
  /** Between the censor and abroad. */
  readonly abroad?: Cable
}

const ABROAD = ['dns', 'relayA', 'relayB', 'cdnNginx', 'cdnVarnish', 'cdnWorkerd', 'target'] as const satisfies readonly HostName[]

/**
 * Senders hand whole bursts to a virtual cable as one packet of 64 KB, which a censor that counts would see as one.
 * Four segments at a time is as coarse as it may be below 12 KB, and four times as fast as single ones (measured November 2026).
 */
const BURST_SEGMENTS = 4
const LOOPBACK_UP = 'link set lo up'

/** What ip does on one host, line by line. */
type Order = readonly [host: Host, lines: readonly string[]]

/**
 * Lays all cables. What it resolves with must be ended with the country.
 *   1. the fast ones
 *   2. those with delay, jitter or loss, each by a program of its own
 *   3. addresses and routes
 */
export async function layCables(spaces: Spaces, cables: Cables): Promise<readonly Program[]> {
  const { hosts, network } = spaces
  const further = network === undefined ? [] : [...plug('relays', network.relays), ...plug('authorities', network.authorities)]
  await obey([
    [
      hosts.censor,
      [
        ...(cables.client === undefined ? [veth('client', hosts.client)] : []),
        ...(cables.abroad === undefined ? [veth('abroad', hosts.abroad, 'uplink')] : []),
        veth('domestic', hosts.domestic),
      ],
    ],
    [hosts.abroad, ['link add lan type bridge', 'link set lan up', ...ABROAD.flatMap((name) => plug(name, hosts[name])), ...further]],
    ...(network === undefined
      ? []
      : [[network.neighbourCensor, [veth('client', network.neighbour), veth('abroad', hosts.abroad, 'neighbour')]] as const]),
  ])
  const links = await startLinks(spaces, cables)
  await obey([...addressesIn(hosts), ...(network === undefined ? [] : addressesInNetwork(network, hosts.abroad))])
  return links
}

function addressesIn(hosts: Spaces['hosts']): readonly Order[] {
  const ownOf = (name: (typeof ABROAD)[number]): readonly Addresses[] =>
    name === 'target' ? [PLACES.target, ...Object.values(FURTHER)] : [addressesOf(name)]
  return [
    [
      hosts.abroad,
      [
        LOOPBACK_UP,
        ...up('uplink'),
        ...address('uplink', ROUTERS.fromCensor),
        ...address('lan', ROUTERS.abroad),
        ...defaultRoutes(ROUTERS.toAbroad),
      ],
    ],
    [
      hosts.censor,
      [
        LOOPBACK_UP,
        ...['client', 'domestic', 'abroad'].flatMap(up),
        ...address('client', ROUTERS.toClient),
        ...address('domestic', ROUTERS.toDomestic),
        ...address('abroad', ROUTERS.toAbroad),
        ...defaultRoutes(ROUTERS.fromCensor),
      ],
    ],
    guest(hosts.client, [PLACES.client], ROUTERS.toClient),
    guest(hosts.domestic, [PLACES.domestic], ROUTERS.toDomestic),
    ...ABROAD.map((name) => guest(hosts[name], ownOf(name), ROUTERS.abroad)),
  ]
}

/** The second country, whose censor's devices are named as the first one's, so that recipes fit; and many addresses each for relays and authorities. */
function addressesInNetwork(
  { neighbour, neighbourCensor, relays, authorities }: NonNullable<Spaces['network']>,
  abroad: Host,
): readonly Order[] {
  const many = (count: number, of: (number: number) => Addresses): readonly Addresses[] => Array.from({ length: count }, (_, n) => of(n))
  return [
    [
      abroad,
      [
        ...up('neighbour'),
        ...address('neighbour', ROUTERS.abroadToNeighbour),
        `route add ${NEIGHBOUR.v4}/32 via ${ROUTERS.fromNeighbour.v4}`,
        `route add ${NEIGHBOUR.v6}/128 via ${ROUTERS.fromNeighbour.v6}`,
      ],
    ],
    [
      neighbourCensor,
      [
        LOOPBACK_UP,
        ...['client', 'abroad'].flatMap(up),
        ...address('client', ROUTERS.toNeighbour),
        ...address('abroad', ROUTERS.fromNeighbour),
        ...defaultRoutes(ROUTERS.abroadToNeighbour),
      ],
    ],
    guest(neighbour, [NEIGHBOUR], ROUTERS.toNeighbour),
    guest(relays, [...many(NETWORK_RELAYS, NETWORK.relay), ...many(NETWORK_RELAYS, NETWORK.exit)], ROUTERS.abroad),
    guest(authorities, many(NETWORK_AUTHORITIES, NETWORK.authority), ROUTERS.abroad),
  ]
}

function up(device: string): readonly string[] {
  return [`link set ${device} gso_max_segs ${BURST_SEGMENTS} up`]
}

/** A host with one cable. */
function guest(host: Host, own: readonly Addresses[], router: Addresses): Order {
  return [host, [LOOPBACK_UP, ...up('eth0'), ...own.flatMap((one) => address('eth0', one)), ...defaultRoutes(router)]]
}

async function startLinks(spaces: Spaces, cables: Cables): Promise<readonly Program[]> {
  const wanted = [
    { cable: cables.client, near: 'client', far: spaces.hosts.client, device: 'eth0' },
    { cable: cables.abroad, near: 'abroad', far: spaces.hosts.abroad, device: 'uplink' },
  ].filter(({ cable }) => cable !== undefined)
  if (wanted.length === 0) return []
  const program = compileLink(spaces.folder)
  const { censor } = spaces.hosts
  return Promise.all(
    wanted.map(async ({ cable, near, far, device }) => {
      const { delayMs, jitterMs = 0, lossPercent = 0, rateMbit } = cable as Cable
      const ends = [`/proc/${censor.pid}/ns/net`, near, `/proc/${far.pid}/ns/net`, device]
      const link = censor.startAsRoot([
        program,
        ...ends,
        String(delayMs),
        String(jitterMs),
        String(lossPercent),
        ...(rateMbit === undefined ? [] : [String(rateMbit)]),
      ])
      await link.line((line) => (line === 'READY' ? true : undefined))
      return link
    }),
  )
}

/** Compiles link.c; throws where there is no C compiler. */
export function compileLink(folder: string): string {
  const program = join(folder, 'link')
  execFileSync('cc', ['-O2', '-Wall', '-o', program, join(import.meta.dirname, 'link.c')])
  return program
}

/** Runs ip's commands in one go. */
/** On all hosts at once, and by one shell: for each program that Node starts, all of Node is copied first. */
async function obey(orders: readonly Order[]): Promise<void> {
  const jobs = orders.map(
    ([host, lines]) => `{ ${host.asRoot('ip -batch -')} || echo ' on ${host.name}' >&2; } <<'END' &\n${lines.join('\n')}\nEND`,
  )
  const shell = new Program(['sh'], { env: { PATH: SEARCHED }, input: `${jobs.join('\n')}\nwait\n` })
  await shell.ended
  if (shell.stderr !== '') throw new Error(`the cables could not be laid: ${shell.stderr}`)
}

function veth(device: string, to: Host, far = 'eth0'): string {
  return `link add ${device} type veth peer name ${far} netns ${to.pid}`
}

/** Into the switch that all hosts abroad share. */
function plug(name: string, host: Host): readonly string[] {
  return [veth(name, host), `link set ${name} master lan`, `link set ${name} up`]
}

function address(device: string, { v4, v6 }: Addresses): readonly string[] {
  return [`addr add ${v4}/24 dev ${device}`, `addr add ${v6}/64 dev ${device} nodad`]
}

function defaultRoutes({ v4, v6 }: Addresses): readonly string[] {
  return [`route add 0.0.0.0/0 via ${v4}`, `route add ::/0 via ${v6}`]
}
