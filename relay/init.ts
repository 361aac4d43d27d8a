// `culvert-relay init`: makes the folder that is a relay, whole or not at all.
//
// 1. check every option, before anything is written   2. draw keys, path, certificate, cover site
// 3. write the folder, each secret readable by its user only, with the front's site file and the invite
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { deriveAdmissionKeys } from '#protocol'
import { makeFolder, nodeCrypto } from '#protocol/node'
import { type AcmeSettings, LETS_ENCRYPT, parseAcmeDirectory, parseEmail } from './acme/settings.ts'
import { NO_ALERTS } from './alerts/settings.ts'
import { refusedListening } from './bind.ts'
import { NO_CAPS } from './caps/caps.ts'
import { type CertificatePair, certificateFault, createCertificate } from './certificate.ts'
import { type Cover, encodeConfig, FRONTS, type FrontKind, loadKeys, parseCoverUrl, type RelayConfig } from './config.ts'
import { generateSite, type SiteFile } from './cover/generated.ts'
import { OPEN_EXIT } from './dial/exit-settings.ts'
import { caddySite } from './front/caddy.ts'
import type { FrontSite } from './front/front.ts'
import { nginxSite } from './front/nginx.ts'
import { type HostPort, isLoopback, parseDomain, parseHostPort } from './host-port.ts'
import { INVITE_FILE, inviteText } from './invite.ts'
import { keepCode, parseJoinCode } from './join.ts'
import { createRelayKeys, encodeRelayKeys, type RelayKeys } from './keys.ts'
import { everyAddress, machineAddresses } from './machine-addresses.ts'
import { fileRefused, OperatorError, option } from './operator-error.ts'
import { POLICY_DEFAULTS } from './policy-settings.ts'
import { replaceFile } from './replace-file.ts'

/** As typed. */
export interface InitOptions {
  readonly dir: string
  readonly domain: string
  readonly listen?: string | undefined
  readonly address?: string | undefined
  readonly cover?: string | undefined
  readonly behind?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** True: at Let's Encrypt; else the URL of an authority's directory. */
  readonly acme?: string | boolean | undefined
  readonly acmeListen?: string | undefined
  readonly email?: string | undefined
  /** A code by which the relay takes part in a network. */
  readonly join?: string | undefined
}

export interface InitResult {
  readonly dir: string
  readonly config: RelayConfig
  readonly inviteFile: string
  /** The site file for the front, when there is one. */
  readonly frontFile: string | undefined
}

export const FRONT_FILES: Readonly<Record<FrontKind, string>> = { nginx: 'nginx.conf', caddy: 'Caddyfile' }
/** nginx reads its site file as root. Caddy is a user of its own, also while it reads, and nothing in the file lets anyone in. */
const FRONT_FILE_MODES: Readonly<Record<FrontKind, number>> = { nginx: 0o600, caddy: 0o644 }
const KEYS_FILE = 'keys.json'
const SITE_FOLDER = 'site'
const CERTIFICATE_FILE = 'certificate.pem'
const CERTIFICATE_KEY_FILE = 'certificate.key'

const LISTEN_BEHIND = '127.0.0.1:8080'

/** Paths where ordinary sites keep a WebSocket. */
const PATHS = ['/ws', '/live', '/socket', '/stream', '/updates', '/events', '/feed', '/chat', '/notify', '/push', '/realtime', '/websocket']
const PATH_PREFIXES = ['', '', '', '/api', '/app', '/v1', '/v2', '/api/v1', '/backend', '/service']

