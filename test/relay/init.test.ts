// `culvert-relay init`: what it writes, for whom, and everything it refuses before it writes anything.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { decodeInvite, type Endpoint, type Invite } from '#protocol'
import { createCertificate, pinOf } from '../../relay/certificate.ts'
import { encodeConfig, loadConfig, loadKeys, parseConfig } from '../../relay/config.ts'
import { describeInit } from '../../relay/describe-init.ts'
import { parseHostPort } from '../../relay/host-port.ts'
import { type InitOptions, initRelay } from '../../relay/init.ts'
import { createRelayKeys, decodeRelayKeys, encodeRelayKeys } from '../../relay/keys.ts'
import { OperatorError } from '../../relay/operator-error.ts'
import { renewOwnCertificate } from '../../relay/renew.ts'

const DOMAIN = 'www.red-kettle.example'
const NOW_MS = Date.now()
const DAY_MS = 86_400_000
const COMMAND = join(import.meta.dirname, '../../relay/culvert-relay.mjs')
const base = mkdtempSync(join(tmpdir(), 'culvert-init-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

let count = 0
const fresh = (): string => join(base, `relay-${count++}`)
const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8)

async function made(options: Partial<InitOptions> = {}): Promise<{ dir: string; invite: Invite; endpoint: Endpoint; text: string }> {
  const dir = options.dir ?? fresh()
  const result = await initRelay({ dir, domain: DOMAIN, ...options }, NOW_MS)
  const invite = decodeInvite(readFileSync(result.inviteFile, 'utf8'))
  return { dir, invite, endpoint: invite.endpoints[0] as Endpoint, text: describeInit(result) }
}

describe('a relay that stands alone', () => {
  test('is readable by its user only, every file and folder of it', async () => {
    const { dir } = await made()
    expect(modeOf(dir)).toBe('700')
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      const file = join(dir, name)
      expect(modeOf(file), name).toBe(statSync(file).isDirectory() ? '700' : '600')
    }
  })

  test('listens on every address at 443 and is dialled by its name, unless told otherwise', async () => {
    const { dir, endpoint } = await made()
    expect(loadConfig(dir).listen).toEqual({ host: '0.0.0.0', port: 443 })
    expect(endpoint.address).toBe(`${DOMAIN}:443`)
    const elsewhere = await made({ listen: '[::]:8443', address: '203.0.113.9:9000' })
    expect(loadConfig(elsewhere.dir).listen).toEqual({ host: '::', port: 8443 })
    expect(elsewhere.endpoint.address).toBe('203.0.113.9:9000')
  })

  test('draws a free port now when it is asked for port 0, so that the invite can name it', async () => {
    const { dir, endpoint } = await made({ listen: '127.0.0.1:0' })
    const { listen } = loadConfig(dir)
    expect(listen.port).toBeGreaterThan(1023)
    expect(endpoint.address).toBe(`127.0.0.1:${listen.port}`)
  })

  test('keeps port 0 when people dial something else', async () => {
    const { dir } = await made({ listen: '127.0.0.1:0', address: 'front.example:443' })
    expect(loadConfig(dir).listen.port).toBe(0)
  })

  test('has an invite with its own key, psk, name, path and certificate pin', async () => {
    const { dir, invite, endpoint } = await made()
    const config = loadConfig(dir)
    const keys = loadKeys(config)
    expect(invite.relayKey).toEqual(keys.publicKey)
    expect(invite.psk).toEqual(keys.psk)
    expect(endpoint.serverName).toBe(DOMAIN)
    expect(endpoint.path).toBe(config.path)
    const spki = new X509Certificate(readFileSync(join(dir, 'certificate.pem'))).publicKey.export({ type: 'spki', format: 'der' })
    expect(Buffer.from(endpoint.pin ?? [])).toEqual(createHash('sha256').update(spki).digest())
  })

  test('says what to do and where the invite lies, and no secret', async () => {
    const { dir, text } = await made()
    const keys = JSON.parse(readFileSync(join(dir, 'keys.json'), 'utf8')) as Record<string, string>
    expect(text).toContain(join(dir, 'invite'))
    expect(text).toContain(`culvert-relay run --dir '${dir}'`)
    for (const secret of [keys['private'], keys['psk'], readFileSync(join(dir, 'invite'), 'utf8').slice(8, 40)]) {
      expect(text).not.toContain(secret as string)
    }
  })

  test('has keys, a path and a site that the next relay has not', async () => {
    const [one, other] = [await made(), await made()]
    expect(one.invite.psk).not.toEqual(other.invite.psk)
    expect(one.invite.relayKey).not.toEqual(other.invite.relayKey)
    const pages = [one, other].map(({ dir }) => readFileSync(join(dir, 'site/index.html'), 'utf8'))
    expect(pages[0]).not.toBe(pages[1])
  })

  test('takes an empty folder that is there already, and a name in any script', async () => {
    const dir = mkdtempSync(join(base, 'empty-'))
    await made({ dir, domain: 'Bücher.Example.' })
    expect(loadConfig(dir).domain).toBe('xn--bcher-kva.example')
    expect(modeOf(dir)).toBe('700')
  })

  test('moves with its folder', async () => {
    const { dir } = await made()
    execFileSync('mv', [dir, `${dir}-moved`])
    const config = loadConfig(`${dir}-moved`)
    expect(config.tls?.certificateFile).toBe(join(`${dir}-moved`, 'certificate.pem'))
    expect(loadKeys(config).psk.length).toBe(32)
  })
})

