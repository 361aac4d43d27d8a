// `culvert-relay check`: for every way in which a relay can be broken, the finding that says so. The relay, nginx and the network here are real; clock, limits
// and names are a machine of the test's own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { decodeInvite } from '#protocol'
import { createCertificate } from '../../relay/certificate.ts'
import { checkFiles } from '../../relay/check/files.ts'
import type { Finding } from '../../relay/check/finding.ts'
import { type Machine, thisMachine } from '../../relay/check/machine.ts'
import { checkNetwork } from '../../relay/check/network.ts'
import { knock } from '../../relay/check/probe.ts'
import { checkRelay, describeFindings, isServing } from '../../relay/check.ts'
import { loadConfig } from '../../relay/config.ts'
import { type InitOptions, initRelay } from '../../relay/init.ts'
import { createRelayKeys, encodeRelayKeys } from '../../relay/keys.ts'

const DOMAIN = 'www.red-kettle.example'
const DAY_MS = 86_400_000
const COMMAND = join(import.meta.dirname, '../../relay/culvert-relay.mjs')
const base = mkdtempSync(join(tmpdir(), 'culvert-check-test-'))
// Behind nginx its workers, who are another user, read the site below this folder.
chmodSync(base, 0o755)
afterAll(() => rmSync(base, { recursive: true, force: true }))

const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
})

const machine: Machine = {
  ...thisMachine(Date.now()),
  openFilesMax: 65_536,
  memoryBytes: 2 ** 31,
  addresses: ['127.0.0.1', '198.51.100.7'],
  freeBytes: () => 2 ** 33,
  resolve: async () => ['198.51.100.7'],
  run: async (program, args) => (program === 'timedatectl' ? undefined : thisMachine(0).run(program, args)),
}

let count = 0
const cover = join(base, 'cover')
mkdirSync(cover)
writeFileSync(join(cover, 'index.html'), '<!doctype html><title>Kettles</title><p>Red ones.')

/** With `cover: undefined`, as for a volunteer who gives none, init makes the site up. */
async function made(options: Partial<InitOptions> = {}): Promise<string> {
  const dir = join(base, `relay-${count++}`)
  await initRelay({ dir, domain: DOMAIN, listen: '127.0.0.1:0', cover, ...options }, Date.now())
  return dir
}

const of = (findings: readonly Finding[], subject: string): Finding => {
  const found = findings.find((one) => one.subject === subject)
  if (found === undefined) throw new Error(`no finding about ${subject}`)
  return found
}

async function networkOf(dir: string, other: Partial<Machine> = {}): Promise<Finding[]> {
  const { config, invite } = checkFiles(dir, machine)
  if (config === undefined) throw new Error('the configuration is readable')
  return checkNetwork(dir, config, invite, { ...machine, ...other })
}

