// D/config.json: what one relay is. Read and checked whole at start, so that the rest of the relay can trust it.
import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type AcmeSettings, encodeAcme, parseAcme } from './acme/settings.ts'
import { type AlertSettings, encodeAlerts, parseAlerts } from './alerts/settings.ts'
import { type Caps, encodeCaps, parseCaps } from './caps/caps.ts'
import { type ClusterSettings, encodeCluster, parseCluster } from './cluster/settings.ts'
import { type ExitSettings, encodeExit, parseExit } from './dial/exit-settings.ts'
import { type Edge, encodeEdges, parseEdges } from './edges.ts'
import { CONFIG_FILE, checked, Fields, parseJson, wrong } from './fields.ts'
import { formatHostPort, type HostPort, isLoopback, parseDomain, parseHostPort } from './host-port.ts'
import { decodeRelayKeys, type RelayKeys } from './keys.ts'
import { fileRefused, OperatorError } from './operator-error.ts'
import { encodePolicySettings, type PolicySettings, parsePolicySettings } from './policy-settings.ts'
import { replaceFile } from './replace-file.ts'

export const FRONTS = ['nginx', 'caddy'] as const
export type FrontKind = (typeof FRONTS)[number]

export type Cover = { readonly kind: 'folder'; readonly folder: string } | { readonly kind: 'url'; readonly url: string }

export interface CertificateFiles {
  readonly certificateFile: string
  readonly keyFile: string
  /** Made by init, and so renewed by us; otherwise whoever brought it renews it. */
  readonly made: boolean
  /** Got from a public authority by us, and renewed there; until the first comes, one of our making is shown. */
  readonly acme: AcmeSettings | undefined
}

/** All file names are absolute here; in config.json they are relative to its folder where they lie inside it. */
export interface RelayConfig {
  readonly domain: string
  /** What clients dial. */
  readonly address: HostPort
  /** Where the relay accepts in: TLS when it stands alone, plain HTTP from the front when behind one. Port 0: the system chooses. */
  readonly listen: HostPort
  readonly behind: FrontKind | undefined
  /** Path of the carrier's WebSocket request. */
  readonly path: string
  readonly cover: Cover
  /** undefined: the front gets its own (Caddy does). */
  readonly tls: CertificateFiles | undefined
  readonly keysFile: string
  /** Further ways to this relay. */
  readonly edges: readonly Edge[]
  /** What clients are told. */
  readonly policy: PolicySettings
  readonly caps: Caps
  readonly exit: ExitSettings
  readonly alerts: AlertSettings
  /** Where the operator's page is besides the socket in the folder: a loopback address. */
  readonly page: HostPort | undefined
  /** undefined: this host is all there is of the relay. */
  readonly cluster: ClusterSettings | undefined
}

/** Version 1 had no edges and no policy, version 2 no caps, exit, alerts, page or acme. */
const VERSION = 3
/** A configuration is a few hundred bytes, and some kilobytes with invites of further relays; more is some other file. */
const CONFIG_BYTES_MAX = 131_072

/** Throws OperatorError when D/config.json is missing, unreadable or not what this version understands. */
export function loadConfig(dir: string): RelayConfig {
  const file = join(resolve(dir), CONFIG_FILE)
  return parseConfig(
    readOperatorFile(file, `There is no relay in ${resolve(dir)}. Make one with: culvert-relay init --dir ${dir} --domain NAME`),
    dir,
  )
}

/** Throws OperatorError naming the first thing that is wrong in the text of a config.json. */
export function parseConfig(text: string, dir: string): RelayConfig {
  const fields = new Fields(parseJson(text), '')
  const version = fields.value('version')
  if (typeof version === 'number' && version > VERSION) {
    throw new OperatorError(
      `${CONFIG_FILE} was written by a newer culvert-relay (its version is ${version}, this program knows ${VERSION}). Update this program.`,
    )
  }
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) throw wrong('version', `must be from 1 to ${VERSION}`)
  const within = (name: string): string => resolve(dir, name)
  const config: RelayConfig = {
    domain: checked('domain', () => parseDomain(fields.text('domain'))),
    address: checked('address', () => parseHostPort(fields.text('address'), 1)),
    listen: checked('listen', () => parseHostPort(fields.text('listen'), 0)),
    behind: parseFront(fields.optionalText('behind')),
    path: parsePath(fields.text('path')),
    cover: parseCover(fields.object('cover'), within),
    tls: parseTls(fields.optionalObject('tls'), within),
    keysFile: within(fields.text('keys')),
    edges: parseEdges(fields.objects('edges')),
    policy: parsePolicySettings(fields.optionalObject('policy')),
    caps: parseCaps(fields.optionalObject('caps')),
    exit: parseExit(fields.optionalObject('exit'), within),
    alerts: parseAlerts(fields.optionalObject('alerts')),
    page: parsePage(fields.optionalText('page')),
    cluster: parseCluster(fields.optionalObject('cluster')),
  }
  fields.end()
  if (config.behind && !isLoopback(config.listen))
    throw wrong('listen', 'must be 127.0.0.1 or another loopback address, since only the front may reach the relay')
  if (config.tls === undefined && config.behind !== 'caddy') throw wrong('tls', 'is missing: only Caddy gets certificates by itself')
  if (config.tls?.acme && config.behind) throw wrong('tls.acme', 'is for a relay that stands alone: the web server in front gets its own')
  return config
}

