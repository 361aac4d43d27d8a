// Makes a Debian package of the relay: sources as they are, the libraries that ship, the Node that runs them, the unit and the page for operators.
//
// 1. a tree as it will lie on the machine   2. control and scripts   3. dpkg-deb
// Say: npm run deb -- FOLDER
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const HOME = 'usr/lib/culvert-relay'
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

const WRAPPER = `#!/bin/sh
exec /${HOME}/bin/node --disable-warning=ExperimentalWarning /${HOME}/relay/main.ts "$@"
`

const SCRIPTS: Readonly<Record<string, string>> = {
  postinst: `#!/bin/sh
set -e
if [ "$1" = configure ]; then
  if ! getent passwd culvert-relay >/dev/null; then
    adduser --system --group --no-create-home --home /var/lib/culvert-relay --quiet culvert-relay
  fi
  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    # A relay that runs takes the new version up; people's clients come back by themselves.
    systemctl try-restart culvert-relay.service || true
  fi
fi
`,
  prerm: `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now culvert-relay.service || true
fi
`,
  postrm: `#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
# What Node made of the sources.
if [ "$1" = purge ]; then rm -rf /var/cache/culvert-relay; fi
# /var/lib/culvert-relay holds the relay's keys: whoever wants it gone removes it by hand.
`,
}

/** Returns the package's file. compression: as dpkg-deb knows it. Throws where a program that it needs is missing. */
export function makeDeb(folder: string, compression: 'xz' | 'none'): string {
  const { version } = readJson<{ version: string }>('package.json')
  const architecture = ARCHITECTURES[process.arch] ?? process.arch
  const staged = mkdtempSync(join(tmpdir(), 'culvert-deb-'))
  try {
    stage(staged)
    const file = join(resolve(folder), `culvert-relay_${version}_${architecture}.deb`)
    writeControl(staged, version, architecture)
    mkdirSync(resolve(folder), { recursive: true })
    // The relay's user reads it, whatever whoever packs it keeps from others.
    execFileSync('chmod', ['-R', 'u=rwX,go=rX', staged])
    execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', staged, file], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    return file
  } finally {
    rmSync(staged, { recursive: true, force: true })
  }
}

function stage(staged: string): void {
  const put = (from: string, to: string, mode = 0o644): void => {
    mkdirSync(dirname(join(staged, to)), { recursive: true })
    copyFileSync(join(ROOT, from), join(staged, to))
    chmodSync(join(staged, to), mode)
  }
  chmodSync(staged, 0o755)
  for (const file of sources()) put(file, `${HOME}/${file}`)
  for (const part of shippedLibraries()) {
    const nested = (path: string): boolean => path === join(ROOT, part) || !path.startsWith(join(ROOT, part, 'node_modules'))
    cpSync(join(ROOT, part), join(staged, HOME, part), { recursive: true, filter: nested })
  }
  put('package.json', `${HOME}/package.json`)
  put('LICENSE', 'usr/share/doc/culvert-relay/copyright')
  put('docs/OPERATORS.md', 'usr/share/doc/culvert-relay/OPERATORS.md')
  put('docs/EDGES.md', 'usr/share/doc/culvert-relay/EDGES.md')
  put('relay/package/culvert-relay.service', 'usr/lib/systemd/system/culvert-relay.service')
  mkdirSync(join(staged, HOME, 'bin'), { recursive: true })
  copyFileSync(process.execPath, join(staged, HOME, 'bin/node'))
  chmodSync(join(staged, HOME, 'bin/node'), 0o755)
  mkdirSync(join(staged, 'usr/bin'), { recursive: true })
  writeFileSync(join(staged, 'usr/bin/culvert-relay'), WRAPPER)
  chmodSync(join(staged, 'usr/bin/culvert-relay'), 0o755)
}

/** What git knows of, and nothing that lies beside it: that may be somebody's relay, with its keys. */
function sources(): string[] {
  return execFileSync('git', ['-C', ROOT, 'ls-files', '-z', 'relay', 'protocol'], { encoding: 'utf8' }).split('\0').filter(Boolean)
}

/** Folders of all packages that are not for development only, as the lock file has them and this machine needs them. */
function shippedLibraries(): string[] {
  const { packages } = readJson<{ packages: Record<string, { dev?: boolean }> }>('package-lock.json')
  return Object.entries(packages)
    .filter(([path, { dev }]) => path.startsWith('node_modules/') && dev !== true && existsSync(join(ROOT, path)))
    .map(([path]) => path)
}

function writeControl(staged: string, version: string, architecture: string): void {
  const control = `Package: culvert-relay
Version: ${version}
Architecture: ${architecture}
Maintainer: The Culvert authors <culvert@localhost>
Depends: libc6 (>= 2.28), libstdc++6, adduser
Section: net
Priority: optional
Description: relay of Culvert, a web site that lets people through
 A web site for whoever looks, a way out of a censored network for whoever holds
 an invite. Made by "culvert-relay init", looked after by "culvert-relay status".
`
  mkdirSync(join(staged, 'DEBIAN'))
  writeFileSync(join(staged, 'DEBIAN/control'), control)
  for (const [name, text] of Object.entries(SCRIPTS)) {
    writeFileSync(join(staged, 'DEBIAN', name), text)
    chmodSync(join(staged, 'DEBIAN', name), 0o755)
  }
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8')) as T
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${makeDeb(process.argv[2] ?? '.', 'xz')}\n`)
}
