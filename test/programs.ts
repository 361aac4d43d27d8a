// The programs that others wrote and our suites run, and the Debian packages that bring them: the one list of both.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Program {
  /** The names it goes by; the first one found serves. */
  readonly names: readonly string[]
  readonly debianPackage: string
  /** Not run by its name, but loaded by what is. */
  readonly isLibrary?: true
  /** What to do where Ubuntu's package of that name is of no use. */
  readonly onUbuntu?: string
}

export const PROGRAMS = {
  nginx: { names: ['nginx'], debianPackage: 'nginx-light' },
  nginxStream: { names: ['nginx/modules/ngx_stream_module.so'], debianPackage: 'libnginx-mod-stream', isLibrary: true },
  caddy: { names: ['caddy'], debianPackage: 'caddy' },
  hitch: { names: ['hitch'], debianPackage: 'hitch' },
  varnishd: { names: ['varnishd'], debianPackage: 'varnish' },
  stunnel: { names: ['stunnel', 'stunnel4'], debianPackage: 'stunnel4' },
  chromium: {
    names: ['chromium', 'google-chrome'],
    debianPackage: 'chromium',
    onUbuntu: 'install Google Chrome (Ubuntu has Chromium as a snap alone, which sees none of our files)',
  },
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
  tinyproxy: { names: ['tinyproxy'], debianPackage: 'tinyproxy-bin' },
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
  // The package of the library itself has another name on newer Ubuntu.
  asound: { names: ['libasound.so.2'], debianPackage: 'libasound2-dev', isLibrary: true },
  xss: { names: ['libXss.so.1'], debianPackage: 'libxss1', isLibrary: true },
  deb: { names: ['dpkg-deb'], debianPackage: 'dpkg' },
  systemd: { names: ['systemd-analyze'], debianPackage: 'systemd' },
  pebble: { names: ['pebble'], debianPackage: 'pebble' },
  certutil: { names: ['certutil'], debianPackage: 'libnss3-tools' },
  openssl: { names: ['openssl'], debianPackage: 'openssl' },
} as const satisfies Record<string, Program>

export type ProgramName = keyof typeof PROGRAMS

const OS_RELEASE = '/etc/os-release'
const IS_UBUNTU = existsSync(OS_RELEASE) && /^ID=ubuntu$/m.test(readFileSync(OS_RELEASE, 'utf8'))
const SBIN_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin']
const SNAP_FOLDER = '/snap/bin'
const LIBRARY_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib']

/** The path of a program, or undefined where this machine has none. An ordinary user's PATH lacks the sbin folders, so they are looked into too. */
export function findProgram(name: ProgramName): string | undefined {
  const { names, isLibrary }: Program = PROGRAMS[name]
  const folders = isLibrary === true ? LIBRARY_FOLDERS : [...(process.env['PATH'] ?? '').split(':'), ...SBIN_FOLDERS]
  const paths = names.flatMap((file) => folders.filter((folder) => !['', SNAP_FOLDER].includes(folder)).map((folder) => join(folder, file)))
  return paths.find(isLibrary === true ? existsSync : isExecutable)
}

/** The Debian packages, or Ubuntu's, that bring what is missing, as far as any do. */
export function missingPackages(): readonly string[] {
  const missing = (Object.keys(PROGRAMS) as ProgramName[]).filter((name) => findProgram(name) === undefined)
  return missing.filter((name) => onUbuntu(name) === undefined).map((name) => PROGRAMS[name].debianPackage)
}

/** What brings a program here, in the imperative. */
export function adviceOn(name: ProgramName): string {
  const { debianPackage } = PROGRAMS[name]
  return onUbuntu(name) ?? `install ${debianPackage} (apt-get install ${debianPackage})`
}

function onUbuntu(name: ProgramName): string | undefined {
  const { onUbuntu: advice }: Program = PROGRAMS[name]
  return IS_UBUNTU ? advice : undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
