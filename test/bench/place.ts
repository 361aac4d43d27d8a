// Where a measurement happens: this machine's loopback, or two network namespaces joined by a link with delay and loss (../lab/link.c).
// Clients and the load generator are on one side; servers and the target are on the other.

import type { ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { atEnd, freePort, runOnce, start, stop, waitForLine } from './run.ts'

export type Side = 'client' | 'server'
export type PlaceName = keyof typeof PLACES

interface PlaceShape {
  readonly rttMs: number
  /** Of packets, in each direction. */
  readonly lossPercent: number
  /** In each direction, where the link has a rate of its own. */
  readonly rateMbit?: number
}

export const PLACES = {
  near: { rttMs: 0, lossPercent: 0 },
  far: { rttMs: 100, lossPercent: 0 },
  lossy: { rttMs: 100, lossPercent: 1 },
  home: { rttMs: 80, lossPercent: 0, rateMbit: 16 },
} satisfies Readonly<Record<string, PlaceShape>>

/** What cc made, and the scratch folder with a certificate for bench.local. */
export interface Workshop {
  readonly folder: string
  readonly certificate: string
  readonly key: string
}

export interface Place {
  readonly name: PlaceName
  readonly workshop: Workshop
  /** The address at which the client side reaches servers. */
  readonly serverAddress: string
  /** HOST:PORT of the target, as the server side dials it. */
  readonly target: string
  /** The same target as the client side dials it without a proxy. */
  readonly directTarget: string
  /** The command as it must be started to run on that side. */
  on(side: Side, argv: readonly string[]): readonly string[]
  close(): Promise<void>
}

/** Compiles the C programs with cc and makes a certificate in `folder`; throws when cc or openssl is missing. */
export function openWorkshop(folder: string): Workshop {
  mkdirSync(folder, { recursive: true })
  for (const name of ['load', 'target', '../lab/link'])
    runOnce(['cc', '-O2', '-Wall', '-o', join(folder, basename(name)), join(import.meta.dirname, `${name}.c`)])
  const certificate = join(folder, 'certificate.pem')
  const key = join(folder, 'key.pem')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-subj', '/CN=bench.local', '-addext', 'subjectAltName=DNS:bench.local']
  runOnce(['openssl', 'req', '-x509', ...curve, '-keyout', key, '-out', certificate, '-days', '30', ...subject])
  return { folder, certificate, key }
}

/** Opens a place and its target. A place with delay or loss needs root. */
export async function openPlace(name: PlaceName, workshop: Workshop): Promise<Place> {
  const { rttMs, lossPercent, rateMbit }: PlaceShape = PLACES[name]
  const spaces = rttMs === 0 && lossPercent === 0 ? undefined : openNamespaces(name)
  const on = (side: Side, argv: readonly string[]): readonly string[] =>
    spaces === undefined ? argv : ['ip', 'netns', 'exec', spaces[side], ...argv]
  const running: ChildProcess[] = []
  if (spaces !== undefined) {
    const ends = Object.values(spaces).flatMap((space) => [`/run/netns/${space}`, 'link0'])
    const link = start([
      join(workshop.folder, 'link'),
      ...ends,
      String(rttMs / 2),
      '0',
      String(lossPercent),
      ...(rateMbit === undefined ? [] : [String(rateMbit)]),
    ])
    running.push(link)
    await waitForLine(link, (line) => line === 'READY')
    runOnce(['ip', '-n', spaces.client, 'addr', 'add', '10.99.0.1', 'peer', '10.99.0.2', 'dev', 'link0'])
    runOnce(['ip', '-n', spaces.server, 'addr', 'add', '10.99.0.2', 'peer', '10.99.0.1', 'dev', 'link0'])
  }
  const port = await freePort()
  const target = start(on('server', [join(workshop.folder, 'target'), String(port)]))
  running.push(target)
  await waitForLine(target, (line) => line === 'READY')
  const serverAddress = spaces === undefined ? '127.0.0.1' : '10.99.0.2'
  const close = async (): Promise<void> => {
    await Promise.all(running.map(stop))
    if (spaces !== undefined) closeNamespaces(spaces)
  }
  return { name, workshop, serverAddress, target: `127.0.0.1:${port}`, directTarget: `${serverAddress}:${port}`, on, close }
}

/** Writes a configuration file into a peer's folder and returns its path. */
export function writeConfiguration(folder: string, name: string, content: string | object): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
  return path
}

type Namespaces = Readonly<Record<Side, string>>

function openNamespaces(name: PlaceName): Namespaces {
  if (process.getuid?.() !== 0)
    throw new Error('tests over a link with delay need root (network namespaces); leave them out with --place near')
  const spaces = { client: `cvb${process.pid}${name}a`, server: `cvb${process.pid}${name}b` }
  atEnd(() => closeNamespaces(spaces))
  for (const space of Object.values(spaces)) {
    runOnce(['ip', 'netns', 'add', space])
    // What one peer's run taught the kernel about the path must not help the next.
    runOnce(['ip', 'netns', 'exec', space, 'sysctl', '-qw', 'net.ipv4.tcp_no_metrics_save=1'])
    runOnce(['ip', '-n', space, 'link', 'set', 'lo', 'up'])
  }
  return spaces
}

function closeNamespaces(spaces: Namespaces): void {
  for (const space of Object.values(spaces)) {
    try {
      runOnce(['ip', 'netns', 'del', space])
    } catch {
      // never made, or gone already
    }
  }
}
