// The certificate a relay shows when nobody else vouches for its name, and the checks on one that the volunteer brings.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { createSecureContext, rootCertificates } from 'node:tls'
import forge from 'node-forge'

/** A certificate (with its chain, if it has one) and its private key, both PEM. */
export interface CertificatePair {
  readonly certificate: string
  readonly key: string
}

/** As ordinary sites' certificates are: 90 days (Let's Encrypt's life). */
export const CERTIFICATE_DAYS = 90
/** When less than this is left, a certificate of our own making is made anew (certbot renews at the same point). */
export const CERTIFICATE_RENEW_DAYS = 30
const DAY_MS = 86_400_000
/** Certificates of public authorities begin an hour before they are issued, so that wrong clocks accept them. */
const BACKDATE_MS = 3_600_000

const OID = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const

/** A new ECDSA P-256 key with a certificate for domain. */
export function createCertificate(domain: string, nowMs: number): CertificatePair {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return issue(domain, privateKey, nowMs)
}

/** A fresh certificate over the same key: its pin, and so every invite, stays as it was. */
export function renewCertificate(domain: string, keyPem: string, nowMs: number): CertificatePair {
  return issue(domain, createPrivateKey(keyPem), nowMs)
}

/** SHA-256 of the leaf's SubjectPublicKeyInfo: the pin in an invite. */
export function pinOf(certificatePem: string): Uint8Array {
  const spki = new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'der' })
  return new Uint8Array(createHash('sha256').update(spki).digest())
}

/** Whether the chain in the file leads to an authority that clients know. Then the key may change at every renewal and must not be pinned. */
export function isPubliclyTrusted(certificatePem: string): boolean {
  const chain = splitChain(certificatePem).map((pem) => new X509Certificate(pem))
  const linked = chain.every((link, i) => i === 0 || isSignedBy(chain[i - 1] as X509Certificate, link))
  const last = chain.at(-1)
  if (!linked || last === undefined) return false
  return rootCertificates.some((pem) => {
    const root = new X509Certificate(pem)
    return last.fingerprint256 === root.fingerprint256 || isSignedBy(last, root)
  })
}

/** The one fault that another certificate does not mend, as it would be made by the same clock. */
export const NOT_VALID_YET = 'the certificate is not valid yet, or this machine’s clock is behind'

/** A reason, in words for the operator, why this pair can't serve domain; undefined when it can. */
export function certificateFault(pair: CertificatePair, domain: string, nowMs: number): string | undefined {
  const certificate = readCertificate(pair.certificate)
  if (certificate === undefined) return 'the certificate file is not a PEM certificate'
  const key = readKey(pair.key)
  if (key === undefined) return 'the key file is not a PEM private key without passphrase'
  if (!certificate.checkPrivateKey(key)) return 'the key does not belong to the certificate'
  if (!canBeShown(pair)) return 'the certificate can’t be shown: its chain is damaged, or its key too weak'
  if (certificate.checkHost(domain, { subject: 'never' }) === undefined) return `the certificate is not for ${domain}`
  const daysLeft = certificateDaysLeft(pair.certificate, nowMs)
  if (daysLeft <= 0) return `the certificate expired ${Math.ceil(-daysLeft)} day(s) ago`
  if (Date.parse(certificate.validFrom) > nowMs) return NOT_VALID_YET
  return undefined
}

/** Days until the leaf expires; negative when it has. */
export function certificateDaysLeft(certificatePem: string, nowMs: number): number {
  return (Date.parse(new X509Certificate(certificatePem).validTo) - nowMs) / DAY_MS
}

/** Whether all of it can be served, the rest of the chain as well. */
function canBeShown({ certificate, key }: CertificatePair): boolean {
  try {
    createSecureContext({ cert: certificate, key })
    return true
  } catch {
    return false
  }
}

