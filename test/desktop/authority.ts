// An authority of the tests' own: what it signs is good wherever it is trusted.
import forge from 'node-forge'

const DAY_MS = 86_400_000

export class Authority {
  readonly certificate: string
  readonly #subject: forge.pki.CertificateField[]
  readonly #key: forge.pki.rsa.PrivateKey
  #serial = 1

  constructor(name: string) {
    const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair(2048)
    this.#subject = [{ name: 'commonName', value: name }]
    this.#key = privateKey
    const [from, to] = [Date.now() - 1_000 * DAY_MS, Date.now() + 1_000 * DAY_MS]
    this.certificate = this.#sign(publicKey, this.#subject, from, to, [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ])
  }

  /** A site's, good between two times in seconds since 1970. */
  issue(hosts: readonly string[], fromS: number, toS: number): { readonly cert: string; readonly key: string } {
    const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair(2048)
    const subject = [{ name: 'commonName', value: hosts[0] as string }]
    const altNames = hosts.map((value) => ({ type: 2, value }))
    const cert = this.#sign(publicKey, subject, fromS * 1_000, toS * 1_000, [{ name: 'subjectAltName', altNames }])
    return { cert, key: forge.pki.privateKeyToPem(privateKey) }
  }

  #sign(
    publicKey: forge.pki.rsa.PublicKey,
    subject: forge.pki.CertificateField[],
    fromMs: number,
    toMs: number,
    extensions: readonly object[],
  ): string {
    const certificate = forge.pki.createCertificate()
    certificate.publicKey = publicKey
    certificate.serialNumber = `0${this.#serial++}`
    certificate.validity.notBefore = new Date(fromMs)
    certificate.validity.notAfter = new Date(toMs)
    certificate.setSubject(subject)
    certificate.setIssuer(this.#subject)
    certificate.setExtensions([...extensions])
    certificate.sign(this.#key, forge.md.sha256.create())
    return forge.pki.certificateToPem(certificate)
  }
}