describe('what an operator brings', () => {
  const pair = createCertificate(DOMAIN, NOW_MS)
  const [cert, key] = [join(base, 'own.pem'), join(base, 'own.key')]
  writeFileSync(cert, pair.certificate)
  writeFileSync(key, pair.key)

  test('a certificate is used where it lies, and pinned when no public authority signed it', async () => {
    const { dir, endpoint } = await made({ cert, key })
    expect(loadConfig(dir).tls).toEqual({ certificateFile: cert, keyFile: key, made: false })
    expect(endpoint.pin).toEqual(pinOf(pair.certificate))
    expect(existsSync(join(dir, 'certificate.key'))).toBe(false)
  })

  test('a cover folder or URL is named, not copied', async () => {
    const folder = join(base, 'my site')
    mkdirSync(folder)
    writeFileSync(join(folder, 'index.html'), '<p>mine')
    const { dir } = await made({ cover: folder })
    expect(loadConfig(dir).cover).toEqual({ kind: 'folder', folder })
    expect(existsSync(join(dir, 'site'))).toBe(false)
    const proxied = await made({ cover: 'https://blog.example/a' })
    expect(loadConfig(proxied.dir).cover).toEqual({ kind: 'url', url: 'https://blog.example/a' })
  })
})

describe('a relay behind a front', () => {
  test('listens on loopback, is dialled at 443 and comes with a file that nginx accepts', async () => {
    const { dir, endpoint, text } = await made({ behind: 'nginx' })
    expect(loadConfig(dir).listen).toEqual({ host: '127.0.0.1', port: 8080 })
    expect(endpoint.address).toBe(`${DOMAIN}:443`)
    expect(text).toContain(join(dir, 'nginx.conf'))
    const whole = join(base, 'whole.conf')
    writeFileSync(whole, `pid ${base}/pid; error_log stderr; events {} http { include "${dir}/nginx.conf"; }`)
    const said = spawnSync('nginx', ['-t', '-q', '-p', base, '-c', whole], { encoding: 'utf8' })
    expect(said.stderr.replace(/.*\[warn\].*\n/g, '')).toBe('')
    expect(said.status).toBe(0)
  })

  test('lets the front’s user read the site and nothing else', async () => {
    const { dir } = await made({ behind: 'nginx' })
    expect(modeOf(dir)).toBe('711')
    for (const name of ['config.json', 'keys.json', 'invite', 'certificate.key', 'nginx.conf'])
      expect(modeOf(join(dir, name)), name).toBe('600')
    expect(modeOf(join(dir, 'site'))).toBe('755')
    expect(modeOf(join(dir, 'site/index.html'))).toBe('644')
  })

  test('has no certificate of its own behind Caddy, and an invite that trusts the public ones', async () => {
    const { dir, endpoint } = await made({ behind: 'caddy' })
    expect(loadConfig(dir).tls).toBeUndefined()
    expect(endpoint.pin).toBeUndefined()
    expect(readFileSync(join(dir, 'Caddyfile'), 'utf8')).toContain(DOMAIN)
  })

  test('names a port drawn now in the front’s file when asked for port 0', async () => {
    const { dir } = await made({ behind: 'nginx', listen: '127.0.0.1:0', address: '127.0.0.1:9443' })
    const { port } = loadConfig(dir).listen
    expect(port).toBeGreaterThan(1023)
    expect(readFileSync(join(dir, 'nginx.conf'), 'utf8')).toContain(`127.0.0.1:${port}`)
  })
})

