// One process's part of a relay: listener → gate → sessions → dialer. `run` has one of these, or several in worker processes.
import { readFileSync } from 'node:fs'
import { isIP, type Socket } from 'node:net'
import { Toll } from './caps/toll.ts'
import type { Cluster } from './cluster/cluster.ts'
import { hopOptions, reachHost, reachProcess } from './cluster/hop.ts'
import type { ClusterSettings } from './cluster/settings.ts'
import { type CertificateFiles, loadKeys, type RelayConfig } from './config.ts'
import { proxiedSite } from './cover/proxied.ts'
import { folderSite, type Site, type SiteRequest } from './cover/site.ts'
import { Dialer } from './dial/dial.ts'
import { ExitPolicy } from './dial/exit-policy.ts'
import { Resolver } from './dial/resolver.ts'
import { anyOf, serveDirectory } from './directory/answer.ts'
import { KeptDirectory } from './directory/kept.ts'
import { passQuestionsOn } from './directory/pass-on.ts'
import { Peers } from './directory/peers.ts'
import { PolicySource, serveDocuments, serveLoad } from './documents.ts'
import { Entrance, type Entry } from './entrance.ts'
import { authoritiesOfCode } from './join.ts'
import { type RelayKeys, relayIdentity } from './keys.ts'
import { type Listening, type ListenOptions, listen } from './listen.ts'
import { machineAddresses } from './machine-addresses.ts'
import { limitsIn, thisRoom } from './machine-limits.ts'
import { Meter } from './meter.ts'
import { openCensus } from './observatory/counting/census.ts'
import { OperatorError } from './operator-error.ts'
import { ReplayLog } from './replay-log.ts'
import type { Documents } from './streams.ts'
import type { Elsewhere, Registry } from './workers/elsewhere.ts'

/** A certificate and its key, PEM. */
export interface TlsPair {
  readonly cert: Buffer
  readonly key: Buffer
}

const EVERYWHERE = ['0.0.0.0/0', '::/0']

export interface ServeOptions {
  /** All file names lead where this process can read them. */
  readonly config: RelayConfig
  /** The relay's folder. */
  readonly folder: string
  /** CIDRs that are open though they would be refused. */
  readonly allow: readonly string[]
  /** undefined: this is the only process. */
  readonly worker?: WorkerPlace | undefined
  /** Of an authority: all that it answers. Nothing is then dialled for anyone. */
  readonly answers?: Documents
}

/** The place of one process among several. */
export interface WorkerPlace {
  readonly count: number
  readonly tls: TlsPair | undefined
  /** Where the others reach it. */
  readonly socketFile: string
  readonly elsewhere: Elsewhere
  readonly registry: Registry
}

/** Numbers of one moment, and sums since the process began; of all people together. */
export interface Snapshot {
  readonly sessions: number
  /** Sessions that wait for a carrier. */
  readonly alone: number
  readonly streams: number
  readonly sums: Readonly<Meter>
  /** Lines of the list of blocked destinations; and why it can't be used as it is now. */
  readonly blockedCount: number
  readonly blockedFault: string | undefined
  /** Why nobody can be let in. */
  readonly memoryFault: string | undefined
  readonly memoryBytes: number
}

/** What `run` does with the serving part, be it here or in workers. */
export interface Serving {
  readonly port: number
  /** Processes that serve, and how many ended unasked. */
  readonly workers: { readonly count: number; readonly lost: number }
  /** To be called once root is given up. */
  begin(): Promise<void>
  snapshot(): Snapshot
  /** Lets nobody new in; resolves when those inside have gone, at most after the drain's time. */
  drain(): Promise<void>
  /** Lets newcomers in again. */
  open(): void
  /** Reads the certificate's files again. */
  useCertificate(): void
  stopListening(): void
  close(): Promise<void>
}

/** One process's. */
export interface Server extends Serving {
  /** A socket that another process has accepted. */
  take(socket: Socket): void
  /** As useCertificate, where only another process may read the files. */
  showCertificate(tls: TlsPair): void
}

