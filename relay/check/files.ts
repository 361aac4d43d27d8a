// What `check` can tell from the relay's folder alone: that every file is there, is private, and fits the others.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { decodeInvite, equalBytes, type Invite, ProtocolError } from '#protocol'
import { CERTIFICATE_RENEW_DAYS, certificateDaysLeft, certificateFault, isPubliclyTrusted, NOT_VALID_YET, pinOf } from '../certificate.ts'
import { loadConfig, loadKeys, type RelayConfig } from '../config.ts'
import { CONFIG_FILE } from '../fields.ts'
import { formatHostPort } from '../host-port.ts'
import { FRONT_FILES } from '../init.ts'
import { INVITE_FILE } from '../invite.ts'
import type { RelayKeys } from '../keys.ts'
import { type CheckLimits, checkLimits } from '../limits.ts'
import { fileRefused, OperatorError } from '../operator-error.ts'
import { error, type Finding, ok, warning } from './finding.ts'
import { type Machine, SET_CLOCK } from './machine.ts'

export interface CheckedFiles {
  readonly findings: readonly Finding[]
  /** undefined where the file is not usable; then a finding says why. */
  readonly config: RelayConfig | undefined
  readonly invite: Invite | undefined
  /** When the configuration was last written. */
  readonly madeMs: number | undefined
}

export function checkFiles(dir: string, machine: Machine, limits: CheckLimits = checkLimits): CheckedFiles {
  const config = attempt('configuration', 'Mend it by hand, or put it back from a copy.', () => loadConfig(dir))
  if (config.made === undefined) return { findings: config.findings, config: undefined, invite: undefined, madeMs: undefined }
  const keys = attempt('keys', 'The keys of a relay can’t be made again; a new relay needs new invites.', () =>
    loadKeys(config.made as RelayConfig),
  )
  const inviteFile = join(resolve(dir), INVITE_FILE)
  const invite = attempt('invite', `Write it anew: culvert-relay invite --dir '${dir}'`, () => decodeInvite(readText(inviteFile)))
  const findings = [
    ...config.findings,
    ...(config.findings.length === 0 ? [ok('configuration', `${CONFIG_FILE} is complete.`)] : []),
    checkPrivacy(dir, config.made, machine),
    ...keys.findings,
    ...(keys.made ? [ok('keys', 'The key file is whole.')] : []),
    ...(config.made.tls ? checkCertificate(config.made, machine.nowMs, limits) : []),
    ...invite.findings,
    ...(keys.made && invite.made
      ? [checkInvite(config.made, keys.made, invite.made, `Write it anew: culvert-relay invite --dir '${dir}'`)]
      : []),
    ...(config.made.cover.kind === 'folder' ? [checkCoverFolder(config.made.cover.folder, config.made.behind !== undefined)] : []),
    ...(config.made.behind === 'caddy' ? checkCaddyfile(dir) : []),
  ]
  return { findings, config: config.made, invite: invite.made, madeMs: statSync(join(dir, CONFIG_FILE)).mtimeMs }
}

function checkPrivacy(dir: string, config: RelayConfig, machine: Machine): Finding {
  const base = resolve(dir)
  const secrets = [join(base, CONFIG_FILE), join(base, INVITE_FILE), config.keysFile, ...(config.tls ? [config.tls.keyFile] : [])]
  // A key that others look after is often shared with a group of theirs.
  const closedTo = (file: string): number => (file === config.tls?.keyFile && !config.tls.made ? 0o007 : 0o077)
  const open = secrets.filter((file) => existsSync(file) && (statSync(file).mode & closedTo(file)) !== 0)
  const folder = statSync(base)
  if ((folder.mode & 0o066) !== 0) open.unshift(base)
  if (open.length > 0) {
    const names = open.map((file) => (file === base ? 'The folder' : relative(base, file))).join(', ')
    return error(
      'privacy',
      `${names} can be read by other users of this machine.`,
      `chmod go-rw ${open.map((file) => `'${file}'`).join(' ')}`,
    )
  }
  if (machine.userId !== undefined && machine.userId !== 0 && folder.uid !== machine.userId) {
    return warning(
      'privacy',
      'The folder belongs to another user than the one who checks.',
      'Run the relay, and this check, as the user who made it.',
    )
  }
  return ok('privacy', 'Only its own user can read the secrets.')
}