/** Throws OperatorError, and then has written nothing. addresses: of the machine that it will run on. */
export async function initRelay(
  options: InitOptions,
  nowMs: number,
  addresses: readonly string[] = machineAddresses(),
): Promise<InitResult> {
  const dir = resolve(options.dir)
  refuseUsedFolder(dir)
  const domain = option('--domain', () => parseDomain(options.domain))
  const behind = parseBehind(options.behind)
  const code = options.join === undefined ? undefined : parseJoinCode(options.join)
  const given = readGivenPair(options, domain, nowMs)
  const everywhere = everyAddress(addresses)
  const { listen, address } = await chooseAddresses(options, domain, behind, everywhere)
  const acme = parseAcmeOptions(options, behind, everywhere)
  const made = given === undefined && behind !== 'caddy' ? createCertificate(domain, nowMs) : undefined
  const cover = parseCover(options.cover) ?? { kind: 'folder', folder: join(dir, SITE_FOLDER) }
  const config: RelayConfig = {
    domain,
    address,
    listen,
    behind,
    path: drawPath(),
    cover,
    tls:
      given?.files ??
      (made && { certificateFile: join(dir, CERTIFICATE_FILE), keyFile: join(dir, CERTIFICATE_KEY_FILE), made: true, acme }),
    keysFile: join(dir, KEYS_FILE),
    edges: [],
    policy: POLICY_DEFAULTS,
    caps: NO_CAPS,
    exit: OPEN_EXIT,
    alerts: NO_ALERTS,
    page: undefined,
    cluster: undefined,
  }
  const keys = createRelayKeys()
  const frontText = behind && frontSiteText(behind, config, keys)
  const files: [name: string, text: string, mode?: number][] = [
    ['config.json', encodeConfig(config, dir)],
    [KEYS_FILE, encodeRelayKeys(keys)],
    [INVITE_FILE, `${inviteText(config, keys, (given?.pair ?? made)?.certificate)}\n`],
  ]
  if (made) files.push([CERTIFICATE_FILE, made.certificate], [CERTIFICATE_KEY_FILE, made.key])
  if (behind && frontText) files.push([FRONT_FILES[behind], frontText, FRONT_FILE_MODES[behind]])
  const site = options.cover === undefined ? generateSite(randomBytes(16), domain, nowMs) : []
  writeFolder(dir, files, site, behind !== undefined)
  if (code !== undefined) keepCode(code, dir)
  return { dir, config, inviteFile: join(dir, INVITE_FILE), frontFile: behind && join(dir, FRONT_FILES[behind]) }
}

/** Writes the front's site file anew and returns its name. Throws OperatorError. */
export function writeFrontSite(config: RelayConfig, dir: string): string {
  if (config.behind === undefined) throw new OperatorError('This relay stands alone: there is no web server in front of it.')
  const file = join(resolve(dir), FRONT_FILES[config.behind])
  replaceFile(file, frontSiteText(config.behind, config, loadKeys(config)), FRONT_FILE_MODES[config.behind])
  return file
}

/** The front's site file for this configuration. */
export function frontSiteText(behind: FrontKind, config: RelayConfig, keys: RelayKeys): string {
  const { domain, address, listen, path, cover, tls } = config
  const { cookieName } = deriveAdmissionKeys(nodeCrypto, keys.psk, keys.publicKey)
  const site: FrontSite = { domain, port: address.port, relay: listen, path, cookieName, cover, tls }
  return behind === 'nginx' ? nginxSite(site) : caddySite(site)
}

function refuseUsedFolder(dir: string): void {
  const there = statSync(dir, { throwIfNoEntry: false })
  if (there === undefined) return
  if (!there.isDirectory()) throw new OperatorError(`${dir} is a file. Choose a folder that does not exist yet.`)
  const names = readdirSync(dir)
  if (names.includes('config.json')) {
    throw new OperatorError(
      `${dir} already holds a relay; its keys would be lost, and with them every invite. Choose another folder, or move that one away first.`,
    )
  }
  if (names.length > 0) throw new OperatorError(`${dir} is not empty. Choose a folder that does not exist yet.`)
}

function parseBehind(text: string | undefined): FrontKind | undefined {
  const kind = FRONTS.find((front) => front === text)
  if (text !== undefined && kind === undefined) throw new OperatorError(`--behind must be ${FRONTS.join(' or ')}, but is “${text}”.`)
  return kind
}

/** A folder by reference or a site by URL; undefined: nothing was said, so one is generated. */
function parseCover(text: string | undefined): Cover | undefined {
  if (text === undefined) return undefined
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: 'url', url: option('--cover', () => parseCoverUrl(text)) }
  const folder = resolve(text)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new OperatorError(`--cover: there is no folder ${folder}.`)
  if (!statSync(join(folder, 'index.html'), { throwIfNoEntry: false })?.isFile()) {
    throw new OperatorError(`--cover: ${folder} has no index.html, so visitors would find nothing there.`)
  }
  return { kind: 'folder', folder }
}

