// The running relay: listener → gate → sessions → dialer, from start to drain.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isAbsolute, join, relative } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { loadKeys, type RelayConfig } from './config.ts'
import { proxiedSite } from './cover/proxied.ts'
import { folderSite, type Site } from './cover/site.ts'
import { Dialer } from './dial/dial.ts'
import { Resolver } from './dial/resolver.ts'
import { PolicySource, serveDocuments } from './documents.ts'
import { dropRoot } from './drop-root.ts'
import { Entrance } from './entrance.ts'
import { ReplayFile } from './gate.ts'
import { sessionLimits } from './limits.ts'
import { type Listening, listen } from './listen.ts'
import { OperatorError } from './operator-error.ts'
import { renewOwnCertificate } from './renew.ts'

/** Once a day is often enough for a certificate that is renewed a month before its end. */
const RENEWAL_MS = 86_400_000

export interface RunOptions {
  readonly dir: string
  readonly config: RelayConfig
  /** CIDRs that are open though they would be refused: for tests, or for a network of the operator's own. */
  readonly allow: readonly string[]
  readonly json: boolean
  /** Whom root becomes. */
  readonly user: string | undefined
}

/** Resolves when the relay has ended by SIGTERM or SIGINT. Rejects with an OperatorError when it can't start. */
export async function runRelay({ dir, config: given, allow, json, user }: RunOptions): Promise<void> {
  process.chdir(dir)
  // V8's young generation grows to 48 MiB under a burst of handshakes and stays so: 20 KiB for each idle session, and no gain in speed was measured.
  setFlagsFromString('--semi-space-growth-factor=1')
  const config = throughOwnFolder(given)
  const keys = loadKeys(config)
  const nowS = (): number => Math.floor(Date.now() / 1000)
  const dialer = new Dialer({ allow, deny: ownAddresses(config), resolver: new Resolver() })
  const memory = new ReplayFile('.', nowS)
  const policy = new PolicySource(OWN_FOLDER, config, keys, nowS)
  const entrance = new Entrance({ keys, memory, dialer, documents: serveDocuments(() => policy.current()), nowS })
  const { sessions } = entrance
  const listening = await listen({
    ...config.listen,
    tls: config.behind !== undefined || config.tls === undefined ? undefined : readTls(config.tls),
    site: coverSite(config),
    admit: (request) => entrance.admit(request),
    accept: (entry, socket, head) => entrance.accept(entry, socket, head),
    serve: (entry, request, response) => entrance.serve(entry, request, response),
  })
  try {
    dropRoot(user)
    refuseUnreadableCover(config)
  } catch (error) {
    // What listens keeps the process alive, and this one may still be root.
    await listening.close()
    throw error
  }
  say(
    json,
    { event: 'ready', listen: `${config.listen.host}:${listening.port}` },
    `The relay is ready on ${config.listen.host}:${listening.port}.`,
  )

  const renewal = setInterval(() => renew(config, listening, json), RENEWAL_MS).unref()
  await signalled()
  clearInterval(renewal)
  say(
    json,
    { event: 'draining', sessions: sessions.count },
    `Ending: ${sessions.count} sessions have ${sessionLimits.drainMs / 1000} s to finish.`,
  )
  listening.stopListening()
  await sessions.drain()
  entrance.close()
  await listening.close()
  memory.close()
  say(json, { event: 'ended' }, 'The relay has ended.')
}

/** `main` looks at start; a relay may well run for longer than its certificate lives. Behind a front, the front reads the file when it is reloaded. */
function renew(config: RelayConfig, listening: Listening, json: boolean): void {
  try {
    const isRenewed = renewOwnCertificate(config, Date.now())
    if (isRenewed && config.behind === undefined && config.tls !== undefined) listening.useCertificate(readTls(config.tls))
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    say(json, { event: 'certificate-not-renewed' }, error.message)
  }
}

/** Linux's name for the working directory as this process holds it, not as the names above it lead there. */
const OWN_FOLDER = existsSync('/proc/self/cwd') ? '/proc/self/cwd' : '.'

/** Names files inside the relay's folder, our working directory, through that: after root is dropped, nothing else surely leads there. */
function throughOwnFolder(config: RelayConfig): RelayConfig {
  const name = (file: string): string => {
    const within = relative(process.cwd(), file)
    return within.startsWith('..') || isAbsolute(within) ? file : join(OWN_FOLDER, within)
  }
  const { cover, tls } = config
  return {
    ...config,
    cover: cover.kind === 'folder' ? { ...cover, folder: name(cover.folder) } : cover,
    tls: tls && { ...tls, certificateFile: name(tls.certificateFile), keyFile: name(tls.keyFile) },
  }
}

function coverSite({ cover }: RelayConfig): Site {
  return cover.kind === 'url' ? proxiedSite(cover.url) : folderSite(cover.folder)
}

/** A site that its own server can't read answers every visitor with an error, and no site does that. */
function refuseUnreadableCover({ cover, behind }: RelayConfig): void {
  if (cover.kind === 'url' || behind !== undefined) return
  try {
    accessSync(cover.folder, constants.R_OK | constants.X_OK)
  } catch {
    throw new OperatorError(
      `The relay does not run as root, and so may not read its cover site in ${cover.folder}. Give the site to the relay’s user, or name another by --user.`,
    )
  }
}

function readTls(files: { readonly certificateFile: string; readonly keyFile: string }): { cert: Buffer; key: Buffer } {
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

/** A second signal ends the process at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}

function say(json: boolean, event: Readonly<Record<string, string | number>>, sentence: string): void {
  process.stdout.write(json ? `${JSON.stringify(event)}\n` : `${sentence}\n`)
}
