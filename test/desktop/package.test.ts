// The packages of Linux that are made here: the same bytes of the same folder, and where they put things.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildApp } from '../../client/desktop/build/build.ts'
import { createDeb, createTar } from '../../client/desktop/build/linux-packages.ts'
import { testRuntime } from '../../client/desktop/build/test-runtime.ts'
import { createGnome } from '../../client/desktop/system-proxy/gnome.ts'
import { SystemProxy } from '../../client/desktop/system-proxy/system-proxy.ts'
import { DesktopSession } from '../client/desktop/system-proxy/session-bus.ts'
import { needs } from '../needs.ts'
import { STAGE_MS } from './app.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'culvert-package-'))
const PACKING = { version: '1.2.3', arch: 'x64', epochS: 1_790_000_000, icon: join(ROOT, 'client/desktop/icons/culvert.svg') }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.runIf(process.platform === 'linux')('a package', () => {
  test('of the same folder is the same bytes each time, as tar.gz and as deb', () => {
    const unpacked = unpackedApp()
    const made = [1, 2].map((round) => {
      const output = join(folder, String(round))
      mkdirSync(output)
      const copy = join(output, 'linux-unpacked')
      cpSync(unpacked, copy, { recursive: true, preserveTimestamps: true })
      const packing = { ...PACKING, unpacked: copy, output }
      return [createTar(packing), createDeb(packing)]
    })
    const [first, second] = made as [string[], string[]]
    expect(first.map((file) => readFileSync(file))).toEqual(second.map((file) => readFileSync(file)))
    const control = execFileSync('dpkg-deb', ['--field', first[1] as string], { encoding: 'utf8' })
    expect(control).toMatch(/^Package: culvert\nVersion: 1\.2\.3\nArchitecture: amd64$/m)
    const names = execFileSync('dpkg-deb', ['--contents', first[1] as string], { encoding: 'utf8' })
    for (const name of ['./opt/Culvert/culvert', './usr/share/applications/culvert.desktop', './usr/bin/culvert-app'])
      expect(names).toContain(name)
    // Folders of the system would get what the temporary one has.
    expect(names.split('\n')[0]).toMatch(/^drwxr-xr-x root\/root .* \.\/$/)
  })
})

/* Goal: the app starts wherever apt could install it, on a desktop that has nothing else. Method: each library that a real Electron loads, as far as a package
 * of this system has it, is asked for by the deb, or by what that asks for. */
describe.runIf(needs('electron', 'deb'))('the deb', () => {
  test('asks for every library that Electron loads', { timeout: STAGE_MS }, async () => {
    const runtime = await testRuntime()
    const output = join(folder, 'asking')
    mkdirSync(output)
    const deb = createDeb({ ...PACKING, unpacked: unpackedApp(), output })
    const say = (program: string, ...args: readonly string[]): string =>
      spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 24 }).stdout
    const namesIn = (depends = ''): string[] => depends.split(/[,|]/).map((name) => name.trim().replace(/[ :(].*/, ''))
    const installed = say('dpkg-query', '--show', '--showformat', `\${Package}\\t\${Depends},\${Pre-Depends}\\n`).split('\n')
    const dependsOf = new Map(installed.map((line) => line.split('\t') as [string, string]))
    const asked = new Set(namesIn(say('dpkg-deb', '--field', deb, 'Depends')))
    for (const name of asked) for (const further of namesIn(dependsOf.get(name))) asked.add(further)
    const loaded = (say('ldd', runtime).match(/(?<==> )\S+(?= \()/g) ?? []).map((path) => basename(path))
    const found = say('dpkg-query', '--search', ...loaded.map((name) => `*/${name}`)).split('\n')
    const owners = loaded.map(
      (name) => [name, found.filter((line) => line.endsWith(`/${name}`)).map((line) => line.replace(/[:,].*/, ''))] as const,
    )
    expect(owners.filter(([, names]) => names.length > 0 && !names.some((name) => asked.has(name)))).toEqual([])
    expect(owners.filter(([, names]) => names.length > 0).length).toBeGreaterThan(20)
  })
})

/* Goal: who uninstalls the app is not left without the Internet. Method: an Electron where the package puts it (in a mount namespace), a user whose app
 * died with the kill switch on, and the package's own script, run as dpkg runs it: without a screen, and with no bus of that user's. */
describe.runIf(needs('root', 'electron', 'dbus', 'gsettings', 'dconf', 'deb'))('removing the deb', () => {
  let session: DesktopSession
  let scripts: string
  beforeAll(async () => {
    const [runtime, app] = await Promise.all([testRuntime(), buildApp(join(folder, 'app'))])
    session = await DesktopSession.open('GNOME')
    const output = join(folder, 'removed')
    mkdirSync(output)
    scripts = join(output, 'scripts')
    execFileSync('dpkg-deb', ['--control', createDeb({ ...PACKING, unpacked: unpackedApp(), output }), scripts])
    const program = (name: string, text: string): void => writeFileSync(join(scripts, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    program('culvert', `exec ${runtime} --no-sandbox ${app} "$@"`)
    program('getent', `echo root:x:0:0::${session.env['HOME']}:/bin/sh`)
  }, STAGE_MS)
  afterAll(() => session?.close())

  function remove(word: string): string {
    const script = `mount -t tmpfs none /opt && mkdir /opt/Culvert && cp ${scripts}/culvert /opt/Culvert && exec ${scripts}/prerm ${word}`
    const env = { PATH: `${scripts}:${process.env['PATH']}`, XDG_CURRENT_DESKTOP: 'GNOME' }
    return execFileSync('unshare', ['--mount', 'sh', '-ec', script], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  test('releases a kill switch that a crash left on, and an upgrade does not', async () => {
    const app = join(session.env['XDG_CONFIG_HOME'] as string, 'Culvert')
    mkdirSync(app)
    session.load(TAKEN)
    await new SystemProxy({ folder: app, adapters: [createGnome(session.run)] }).apply({ httpPort: 9, direct: [] }, { hold: true })
    remove('upgrade')
    expect(session.proxySettings).toContain('port=9')
    expect(remove('remove')).toContain('is as it was before Culvert')
    expect(session.proxySettings).toBe(TAKEN)
    expect(existsSync(join(app, 'system-proxy.json'))).toBe(false)
  })
})

const TAKEN = "[/]\nmode='manual'\n\n[http]\nhost='proxy.company.example'\nport=3128\n"

function unpackedApp(): string {
  const unpacked = join(folder, 'linux-unpacked')
  mkdirSync(join(unpacked, 'resources'), { recursive: true })
  for (const name of ['culvert', 'chrome-sandbox', 'resources/app.asar']) writeFileSync(join(unpacked, name), name)
  return unpacked
}
