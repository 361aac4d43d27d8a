// Certificates: what others' programs (openssl, node:tls) read in the ones we make, and which of an operator's own we refuse.
import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo, createServer as createPlainServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, rootCertificates } from 'node:tls'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import {
  type CertificatePair,
  certificateDaysLeft,
  certificateFault,
  createCertificate,
  isPubliclyTrusted,
  pinOf,
  renewCertificate,
} from '../../relay/certificate.ts'

const DOMAIN = 'www.red-kettle.example'
const DAY_MS = 86_400_000
const NOW_MS = Date.now()
const folder = mkdtempSync(join(tmpdir(), 'culvert-certificate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a certificate that we make', () => {
  const pair = createCertificate(DOMAIN, NOW_MS)

  test('is accepted by openssl, strictly, for a TLS server of that name', () => {
    const file = save('own.pem', pair.certificate)
    const said = openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', DOMAIN, '-CAfile', file, file)
    expect(said).toContain('own.pem: OK')
  })

  test('has the fields of an ordinary site’s certificate', () => {
    const text = openssl('x509', '-in', save('own.pem', pair.certificate), '-noout', '-text')
    expect(text).toContain('Version: 3 (0x2)')
    expect(text).toContain('Signature Algorithm: ecdsa-with-SHA256')
    expect(text).toContain('ASN1 OID: prime256v1')
    expect(text).toContain(`Subject: CN = ${DOMAIN}`)
    expect(text).toContain(`DNS:${DOMAIN}`)
    expect(text).toContain('TLS Web Server Authentication')
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/)
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/)
    expect(text).not.toContain('Netscape')
  })

  test('names its key as openssl would', () => {
    const text = openssl('x509', '-in', save('own.pem', pair.certificate), '-noout', '-ext', 'subjectKeyIdentifier')
    const spki = new X509Certificate(pair.certificate).publicKey.export({ type: 'spki', format: 'der' })
    const point = spki.subarray(spki.length - 65)
    const expected = createHash('sha1').update(point).digest('hex').toUpperCase().match(/../g)?.join(':')
    expect(text).toContain(expected)
  })

  test('lives 90 days and began before now', () => {
    const read = new X509Certificate(pair.certificate)
    const begins = Date.parse(read.validFrom)
    expect(begins).toBeLessThan(NOW_MS)
    expect(begins).toBeGreaterThan(NOW_MS - DAY_MS)
    expect(Date.parse(read.validTo) - begins).toBe(90 * DAY_MS - 1_000)
  })

  test('serves TLS to a client that trusts it, by its name only', async () => {
    expect(await handshake(pair, DOMAIN)).toBe('ok')
    expect(await handshake(pair, 'other.example')).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  test('has a serial number of its own, positive and 16 bytes long', () => {
    const serials = Array.from({ length: 40 }, () => new X509Certificate(createCertificate(DOMAIN, NOW_MS).certificate).serialNumber)
    expect(new Set(serials).size).toBe(40)
    for (const serial of serials) expect(serial).toMatch(/^[0-7][0-9A-F]{31}$/)
  })

  test('keeps its pin when it is renewed', () => {
    const renewed = renewCertificate(DOMAIN, pair.key, NOW_MS + 70 * DAY_MS)
    expect(pinOf(renewed.certificate)).toEqual(pinOf(pair.certificate))
    expect(renewed.certificate).not.toBe(pair.certificate)
    expect(certificateFault(renewed, DOMAIN, NOW_MS + 100 * DAY_MS)).toBeUndefined()
  })

  test('is pinned by what openssl calls its public key', () => {
    const pem = openssl('x509', '-in', save('own.pem', pair.certificate), '-noout', '-pubkey')
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
    expect(Buffer.from(pinOf(pair.certificate))).toEqual(createHash('sha256').update(der).digest())
  })

  test('is good for any name, however long', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/)
    const anyName = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => [...labels, 'example'].join('.'))
    fc.assert(
      fc.property(anyName, (name) => {
        expect(certificateFault(createCertificate(name, NOW_MS), name, NOW_MS)).toBeUndefined()
      }),
      { numRuns: 40 },
    )
  })

  test('can be made past 2049, where dates are written otherwise', () => {
    const later = Date.UTC(2051, 3, 1)
    expect(certificateDaysLeft(createCertificate(DOMAIN, later).certificate, later)).toBeGreaterThan(89)
  })
})

describe('a pair that an operator brings', () => {
  const pair = createCertificate(DOMAIN, NOW_MS)
  const other = createCertificate(DOMAIN, NOW_MS)
  const cases: readonly (readonly [why: string, pair: CertificatePair, domain: string, nowMs: number])[] = [
    ['the certificate file is not a PEM certificate', { ...pair, certificate: 'no' }, DOMAIN, NOW_MS],
    ['the key file is not a PEM private key', { ...pair, key: pair.certificate }, DOMAIN, NOW_MS],
    ['the key does not belong to the certificate', { ...pair, key: other.key }, DOMAIN, NOW_MS],
    ['the certificate is not for red-kettle.example', pair, 'red-kettle.example', NOW_MS],
    ['the certificate expired 11 day(s) ago', pair, DOMAIN, NOW_MS + 100 * DAY_MS],
    ['the certificate is not valid yet', pair, DOMAIN, NOW_MS - 2 * DAY_MS],
  ]
  test.each(cases)('is refused because %s', (why, brought, domain, nowMs) => {
    expect(certificateFault(brought, domain, nowMs)).toContain(why)
  })

  /** By openssl, for every name below example.org. */
  function wildcardOf(bits: number): CertificatePair {
    const [key, certificate] = [join(folder, `rsa-${bits}.key`), join(folder, `rsa-${bits}.pem`)]
    const names = ['-subj', '/CN=x', '-addext', 'subjectAltName=DNS:*.example.org', '-days', '9']
    openssl('req', '-x509', '-newkey', `rsa:${bits}`, '-nodes', ...names, '-keyout', key, '-out', certificate)
    return { certificate: openssl('x509', '-in', certificate), key: openssl('rsa', '-in', key) }
  }

  test('is refused where no server could show it: its key is too weak, or its chain is damaged', () => {
    const words = 'the certificate can’t be shown'
    expect(certificateFault(wildcardOf(1_024), 'www.example.org', Date.now())).toContain(words)
    const chain = `${pair.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`
    expect(certificateFault({ ...pair, certificate: chain }, DOMAIN, NOW_MS)).toContain(words)
  })

  test('is accepted from openssl, RSA, with a wildcard', () => {
    const brought = wildcardOf(2_048)
    expect(certificateFault(brought, 'www.example.org', Date.now())).toBeUndefined()
    expect(certificateFault(brought, 'example.org', Date.now())).toBeDefined()
  })

  test('counts as public only when its chain ends at a known root', () => {
    expect(isPubliclyTrusted(pair.certificate)).toBe(false)
    expect(isPubliclyTrusted(rootCertificates[0] as string)).toBe(true)
    expect(isPubliclyTrusted(`${pair.certificate}${rootCertificates[0]}`)).toBe(false)
    expect(isPubliclyTrusted('')).toBe(false)
  })
})

/** 'ok', or why a client that trusts just this certificate refuses it. */
async function handshake({ certificate, key }: CertificatePair, name: string): Promise<string> {
  const server = createServer({ cert: certificate, key })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const word = await new Promise<string>((done) => {
    const socket = connect({ port, host: '127.0.0.1', servername: name, ca: certificate }, () => {
      socket.destroy()
      done('ok')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'failed'))
  })
  await new Promise((done) => (server as ReturnType<typeof createPlainServer>).close(done))
  return word
}

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

function save(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