/** Resolves when the relay says that it is ready. */
async function running(dir: string): Promise<void> {
  const child = spawn(process.execPath, [COMMAND, 'run', '--dir', dir, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout as NodeJS.ReadableStream, 'data')
}

describe('a relay fresh from init', () => {
  test('has nothing wrong in its folder', async () => {
    const { findings } = checkFiles(await made(), machine)
    expect(findings.map(({ level, subject }) => `${level} ${subject}`)).toEqual([
      'ok configuration',
      'ok privacy',
      'ok keys',
      'ok certificate',
      'ok invite',
      'ok cover site',
    ])
  })

  test('is not running, which is a warning and no error', async () => {
    const dir = await made()
    const findings = await checkRelay(dir, machine)
    expect(of(findings, 'relay').level).toBe('warning')
    expect(of(findings, 'relay').says).toContain('not running')
    expect(isServing(findings)).toBe(true)
  })
})

describe('in the folder, check finds', () => {
  type Spoil = (dir: string) => void
  const rewrite = (dir: string, name: string, change: (text: string) => string): void =>
    writeFileSync(join(dir, name), change(readFileSync(join(dir, name), 'utf8')))
  const cases: readonly (readonly [what: string, spoil: Spoil, subject: string, level: Finding['level'], words: string])[] = [
    [
      'a misspelt field',
      (dir) => rewrite(dir, 'config.json', (text) => text.replace('"path"', '"pth"')),
      'configuration',
      'error',
      '“path” is missing',
    ],
    ['a configuration that is gone', (dir) => rmSync(join(dir, 'config.json')), 'configuration', 'error', 'There is no relay in'],
    ['a folder open to others', (dir) => chmodSync(dir, 0o755), 'privacy', 'error', 'The folder can be read'],
    ['keys open to others', (dir) => chmodSync(join(dir, 'keys.json'), 0o640), 'privacy', 'error', 'keys.json can be read'],
    ['an invite open to others', (dir) => chmodSync(join(dir, 'invite'), 0o604), 'privacy', 'error', 'invite can be read'],
    ['keys that are gone', (dir) => rmSync(join(dir, 'keys.json')), 'keys', 'error', 'is missing'],
    ['damaged keys', (dir) => rewrite(dir, 'keys.json', (text) => text.slice(9)), 'keys', 'error', 'is damaged'],
    [
      'another relay’s keys',
      (dir) => writeFileSync(join(dir, 'keys.json'), encodeRelayKeys(createRelayKeys())),
      'invite',
      'error',
      'for another relay',
    ],
    [
      'a damaged invite',
      (dir) => rewrite(dir, 'invite', (text) => text.replace(/.{5}$/s, '\n')),
      'invite',
      'error',
      'Copy it again, whole',
    ],
    ['an invite that is gone', (dir) => rmSync(join(dir, 'invite')), 'invite', 'error', 'does not exist'],
    [
      'an invite with another path',
      (dir) => rewrite(dir, 'config.json', (text) => text.replace(/"path": "[^"]+"/, '"path": "/other"')),
      'invite',
      'error',
      'another site or path',
    ],
    [
      'an invite with another address',
      (dir) => rewrite(dir, 'config.json', (text) => text.replace(/"address": "[^"]+"/, '"address": "a.example:1"')),
      'invite',
      'warning',
      'a.example:1',
    ],
    ['a certificate that is gone', (dir) => rmSync(join(dir, 'certificate.pem')), 'certificate', 'error', 'does not exist'],
    [
      'a certificate with another key',
      (dir) => writeFileSync(join(dir, 'certificate.key'), createCertificate(DOMAIN, Date.now()).key),
      'certificate',
      'error',
      'does not belong',
    ],
    ['a certificate for another name', (dir) => replacePair(dir, 'other.example', 0), 'certificate', 'error', `not for ${DOMAIN}`],
    ['an expired certificate', (dir) => replacePair(dir, DOMAIN, -91), 'certificate', 'error', 'expired'],
    ['a certificate near its end', (dir) => replacePair(dir, DOMAIN, -80), 'certificate', 'warning', 'good for 9 more days'],
    ['a certificate that the invite does not pin', (dir) => replacePair(dir, DOMAIN, 0), 'invite', 'error', 'pins another certificate'],
    ['a site without front page', (dir) => rmSync(join(dir, 'site/index.html')), 'cover site', 'error', 'Visitors find nothing'],
  ]
  test.each(cases)('%s', async (_, spoil, subject, level, words) => {
    const dir = await made(subject === 'cover site' ? { cover: undefined } : {})
    spoil(dir)
    const finding = of(checkFiles(dir, machine).findings, subject)
    expect(finding.says).toContain(words)
    expect(finding.level).toBe(level)
    expect(finding.mend).toBeDefined()
  })

  test('a configuration that can’t be read, and then advises nobody to give up the keys beside it', async () => {
    const dir = await made()
    rmSync(join(dir, 'config.json'))
    mkdirSync(join(dir, 'config.json'))
    expect(of(checkFiles(dir, machine).findings, 'configuration')).toMatchObject({
      level: 'error',
      mend: expect.not.stringMatching(/new relay|init/),
    })
  })

  test('a site that the front’s user can’t reach', async () => {
    const dir = await made({ behind: 'nginx', cover: undefined })
    expect(of(checkFiles(dir, machine).findings, 'cover site').level).toBe('ok')
    chmodSync(dir, 0o700)
    expect(of(checkFiles(dir, machine).findings, 'cover site')).toMatchObject({
      level: 'warning',
      mend: expect.stringContaining(`chmod o+x '${dir}'`),
    })
  })

  test('a folder that another user made', async () => {
    const { findings } = checkFiles(await made(), { ...machine, userId: 54_321 })
    expect(of(findings, 'privacy').says).toContain('another user')
  })
})

describe('of the network, check finds', () => {
  test('a name that nobody knows, and one that leads elsewhere', async () => {
    const dir = await made()
    expect(of(await networkOf(dir, { resolve: async () => [] }), 'name')).toMatchObject({
      level: 'warning',
      mend: expect.stringContaining('A record'),
    })
    expect(of(await networkOf(dir), 'name').says).toContain('leads to this machine')
    expect(of(await networkOf(dir, { resolve: async () => ['192.0.2.9'] }), 'name').says).toContain('not an address of this machine')
  })

  test('a relay that serves its site and admits its invite', async () => {
    const dir = await made()
    await running(dir)
    const findings = await networkOf(dir)
    expect(of(findings, 'relay')).toMatchObject({ level: 'ok', says: 'Visitors get the cover site.' })
    expect(of(findings, 'admission')).toMatchObject({ level: 'ok' })
  })

  test('a relay that runs with other keys than the folder has', async () => {
    const dir = await made()
    await running(dir)
    const config = loadConfig(dir)
    const invite = { ...decodeInvite(readFileSync(join(dir, 'invite'), 'utf8')), psk: createRelayKeys().psk }
    expect(await knock('websocket', config.listen, { serverName: DOMAIN, hostName: DOMAIN, path: config.path }, invite, Date.now())).toBe(
      'refused',
    )
  })

  test('a clock that keeps the invite out', async () => {
    const dir = await made()
    await running(dir)
    expect(of(await networkOf(dir, { nowMs: Date.now() + 600_000 }), 'admission').level).toBe('error')
  })

  test('another program on the port, whether it talks TLS or not', async () => {
    const dir = await made()
    const config = loadConfig(dir)
    const silent = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('220 hello\r\n'),
    ).listen(config.listen.port, '127.0.0.1')
    await once(silent, 'listening')
    expect(of(await networkOf(dir), 'relay')).toMatchObject({ level: 'error', says: expect.stringContaining('Something is on port') })
    silent.close()
    await once(silent, 'close')

    const other = await made({ listen: `127.0.0.1:${config.listen.port}` })
    await running(other)
    expect(of(await networkOf(dir), 'relay')).toMatchObject({ level: 'error', says: expect.stringContaining('Another program is on port') })
  })

  test('an address that this machine has not', async () => {
    const dir = await made({ listen: '192.0.2.1:4433', address: '127.0.0.1:4433' })
    expect(of(await networkOf(dir), 'relay').level).toBe('error')
  })

  test('a page that is no longer the cover site’s', async () => {
    const dir = await made({ cover: undefined })
    await running(dir)
    rmSync(join(dir, 'site/index.html'))
    expect(of(await networkOf(dir), 'relay').says).toContain('Visitors get status 404')
  })

  test('a proxied cover that does not answer', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const { port } = gone.address() as AddressInfo
    gone.close()
    const dir = await made({ cover: `http://127.0.0.1:${port}/` })
    expect(of(await networkOf(dir), 'cover site').level).toBe('error')
  })
})

describe('behind nginx, check finds', () => {
  test('a front that is not there, then one that reaches the relay, then a relay that is gone', async () => {
    const front = createServer().listen(0, '127.0.0.1')
    await once(front, 'listening')
    const { port } = front.address() as AddressInfo
    front.close()
    await once(front, 'close')
    const dir = await made({ behind: 'nginx', cover: undefined, address: `127.0.0.1:${port}` })
    const without = await networkOf(dir)
    expect(of(without, 'nginx').level).toBe('ok')
    expect(of(without, 'front')).toMatchObject({ level: 'error', says: expect.stringContaining('nginx does not answer') })

    await running(dir)
    await startNginx(dir, port)
    const whole = await networkOf(dir)
    expect(whole.filter(({ level }) => level !== 'ok')).toEqual([])
    expect(of(whole, 'admission').says).toBe('The invite gets in.')

    const relay = children[0] as ChildProcess
    relay.kill('SIGTERM')
    await once(relay, 'exit')
    expect(of(await networkOf(dir), 'relay').says).toContain('not running')
  })

  test('a site file that nginx does not accept', async () => {
    const dir = await made({ behind: 'nginx' })
    writeFileSync(join(dir, 'nginx.conf'), 'server { lisen 443; }')
    expect(of(await networkOf(dir), 'nginx')).toMatchObject({ level: 'error', says: expect.stringContaining('unknown directive "lisen"') })
  })

  test('that nginx is not installed', async () => {
    const dir = await made({ behind: 'nginx' })
    expect(of(await networkOf(dir, { run: async () => undefined }), 'nginx').level).toBe('warning')
  })
})

describe('the table', () => {
  const findings: Finding[] = [
    { level: 'ok', subject: 'keys', says: 'The key file is whole.', mend: undefined },
    {
      level: 'error',
      subject: 'cover site',
      says: 'Visitors find nothing there, and this sentence is long enough to be wrapped.',
      mend: 'Put a site there.',
    },
  ]

  test('keeps within the terminal and says what to do under what is wrong', () => {
    const lines = describeFindings(findings, 70).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(70)
    expect(lines.findIndex((line) => line.includes('→ Put a site there.'))).toBeGreaterThan(
      lines.findIndex((line) => line.startsWith('ERROR')),
    )
    expect(lines.at(-2)).toBe('One thing stops this relay from serving.')
  })

  test('ends well when all is well', () => {
    expect(describeFindings(findings.slice(0, 1), 80)).toContain('All is well.')
    expect(isServing(findings)).toBe(false)
  })
})

describe('the command', () => {
  async function check(...args: string[]): Promise<{ code: number; output: string }> {
    const child = spawn(process.execPath, [COMMAND, 'check', ...args])
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
    })
    const [code] = (await once(child, 'close')) as [number]
    return { code, output }
  }

  test('exits with 0 when the relay can serve, with 1 when it can’t, and tells machines in JSON', async () => {
    const dir = await made()
    const good = await check('--dir', dir, '--json')
    expect(good.code).toBe(0)
    expect(JSON.parse(good.output)).toMatchObject({ ok: true })
    rmSync(join(dir, 'keys.json'))
    const bad = await check('--dir', dir)
    expect(bad.code).toBe(1)
    expect(bad.output).toContain('ERROR')
  })

  test('never shows a secret', async () => {
    const dir = await made()
    const { output } = await check('--dir', dir, '--json')
    const keys = JSON.parse(readFileSync(join(dir, 'keys.json'), 'utf8')) as Record<string, string>
    for (const secret of [keys['private'], keys['psk'], keys['public']]) expect(output).not.toContain(secret as string)
    expect(output).not.toContain('culvert:')
  })
})

/** A pair for domain, made so many days from now. */
function replacePair(dir: string, domain: string, days: number): void {
  const pair = createCertificate(domain, Date.now() + days * DAY_MS)
  writeFileSync(join(dir, 'certificate.pem'), pair.certificate)
  writeFileSync(join(dir, 'certificate.key'), pair.key)
}

/** Resolves when nginx, with the relay's site file, answers on port. */
async function startNginx(dir: string, port: number): Promise<void> {
  const folder = mkdtempSync(join(base, 'nginx-'))
  const file = join(folder, 'nginx.conf')
  const head = `pid ${folder}/pid;\nerror_log stderr notice;\ndaemon off;\nworker_processes 1;\n`
  writeFileSync(file, `${head}events {}\nhttp {\n include /etc/nginx/mime.types;\n include "${dir}/nginx.conf";\n}\n`)
  const child = spawn('nginx', ['-p', folder, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  children.push(child)
  let said = ''
  for await (const chunk of child.stderr as NodeJS.ReadableStream) {
    said += String(chunk)
    // Workers are started once the ports are bound.
    if (said.includes('start worker process ')) break
  }
  if (child.exitCode !== null) throw new Error(`nginx on port ${port}: ${said}`)
}
