// `culvert-relay edge`: adds an edge to a relay, names those that it has, and retires one. Each change is written into config.json and the invite; a relay
// that runs takes it up by itself and tells its clients.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pinOf } from './certificate.ts'
import { loadConfig, type RelayConfig, saveConfig } from './config.ts'
import { CARRIERS, type Edge, isSameEdge, parseCarriers } from './edges.ts'
import { formatHostPort, parseDomain, parseHostPort } from './host-port.ts'
import { makeInvite, writeInvite } from './invite.ts'
import { edgeLimits } from './limits.ts'
import { OperatorError, option } from './operator-error.ts'

/** As typed. */
export interface EdgeOptions {
  readonly dir: string
  readonly name: string
  readonly address?: string | undefined
  readonly host?: string | undefined
  /** websocket, http or both. */
  readonly carrier?: string | undefined
  readonly pinFrom?: string | undefined
}

/** Returns what to tell the operator. Throws OperatorError, and then has changed nothing. */
export function addEdge(options: EdgeOptions): string {
  const dir = resolve(options.dir)
  const config = loadConfig(dir)
  const edge = parseEdgeOptions(options)
  if (config.edges.length >= edgeLimits.edgesMax)
    throw new OperatorError(
      `This relay has ${edgeLimits.edgesMax} edges, as many as an invite can name. Remove one first: culvert-relay edge remove`,
    )
  if (config.edges.some((one) => isSameEdge(one, edge))) throw new OperatorError(`${describeEdge(edge)} is an edge of this relay already.`)
  if (edge.name === config.domain && formatHostPort(edge.address) === formatHostPort(config.address))
    throw new OperatorError(`${edge.name} is this relay itself. An edge has a name of its own, at a CDN or on another machine.`)
  const inviteFile = apply({ ...config, edges: [...config.edges, edge] }, dir)
  return `${describeEdge(edge)} is an edge of this relay now, for carriers by ${edge.carriers.join(' and ')}.\n\n${afterAdding(edge, config, dir, inviteFile)}`
}

/** Returns what to tell the operator. Throws OperatorError, and then has changed nothing. */
export function removeEdge(options: Pick<EdgeOptions, 'dir' | 'name' | 'host'>): string {
  const dir = resolve(options.dir)
  const config = loadConfig(dir)
  const name = option('--name', () => parseDomain(options.name))
  const hostName = options.host === undefined ? undefined : option('--host', () => parseDomain(options.host as string))
  const retired = config.edges.filter((edge) => edge.name === name && (hostName === undefined || edge.hostName === hostName))
  if (retired.length === 0)
    throw new OperatorError(`This relay has no edge ${name}. To see those it has: culvert-relay edge list --dir '${dir}'`)
  const inviteFile = apply({ ...config, edges: config.edges.filter((edge) => !retired.includes(edge)) }, dir)
  return `${retired.map(describeEdge).join(', ')}: retired.

What to do now:
  1. Give ${inviteFile}, which does not name it any more, to whoever joins from now on.
  2. Wait until those who have an older invite have another way in; clients that find it gone go on by the relay’s other ways.
  3. Then take it down, at the CDN or on its machine.
`
}

/** The edges of a relay, one a line. Throws OperatorError. */
export function listEdges(dir: string): string {
  const { edges, address } = loadConfig(dir)
  if (edges.length === 0) return `This relay has no edge: people reach it at ${formatHostPort(address)} only.\n`
  const rows = edges.map((edge) => [describeEdge(edge), edge.carriers.join(', '), edge.pin === undefined ? 'public certificate' : 'pinned'])
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

function apply(config: RelayConfig, dir: string): string {
  // A key or a certificate that can't be read changes nothing.
  const text = makeInvite(config)
  saveConfig(config, dir)
  return writeInvite(text, dir)
}

function parseEdgeOptions(options: EdgeOptions): Edge {
  const name = option('--name', () => parseDomain(options.name))
  const address = option('--address', () => parseHostPort(options.address ?? `${name}:443`, 1))
  const hostName = option('--host', () => parseDomain(options.host ?? name))
  const asked = options.carrier ?? 'both'
  const carriers = option('--carrier', () => (asked === 'both' ? CARRIERS : parseCarriers([asked])))
  return { name, address, hostName, carriers, pin: options.pinFrom === undefined ? undefined : readPin(options.pinFrom) }
}

function readPin(file: string): Uint8Array {
  try {
    return pinOf(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new OperatorError(`--pin-from: ${resolve(file)} is not a certificate in PEM that can be read.`, { cause: error })
  }
}

function describeEdge({ name, address, hostName }: Edge): string {
  const at = formatHostPort(address)
  return `${name}${at === `${name}:443` ? '' : ` at ${at}`}${hostName === name ? '' : ` (for ${hostName} inside)`}`
}

function afterAdding(edge: Edge, { domain, address, tls }: RelayConfig, dir: string, inviteFile: string): string {
  const origin = `https://${formatHostPort({ host: domain, port: address.port })}`.replace(/:443$/, '')
  const trust = tls?.made
    ? ` No public authority has signed this relay’s certificate, so the edge must be given ${tls.certificateFile}.`
    : ''
  return `What to do now:
  1. Put one of these in place, so that https://${edge.hostName}/ forwards to ${origin}/ (docs/EDGES.md, step by step):
       Cloudflare   relay/edge/worker.ts with wrangler.toml
       nginx        relay/edge/nginx.conf
       Varnish      relay/edge/varnish.vcl with hitch.conf and stunnel.conf
    ${trust || ' It forwards what it can’t read, and is given no key.'}
  2. culvert-relay check --dir '${dir}'
     says whether it answers as this relay does.
  3. Give ${inviteFile}, which names it now, to people you trust. Clients that are connected learn of it by themselves.
`
}
