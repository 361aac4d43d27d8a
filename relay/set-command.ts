// `culvert-relay set`: shows what an operator may choose for a relay, and changes it. Taken up when the relay is started again.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEmail } from './acme/settings.ts'
import { parseMailServer, parseWebhook } from './alerts/settings.ts'
import { formatBytes, formatHours, parseHours, parseRate, parseVolume } from './caps/caps.ts'
import { parseStore } from './cluster/settings.ts'
import { loadConfig, type RelayConfig, saveConfig } from './config.ts'
import { ExitPolicy } from './dial/exit-policy.ts'
import { formatPorts, parseFrom, parsePorts } from './dial/exit-settings.ts'
import { formatHostPort, type HostPort, isLoopback, parseHostPort } from './host-port.ts'
import { OperatorError, option } from './operator-error.ts'

/** As typed; lists with commas, `none` takes a setting away. What is not given stays as it is. */
export interface SetOptions {
  readonly dir: string
  readonly rate?: string | undefined
  readonly sessionRate?: string | undefined
  readonly month?: string | undefined
  readonly hours?: string | undefined
  readonly ports?: string | undefined
  readonly blocked?: string | undefined
  readonly from?: string | undefined
  readonly page?: string | undefined
  readonly webhook?: string | undefined
  readonly mail?: string | undefined
  readonly mailServer?: string | undefined
  readonly store?: string | undefined
  readonly peer?: string | undefined
}

/** Returns what to tell the operator: the settings as they are now. Throws OperatorError, and then has changed nothing. */
export function changeSettings(options: SetOptions): string {
  const dir = resolve(options.dir)
  const config = loadConfig(dir)
  const changed = applyOptions(config, options)
  const isChanged = JSON.stringify(changed) !== JSON.stringify(config)
  if (isChanged) saveConfig(changed, dir)
  const said = describeSettings(changed)
  return isChanged ? `${said}\nThis is in config.json; start the relay again to take it up.\n` : said
}

function applyOptions(config: RelayConfig, options: SetOptions): RelayConfig {
  const { caps, exit, alerts } = config
  const one = <T>(name: string, text: string | undefined, old: T | undefined, parse: (text: string) => T): T | undefined =>
    text === undefined ? old : text === 'none' ? undefined : option(name, () => parse(text))
  const list = <T>(name: string, text: string | undefined, old: T, parse: (texts: readonly string[]) => T): T =>
    text === undefined ? old : option(name, () => parse(text === 'none' ? [] : text.split(',').map((part) => part.trim())))
  const to = one('--mail', options.mail, alerts.mail?.to, parseEmail)
  const server = one('--mail-server', options.mailServer, alerts.mail?.server, parseMailServer)
  if (to !== undefined && server === undefined) throw new OperatorError('--mail needs --mail-server too: where to hand the mail over.')
  const store = one('--store', options.store, config.cluster?.store, parseStore)
  const peer = one('--peer', options.peer, config.cluster?.at, (text) => parseHostPort(text, 1))
  if ((store === undefined) !== (peer === undefined))
    throw new OperatorError('--store and --peer belong together: what the hosts share, and where the others reach this one.')
  return {
    ...config,
    cluster: store === undefined || peer === undefined ? undefined : { store, at: peer },
    caps: {
      bytesPerSecond: one('--rate', options.rate, caps.bytesPerSecond, parseRate),
      sessionBytesPerSecond: one('--session-rate', options.sessionRate, caps.sessionBytesPerSecond, parseRate),
      bytesPerMonth: one('--month', options.month, caps.bytesPerMonth, parseVolume),
      hours: one('--hours', options.hours, caps.hours, parseHours),
    },
    exit: {
      ports: list('--ports', options.ports, exit.ports, parsePorts),
      blockedFile: one('--blocked', options.blocked, exit.blockedFile, parseBlockedFile),
      from: list('--from', options.from, exit.from, parseFrom),
    },
    alerts: {
      webhook: one('--webhook', options.webhook, alerts.webhook, parseWebhook),
      mail: to === undefined || server === undefined ? undefined : { to, server },
    },
    page: one('--page', options.page, config.page, parsePageOption),
  }
}

function parseBlockedFile(text: string): string {
  const file = resolve(text)
  if (!existsSync(file)) throw new OperatorError(`names a file that is not there: ${file}`)
  // Says what is wrong with it, if anything is.
  new ExitPolicy({ ports: [], blockedFile: file, from: [] })
  return file
}

function parsePageOption(text: string): HostPort {
  const at = parseHostPort(text, 1)
  if (!isLoopback(at)) throw new OperatorError('must be a loopback address such as 127.0.0.1:9180: the page is for you only')
  return at
}

/** Names no password: the mail server's address holds one. */
function describeSettings({ caps, exit, alerts, page, cluster }: RelayConfig): string {
  const bytes = (count: number | undefined, per: string): string =>
    count === undefined ? 'no cap' : `${formatBytes(count)} bytes a ${per}`
  const rows = [
    ['rate (--rate)', bytes(caps.bytesPerSecond, 'second')],
    ['rate of a session (--session-rate)', bytes(caps.sessionBytesPerSecond, 'second')],
    ['volume (--month)', bytes(caps.bytesPerMonth, 'month')],
    ['hours by UTC (--hours)', caps.hours === undefined ? 'all' : formatHours(caps.hours)],
    ['ports (--ports)', exit.ports.length === 0 ? 'all but 25' : exit.ports.map(formatPorts).join(', ')],
    ['blocked destinations (--blocked)', exit.blockedFile ?? 'none'],
    ['leaves by (--from)', exit.from.length === 0 ? 'the machine’s usual address' : exit.from.join(', ')],
    ['page (--page)', page === undefined ? 'only by the socket in the folder' : `http://${formatHostPort(page)}/`],
    ['alerts (--webhook)', alerts.webhook === undefined ? 'none' : 'set'],
    ['one of several hosts (--store, --peer)', cluster === undefined ? 'no' : `yes, at ${formatHostPort(cluster.at)}`],
    ['alerts (--mail, --mail-server)', alerts.mail === undefined ? 'none' : `to ${alerts.mail.to}`],
  ]
  return `${rows.map(([what = '', says]) => `  ${what.padEnd(41)}${says}\n`).join('')}`
}
