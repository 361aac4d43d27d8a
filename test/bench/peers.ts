// The tools Culvert is measured against, as Debian ships them, each set up the way its own documentation does, with TCP_NODELAY and
// hardware ciphers where it lets one choose. `direct` is the load generator without a proxy: the limit of the machine.

import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeConfiguration } from './place.ts'
import { runOnce } from './run.ts'
import type { Stage } from './stage.ts'

/** How the load reaches a peer that runs: through SOCKS ('-' is no proxy), or, for the bare TLS download, with curl alone. */
export type Way = { readonly socks: string } | { readonly curl: readonly string[] }

export interface Peer {
  readonly name: string
  /** Programs it needs on PATH, and the Debian packages that hold them. */
  readonly programs: readonly string[]
  readonly packages: readonly string[]
  start(stage: Stage): Promise<Way>
}

const PASSWORD = 'bench-password'
const USER_ID = 'b831381d-6324-4d53-ad4f-8cda48b30811'

function direct(): Peer {
  return { name: 'direct', programs: [], packages: [], start: async () => ({ socks: '-' }) }
}

// One download over TLS with nothing in between: nginx serves a file of zeros, curl takes it.
function directTls(): Peer {
  return {
    name: 'direct-tls',
    programs: ['nginx', 'curl', 'truncate'],
    packages: ['nginx-light', 'curl'],
    async start(stage) {
      const port = await stage.port()
      const { certificate, key } = stage.place.workshop
      const logs = ['access_log off', 'error_log stderr']
      const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${join(stage.folder, kind)}`)
      const tls = [`listen ${stage.place.serverAddress}:${port} ssl`, `ssl_certificate ${certificate}`, `ssl_certificate_key ${key}`]
      const server = `server { ${[...tls, `root ${stage.folder}`].join('; ')}; }`
      const http = `http { ${[...logs, ...scratch, 'tcp_nodelay on', 'sendfile on'].join('; ')}; ${server} }`
      const path = writeConfiguration(
        stage.folder,
        'nginx.conf',
        `user root; daemon off; master_process off; pid ${stage.folder}/pid; error_log stderr; events { } ${http}`,
      )
      runOnce(['truncate', '-s', '64G', join(stage.folder, 'zeros')])
      stage.start('server', ['nginx', '-c', path, '-p', stage.folder, '-e', 'stderr'])
      return { curl: ['curl', '-s', '-k', `https://${stage.place.serverAddress}:${port}/zeros`] }
    },
  }
}

function shadowsocks(name: string, plugin?: { readonly mux: number }): Peer {
  return {
    name,
    programs: ['ss-server', 'ss-local', ...(plugin === undefined ? [] : ['ss-v2ray-plugin'])],
    packages: ['shadowsocks-libev', ...(plugin === undefined ? [] : ['shadowsocks-v2ray-plugin'])],
    async start(stage) {
      const [local, remote] = [await stage.port(), await stage.port()]
      const { certificate, key } = stage.place.workshop
      const common = {
        password: PASSWORD,
        method: 'aes-256-gcm',
        mode: 'tcp_only',
        timeout: 600,
        no_delay: true,
        nofile: 20000,
        server_port: remote,
      }
      const plug = (options: string): object => (plugin === undefined ? {} : { plugin: 'ss-v2ray-plugin', plugin_opts: options })
      const tls = `tls;host=bench.local;path=/t;cert=${certificate};mux=${plugin?.mux ?? 0}`
      const server = { ...common, server: '0.0.0.0', ...plug(`server;${tls};key=${key}`) }
      const client = { ...common, server: stage.place.serverAddress, local_address: '127.0.0.1', local_port: local, ...plug(tls) }
      stage.start('server', ['ss-server', '-c', writeConfiguration(stage.folder, 'server.json', server)])
      stage.start('client', ['ss-local', '-c', writeConfiguration(stage.folder, 'client.json', client)])
      return { socks: `127.0.0.1:${local}` }
    },
  }
}

function v2ray(name: string, protocol: 'vmess' | 'vless', mux: number): Peer {
  return {
    name,
    programs: ['v2ray'],
    packages: ['v2ray'],
    async start(stage) {
      const [local, remote] = [await stage.port(), await stage.port()]
      const { certificate, key } = stage.place.workshop
      const user = protocol === 'vmess' ? { id: USER_ID, alterId: 0 } : { id: USER_ID }
      const carrier = { network: 'ws', security: 'tls', wsSettings: { path: '/t' } }
      const pair = { certificates: [{ certificateFile: certificate, keyFile: key }] }
      const common = { log: { loglevel: 'warning' }, policy: { levels: { 0: { connIdle: 600, handshake: 30 } } } }
      const accept = { clients: [user], ...(protocol === 'vless' ? { decryption: 'none' } : {}) }
      const account = { ...user, ...(protocol === 'vmess' ? { security: 'aes-128-gcm' } : { encryption: 'none' }) }
      const dial = { vnext: [{ address: stage.place.serverAddress, port: remote, users: [account] }] }
      const server = {
        ...common,
        inbounds: [{ port: remote, listen: '0.0.0.0', protocol, settings: accept, streamSettings: { ...carrier, tlsSettings: pair } }],
        outbounds: [{ protocol: 'freedom' }],
      }
      const tlsSettings = { serverName: 'bench.local', allowInsecure: true }
      const client = {
        ...common,
        inbounds: [{ port: local, listen: '127.0.0.1', protocol: 'socks', settings: { udp: false } }],
        outbounds: [
          { protocol, settings: dial, streamSettings: { ...carrier, tlsSettings }, mux: { enabled: mux > 0, concurrency: mux || 8 } },
        ],
      }
      stage.start('server', ['v2ray', '-config', writeConfiguration(stage.folder, 'server.json', server)])
      stage.start('client', ['v2ray', '-config', writeConfiguration(stage.folder, 'client.json', client)])
      return { socks: `127.0.0.1:${local}` }
    },
  }
}

