// One process's part of a relay: listener → gate → sessions → dialer. `run` has one of these, or several in worker processes.
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type Rates, Toll } from './caps/toll.ts'
import { type CertificateFiles, loadKeys, type RelayConfig } from './config.ts'
import { proxiedSite } from './cover/proxied.ts'
import { folderSite } from './cover/site.ts'
import { Dialer } from './dial/dial.ts'
import { ExitPolicy } from './dial/exit-policy.ts'
import { Resolver } from './dial/resolver.ts'
import { PolicySource, serveDocuments } from './documents.ts'
import { Entrance } from './entrance.ts'
import { ReplayFile } from './gate.ts'
import { type Listening, listen } from './listen.ts'
import { Meter } from './meter.ts'
import { OperatorError } from './operator-error.ts'

export interface ServeOptions {
  /** All file names lead where this process can read them. */
  readonly config: RelayConfig
  /** The relay's folder. */
  readonly folder: string
  /** CIDRs that are open though they would be refused. */
  readonly allow: readonly string[]
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
  readonly memoryBytes: number
}

/** What `run` does with the serving part, be it here or in workers. */
export interface Serving {
  readonly port: number
  snapshot(): Snapshot
  /** Lets nobody new in; resolves when those inside have gone, at most after the drain's time. */
  drain(): Promise<void>
  /** Lets newcomers in again. */
  open(): void
  setRates(rates: Rates): void
  /** Reads the certificate's files again. */
  useCertificate(): void
  stopListening(): void
  close(): Promise<void>
}

/** Resolves once bound. Rejects with an OperatorError, or with what binding failed of. */
export async function serve({ config, folder, allow }: ServeOptions): Promise<Serving> {
  const keys = loadKeys(config)
  const nowS = (): number => Math.floor(Date.now() / 1000)
  const exit = new ExitPolicy(config.exit)
  const dialer = new Dialer({ allow, deny: ownAddresses(config), resolver: new Resolver(), exit })
  const memory = new ReplayFile('.', nowS)
  const policy = new PolicySource(folder, config, keys, nowS)
  const meter = new Meter()
  const toll = new Toll(meter, config.caps)
  const entrance = new Entrance({ keys, memory, dialer, documents: serveDocuments(() => policy.current()), meter, toll, nowS })
  const { sessions } = entrance
  const tls = config.behind === undefined ? config.tls : undefined
  const listening: Listening = await listen({
    ...config.listen,
    tls: tls && readTls(tls),
    site: config.cover.kind === 'url' ? proxiedSite(config.cover.url) : folderSite(config.cover.folder),
    admit: (request) => entrance.admit(request),
    accept: (entry, socket, head) => entrance.accept(entry, socket, head),
    serve: (entry, request, response) => entrance.serve(entry, request, response),
  })
  return {
    port: listening.port,
    snapshot: () => ({
      sessions: sessions.count,
      alone: sessions.aloneCount,
      streams: sessions.streamCount,
      sums: { ...meter },
      blockedCount: exit.blockedCount,
      blockedFault: exit.fault,
      memoryBytes: process.memoryUsage.rss(),
    }),
    drain: () => sessions.drain(),
    open: () => sessions.open(),
    setRates: (rates) => toll.setRates(rates),
    useCertificate: () => {
      if (tls !== undefined) listening.useCertificate(readTls(tls))
    },
    stopListening: () => listening.stopListening(),
    close: async () => {
      entrance.close()
      toll.close()
      await listening.close()
      memory.close()
    },
  }
}

/** Throws OperatorError. */
function readTls(files: CertificateFiles): { cert: Buffer; key: Buffer } {
  try {
    return { cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) }
  } catch {
    throw new OperatorError('The certificate or its key can’t be read. `culvert-relay check` says which.')
  }
}

/** The relay must not be made to dial itself. */
function ownAddresses(config: RelayConfig): string[] {
  const found = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
  return [config.address.host, config.listen.host, ...found].filter(
    (address) => isIP(address) !== 0 && address !== '0.0.0.0' && address !== '::',
  )
}
