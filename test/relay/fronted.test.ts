// A relay behind a web server that is another user of the machine: what that user can read, what `check` says where it can't, and of one that was not
// reloaded after a renewal.
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { renewCertificate } from '../../relay/certificate.ts'
import { checkFiles } from '../../relay/check/files.ts'
import { type Finding, warning } from '../../relay/check/finding.ts'
import { thisMachine } from '../../relay/check/machine.ts'
import { checkNetwork } from '../../relay/check/network.ts'
import { loadConfig } from '../../relay/config.ts'
import { describeInit } from '../../relay/describe-init.ts'
import { type InitOptions, initRelay, writeFrontSite } from '../../relay/init.ts'

const DOMAIN = 'www.red-kettle.example'
const base = mkdtempSync(join(tmpdir(), 'culvert-fronted-'))
chmodSync(base, 0o755)
afterAll(() => rmSync(base, { recursive: true, force: true }))

const cover = join(base, 'cover')
mkdirSync(cover)
writeFileSync(join(cover, 'index.html'), '<!doctype html><title>Kettles</title>')

let count = 0
async function made(options: Partial<InitOptions>): Promise<{ dir: string; text: string }> {
  const dir = join(base, `relay-${count++}`)
  const text = describeInit(await initRelay({ dir, domain: DOMAIN, ...options }, Date.now()))
  return { dir, text }
}

const modeOf = (path: string): number => statSync(path).mode & 0o777

const findingsOf = (dir: string, subject: string): Finding[] =>
  checkFiles(dir, thisMachine(Date.now())).findings.filter((one) => one.subject === subject)

test('Caddy, which reads its site file as its own user, can, also where the site is elsewhere and whatever the mask is', async () => {
  const mask = process.umask(0o077)
  try {
    const { dir } = await made({ behind: 'caddy', cover })
    const file = join(dir, 'Caddyfile')
    expect([modeOf(dir), modeOf(file), modeOf(join(dir, 'config.json'))]).toEqual([0o711, 0o644, 0o600])
    rmSync(file)
    writeFrontSite(loadConfig(dir), dir)
    expect(modeOf(file)).toBe(0o644)
    expect(findingsOf(dir, 'site file')).toEqual([])
  } finally {
    process.umask(mask)
  }
})

test('check says where Caddy’s user can’t read it, and how to mend that', async () => {
  const { dir } = await made({ behind: 'caddy' })
  const says = (shut: string): string => `Caddy’s own user may not be able to read it: ${shut} is closed to other users.`
  const file = join(dir, 'Caddyfile')
  chmodSync(file, 0o600)
  expect(findingsOf(dir, 'site file')).toEqual([warning('site file', says(file), `culvert-relay front --dir '${dir}'`)])
  chmodSync(dir, 0o700)
  expect(findingsOf(dir, 'site file')).toEqual([warning('site file', says(dir), `chmod o+x '${dir}'`)])
})

test('the line for Caddy’s own file quotes as Caddy reads quotes', async () => {
  const { dir, text } = await made({ behind: 'caddy' })
  expect(text).toContain(`import "${join(dir, 'Caddyfile')}"`)
})

test('check finds a web server that shows the certificate from before a renewal', async () => {
  const front = createServer((_request, response) => response.end(readFileSync(join(cover, 'index.html'))))
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  const { port } = front.address() as AddressInfo
  const { dir } = await made({ behind: 'nginx', cover, address: `127.0.0.1:${port}` })
  const { certificateFile = '', keyFile = '' } = loadConfig(dir).tls ?? {}
  const [cert, key] = [readFileSync(certificateFile, 'utf8'), readFileSync(keyFile, 'utf8')]
  front.setSecureContext({ cert, key })
  const machine = { ...thisMachine(Date.now()), resolve: async () => [], run: async () => undefined }
  const frontOf = async (): Promise<Finding | undefined> =>
    (await checkNetwork(dir, loadConfig(dir), undefined, machine)).find(({ subject }) => subject === 'front')
  try {
    expect(await frontOf()).toMatchObject({ level: 'ok' })
    writeFileSync(certificateFile, renewCertificate(DOMAIN, key, Date.now()).certificate)
    expect(await frontOf()).toMatchObject({ level: 'warning', mend: expect.stringContaining('sudo systemctl reload nginx') })
  } finally {
    front.closeAllConnections()
    front.close()
  }
})