describe('init refuses, and writes nothing', () => {
  const stray = createCertificate('other.example', NOW_MS)
  const [cert, key] = [join(base, 'stray.pem'), join(base, 'stray.key')]
  writeFileSync(cert, stray.certificate)
  writeFileSync(key, stray.key)
  const bare = join(base, 'bare')
  mkdirSync(bare)

  const cases: readonly (readonly [what: string, options: Partial<InitOptions>, words: string])[] = [
    ['a name that is none', { domain: 'red kettle' }, '--domain must be a name'],
    ['an address for a name', { domain: '192.0.2.1' }, '--domain must be a name'],
    ['an empty name', { domain: '' }, '--domain must be a name'],
    ['a place to listen without port', { listen: '0.0.0.0' }, '--listen must look like HOST:PORT'],
    ['a port that is none', { listen: '0.0.0.0:70000' }, '--listen must look like HOST:PORT'],
    ['an address that is none', { listen: '300.1.1.1:1' }, '--listen has an address that is none'],
    ['IPv6 without brackets', { address: '::1:443' }, '--address must look like HOST:PORT'],
    ['port 0 to dial', { address: 'example.org:0' }, '--address must look like HOST:PORT'],
    ['an address of another machine to draw a port on', { listen: '192.0.2.1:0' }, 'This machine has no address 192.0.2.1.'],
    ['an unknown front', { behind: 'apache' }, '--behind must be nginx or caddy'],
    ['a front with the relay open to others', { behind: 'nginx', listen: '0.0.0.0:8080' }, '--listen must be a loopback address'],
    ['a cover folder that is not there', { cover: join(base, 'nowhere') }, 'there is no folder'],
    ['a cover folder without a front page', { cover: bare }, 'has no index.html'],
    ['a cover of another scheme', { cover: 'ftp://example.org' }, '--cover must be an http or https URL'],
    ['a cover URL with a password', { cover: 'https://a:b@example.org/' }, '--cover must be an http or https URL'],
    ['a certificate without key', { cert }, '--cert and --key belong together'],
    ['a certificate that is not there', { cert: join(base, 'none'), key }, 'does not exist'],
    ['a certificate for another name', { cert, key }, `--cert/--key: the certificate is not for ${DOMAIN}`],
  ]
  test.each(cases)('%s', async (_, options, words) => {
    const dir = fresh()
    const failed = await initRelay({ dir, domain: DOMAIN, ...options }, NOW_MS).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(OperatorError)
    expect((failed as OperatorError).message).toContain(words)
    expect(existsSync(dir)).toBe(false)
  })

  test('a folder that holds a relay, which stays as it was', async () => {
    const { dir } = await made()
    const before = readFileSync(join(dir, 'keys.json'), 'utf8')
    await expect(initRelay({ dir, domain: DOMAIN }, NOW_MS)).rejects.toThrow('already holds a relay')
    expect(readFileSync(join(dir, 'keys.json'), 'utf8')).toBe(before)
  })

  test('a folder with anything else in it, or a file', async () => {
    await expect(initRelay({ dir: base, domain: DOMAIN }, NOW_MS)).rejects.toThrow('is not empty')
    await expect(initRelay({ dir: cert, domain: DOMAIN }, NOW_MS)).rejects.toThrow('is a file')
  })
})