function checkCertificate(config: RelayConfig, nowMs: number, limits: CheckLimits): Finding[] {
  const tls = config.tls as NonNullable<RelayConfig['tls']>
  const renew = tls.made
    ? 'Start the relay again: it makes a new one over the same key, and invites stay good.'
    : 'Renew it where it came from, then start the relay again.'
  const pair = attempt('certificate', `Put ${tls.certificateFile} and ${tls.keyFile} back.`, () => ({
    certificate: readText(tls.certificateFile),
    key: readText(tls.keyFile),
  }))
  if (pair.made === undefined) return pair.findings
  const fault = certificateFault(pair.made, config.domain, nowMs)
  if (fault !== undefined) {
    const mend = fault === NOT_VALID_YET ? SET_CLOCK : renew
    return [error('certificate', `Clients and visitors will refuse it: ${fault}.`, mend)]
  }
  const daysLeft = Math.floor(certificateDaysLeft(pair.made.certificate, nowMs))
  const says = `The certificate is for ${config.domain} and good for ${daysLeft} more days.`
  const isPublic = isPubliclyTrusted(pair.made.certificate)
  const least = tls.made ? Math.min(limits.certificateDaysMin, CERTIFICATE_RENEW_DAYS) : limits.certificateDaysMin
  if (daysLeft < least) return [warning('certificate', says, renew)]
  const advice = isPublic
    ? undefined
    : tls.acme !== undefined
      ? 'It is for the time until the authority gives one, which the relay asks for while it runs: a browser warns visitors until then. The relay says what hinders it.'
      : 'No public authority has signed it: clients know it from the invite, but a browser warns its visitors. One from Let’s Encrypt hides the relay better (--acme, or --cert and --key, at init).'
  return [ok('certificate', says, advice)]
}

function checkInvite(config: RelayConfig, keys: RelayKeys, invite: Invite, mend: string): Finding {
  const subject = 'invite'
  if (!equalBytes(invite.relayKey, keys.publicKey) || !equalBytes(invite.psk, keys.psk) || !equalBytes(invite.policyKey, keys.policyKey))
    return error(subject, 'The invite is for another relay: its keys are not these, so that whoever joins with it fails.', mend)
  const endpoint = invite.endpoints.find((one) => !one.isEdge && one.serverName === config.domain && one.path === config.path)
  if (endpoint === undefined) return error(subject, 'The invite names another site or path than the configuration.', mend)
  if (endpoint.address !== formatHostPort(config.address))
    return warning(subject, `The invite says ${endpoint.address}, the configuration ${formatHostPort(config.address)}.`, mend)
  if (
    endpoint.pin !== undefined &&
    config.tls &&
    existsSync(config.tls.certificateFile) &&
    !equalBytes(endpoint.pin, pinOf(readText(config.tls.certificateFile)))
  ) {
    return error(
      subject,
      'The invite pins another certificate than the relay has now.',
      'Put the old key back, or make a new relay: clients refuse this certificate.',
    )
  }
  const edges = invite.endpoints.filter((one) => one.isEdge)
  if (
    edges.length !== config.edges.length ||
    !config.edges.every((edge) => edges.some((one) => one.address === formatHostPort(edge.address)))
  )
    return warning(subject, 'The invite names other edges than the configuration.', mend)
  return ok(subject, `The invite fits this relay; people dial ${endpoint.address}.`)
}

/** fronted: the web server that serves the folder is another user, who must get in. */
function checkCoverFolder(folder: string, fronted: boolean): Finding {
  const index = join(folder, 'index.html')
  if (!existsSync(index))
    return error('cover site', `Visitors find nothing: ${index} is missing.`, 'Put a site there, or name another folder in config.json.')
  const shut = shutToOthers(index)
  if (fronted && shut !== undefined) {
    return warning(
      'cover site',
      `The web server’s own user may not be able to read it: ${shut} is closed to other users.`,
      `chmod o+${shut === index ? 'r' : 'x'} '${shut}', or move the site to a folder under /var/www and name that in config.json and in the site file.`,
    )
  }
  return ok('cover site', `The site is in ${folder}.`)
}

/** Caddy reads it as its own user. */
function checkCaddyfile(dir: string): Finding[] {
  const file = join(resolve(dir), FRONT_FILES.caddy)
  const shut = existsSync(file) ? shutToOthers(file) : undefined
  if (shut === undefined) return []
  const mend = shut === file ? `culvert-relay front --dir '${dir}'` : `chmod o+x '${shut}'`
  return [warning('site file', `Caddy’s own user may not be able to read it: ${shut} is closed to other users.`, mend)]
}

/** The part of the way to a file that lets other users no further, from the top; undefined: they can read it. */
function shutToOthers(file: string): string | undefined {
  const path = [file]
  for (let at = dirname(file); at !== dirname(at); at = dirname(at)) path.push(at)
  return path.findLast((part) => (statSync(part).mode & (part === file ? 0o004 : 0o001)) === 0)
}

function attempt<T>(subject: string, mend: string, make: () => T): { made: T | undefined; findings: Finding[] } {
  try {
    return { made: make(), findings: [] }
  } catch (failed) {
    if (failed instanceof OperatorError || failed instanceof ProtocolError)
      return { made: undefined, findings: [error(subject, failed.message, mend)] }
    throw failed
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (failed) {
    throw fileRefused(file, 'read', failed)
  }
}
