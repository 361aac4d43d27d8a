// `culvert-relay run`: a relay from its start to its drain.
//
// 1. bind the ports, as root where they ask for it, and read what is needed later   2. give root up   3. serve, and watch
// 4. on SIGTERM: let people finish, end
import { accessSync, constants } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { versionOf } from '#protocol'
import type { Proofs } from './acme/obtain.ts'
import { listenPort80, type Port80 } from './acme/port-80.ts'
import { ACME_LISTEN_SETTING, listenFault } from './bind.ts'
import { loadKeys, type RelayConfig } from './config.ts'
import { dropRoot } from './drop-root.ts'
import type { HostPort } from './host-port.ts'
import { capacityOf } from './join.ts'
import { sessionLimits } from './limits.ts'
import { OperatorError } from './operator-error.ts'
import { OWN_FOLDER, throughOwnFolder } from './own-folder.ts'
import { type Serving, serve } from './serve.ts'
import { takePart } from './take-part.ts'
import { readVersion } from './version.ts'
import { type Tell, Watch } from './watch.ts'
import { Crew } from './workers/crew.ts'

export interface RunOptions {
  readonly dir: string
  readonly config: RelayConfig
  /** CIDRs that are open though they would be refused: for tests, or for a network of the operator's own. */
  readonly allow: readonly string[]
  readonly json: boolean
  /** Whom root becomes. */
  readonly user: string | undefined
  /** Processes that serve. */
  readonly workers: number
}

/** Resolves when the relay has ended by SIGTERM or SIGINT. Rejects with an OperatorError when it can't start. */
export async function runRelay({ dir, config: given, allow, json, user, workers }: RunOptions): Promise<void> {
  const version = readVersion()
  process.chdir(dir)
  const config = throughOwnFolder(given)
  const tell: Tell = (event, sentence) => void process.stdout.write(json ? `${JSON.stringify(event)}\n` : `${sentence}\n`)
  const proofs = new Map<string, string>()
  if (config.cluster !== undefined && workers > 1)
    throw new OperatorError(
      'One of several hosts runs as one process: for more of this machine, let it be several hosts, each on ports of its own.',
    )
  const options = { config, folder: OWN_FOLDER, allow }
  const serving: Serving = workers > 1 ? await Crew.bind(options, workers) : await serve(options)
  let port80: Port80 | undefined
  let watch: Watch
  try {
    const { acme } = config.tls ?? {}
    port80 = acme && (await listenForProofs(acme.listen, config, proofs))
    await readLibraries(config)
    // What was compiled is kept now, where it can be: later it may be another user's to write.
    flushCompileCache()
    dropRoot(user)
    refuseUnreadableCover(config)
    await serving.begin()
    watch = await Watch.begin({ config, serving, proofs, version, tell })
  } catch (error) {
    // What listens keeps the process alive, and this one may still be root.
    await Promise.all([serving.close(), port80?.close()])
    throw error
  }
  const at = `${config.listen.host}:${serving.port}`
  tell({ event: 'ready', listen: at }, `The relay is ready on ${at}.`)
  const nowS = (): number => Math.floor(Date.now() / 1_000)
  const takeNoPart = takePart({
    folder: '.',
    keys: loadKeys(config),
    version: versionOf(version),
    capacityBytesPerS: capacityOf(config.caps),
    nowS,
    tell,
  })
  await signalled()
  takeNoPart()
  const { sessions } = serving.snapshot()
  tell({ event: 'draining', sessions }, `Ending: ${sessions} sessions have ${sessionLimits.drainMs / 1000} s to finish.`)
  watch.close()
  serving.stopListening()
  await serving.drain()
  await Promise.all([serving.close(), port80?.close()])
  tell({ event: 'ended' }, 'The relay has ended.')
}

/**
 * Those that only some relays need: together 14 MiB of a small server's memory and half a second of its time (measured, November 2026). They are read before root is
 * given up, since afterwards their files may be out of reach; where they are used, `import` gives what was read.
 */
async function readLibraries({ tls, alerts }: RelayConfig): Promise<void> {
  if (tls?.acme !== undefined) await import('acme-client')
  if (alerts.mail !== undefined) await import('nodemailer')
}

async function listenForProofs(listen: HostPort, { domain, address }: RelayConfig, proofs: Proofs): Promise<Port80> {
  try {
    return await listenPort80(listen, domain, address, proofs)
  } catch (error) {
    const words = listenFault(error, ACME_LISTEN_SETTING)
    throw words === undefined ? error : new OperatorError(words, { cause: error })
  }
}

/** A site that its own server can't read answers every visitor with an error, and no site does that. */
function refuseUnreadableCover({ cover, behind }: RelayConfig): void {
  if (cover.kind === 'url' || behind !== undefined) return
  try {
    accessSync(cover.folder, constants.R_OK | constants.X_OK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new OperatorError(
        `The cover site’s folder ${cover.folder} does not exist. Put the site there again, or name another in config.json (“cover”).`,
      )
    throw new OperatorError(
      `The relay does not run as root, and so may not read its cover site in ${cover.folder}. Give the site to the relay’s user, or name another by --user.`,
    )
  }
}

/** A second signal ends the process at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}