function issue(domain: string, privateKey: KeyObject, nowMs: number): CertificatePair {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const tbs = toBeSigned(domain, spki, nowMs)
  const signature = sign('sha256', derOf(tbs), privateKey)
  const certificate = sequence(tbs, sequence(oid(OID.ecdsaWithSha256)), bitString(signature))
  const pem = forge.pem.encode({ type: 'CERTIFICATE', body: forge.asn1.toDer(certificate).getBytes() }).replaceAll('\r\n', '\n')
  return { certificate: pem, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

/** TBSCertificate of RFC 5280 §4.1. node-forge's own builder knows only RSA keys, so the parts are put together here. */
function toBeSigned(domain: string, spki: Buffer, nowMs: number): forge.asn1.Asn1 {
  const commonName = { type: OID.commonName, value: domain, valueTagClass: forge.asn1.Type.UTF8 as never }
  const name = forge.pki.distinguishedNameToAsn1({ attributes: fitsCommonName(domain) ? [commonName] : [] })
  const begins = new Date(nowMs - BACKDATE_MS)
  const ends = new Date(begins.getTime() + CERTIFICATE_DAYS * DAY_MS - 1_000)
  const key = forge.asn1.fromDer(spki.toString('binary'))
  const version = node(forge.asn1.Class.CONTEXT_SPECIFIC, 0, [integer(Buffer.from([2]))])
  const extensions = node(forge.asn1.Class.CONTEXT_SPECIFIC, 3, [sequence(...extensionsFor(domain, spki))])
  return sequence(
    version,
    integer(serial()),
    sequence(oid(OID.ecdsaWithSha256)),
    name,
    sequence(time(begins), time(ends)),
    name,
    key,
    extensions,
  )
}

function extensionsFor(domain: string, spki: Buffer): forge.asn1.Asn1[] {
  const keyId = createHash('sha1').update(publicPointOf(spki)).digest()
  return [
    // digitalSignature: seven unused bits, the first bit set.
    extension(OID.keyUsage, true, primitive(forge.asn1.Type.BITSTRING, Buffer.from([7, 0x80]))),
    extension(OID.extKeyUsage, false, sequence(oid(OID.serverAuth))),
    extension(OID.basicConstraints, true, sequence()),
    extension(OID.subjectKeyIdentifier, false, primitive(forge.asn1.Type.OCTETSTRING, keyId)),
    extension(OID.authorityKeyIdentifier, false, sequence(tagged(0, keyId))),
    extension(OID.subjectAltName, !fitsCommonName(domain), sequence(tagged(2, Buffer.from(domain, 'latin1')))),
  ]
}

/** RFC 5280 §4.2.1.2 (1): the key identifier is the SHA-1 of the bits of the public key, here the uncompressed point that ends the SPKI. */
function publicPointOf(spki: Buffer): Buffer {
  return spki.subarray(spki.length - 65)
}

/** 16 random bytes, positive and without a leading zero byte, as authorities draw them. */
function serial(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x01
  return bytes
}

/** RFC 5280 appendix A.1 (ub-common-name): a longer name stands in the alternative names alone. */
function fitsCommonName(domain: string): boolean {
  return domain.length <= 64
}

function node(tagClass: forge.asn1.Class, type: number, value: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return forge.asn1.create(tagClass, type, true, value)
}

function sequence(...value: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return node(forge.asn1.Class.UNIVERSAL, forge.asn1.Type.SEQUENCE, value)
}

function primitive(type: forge.asn1.Type, bytes: Buffer): forge.asn1.Asn1 {
  return forge.asn1.create(forge.asn1.Class.UNIVERSAL, type, false, bytes.toString('binary'))
}

function tagged(tag: number, bytes: Buffer): forge.asn1.Asn1 {
  return forge.asn1.create(forge.asn1.Class.CONTEXT_SPECIFIC, tag, false, bytes.toString('binary'))
}

function integer(bytes: Buffer): forge.asn1.Asn1 {
  return primitive(forge.asn1.Type.INTEGER, bytes)
}

function oid(dotted: string): forge.asn1.Asn1 {
  return primitive(forge.asn1.Type.OID, Buffer.from(forge.asn1.oidToDer(dotted).getBytes(), 'binary'))
}

function bitString(bytes: Buffer): forge.asn1.Asn1 {
  return primitive(forge.asn1.Type.BITSTRING, Buffer.concat([Buffer.of(0), bytes]))
}

function extension(id: string, critical: boolean, value: forge.asn1.Asn1): forge.asn1.Asn1 {
  const flag = critical ? [primitive(forge.asn1.Type.BOOLEAN, Buffer.of(0xff))] : []
  return sequence(oid(id), ...flag, primitive(forge.asn1.Type.OCTETSTRING, derOf(value)))
}

/** RFC 5280 §4.1.2.5: UTCTime until 2049, GeneralizedTime from 2050. */
function time(date: Date): forge.asn1.Asn1 {
  const whole = date.getUTCFullYear() < 2050
  const text = whole ? forge.asn1.dateToUtcTime(date) : forge.asn1.dateToGeneralizedTime(date)
  return primitive(whole ? forge.asn1.Type.UTCTIME : forge.asn1.Type.GENERALIZEDTIME, Buffer.from(String(text), 'latin1'))
}

function derOf(value: forge.asn1.Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(value).getBytes(), 'binary')
}

function splitChain(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
