// What `check` can tell by asking: the name, the port, the page that visitors get, the front, and whether an invite really gets in.
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isIPv4, isIPv6 } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { equalBytes, type Invite } from '#protocol'
import { refusedListening } from '../bind.ts'
import { pinOf } from '../certificate.ts'
import type { RelayConfig } from '../config.ts'
import { formatHostPort, type HostPort, isLoopback } from '../host-port.ts'
import { FRONT_FILES } from '../init.ts'
import { checkEdge } from './edge.ts'
import { error, type Finding, ok, warning } from './finding.ts'
import type { Machine } from './machine.ts'
import { knock, type SiteNames, tryListening, type Visit, visit } from './probe.ts'
import { isResting } from './settings.ts'

export async function checkNetwork(dir: string, config: RelayConfig, invite: Invite | undefined, machine: Machine): Promise<Finding[]> {
  const nearby = config.behind === undefined ? config.listen : { host: '127.0.0.1', port: config.address.port }
  const findings = [await checkName(config, machine)]
  if (config.cover.kind === 'url') findings.push(await checkCoverUrl(config.cover.url))
  if (config.behind !== undefined) findings.push(await checkFrontedRelay(config), ...(await checkFront(dir, config, nearby, machine)))
  else findings.push(await checkAlone(config))
  const serves = !findings.some((one) => (one.subject === 'relay' || one.subject === 'front') && one.level !== 'ok') && nearby.port !== 0
  // One that rests lets nobody in, and another finding says so.
  if (serves && invite && !isResting(dir, config, machine.nowMs))
    findings.push(await checkAdmission(dialled(nearby), config, invite, machine))
  if (!isLoopback(config.address)) findings.push(await checkOutside(config, invite))
  for (const edge of config.edges) findings.push(await checkEdge(edge, config, serves ? invite : undefined, machine))
  return findings
}

async function checkName({ domain, address, listen, behind }: RelayConfig, machine: Machine): Promise<Finding> {
  const name = /^[\d.]+$|:/.test(address.host) ? domain : address.host
  const found = await machine.resolve(name)
  if (found.length === 0)
    return warning(
      'name',
      `${name} is not known to the name servers yet.`,
      `At your registrar, add an A record for ${name} with this machine’s public address (AAAA for IPv6).`,
    )
  const unheard = found.filter((one) => isIPv6(one) && machine.addresses.includes(one))
  if (unheard.length > 0 && behind === undefined && isIPv4(listen.host)) {
    const mend = `In config.json let “listen” be "[::]:${listen.port}", which takes IPv4 too where there is any, and start the relay again; or remove the name’s AAAA record.`
    const says = `${name} leads to ${unheard[0]}, where the relay does not listen: “listen” is ${formatHostPort(listen)}, for IPv4 only.`
    return unheard.length === found.length ? error('name', says, mend) : warning('name', says, mend)
  }
  if (found.some((one) => machine.addresses.includes(one))) return ok('name', `${name} leads to this machine.`)
  return ok(
    'name',
    `${name} leads to ${found[0]}, which is not an address of this machine itself.`,
    'That is usual behind a router or a CDN. If it is neither, correct the name’s A or AAAA record.',
  )
}

async function checkCoverUrl(url: string): Promise<Finding> {
  const { hostname, port, protocol } = new URL(url)
  const secure = protocol === 'https:'
  const page = await visit({ host: hostname, port: Number(port) || (secure ? 443 : 80) }, sameNames(hostname), secure)
  const mend = 'Visitors of the relay would see its failure: put it right, or choose another cover in config.json.'
  if (typeof page === 'string') return error('cover site', `The site at ${url} can’t be reached (${page}).`, mend)
  return page.status < 500
    ? ok('cover site', `The site at ${url} answers.`)
    : warning('cover site', `The site at ${url} answers with status ${page.status}.`, mend)
}