describe('config.json', () => {
  const good = {
    version: 1,
    domain: DOMAIN,
    address: `${DOMAIN}:443`,
    listen: '0.0.0.0:443',
    path: '/ws',
    cover: { folder: 'site' },
    tls: { certificate: 'certificate.pem', key: '/etc/key.pem', made: false },
    keys: 'keys.json',
  }

  test('is written as it is read', () => {
    for (const change of [
      {},
      { behind: 'nginx', listen: '[::1]:80' },
      { cover: { url: 'https://example.org/' } },
      { behind: 'caddy', listen: '127.0.0.1:0', tls: undefined },
      { tls: { ...good.tls, made: true, acme: { email: 'me@example.org', listen: '127.0.0.1:8080' } }, page: '127.0.0.1:9180' },
      { caps: { rate: '2M', sessionRate: '500k', month: '2T', hours: '18:00-06:30' } },
      { exit: { ports: ['80', '443', '8000-8999'], blocked: 'blocked.txt', from: ['192.0.2.7', '2001:db8::7'] } },
      { alerts: { webhook: 'https://hook.example/x', mail: 'me@example.org', mailServer: 'smtps://me:secret@mail.example' } },
    ]) {
      const config = parseConfig(JSON.stringify({ ...good, ...change }), '/srv/relay')
      expect(parseConfig(encodeConfig(config, '/srv/relay'), '/srv/relay')).toEqual(config)
    }
  })

  const cases: readonly (readonly [string, unknown])[] = [
    ['is not JSON', '{'],
    ['“the whole” must be an object', []],
    ['“version” must be from 1 to 3', { ...good, version: undefined }],
    ['written by a newer culvert-relay', { ...good, version: 4 }],
    ['“domain” is missing', { ...good, domain: undefined }],
    ['“domain” must be text', { ...good, domain: 7 }],
    ['“domain” must be a name', { ...good, domain: 'a_b' }],
    ['“listen” must look like HOST:PORT', { ...good, listen: 'all' }],
    ['“address” must look like HOST:PORT', { ...good, address: 'example.org:0' }],
    ['“behind” must be one of nginx, caddy', { ...good, behind: 'apache' }],
    ['“listen” must be 127.0.0.1 or another loopback address', { ...good, behind: 'nginx' }],
    ['“path” must begin with /', { ...good, path: 'ws' }],
    ['“path” must begin with /', { ...good, path: '/a b' }],
    ['“cover” must hold either a folder or a url', { ...good, cover: {} }],
    ['“cover” must hold either a folder or a url', { ...good, cover: { folder: 'a', url: 'https://a.example' } }],
    ['“cover.url” must be an http or https URL', { ...good, cover: { url: 'file:///etc' } }],
    ['“tls” is missing', { ...good, tls: undefined }],
    ['“tls.key” is missing', { ...good, tls: { certificate: 'a', made: true } }],
    ['“tls.made” must be true or false', { ...good, tls: { ...good.tls, made: 'yes' } }],
    ['“keys” is missing', { ...good, keys: undefined }],
    ['“lisen” is not a field that this version knows', { ...good, lisen: '0.0.0.0:1' }],
    ['“page” must be a loopback address', { ...good, page: '0.0.0.0:9180' }],
    ['“tls.acme” is for a relay that stands alone', { ...good, behind: 'nginx', listen: '[::1]:80', tls: { ...good.tls, acme: {} } }],
    ['“tls.acme.directory” must be the https URL', { ...good, tls: { ...good.tls, acme: { directory: 'http://ca.example/' } } }],
    ['“caps.rate” must be bytes a second', { ...good, caps: { rate: '1' } }],
    ['“caps.month” must be bytes a month', { ...good, caps: { month: '2P' } }],
    ['“caps.hours” must be FROM-TO', { ...good, caps: { hours: '18:00-24:00' } }],
    ['“exit.ports” must be ports', { ...good, exit: { ports: ['0'] } }],
    ['“exit.from” may hold one IPv4 address only', { ...good, exit: { from: ['192.0.2.1', '192.0.2.2'] } }],
    ['“alerts” must hold both', { ...good, alerts: { mail: 'me@example.org' } }],
    ['“alerts.mailServer” must be smtp', { ...good, alerts: { mail: 'me@example.org', mailServer: 'https://x' } }],
    ['“alerts.webhook” must hold no user', { ...good, alerts: { webhook: 'https://me:secret@hook.example/' } }],
    ['“alerts.mailServer” must have %25', { ...good, alerts: { mail: 'me@example.org', mailServer: 'smtps://me:100%@mail.example' } }],
    ['“tls.chain” is not a field that this version knows', { ...good, tls: { ...good.tls, chain: 'x' } }],
  ]
  test.each(cases)('is refused when it %s', (words, fields) => {
    const text = typeof fields === 'string' ? fields : JSON.stringify(fields)
    expect(() => parseConfig(text, '/srv/relay')).toThrow(OperatorError)
    expect(() => parseConfig(text, '/srv/relay')).toThrow(words)
  })

  test('that is missing leads to init', () => {
    expect(() => loadConfig(join(base, 'nowhere'))).toThrow('culvert-relay init')
  })

  test('names hosts in one form', () => {
    expect(parseHostPort('[2001:DB8::1]:443', 1)).toEqual({ host: '2001:db8::1', port: 443 })
    expect(parseHostPort('EXAMPLE.org:1', 1)).toEqual({ host: 'example.org', port: 1 })
    for (const text of ['[::1]', '[:::1]:4', 'a:b:1', ':443', 'x:-1', 'x:1e3', '1.2.3:4'])
      expect(() => parseHostPort(text, 0), text).toThrow(OperatorError)
  })
})

