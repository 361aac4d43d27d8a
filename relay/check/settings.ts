// What `check` can tell of what the operator chose (`culvert-relay set`): caps, the addresses to leave by, the list of closed destinations, port 80, the store.
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { ACME_LISTEN_SETTING, refusedListening } from '../bind.ts'
import { formatBytes, formatHours, monthOf, restReason } from '../caps/caps.ts'
import { readUsage, USAGE_FILE } from '../caps/clock.ts'
import type { RelayConfig } from '../config.ts'
import { ExitPolicy } from '../dial/exit-policy.ts'
import { formatHostPort, type HostPort } from '../host-port.ts'
import { checkLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'
import { readStanding } from '../status/standing.ts'
import { error, type Finding, ok, warning } from './finding.ts'
import type { Machine } from './machine.ts'
import { tryListening } from './probe.ts'

/** Nothing of what was not chosen; and whether authorities take it in. */
export async function checkSettings(dir: string, config: RelayConfig, machine: Machine): Promise<Finding[]> {
  const { tls, cluster } = config
  return [
    ...checkCaps(dir, config, machine),
    ...checkExit(config, machine),
    ...(tls?.acme ? [await checkPort80(tls.acme.listen)] : []),
    ...(cluster ? [await checkStore(cluster.store)] : []),
    ...checkRefusal(dir, machine),
  ]
}

/** By what a relay that runs was told last. */
function checkRefusal(dir: string, { nowMs }: Machine): Finding[] {
  const refused = readStanding(nowMs, dir)?.refused
  const mend = `If it is the join code: ask for another, and say culvert-relay join --dir '${dir}' --code CODE`
  return refused === undefined ? [] : [warning('authorities', refused, mend)]
}

/** Whether a relay of this folder lets nobody in now because of a cap. */
export function isResting(dir: string, { caps }: RelayConfig, nowMs: number): boolean {
  return restReason(caps, readUsage(monthOf(nowMs), join(resolve(dir), USAGE_FILE)), nowMs) !== undefined
}

function checkCaps(dir: string, { caps }: RelayConfig, { nowMs }: Machine): Finding[] {
  const { bytesPerMonth, hours } = caps
  if (bytesPerMonth === undefined && hours === undefined) return []
  const used = readUsage(monthOf(nowMs), join(resolve(dir), USAGE_FILE))
  const reason = restReason(caps, used, nowMs)
  if (reason === 'hours' && hours !== undefined)
    return [
      warning(
        'caps',
        `It serves from ${formatHours(hours).replace('-', ' to ')} UTC, and it is ${new Date(nowMs).toISOString().slice(11, 16)} now: nobody is let in.`,
        `To serve all day: culvert-relay set --dir '${dir}' --hours none`,
      ),
    ]
  if (reason === 'month')
    return [
      warning(
        'caps',
        `This month’s ${formatBytes(bytesPerMonth ?? 0)} bytes are used up: nobody is let in until the next month.`,
        `For more: culvert-relay set --dir '${dir}' --month BYTES`,
      ),
    ]
  const share = bytesPerMonth === undefined ? undefined : Math.round((used / bytesPerMonth) * 100)
  return [
    ok(
      'caps',
      share === undefined ? 'It is within its hours.' : `${share} % of this month’s ${formatBytes(bytesPerMonth ?? 0)} bytes are used.`,
    ),
  ]
}

function checkExit({ exit }: RelayConfig, { addresses }: Machine): Finding[] {
  const missing = exit.from.filter((address) => !addresses.includes(address))
  const findings: Finding[] = []
  if (missing.length > 0)
    findings.push(
      error(
        'leaving by',
        `This machine has no address ${missing.join(', ')}: people would reach nothing.`,
        'Give the machine that address, or choose another: culvert-relay set --from ADDRESS, or none.',
      ),
    )
  else if (exit.from.length > 0) findings.push(ok('leaving by', `People’s traffic leaves by ${exit.from.join(', ')}.`))
  if (exit.blockedFile === undefined) return findings
  try {
    const { blockedCount } = new ExitPolicy(exit)
    findings.push(ok('closed list', `${blockedCount} destinations are closed.`))
  } catch (failed) {
    if (!(failed instanceof OperatorError)) throw failed
    findings.push(error('closed list', failed.message, 'Mend the list, or take it away: culvert-relay set --blocked none'))
  }
  return findings
}

/** Where the certificate's authority asks: the relay holds it while it runs. */
async function checkPort80(listen: HostPort): Promise<Finding> {
  const at = formatHostPort(listen)
  if (await answers(listen)) return ok('port 80', `Something answers on ${at}: the relay, while it runs.`)
  const fault = await tryListening(listen)
  if (fault === undefined) return ok('port 80', `${at} is free for the relay, which needs it for its certificate.`)
  const { says, mend } = refusedListening(fault, listen, ACME_LISTEN_SETTING)
  const found = fault === 'EACCES' ? warning : error
  return found('port 80', `${says} The certificate’s authority asks there: without it none is renewed.`, mend)
}

function answers({ host, port }: HostPort): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port, timeout: checkLimits.questionMs })
    const finish = (is: boolean): void => {
      socket.destroy()
      done(is)
    }
    socket
      .on('connect', () => finish(true))
      .on('error', () => finish(false))
      .on('timeout', () => finish(false))
  })
}

/** The Redis that several hosts share. Its address may hold a password, and is not told. */
async function checkStore(url: string): Promise<Finding> {
  const { createClient } = await import('@redis/client')
  const client = createClient({ url, socket: { connectTimeout: checkLimits.questionMs, reconnectStrategy: false } })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.ping()
    return ok('store', 'The memory that the hosts share answers.')
  } catch {
    return error(
      'store',
      'The memory that the hosts share does not answer: nobody new is let in.',
      'See that Redis runs and that this host reaches it; culvert-relay set --store names it.',
    )
  } finally {
    client.destroy()
  }
}