function trojan(): Peer {
  return {
    name: 'trojan',
    programs: ['trojan'],
    packages: ['trojan'],
    async start(stage) {
      const [local, remote] = [await stage.port(), await stage.port()]
      const { certificate, key } = stage.place.workshop
      const tcp = { prefer_ipv4: true, no_delay: true, keep_alive: true, reuse_port: false, fast_open: false, fast_open_qlen: 20 }
      const suite = {
        cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256',
        cipher_tls13: 'TLS_AES_128_GCM_SHA256',
        alpn: ['http/1.1'],
        reuse_session: true,
        session_ticket: false,
        curves: '',
      }
      const unused = { key_password: '', prefer_server_cipher: true, session_timeout: 600, plain_http_response: '', dhparam: '' }
      const common = { password: [PASSWORD], log_level: 3, tcp }
      // Strangers are sent to the fallback address; nobody strange comes here, so nothing listens there.
      const fallback = { remote_addr: '127.0.0.1', remote_port: await stage.port() }
      const listen = { run_type: 'server', local_addr: '0.0.0.0', local_port: remote }
      const server = { ...common, ...listen, ...fallback, ssl: { ...suite, ...unused, cert: certificate, key } }
      const dial = {
        run_type: 'client',
        local_addr: '127.0.0.1',
        local_port: local,
        remote_addr: stage.place.serverAddress,
        remote_port: remote,
      }
      const client = { ...common, ...dial, ssl: { ...suite, verify: false, verify_hostname: false, cert: '', sni: 'bench.local' } }
      stage.start('server', ['trojan', writeConfiguration(stage.folder, 'server.json', server)])
      stage.start('client', ['trojan', writeConfiguration(stage.folder, 'client.json', client)])
      return { socks: `127.0.0.1:${local}` }
    },
  }
}

function stunnel(): Peer {
  return {
    name: 'stunnel+microsocks',
    programs: ['stunnel4', 'microsocks'],
    packages: ['stunnel4', 'microsocks'],
    async start(stage) {
      const [local, remote, inner] = [await stage.port(), await stage.port(), await stage.port()]
      const { certificate, key } = stage.place.workshop
      const common = [
        'foreground = yes',
        'syslog = no',
        'debug = 3',
        'pid =',
        'socket = l:TCP_NODELAY=1',
        'socket = r:TCP_NODELAY=1',
        '[bench]',
      ]
      const server = [`accept = 0.0.0.0:${remote}`, `connect = 127.0.0.1:${inner}`, `cert = ${certificate}`, `key = ${key}`]
      const client = ['client = yes', `accept = 127.0.0.1:${local}`, `connect = ${stage.place.serverAddress}:${remote}`]
      const write = (name: string, lines: readonly string[]): string =>
        writeConfiguration(stage.folder, name, [...common, ...lines, ''].join('\n'))
      stage.start('server', ['microsocks', '-i', '127.0.0.1', '-p', String(inner)])
      stage.start('server', ['stunnel4', write('server.conf', server)])
      stage.start('client', ['stunnel4', write('client.conf', client)])
      return { socks: `127.0.0.1:${local}` }
    },
  }
}

function ssh(): Peer {
  return {
    name: 'ssh-D',
    programs: ['/usr/sbin/sshd', 'ssh', 'ssh-keygen'],
    packages: ['openssh-server', 'openssh-client'],
    async start(stage) {
      const [local, remote] = [await stage.port(), await stage.port()]
      const [host, user] = [join(stage.folder, 'host'), join(stage.folder, 'user')]
      for (const key of [host, user]) runOnce(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])
      copyFileSync(`${user}.pub`, join(stage.folder, 'authorized'))
      mkdirSync('/run/sshd', { recursive: true })
      const access = [
        `AuthorizedKeysFile ${join(stage.folder, 'authorized')}`,
        'PermitRootLogin prohibit-password',
        'StrictModes no',
        'UsePAM no',
      ]
      const lines = [`Port ${remote}`, 'ListenAddress 0.0.0.0', `HostKey ${host}`, ...access, 'PidFile none', 'MaxSessions 1000', '']
      stage.start('server', ['/usr/sbin/sshd', '-D', '-e', '-f', writeConfiguration(stage.folder, 'sshd.conf', lines.join('\n'))])
      const trust = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'Ciphers=aes128-gcm@openssh.com', 'ConnectionAttempts=20']
      const login = ['-p', String(remote), '-i', user, ...trust.flatMap((option) => ['-o', option]), `root@${stage.place.serverAddress}`]
      stage.start('client', ['ssh', '-F', 'none', '-N', '-D', `127.0.0.1:${local}`, ...login], { SSH_AUTH_SOCK: '' })
      return { socks: `127.0.0.1:${local}` }
    },
  }
}

/** Every peer, in the order in which tables list them. */
export const PEERS: readonly Peer[] = [
  direct(),
  directTls(),
  trojan(),
  v2ray('vmess-ws-tls', 'vmess', 0),
  v2ray('vless-ws-tls', 'vless', 0),
  v2ray('vless-ws-tls-mux8', 'vless', 8),
  shadowsocks('ss-v2ray-plugin', { mux: 0 }),
  shadowsocks('ss-v2ray-plugin-mux1', { mux: 1 }),
  shadowsocks('ss'),
  ssh(),
  stunnel(),
]
