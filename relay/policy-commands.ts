// `culvert-relay policy`: shows what clients are told by this relay, and changes it. A relay that runs takes a change up by itself.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadConfig, saveConfig } from './config.ts'
import { OperatorError, option } from './operator-error.ts'
import { type PolicySettings, parseCanaries, parseRelays, parseResolvers, parseRotateBytes, parseRotateSeconds } from './policy-settings.ts'

/** As typed; lists with commas, `none` for an empty one. What is not given stays as it is. */
export interface PolicyOptions {
  readonly dir: string
  readonly domestic?: string | undefined
  readonly foreign?: string | undefined
  readonly udp?: string | undefined
  readonly resolvers?: string | undefined
  /** Files with invites. */
  readonly relays?: string | undefined
  readonly rotateBytes?: string | undefined
  readonly rotateSeconds?: string | undefined
}

/** Returns what to tell the operator: the policy as it is now. Throws OperatorError, and then has changed nothing. */
export function changePolicy(options: PolicyOptions): string {
  const dir = resolve(options.dir)
  const config = loadConfig(dir)
  const policy = applyOptions(config.policy, options)
  const isChanged = JSON.stringify(policy) !== JSON.stringify(config.policy)
  if (isChanged) saveConfig({ ...config, policy }, dir)
  const said = describePolicy(policy, config.edges.length)
  return isChanged
    ? `${said}\nThis is in config.json. Clients learn of it when they are connected; the relay need not be started again.\n`
    : said
}

function applyOptions({ canaries, resolvers, relays, rotation }: PolicySettings, options: PolicyOptions): PolicySettings {
  const list = <T>(name: string, text: string | undefined, old: T, parse: (texts: readonly string[]) => T): T =>
    text === undefined ? old : option(name, () => parse(text === 'none' ? [] : text.split(',').map((one) => one.trim())))
  return {
    canaries: {
      domestic: list('--domestic', options.domestic, canaries.domestic, parseCanaries),
      foreign: list('--foreign', options.foreign, canaries.foreign, parseCanaries),
      udp: list('--udp', options.udp, canaries.udp, parseCanaries),
    },
    resolvers: list('--resolvers', options.resolvers, resolvers, parseResolvers),
    relays: list('--relays', options.relays, relays, (files) => parseRelays(files.map(readInvite))),
    rotation: {
      ...rotation,
      ...(options.rotateBytes !== undefined && option('--rotate-bytes', () => parseRotateBytes(options.rotateBytes as string))),
      ...(options.rotateSeconds !== undefined && option('--rotate-seconds', () => parseRotateSeconds(options.rotateSeconds as string))),
    },
  }
}

function readInvite(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new OperatorError(`names a file that can’t be read: ${resolve(file)} (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    })
  }
}

/** Names how many relays there are, not which: their invites are secrets. */
function describePolicy({ canaries, resolvers, relays, rotation }: PolicySettings, edgeCount: number): string {
  const hosts = (list: readonly string[]): string => (list.length === 0 ? 'none' : list.join(', '))
  const { bytesMin, bytesMax, secondsMin, secondsMax } = rotation
  const rows = [
    ['sites inside the country', hosts(canaries.domestic)],
    ['sites outside', hosts(canaries.foreign)],
    ['sites outside that answer QUIC', hosts(canaries.udp)],
    ['DNS resolvers', hosts(resolvers)],
    ['edges of this relay', `${edgeCount}`],
    ['further relays', `${relays.length}`],
    ['a carrier lives for', `${secondsMin} to ${secondsMax} s, ${bytesMin} to ${bytesMax} bytes`],
  ]
  return `What clients of this relay are told:\n\n${rows.map(([what = '', says]) => `  ${what.padEnd(32)}${says}\n`).join('')}`
}
