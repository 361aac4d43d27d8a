// The web sites of the lab, on a real nginx: one abroad to download from and to upload to, one abroad to compare with, one inside the country.
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Program } from '../../e2e/program.ts'
import { findProgram } from '../../programs.ts'
import { type Addresses, addressesOf, type HostName, NAMES } from '../atlas.ts'
import type { Host } from '../spaces.ts'

/** Where the domestic machine shows the sign-in page of a captive portal. */
export const PORTAL_PORT = 8081
/** Every site tells at /who from where it was asked. What it has at /page: more than any recipe lets pass unharmed. */
const PAGE_BYTES = 300_000

/** Each machine with sites has a certificate of its own, so that one shows when it answers in the place of another. */
export const SITES = {
  domestic: { places: [addressesOf('domestic')], names: [NAMES.domestic] },
  target: { places: [addressesOf('target'), addressesOf('canary')], names: [NAMES.target, NAMES.canary, NAMES.doh] },
} as const satisfies Partial<Record<HostName, { readonly places: readonly Addresses[]; readonly names: readonly string[] }>>
export type SiteHost = keyof typeof SITES

export interface Page {
  readonly path: string
  readonly sha256: string
}

/** Puts bytes that nobody can guess onto all sites. */
export function publish(folder: string, name: string, bytes: number): Page {
  const content = randomBytes(bytes)
  writeFileSync(join(folder, 'www', name), content)
  return { path: `/${name}`, sha256: createHash('sha256').update(content).digest('hex') }
}

/** The file to trust the sites by. */
export function trustOf(folder: string): string {
  return join(folder, 'trust.pem')
}

/** Makes what the sites show and their certificates, in `folder`. */
export async function makeSites(folder: string): Promise<void> {
  mkdirSync(join(folder, 'www'))
  publish(folder, 'page', PAGE_BYTES)
  writeFileSync(join(folder, 'www', 'index.html'), '<!doctype html><title>A site</title><p>Nothing to see here.\n')
  const hosts = Object.keys(SITES) as SiteHost[]
  await Promise.all(hosts.map((host) => makeCertificate(folder, host)))
  writeFileSync(trustOf(folder), hosts.map((host) => readFileSync(certificateOf(folder, host).certificate, 'utf8')).join(''))
}

async function makeCertificate(folder: string, host: SiteHost): Promise<void> {
  const { certificate, key } = certificateOf(folder, host)
  const [name] = SITES[host].names
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${SITES[host].names.map((one) => `DNS:${one}`).join(',')}`]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', certificate, '-days', '30', ...subject])
}

/** The files of a machine's certificate and its key, PEM. */
export function certificateOf(folder: string, host: SiteHost): { readonly certificate: string; readonly key: string } {
  return { certificate: join(folder, `${host}.crt`), key: join(folder, `${host}.key`) }
}

/** Serves a machine's sites; resolves when nginx accepts. */
export async function startSites(host: Host, name: SiteHost, folder: string): Promise<Program> {
  const { places } = SITES[name]
  const { certificate, key } = certificateOf(folder, name)
  const own = join(folder, `nginx-${name}`)
  mkdirSync(own)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${join(own, kind)};`)
  const listens = places.flatMap(({ v4, v6 }) => [`${v4}:443 ssl`, `[${v6}]:443 ssl`, `${v4}:80`, `[${v6}]:80`])
  const configuration = `daemon off;
master_process off;
pid ${join(own, 'pid')};
error_log stderr notice;
events {}
http {
 ${temporary.join('\n ')}
 types { text/html html; }
 access_log off;
 sendfile on;
 server_tokens off;
 ssl_certificate ${certificate};
 ssl_certificate_key ${key};
 server {
  ${listens.map((listen) => `listen ${listen};`).join('\n  ')}
  root ${join(folder, 'www')};
  client_max_body_size 0;
  location = /who { default_type text/plain; return 200 $remote_addr; }
 }${name === 'domestic' ? portalServer(places) : dohServer(folder)}
}
`
  const file = join(own, 'nginx.conf')
  writeFileSync(file, configuration)
  const nginx = findProgram('nginx') as string
  const program = host.start(['sh', '-c', 'exec "$@" 2>&1', 'sh', nginx, '-c', file, '-p', own, '-e', 'stderr'])
  await program.line((line) => (/start worker process|using the "epoll" event method/.test(line) ? true : undefined))
  return program
}

function portalServer(places: readonly Addresses[]): string {
  const listens = places.flatMap(({ v4, v6 }) => [`listen ${v4}:${PORTAL_PORT};`, `listen [${v6}]:${PORTAL_PORT};`])
  return `\n server {\n  ${listens.join('\n  ')}\n  return 302 http://${NAMES.domestic}/sign-in;\n }`
}

/** Where DNS over HTTPS is answered. */
export function dohSocketOf(folder: string): string {
  return join(folder, 'doh.sock')
}

function dohServer(folder: string): string {
  const { v4, v6 } = addressesOf('doh')
  return `\n server {\n  listen ${v4}:443 ssl;\n  listen [${v6}]:443 ssl;\n  location = /dns-query { proxy_pass http://unix:${dohSocketOf(folder)}; }\n }`
}