async function checkAlone(config: RelayConfig): Promise<Finding> {
  const { listen, domain } = config
  if (listen.port === 0) return ok('relay', 'The port is chosen at every start, so this check can’t ask there.')
  const page = await visit(dialled(listen), sameNames(domain), true)
  if (page === 'ECONNREFUSED') return notRunning(listen)
  const ours = config.tls && existsSync(config.tls.certificateFile) ? pinOf(readFileSync(config.tls.certificateFile, 'utf8')) : undefined
  const mend = `Stop that program, or change “listen” in config.json. To see which it is: sudo ss -ltnp 'sport = :${listen.port}'`
  if (typeof page === 'string')
    return error('relay', `Something is on port ${listen.port} that does not answer as the relay does (${page}).`, mend)
  if (ours === undefined || page.pin === undefined || !equalBytes(page.pin, ours))
    return error('relay', `Another program is on port ${listen.port}: it shows another certificate.`, mend)
  return pageFinding('relay', page, config)
}

async function checkFrontedRelay({ listen, domain, behind }: RelayConfig): Promise<Finding> {
  const page = await visit(dialled(listen), sameNames(domain), false)
  if (page === 'ECONNREFUSED') return notRunning(listen)
  if (typeof page === 'string')
    return error(
      'relay',
      `Something is on ${formatHostPort(listen)} that does not answer as the relay does (${page}).`,
      'Stop that program, or change “listen” in config.json and in the site file.',
    )
  return ok('relay', `It answers ${behind} on ${formatHostPort(listen)}.`)
}

async function notRunning(listen: HostPort): Promise<Finding> {
  const forbidden = await tryListening(listen)
  const at = formatHostPort(listen)
  const says = `The relay is not running; ${at} is free.`
  if (forbidden === undefined) return warning('relay', says, 'Start it: culvert-relay run')
  if (forbidden === 'EACCES')
    return warning(
      'relay',
      `The relay is not running, and only root may listen on port ${listen.port}.`,
      'Start it as root; it changes to another user once it listens: sudo culvert-relay run --user NAME',
    )
  const { says: why, mend } = refusedListening(forbidden, listen)
  return error('relay', why, mend)
}

async function checkFront(dir: string, config: RelayConfig, nearby: HostPort, machine: Machine): Promise<Finding[]> {
  const file = join(resolve(dir), FRONT_FILES[config.behind ?? 'nginx'])
  const syntax = config.behind === 'nginx' && existsSync(file) ? await checkNginxFile(file, machine) : []
  const page = await visit(nearby, sameNames(config.domain), true)
  const install =
    config.behind === 'nginx'
      ? `sudo ln -s '${file}' /etc/nginx/conf.d/ && sudo nginx -s reload`
      : `Put this line at the end of /etc/caddy/Caddyfile: import "${file}" and say: sudo systemctl reload caddy`
  if (typeof page === 'string')
    return [...syntax, error('front', `${config.behind} does not answer for ${config.domain} on port ${nearby.port} (${page}).`, install)]
  const shown = pageFinding('front', page, config)
  const ours = config.tls && existsSync(config.tls.certificateFile) ? readFileSync(config.tls.certificateFile, 'utf8') : undefined
  if (ours && page.pin && !equalBytes(pinOf(ours), page.pin))
    return [
      ...syntax,
      error('front', `${config.behind} shows another certificate for ${config.domain}: it serves another site there.`, install),
    ]
  if (ours && page.fingerprint !== new X509Certificate(ours).fingerprint256)
    return [
      ...syntax,
      warning(
        'front',
        `${config.behind} still shows the certificate from before it was renewed.`,
        `sudo systemctl reload ${config.behind}, and once a month from now on`,
      ),
    ]
  return [...syntax, shown]
}