function parseAcmeOptions(options: InitOptions, behind: FrontKind | undefined, everywhere: string): AcmeSettings | undefined {
  if (options.acme === undefined || options.acme === false) {
    if (options.email !== undefined || options.acmeListen !== undefined)
      throw new OperatorError('--email and --acme-listen say more about --acme, which is not given.')
    return undefined
  }
  if (options.cert !== undefined) throw new OperatorError('--acme gets a certificate and --cert brings one: give one of them.')
  if (behind !== undefined)
    throw new OperatorError(
      `--acme is for a relay that stands alone: behind ${behind}, the web server’s own way to certificates is better.`,
    )
  return {
    directoryUrl: option('--acme', () => parseAcmeDirectory(options.acme === true ? LETS_ENCRYPT : String(options.acme))),
    email: options.email === undefined ? undefined : option('--email', () => parseEmail(options.email as string)),
    listen: option('--acme-listen', () => parseHostPort(options.acmeListen ?? `${everywhere}:80`, 1)),
  }
}

function readGivenPair(
  { cert, key }: InitOptions,
  domain: string,
  nowMs: number,
): { pair: CertificatePair; files: NonNullable<RelayConfig['tls']> } | undefined {
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) throw new OperatorError('--cert and --key belong together: give both or neither.')
  const pair = { certificate: readGiven('--cert', cert), key: readGiven('--key', key) }
  const fault = certificateFault(pair, domain, nowMs)
  if (fault !== undefined) throw new OperatorError(`--cert/--key: ${fault}.`)
  return { pair, files: { certificateFile: resolve(cert), keyFile: resolve(key), made: false, acme: undefined } }
}

function readGiven(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw fileRefused(`${name}: ${resolve(file)}`, 'read', error)
  }
}

/** Port 0 becomes a free port now, unless something else is dialled: an invite and a front must be able to name it. */
async function chooseAddresses(
  options: InitOptions,
  domain: string,
  behind: FrontKind | undefined,
  everywhere: string,
): Promise<{ listen: HostPort; address: HostPort }> {
  const asked = option('--listen', () => parseHostPort(options.listen ?? (behind ? LISTEN_BEHIND : `${everywhere}:443`), 0))
  const dialled = options.address === undefined ? undefined : option('--address', () => parseHostPort(options.address as string, 1))
  if (behind && !isLoopback(asked))
    throw new OperatorError('--listen must be a loopback address such as 127.0.0.1 behind a front: only the front may reach the relay.')
  const listen = asked.port === 0 && (behind || dialled === undefined) ? { host: asked.host, port: await freePort(asked.host) } : asked
  if (dialled !== undefined) return { listen, address: dialled }
  if (behind) return { listen, address: { host: domain, port: 443 } }
  // What listens on loopback can only be dialled there.
  return { listen, address: { host: isLoopback(listen) ? listen.host : domain, port: listen.port } }
}

async function freePort(host: string): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) =>
      fail(new OperatorError(`--listen: ${refusedListening(error.code, { host, port: 0 }).says}`, { cause: error })),
    )
    probe.listen(0, host, () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => done(port))
    })
  })
}

function drawPath(): string {
  const pick = (list: readonly string[]): string => list[(randomBytes(1)[0] as number) % list.length] as string
  return pick(PATH_PREFIXES) + pick(PATHS)
}

/** fronted: another user's web server must reach files in it; the folder then lets others pass through, and still not look. */
function writeFolder(
  dir: string,
  files: readonly [name: string, text: string, mode?: number][],
  site: readonly SiteFile[],
  fronted: boolean,
): void {
  const existed = statSync(dir, { throwIfNoEntry: false }) !== undefined
  const [folderMode, fileMode] = fronted ? [0o755, 0o644] : [0o700, 0o600]
  try {
    makeFolder(dir, 0o700)
    chmodSync(dir, fronted ? 0o711 : 0o700)
    for (const [name, text, mode = 0o600] of files) {
      writeFileSync(join(dir, name), text, { mode: 0o600, flag: 'wx' })
      chmodSync(join(dir, name), mode)
    }
    for (const { path, content, changedMs } of site) {
      const file = join(dir, SITE_FOLDER, path)
      mkdirSync(dirname(file), { recursive: true })
      for (let folder = dirname(file); folder !== dir; folder = dirname(folder)) chmodSync(folder, folderMode)
      writeFileSync(file, content, { flag: 'wx' })
      chmodSync(file, fileMode)
      utimesSync(file, changedMs / 1000, changedMs / 1000)
    }
  } catch (error) {
    const written = existed ? readdirSync(dir).map((name) => join(dir, name)) : [dir]
    for (const path of written) rmSync(path, { recursive: true, force: true })
    throw fileRefused(dir, 'written', error)
  }
}