/** The text of config.json; parseConfig reads it back to the same. */
export function encodeConfig(config: RelayConfig, dir: string): string {
  const base = resolve(dir)
  const name = (file: string): string => (file.startsWith(`${base}/`) ? file.slice(base.length + 1) : file)
  const { cover, tls, caps, exit, alerts, page, cluster } = config
  const [capFields, exitFields, alertFields] = [encodeCaps(caps), encodeExit(exit, name), encodeAlerts(alerts)]
  const fields = {
    version: VERSION,
    domain: config.domain,
    address: formatHostPort(config.address),
    listen: formatHostPort(config.listen),
    ...(config.behind && { behind: config.behind }),
    path: config.path,
    cover: cover.kind === 'folder' ? { folder: name(cover.folder) } : { url: cover.url },
    ...(tls && {
      tls: {
        certificate: name(tls.certificateFile),
        key: name(tls.keyFile),
        made: tls.made,
        ...(tls.acme && { acme: encodeAcme(tls.acme) }),
      },
    }),
    keys: name(config.keysFile),
    ...(config.edges.length > 0 && { edges: encodeEdges(config.edges) }),
    policy: encodePolicySettings(config.policy),
    ...(capFields !== undefined && { caps: capFields }),
    ...(exitFields !== undefined && { exit: exitFields }),
    ...(alertFields !== undefined && { alerts: alertFields }),
    ...(page && { page: formatHostPort(page) }),
    ...(cluster && { cluster: encodeCluster(cluster) }),
  }
  return `${JSON.stringify(fields, undefined, 2)}\n`
}

/** Puts another configuration into a relay's folder, whole or not at all. Throws OperatorError. */
export function saveConfig(config: RelayConfig, dir: string): void {
  replaceFile(join(resolve(dir), CONFIG_FILE), encodeConfig(config, dir))
}

/** Throws OperatorError when the key file is missing, unreadable or damaged. */
export function loadKeys(config: RelayConfig): RelayKeys {
  const text = readOperatorFile(
    config.keysFile,
    `The key file ${config.keysFile} is missing. Without it no invite works: put it back from a copy, or make a new relay.`,
  )
  const keys = decodeRelayKeys(text)
  if (keys === undefined)
    throw new OperatorError(`The key file ${config.keysFile} is damaged. Put it back from a copy, or make a new relay.`)
  return keys
}

/** Throws OperatorError in words that fit after “--cover ”. */
export function parseCoverUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
    throw new OperatorError(`must be an http or https URL without user, query or fragment, but is “${text}”`)
  }
  return url.href
}

function parseFront(text: string | undefined): FrontKind | undefined {
  const front = FRONTS.find((kind) => kind === text)
  if (text !== undefined && front === undefined) throw wrong('behind', `must be one of ${FRONTS.join(', ')}`)
  return front
}

function parsePath(text: string): string {
  if (!/^\/[A-Za-z0-9._~/-]{1,100}$/.test(text)) throw wrong('path', 'must begin with / and hold only letters, digits and . _ ~ - /')
  return text
}

function parseCover(fields: Fields, within: (name: string) => string): Cover {
  const folder = fields.optionalText('folder')
  const url = fields.optionalText('url')
  fields.end()
  if (folder !== undefined && url === undefined) return { kind: 'folder', folder: within(folder) }
  if (url !== undefined && folder === undefined) return { kind: 'url', url: checked('cover.url', () => parseCoverUrl(url)) }
  throw wrong('cover', 'must hold either a folder or a url')
}

/** Throws OperatorError. */
function parsePage(text: string | undefined): HostPort | undefined {
  const at = text === undefined ? undefined : checked('page', () => parseHostPort(text, 1))
  if (at && !isLoopback(at)) throw wrong('page', 'must be a loopback address such as 127.0.0.1:9180: it is for the operator only')
  return at
}

function parseTls(fields: Fields | undefined, within: (name: string) => string): CertificateFiles | undefined {
  if (fields === undefined) return undefined
  const made = fields.value('made')
  if (typeof made !== 'boolean') throw wrong('tls.made', 'must be true or false')
  const acme = fields.optionalObject('acme')
  const files = {
    certificateFile: within(fields.text('certificate')),
    keyFile: within(fields.text('key')),
    made,
    acme: acme && parseAcme(acme),
  }
  fields.end()
  return files
}

function readOperatorFile(file: string, whenMissing: string): string {
  try {
    if (statSync(file).size > CONFIG_BYTES_MAX) throw new OperatorError(`${file} is too large to be what it should be.`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof OperatorError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new OperatorError(whenMissing)
    throw fileRefused(file, 'read', error)
  }
}
