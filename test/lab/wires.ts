// The cables between the hosts, their addresses and routes. A cable with delay, jitter or loss is a user-space link (link.c).
//
//   client – censor – abroad – { dns, relayA, relayB, cdnNginx, cdnVarnish, cdnWorkerd, target }
//               \– domestic
//   neighbour – neighbourCensor – abroad – { relays, authorities }      where a network was asked for
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Program } from '../e2e/program.ts'
import {
  type Addresses,
  addressesOf,
  FURTHER,
  type HostName,
  NEIGHBOUR,
  NETWORK,
  NETWORK_AUTHORITIES,
  NETWORK_RELAYS,
  type NetworkHost,
  PLACES,
  ROUTERS,
} from './atlas.ts'
import type { Host, Spaces } from './spaces.ts'

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

/** Lays all cables. What it resolves with must be ended with the country. */
export async function layCables(spaces: Spaces, cables: Cables): Promise<readonly Program[]> {
  const { censor, abroad, client, domestic } = spaces.hosts
  await Promise.all([
    batch(censor, [
      ...(cables.client === undefined ? [veth('client', client)] : []),
      ...(cables.abroad === undefined ? [veth('abroad', abroad, 'uplink')] : []),
      veth('domestic', domestic),
    ]),
    batch(abroad, ['link add lan type bridge', 'link set lan up', ...ABROAD.flatMap((name) => plug(name, spaces.hosts[name]))]),
  ])
  const links = await startLinks(spaces, cables)
  await Promise.all([
    batch(abroad, [
      LOOPBACK_UP,
      ...up('uplink'),
      ...address('uplink', ROUTERS.fromCensor),
      ...address('lan', ROUTERS.abroad),
      ...defaultRoutes(ROUTERS.toAbroad),
    ]),
    batch(censor, [
      LOOPBACK_UP,
      ...up('client'),
      ...up('domestic'),
      ...up('abroad'),
      ...address('client', ROUTERS.toClient),
      ...address('domestic', ROUTERS.toDomestic),
      ...address('abroad', ROUTERS.toAbroad),
      ...defaultRoutes(ROUTERS.fromCensor),
    ]),
    gateway(client, [PLACES.client], ROUTERS.toClient),
    gateway(domestic, [PLACES.domestic], ROUTERS.toDomestic),
    ...ABROAD.map((name) =>
      gateway(spaces.hosts[name], name === 'target' ? [PLACES.target, ...Object.values(FURTHER)] : [addressesOf(name)], ROUTERS.abroad),
    ),
  ])
  if (spaces.network !== undefined) await layNetwork(spaces.network, abroad)
  return links
}

/** The second country, whose censor's devices are named as the first one's, so that recipes fit; and many addresses each for relays and authorities. */
async function layNetwork(network: Readonly<Record<NetworkHost, Host>>, abroad: Host): Promise<void> {
  const { neighbour, neighbourCensor, relays, authorities } = network
  await batch(neighbourCensor, [veth('client', neighbour), veth('abroad', abroad, 'neighbour')])
  await batch(abroad, [
    ...plug('relays', relays),
    ...plug('authorities', authorities),
    ...up('neighbour'),
    ...address('neighbour', ROUTERS.abroadToNeighbour),
    `route add ${NEIGHBOUR.v4}/32 via ${ROUTERS.fromNeighbour.v4}`,
    `route add ${NEIGHBOUR.v6}/128 via ${ROUTERS.fromNeighbour.v6}`,
  ])
  await batch(neighbourCensor, [
    LOOPBACK_UP,
    ...up('client'),
    ...up('abroad'),
    ...address('client', ROUTERS.toNeighbour),
    ...address('abroad', ROUTERS.fromNeighbour),
    ...defaultRoutes(ROUTERS.abroadToNeighbour),
  ])
  const many = (count: number, of: (number: number) => Addresses): readonly Addresses[] => Array.from({ length: count }, (_, n) => of(n))
  const ofRelays = [...many(NETWORK_RELAYS, NETWORK.relay), ...many(NETWORK_RELAYS, NETWORK.exit)]
  await Promise.all([
    gateway(neighbour, [NEIGHBOUR], ROUTERS.toNeighbour),
    gateway(relays, ofRelays, ROUTERS.abroad),
    gateway(authorities, many(NETWORK_AUTHORITIES, NETWORK.authority), ROUTERS.abroad),
  ])
}

function up(device: string): readonly string[] {
  return [`link set ${device} gso_max_segs ${BURST_SEGMENTS} up`]
}

function gateway(host: Host, own: readonly Addresses[], router: Addresses): Promise<void> {
  return batch(host, [LOOPBACK_UP, ...up('eth0'), ...own.flatMap((one) => address('eth0', one)), ...defaultRoutes(router)])
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
function batch(host: Host, lines: readonly string[]): Promise<void> {
  return host.order(['ip', '-batch', '-'], `${lines.join('\n')}\n`).then(() => undefined)
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
