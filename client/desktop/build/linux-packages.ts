// The two packages of Linux that need no tool but tar and dpkg-deb: the same folder in, the same bytes out.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

export interface Packing {
  /** The folder with Electron and the app in it. */
  readonly unpacked: string
  readonly output: string
  readonly version: string
  readonly arch: string
  /** Of all files, seconds since 1970. */
  readonly epochS: number
}

/** What Electron loads when it starts: its own list for Debian, and what each desktop but the smallest has anyhow. */
const DEPENDS =
  'libgtk-3-0 | libgtk-3-0t64, libnotify4, libnss3, libxss1, libxtst6, xdg-utils, libatspi2.0-0 | libatspi2.0-0t64, libuuid1, libsecret-1-0, ' +
  'libasound2 | libasound2t64, libgbm1'
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

const DESKTOP_ENTRY = `[Desktop Entry]
Type=Application
Name=Culvert
Comment=Reach the open Internet
Exec=/opt/Culvert/culvert %U
Icon=culvert
Terminal=false
Categories=Network;
MimeType=x-scheme-handler/culvert;application/x-culvert-invite;
StartupWMClass=Culvert
`

const MIME_TYPE = `<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="application/x-culvert-invite">
    <comment>Culvert invite</comment>
    <glob pattern="*.culvert"/>
  </mime-type>
</mime-info>
`

/** Whatever whoever packs it keeps from others. */
const FOR_ALL = 'u=rwX,go=rX'

/** Chromium's sandbox: by user namespaces where the kernel grants them, else by this program, which then must belong to root and say so. */
const AFTER_INSTALL = `#!/bin/sh
set -e
chmod 4755 /opt/Culvert/chrome-sandbox
for tool in update-desktop-database update-mime-database; do
  command -v $tool >/dev/null || continue
  case $tool in
    update-desktop-database) $tool -q /usr/share/applications || true ;;
    update-mime-database) $tool /usr/share/mime || true ;;
  esac
done
`

/**
 * What a crash left of the proxies of this computer's users is put back before the program is gone that can do it: of those who are logged in through their
 * desktop's bus, of the others through one of its own. Not when a newer version takes its place, and for none of them longer than a minute.
 */
const BEFORE_REMOVAL = `#!/bin/sh
set -e
[ "$1" = remove ] || exit 0
getent passwd | while IFS=: read -r name _ uid _ _ home _; do
  [ -f "$home/.config/Culvert/system-proxy.json" ] || continue
  run=/run/user/$uid
  if [ -S "$run/bus" ]; then set -- env DBUS_SESSION_BUS_ADDRESS="unix:path=$run/bus" XDG_RUNTIME_DIR="$run"
  else set -- dbus-run-session --
  fi
  timeout --kill-after=5 60 runuser -u "$name" -- env HOME="$home" "$@" /opt/Culvert/culvert --repair-internet </dev/null ||
    echo "culvert: the proxy of $name could not be put back; its settings lead nowhere until they are changed by hand" >&2
done
`

/** Resolves to the path of what was made. */
export function createTar({ unpacked, output, version, arch, epochS }: Packing): string {
  const name = `culvert-${version}-linux-${arch}`
  const file = join(output, `${name}.tar.gz`)
  const rename = `s,^${basename(unpacked)},${name},`
  const stable = [
    '--sort=name',
    `--mode=${FOR_ALL}`,
    `--mtime=@${epochS}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    `--transform=${rename}`,
  ]
  // gzip would put the time into its header.
  execFileSync('tar', [...stable, '--use-compress-program=gzip -n -6', '-cf', file, '-C', dirname(unpacked), basename(unpacked)])
  return file
}

/** Resolves to the path of what was made. */
export function createDeb({ unpacked, output, version, arch, epochS, icon }: Packing & { readonly icon: string }): string {
  const architecture = ARCHITECTURES[arch]
  if (architecture === undefined)
    throw new Error(`Debian packages are made for ${Object.keys(ARCHITECTURES).join(' and ')}, not for ${arch}.`)
  const root = mkdtempSync(join(tmpdir(), 'culvert-deb-'))
  try {
    chmodSync(root, 0o755)
    fill(root, unpacked, icon)
    writeFileSync(join(root, 'DEBIAN', 'control'), control(version, architecture))
    writeFileSync(join(root, 'DEBIAN', 'postinst'), AFTER_INSTALL, { mode: 0o755 })
    writeFileSync(join(root, 'DEBIAN', 'prerm'), BEFORE_REMOVAL, { mode: 0o755 })
    execFileSync('chmod', ['-R', FOR_ALL, root])
    const file = join(output, `culvert_${version}_${architecture}.deb`)
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(epochS) }
    execFileSync('dpkg-deb', ['--build', '--root-owner-group', '-Zgzip', '-z6', root, file], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    return file
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function fill(root: string, unpacked: string, icon: string): void {
  const folders = {
    program: join(root, 'usr', 'bin'),
    entries: join(root, 'usr', 'share', 'applications'),
    types: join(root, 'usr', 'share', 'mime', 'packages'),
    icons: join(root, 'usr', 'share', 'icons', 'hicolor', 'scalable', 'apps'),
    control: join(root, 'DEBIAN'),
  }
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true, mode: 0o755 })
  cpSync(unpacked, join(root, 'opt', 'Culvert'), { recursive: true, preserveTimestamps: true })
  symlinkSync('/opt/Culvert/culvert', join(folders.program, 'culvert-app'))
  writeFileSync(join(folders.entries, 'culvert.desktop'), DESKTOP_ENTRY)
  writeFileSync(join(folders.types, 'culvert.xml'), MIME_TYPE)
  cpSync(icon, join(folders.icons, 'culvert.svg'))
}

function control(version: string, architecture: string): string {
  return `Package: culvert
Version: ${version}
Architecture: ${architecture}
Maintainer: The Culvert contributors <culvert@localhost>
Depends: ${DEPENDS}
Section: net
Priority: optional
Description: reach the open Internet where it is censored
 Programs’ traffic goes to relays that look like ordinary web sites, and moves
 to another way when one is blocked.
`
}
