// relay/edge/nginx.conf in a real nginx, with the variations that large CDNs show.
import { findProgram } from '../programs.ts'
import type { Origin, Started } from './edge.ts'
import type { Place, SiteFiles } from './place.ts'

export interface NginxHabits {
  /** 421 where the TLS name is not the Host. */
  readonly refusesFronting?: boolean
  readonly buffers?: boolean
  /** The longest that a request may take. */
  readonly capSeconds?: number
}

export async function startNginx(place: Place, origin: Origin, habits: NginxHabits): Promise<Started> {
  const port = await place.port()
  const upstream = habits.capSeconds === undefined ? origin.address : await startCap(place, origin, habits.capSeconds)
  const site = place.filled('nginx.conf', {
    'server relay.example.net:443;': `server ${upstream};`,
    'relay.example.net': origin.serverName,
    'www.example.org': place.site.serverName,
    '/etc/culvert-edge/fullchain.pem': place.site.certificateFile,
    '/etc/culvert-edge/privkey.pem': place.site.keyFile,
    '/etc/ssl/certs/ca-certificates.crt': place.write('origin.crt', origin.certificate),
    ...listens(place, port),
    ...(habits.refusesFronting ? { '# if ($ssl_server_name': 'if ($ssl_server_name' } : {}),
    ...(habits.buffers ? BUFFERS : {}),
    // One request to each socket, so that the cap on a socket is one on a request.
    ...(habits.capSeconds === undefined ? {} : { 'keepalive 32;': '', 'keepalive_timeout 4s;': '' }),
  })
  const file = place.write('nginx.conf', main(place, site + frontSite(place.front, listens(place, port)['    listen 443 ssl http2;'])))
  const argv = [findProgram('nginx') ?? 'nginx', '-c', file, '-p', place.folder, '-e', 'stderr']
  // It says this when it has bound its sockets.
  await place.run(argv, (line) => (line.includes('using the "epoll" event method') ? line : undefined), 'SIGTERM')
  return { port, hasFront: true }
}

const BUFFERS = {
  'proxy_buffering off;': 'proxy_buffering on;',
  'proxy_request_buffering off;': 'proxy_request_buffering on;',
  // nginx hands on what fills a buffer: large ones hold most answers whole.
  'proxy_buffer_size 32k;': 'proxy_buffer_size 1m;',
  'proxy_buffers 4 32k;': 'proxy_buffers 4 1m;',
  'proxy_busy_buffers_size 64k;': 'proxy_busy_buffers_size 2m;',
} as const

function listens({ listen: { host } }: Place, port: number) {
  if (host === '*') return { '    listen 443 ssl http2;': `    listen ${port} ssl http2;`, '[::]:443': `[::]:${port}` }
  const address = host.includes(':') ? `[${host}]` : host
  return { '    listen 443 ssl http2;': `    listen ${address}:${port} ssl http2;`, '    listen [::]:443 ssl http2;\n': '' }
}

/** What else the server has: a site of its own, by whose name a visitor may come in. */
function frontSite({ serverName, certificateFile, keyFile }: SiteFiles, listen: string): string {
  return `server {
${listen}
    server_name ${serverName};
    ssl_certificate ${certificateFile};
    ssl_certificate_key ${keyFile};
    access_log off;
    location / { return 200 "the front\\n"; }
}
`
}

/** One process and no file outside the place. */
function main(place: Place, sites: string): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${place.file(kind)};`)
  return `daemon off;
master_process off;
pid ${place.file('nginx.pid')};
error_log stderr notice;
events { worker_connections 4096; }
http {
${folders.join('\n')}
${sites}}
`
}

/** nginx limits the pauses of a request and not the whole, so behind it stands what cuts every socket after its time. */
async function startCap(place: Place, { address }: Origin, seconds: number): Promise<string> {
  const path = place.file('cap.sock')
  const argv = [process.execPath, `${import.meta.dirname}/cap.ts`, path, address, String(seconds)]
  await place.run(argv, (line) => (line === 'ready' ? line : undefined), 'SIGKILL')
  return `unix:${path}`
}