/** Runs nginx's own check over the file inside the smallest configuration that holds it. */
async function checkNginxFile(file: string, machine: Machine): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'culvert-check-'))
  try {
    const whole = join(folder, 'nginx.conf')
    writeFileSync(whole, `pid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\n  access_log off;\n  include "${file}";\n}\n`)
    const said = await machine.run('nginx', ['-t', '-q', '-p', folder, '-c', whole])
    if (said === undefined) return [warning('nginx', 'nginx is not installed, or not on this user’s path.', 'sudo apt-get install nginx')]
    if (said.exitCode === 0) return [ok('nginx', 'nginx finds its site file right.')]
    const line = said.output.split('\n').find((one) => one.includes('[emerg]')) ?? said.output.trim()
    return [
      error(
        'nginx',
        `nginx does not accept its site file: ${line.replace(/^.*\[emerg\] (\d+#\d+: )?/, '')}`,
        `Mend ${file}, or write it anew by making the relay again.`,
      ),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function pageFinding(subject: string, page: Visit, config: RelayConfig): Finding {
  const folder = config.cover.kind === 'folder' ? config.cover.folder : undefined
  const index = folder === undefined ? undefined : join(folder, 'index.html')
  if (page.status >= 400)
    return error(
      subject,
      `Visitors get status ${page.status} instead of the cover site.`,
      'Look at the cover site’s folder and who may read it.',
    )
  if (index !== undefined && existsSync(index) && page.body !== readFileSync(index, 'utf8'))
    return warning(
      subject,
      'Visitors get another page than the cover site’s index.html.',
      'Start the relay again, or look for another program that serves this name.',
    )
  return ok(subject, 'Visitors get the cover site.')
}

async function checkAdmission(at: HostPort, config: RelayConfig, invite: Invite, machine: Machine): Promise<Finding> {
  const { domain, address, path, behind } = config
  const site = { serverName: domain, hostName: address.port === 443 ? domain : `${domain}:${address.port}`, path }
  const stale = behind && `Its site file may be of an older version. Write it anew and reload ${behind}: culvert-relay front`
  const mends = {
    refused: stale ?? 'Start the relay again: it may run with an older configuration.',
    impostor: 'Another relay answers here: look for a second one on this machine.',
    unreachable: 'Start the relay again and repeat this check.',
  }
  const word = await knock('websocket', at, site, invite, machine.nowMs)
  if (word !== 'admitted') return error('admission', 'The invite does not get in: whoever uses it meets the cover site.', mends[word])
  const byRequests = await knock('http', at, site, invite, machine.nowMs)
  if (byRequests !== 'admitted')
    return warning('admission', 'The invite gets in by WebSocket, and not by ordinary requests.', mends[byRequests])
  return ok('admission', 'The invite gets in.')
}

async function checkOutside(config: RelayConfig, invite: Invite | undefined): Promise<Finding> {
  const at = formatHostPort(config.address)
  const page = await visit(config.address, sameNames(config.domain), true)
  const mend =
    'Forward that port to this machine in the router and open it in the firewall. Some networks can’t reach themselves: try from a phone without Wi-Fi.'
  if (typeof page === 'string')
    return warning('from outside', `${at}, which people dial, does not answer when dialled from here (${page}).`, mend)
  const pin = invite?.endpoints[0]?.pin
  if (pin !== undefined && (page.pin === undefined || !equalBytes(pin, page.pin)))
    return error(
      'from outside',
      `${at} shows another certificate than the invite names: clients refuse it.`,
      'Another machine or program answers there; look where the port leads.',
    )
  if (invite !== undefined && pin === undefined && !page.isTrusted)
    return error(
      'from outside',
      `${at} shows a certificate that no public authority vouches for: clients refuse it.`,
      'Give the front its real certificate, or make the relay again with --cert and --key.',
    )
  return ok('from outside', `${at} answers.`)
}

function sameNames(name: string): SiteNames {
  return { serverName: name, hostName: name }
}

/** Where to dial what listens on every address. */
function dialled({ host, port }: HostPort): HostPort {
  return { host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port }
}