/** Resolves once bound. Rejects with an OperatorError, or with what binding failed of. */
export async function serve({ config, folder, allow, worker, answers }: ServeOptions): Promise<Server> {
  const keys = loadKeys(config)
  const nowS = (): number => Math.floor(Date.now() / 1000)
  const exit = new ExitPolicy(config.exit)
  const dialer = new Dialer({ allow, deny: answers === undefined ? ownAddresses(config) : EVERYWHERE, resolver: new Resolver(), exit })
  const cluster = config.cluster && (await clusterOf(config.cluster, keys))
  const memory = new ReplayLog({ dir: '.', nowS, alone: worker === undefined })
  const policy = new PolicySource(folder, config, keys, nowS)
  const meter = new Meter()
  const toll = new Toll(meter, config.caps)
  const site = config.cover.kind === 'url' ? proxiedSite(config.cover.url) : folderSite(config.cover.folder)
  const limits = limitsIn(thisRoom(), worker?.count ?? 1)
  const census = openCensus(folder, relayIdentity(keys), () => Date.now())
  const authorities = new Peers()
  const documents = answers ?? relayDocuments(policy, folder, authorities)
  const siblings = worker
    ? { ...worker, reach: reachProcess }
    : cluster && { elsewhere: cluster.elsewhere, registry: cluster.registry, reach: reachHost(keys) }
  const entrance = new Entrance({
    keys,
    memory,
    dialer,
    documents,
    meter,
    toll,
    nowS,
    site,
    siblings,
    ask: cluster && ((id) => cluster.ask(id)),
    limits,
    census,
  })
  const { sessions } = entrance
  const tls = config.behind === undefined ? config.tls : undefined
  const shown = worker === undefined ? tls && readTls(tls) : worker.tls
  const face: ListenOptions<Entry> = {
    ...faceOf(entrance, config, site),
    tls: shown,
    isHanded: worker !== undefined,
    ...(cluster && {
      late: { mustAsk: (request, entry) => entrance.mustAsk(request, entry), confirm: (entry) => entrance.confirm(entry) },
    }),
  }
  const outer: Listening = await listen(face, limits.listen)
  const inner = await listenForSiblings(faceOf(entrance, config, site), entrance, worker?.socketFile, config, keys)
  return {
    port: outer.port,
    workers: { count: 1, lost: 0 },
    begin: async () => cluster?.connect(),
    snapshot: () => ({
      sessions: sessions.count,
      alone: sessions.aloneCount,
      streams: sessions.streamCount,
      sums: { ...meter },
      blockedCount: exit.blockedCount,
      blockedFault: exit.fault,
      memoryFault: memory.fault ?? cluster?.fault,
      memoryBytes: process.memoryUsage.rss(),
    }),
    drain: () => sessions.drain(),
    open: () => sessions.open(),
    take: (socket) => outer.take(socket),
    useCertificate: () => {
      if (tls !== undefined) outer.useCertificate(readTls(tls))
    },
    showCertificate: (pair) => outer.useCertificate(pair),
    stopListening: () => outer.stopListening(),
    close: async () => {
      entrance.close()
      toll.close()
      await census?.close()
      cluster?.close()
      authorities.close()
      await Promise.all([outer.close(), inner?.close()])
      memory.close()
    },
  }
}

/** Only one of several hosts reads the library for the store that they share. */
async function clusterOf(settings: ClusterSettings, keys: RelayKeys): Promise<Cluster> {
  const { Cluster } = await import('./cluster/cluster.ts')
  return new Cluster(settings, keys)
}

function relayDocuments(policy: PolicySource, folder: string, authorities: Peers): Documents {
  const kept = new KeptDirectory(folder)
  return anyOf(
    serveDocuments(() => policy.current()),
    serveDirectory(() => kept.current()),
    passQuestionsOn(
      () => kept.current(),
      () => authoritiesOfCode(folder),
      authorities,
    ),
    serveLoad(),
  )
}

type Face = Omit<ListenOptions<Entry>, 'tls'>

function faceOf(entrance: Entrance, config: RelayConfig, site: Site): Face {
  return {
    ...config.listen,
    site,
    admit: (request) => entrance.admit(request),
    accept: (entry, socket, head) => entrance.accept(entry, socket, head),
    serve: (entry, request, response) => entrance.serve(entry, request, response),
  }
}

/** Where other processes or hosts of this relay hand requests over; undefined: there are none. */
async function listenForSiblings(
  face: Face,
  entrance: Entrance,
  socketFile: string | undefined,
  { cluster }: RelayConfig,
  keys: RelayKeys,
): Promise<Listening | undefined> {
  const inner = { ...face, admit: (request: SiteRequest) => entrance.admitHandedOver(request), tls: undefined }
  if (socketFile !== undefined) return listen({ ...inner, socketFile })
  return cluster && listen({ ...inner, ...cluster.at, hop: hopOptions(keys) })
}

/** Throws OperatorError. */
export function readTls(files: CertificateFiles): TlsPair {
  try {
    return { cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) }
  } catch {
    throw new OperatorError('The certificate or its key can’t be read. `culvert-relay check` says which.')
  }
}

/** The relay must not be made to dial itself. */
function ownAddresses(config: RelayConfig): string[] {
  return [config.address.host, config.listen.host, ...machineAddresses()].filter(
    (address) => isIP(address) !== 0 && address !== '0.0.0.0' && address !== '::',
  )
}
