// What the probes' servers share: a small site in a folder, a certificate, and a gate that admits each of its tokens once.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import forge from 'node-forge'
import type { SiteRequest } from '../../../relay/cover/site.ts'
import { HOST } from './corpus.ts'

/** A folder of its own under the system's, with the site in `site`, and cert.pem and key.pem. */
export interface Fixture {
  readonly folder: string
  readonly site: string
  readonly cert: string
  readonly key: string
  readonly certificateFile: string
  readonly keyFile: string
  remove(): void
}

/** Those still there when the tests end early. */
const folders = new Set<string>()
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export function makeFixture(): Fixture {
  const folder = mkdtempSync(join(tmpdir(), 'culvert-probes-'))
  folders.add(folder)
  const site = join(folder, 'site')
  mkdirSync(join(site, 'blog'), { recursive: true })
  writeFileSync(join(site, 'index.html'), '<!DOCTYPE html><title>Home</title><p>Welcome.\n')
  writeFileSync(join(site, 'news.html'), '<!DOCTYPE html><title>News</title><p>None.\n')
  writeFileSync(join(site, '404.html'), '<!DOCTYPE html><title>Not here</title><p>Not here.\n')
  writeFileSync(join(site, 'style.css'), 'body { color: #222 }\n')
  writeFileSync(join(site, 'blog', 'index.html'), '<!DOCTYPE html><title>Blog</title>\n')
  writeFileSync(join(site, 'photo.jpg'), Buffer.alloc(300_000, 'photo'))
  const { cert, key } = makeCertificate()
  const certificateFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  writeFileSync(certificateFile, cert)
  writeFileSync(keyFile, key)
  const remove = (): void => {
    rmSync(folder, { recursive: true })
    folders.delete(folder)
  }
  return { folder, site, cert, key, certificateFile, keyFile, remove }
}

/** Admits a request whose cookie `sid` is one of `tokens`, each once. */
export function admitOnce(...tokens: readonly string[]): (request: SiteRequest) => string | undefined {
  const left = new Set(tokens)
  return (request) => {
    const token = /(?:^|; )sid=([^;]*)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    return left.delete(token) ? token : undefined
  }
}

function makeCertificate(): { cert: string; key: string } {
  const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair(2048)
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = publicKey
  certificate.serialNumber = '01'
  certificate.validity.notBefore = new Date(Date.now() - 86_400_000)
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000)
  certificate.setSubject([{ name: 'commonName', value: HOST }])
  certificate.setIssuer([{ name: 'commonName', value: HOST }])
  certificate.setExtensions([{ name: 'subjectAltName', altNames: [{ type: 2, value: HOST }] }])
  certificate.sign(privateKey, forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(certificate), key: forge.pki.privateKeyToPem(privateKey) }
}
