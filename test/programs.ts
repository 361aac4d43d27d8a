// The programs that others wrote and our suites run, and the Debian packages that bring them: the one list of both.
import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'

export interface Program {
  /** The names it goes by; the first one found serves. */
  readonly names: readonly string[]
  readonly debianPackage: string
  /** Not run by its name, but loaded by what is. */
  readonly isLibrary?: true
}

export const PROGRAMS = {
  nginx: { names: ['nginx'], debianPackage: 'nginx-light' },
  nginxStream: { names: ['nginx/modules/ngx_stream_module.so'], debianPackage: 'libnginx-mod-stream', isLibrary: true },
  caddy: { names: ['caddy'], debianPackage: 'caddy' },
  hitch: { names: ['hitch'], debianPackage: 'hitch' },
  varnishd: { names: ['varnishd'], debianPackage: 'varnish' },
  stunnel: { names: ['stunnel', 'stunnel4'], debianPackage: 'stunnel4' },
  chromium: { names: ['chromium', 'chromium-browser', 'google-chrome'], debianPackage: 'chromium' },
  git: { names: ['git'], debianPackage: 'git' },
  ssh: { names: ['ssh'], debianPackage: 'openssh-client' },
  sshd: { names: ['sshd'], debianPackage: 'openssh-server' },
  netcat: { names: ['nc.openbsd'], debianPackage: 'netcat-openbsd' },
  curl: { names: ['curl'], debianPackage: 'curl' },
  ip: { names: ['ip'], debianPackage: 'iproute2' },
  nft: { names: ['nft'], debianPackage: 'nftables' },
  dig: { names: ['dig'], debianPackage: 'dnsutils' },
  python: { names: ['python3'], debianPackage: 'python3' },
  iptables: { names: ['iptables'], debianPackage: 'iptables' },
  nsenter: { names: ['nsenter'], debianPackage: 'util-linux' },
  dnsmasq: { names: ['dnsmasq'], debianPackage: 'dnsmasq-base' },
  cc: { names: ['cc'], debianPackage: 'build-essential' },
  xvfb: { names: ['Xvfb'], debianPackage: 'xvfb' },
  dbus: { names: ['dbus-run-session'], debianPackage: 'dbus-daemon' },
  gsettings: { names: ['gsettings'], debianPackage: 'libglib2.0-bin' },
  dconf: { names: ['dconf'], debianPackage: 'dconf-cli' },
  dconfBackend: { names: ['gio/modules/libdconfsettings.so'], debianPackage: 'dconf-gsettings-backend', isLibrary: true },
  proxySchema: {
    names: ['../share/glib-2.0/schemas/org.gnome.system.proxy.gschema.xml'],
    debianPackage: 'gsettings-desktop-schemas',
    isLibrary: true,
  },
  kconfig: { names: ['kwriteconfig5'], debianPackage: 'libkf5config-bin' },
  tcpdump: { names: ['tcpdump'], debianPackage: 'tcpdump' },
  postgres: { names: ['pg_ctlcluster'], debianPackage: 'postgresql' },
  redis: { names: ['redis-server'], debianPackage: 'redis-server' },
  haproxy: { names: ['haproxy'], debianPackage: 'haproxy' },
  gtk: { names: ['libgtk-3.so.0'], debianPackage: 'libgtk-3-0', isLibrary: true },
  nss: { names: ['libnss3.so'], debianPackage: 'libnss3', isLibrary: true },
  gbm: { names: ['libgbm.so.1'], debianPackage: 'libgbm1', isLibrary: true },
  asound: { names: ['libasound.so.2'], debianPackage: 'libasound2', isLibrary: true },
  xss: { names: ['libXss.so.1'], debianPackage: 'libxss1', isLibrary: true },
  deb: { names: ['dpkg-deb'], debianPackage: 'dpkg' },
  systemd: { names: ['systemd-analyze'], debianPackage: 'systemd' },
  pebble: { names: ['pebble'], debianPackage: 'pebble' },
  openssl: { names: ['openssl'], debianPackage: 'openssl' },
} as const satisfies Record<string, Program>

export type ProgramName = keyof typeof PROGRAMS

const SBIN_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin']
const LIBRARY_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib']

/** The path of a program, or undefined where this machine has none. An ordinary user's PATH lacks the sbin folders, so they are looked into too. */
export function findProgram(name: ProgramName): string | undefined {
  const { names, isLibrary }: Program = PROGRAMS[name]
  const folders = isLibrary === true ? LIBRARY_FOLDERS : [...(process.env['PATH'] ?? '').split(':'), ...SBIN_FOLDERS]
  const paths = names.flatMap((file) => folders.filter((folder) => folder !== '').map((folder) => join(folder, file)))
  return paths.find(isLibrary === true ? existsSync : isExecutable)
}

export function missingPrograms(): ProgramName[] {
  return (Object.keys(PROGRAMS) as ProgramName[]).filter((name) => findProgram(name) === undefined)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
