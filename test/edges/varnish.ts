// relay/edge/{hitch.conf,varnish.vcl,stunnel.conf} in the three programs, which talk by sockets in the place's folder.
import { chmodSync } from 'node:fs'
import { findProgram, type ProgramName } from '../programs.ts'
import type { Origin, Started } from './edge.ts'
import type { Place } from './place.ts'

/** As docs/EDGES.md has them. */
const PARAMETERS = ['feature=+http2', 'pipe_timeout=3600', 'timeout_idle=60', 'backend_idle_timeout=4'].flatMap((one) => ['-p', one])

export async function startVarnish(place: Place, origin: Origin): Promise<Started> {
  // Varnish's worker is a user of its own, who must get at the sockets.
  chmodSync(place.folder, 0o755)
  await startStunnel(place, origin)
  await startVarnishd(place, origin)
  return { port: await startHitch(place), hasFront: true }
}

async function startStunnel(place: Place, { address, serverName, certificate }: Origin): Promise<void> {
  const conf = place.filled('stunnel.conf', {
    'relay.example.net:443': address,
    'relay.example.net': serverName,
    '/etc/ssl/certs/ca-certificates.crt': place.write('origin.crt', certificate),
    '/run/culvert-edge/origin.sock': place.file('origin.sock'),
    'debug = err': 'debug = notice',
  })
  const argv = [path('stunnel'), place.write('stunnel.conf', conf)]
  await place.run(argv, (line) => (line.includes('Configuration successful') ? line : undefined), 'SIGKILL')
  chmodSync(place.file('origin.sock'), 0o666)
}

async function startVarnishd(place: Place, { serverName }: Origin): Promise<void> {
  const vcl = place.filled('varnish.vcl', {
    '/run/culvert-edge/origin.sock': place.file('origin.sock'),
    'relay.example.net': serverName,
    'relay\\.example\\.net': serverName.replaceAll('.', '\\.'),
  })
  const file = place.write('varnish.vcl', vcl)
  const at = `${place.file('varnish.sock')},HTTP,mode=666`
  const argv = [path('varnishd'), '-F', '-n', place.file('varnish'), '-f', file, '-a', at, '-s', 'malloc,8m', ...PARAMETERS]
  await place.run(argv, (line) => (line.includes('Child launched OK') ? line : undefined), 'SIGTERM')
}

async function startHitch(place: Place): Promise<number> {
  const port = await place.port()
  const { host } = place.listen
  const conf = place.filled('hitch.conf', {
    'host = "*"': `host = "${host}"`,
    'port = "443"': `port = "${port}"`,
    '/etc/culvert-edge/fullchain.pem': place.site.certificateFile,
    '/etc/culvert-edge/privkey.pem': place.site.keyFile,
    '/run/culvert-edge/varnish.sock': place.file('varnish.sock'),
    'workers = 2': 'workers = 1',
    'log-level = 0': 'log-level = 2',
    // Only root can become somebody else, and hitch does not run as root.
    ...(process.getuid?.() === 0 ? {} : { 'user = "_hitch"\ngroup = "_hitch"\n': '' }),
  })
  const { certificateFile, keyFile } = place.front
  const front = `pem-file = {\n    cert = "${certificateFile}"\n    private-key = "${keyFile}"\n}\n`
  const argv = [path('hitch'), '--config', place.write('hitch.conf', conf + front)]
  await place.run(argv, (line) => (line.includes('Process 0 online') ? line : undefined), 'SIGTERM')
  return port
}

function path(name: ProgramName): string {
  return findProgram(name) ?? name
}