describe('keys.json', () => {
  test('is written as it is read', () => {
    const keys = createRelayKeys()
    expect(decodeRelayKeys(encodeRelayKeys(keys))).toEqual(keys)
  })

  test('is refused when a half is another relay’s, damaged or missing', () => {
    const [one, other] = [createRelayKeys(), createRelayKeys()]
    expect(decodeRelayKeys(encodeRelayKeys({ ...one, publicKey: other.publicKey }))).toBeUndefined()
    const text = encodeRelayKeys(one)
    for (const bad of [
      '',
      '{}',
      'null',
      '[1]',
      text.slice(0, -20),
      text.replace('"psk"', '"psq"'),
      text.replace('"version": 1', '"version": 9'),
    ]) {
      expect(decodeRelayKeys(bad)).toBeUndefined()
    }
  })
})

describe('the certificate of our own making', () => {
  test('is made anew in its last 30 days, over the same key', async () => {
    const { dir, endpoint } = await made()
    const config = loadConfig(dir)
    expect(renewOwnCertificate(config, NOW_MS + 50 * DAY_MS)).toBe(false)
    expect(renewOwnCertificate(config, NOW_MS + 70 * DAY_MS)).toBe(true)
    const renewed = readFileSync(join(dir, 'certificate.pem'), 'utf8')
    expect(Date.parse(new X509Certificate(renewed).validTo)).toBeGreaterThan(NOW_MS + 150 * DAY_MS)
    expect(pinOf(renewed)).toEqual(endpoint.pin)
    expect(modeOf(join(dir, 'certificate.pem'))).toBe('600')
  })

  test('that is gone is the operator’s to mend', async () => {
    const { dir } = await made()
    rmSync(join(dir, 'certificate.pem'))
    expect(() => renewOwnCertificate(loadConfig(dir), NOW_MS)).toThrow(OperatorError)
  })
})

describe('the command', () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' })

  test('makes a relay and says so', () => {
    const dir = fresh()
    const said = run('init', '--dir', dir, '--domain', DOMAIN, '--listen', '127.0.0.1:0')
    expect(said.stderr).toBe('')
    expect(said.status).toBe(0)
    expect(said.stdout).toContain('What to do now')
    expect(loadConfig(dir).domain).toBe(DOMAIN)
  })

  test('answers a mistake with one plain sentence and exit code 1', () => {
    const mistakes = [
      ['init', '--dir', fresh(), '--domain', 'red kettle'],
      ['run', '--dir', join(base, 'nowhere')],
      ['run', '--dir', base, '--allow-destination', 'everything'],
      ['check'],
      ['frobnicate'],
    ]
    for (const args of mistakes) {
      const said = run(...args)
      expect(said.status, args.join(' ')).toBe(1)
      expect(said.stderr).not.toMatch(/^\s+at /m)
      expect(said.stderr.trim().split('\n').length).toBeLessThanOrEqual(2)
    }
  })

  test('says what to do where the libraries are not installed, the client’s as well', () => {
    for (const command of ['relay/culvert-relay.mjs', 'client/engine/culvert.mjs']) {
      const alone = join(mkdtempSync(join(base, 'alone-')), command)
      mkdirSync(dirname(alone), { recursive: true })
      copyFileSync(join(import.meta.dirname, '../..', command), alone)
      const said = spawnSync(process.execPath, [alone], { encoding: 'utf8' })
      expect(said.status).toBe(1)
      expect(said.stderr).toContain('npm install')
    }
  })

  test('says its version', () => {
    expect(run('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('explains each of its options', () => {
    for (const args of [['--help'], ['init', '--help'], ['run', '--help'], ['check', '--help']]) {
      const said = run(...args)
      expect(said.status).toBe(0)
      expect(said.stdout).toContain('Usage: culvert-relay')
    }
  })
})
