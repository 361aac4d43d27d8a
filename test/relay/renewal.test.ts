// A relay that can't ask for its next certificate serves on with the one that it has, and its operator is told why.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Renewal } from '../../relay/acme/renewal.ts'
import { type CertificatePair, createCertificate, renewCertificate } from '../../relay/certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-renewal-'))
const authority = createServer((_request, response) => response.end('{}'))
beforeAll(() => new Promise<void>((resolve) => void authority.listen(0, '127.0.0.1', () => resolve())))
afterAll(() => {
  authority.close()
  rmSync(folder, { recursive: true })
})

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const ED25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** A folder's certificate and key, and a renewal of them by an authority; what it tells is kept. */
function renewalOf(directoryUrl: string, pair: CertificatePair, accountKeyPem?: string, nowMs: () => number = Date.now) {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const accountKeyFile = join(folder, 'account.key')
  rmSync(accountKeyFile, { force: true })
  if (accountKeyPem !== undefined) file('account.key', accountKeyPem)
  const told: string[] = []
  const proofs = new Map<string, string>()
  const files = { certificateFile: file('relay.pem', pair.certificate), keyFile: file('relay.key', pair.key), made: true, acme: undefined }
  const renewal = new Renewal(
    {
      domain: 'relay.example',
      files,
      settings: { directoryUrl, email: undefined, listen: { host: '127.0.0.1', port: 0 } },
      accountKeyFile,
      nowMs,
      onRenewed: () => told.push('renewed'),
      onFailed: (words) => told.push(words),
    },
    proofs,
  )
  return { renewal, told, certificateFile: files.certificateFile, look: () => renewal.look(proofs) }
}

test.each([
  ['of a kind that no authority takes', ED25519, undefined],
  ['that is damaged', ED25519.replace('MC4', 'MC5'), undefined],
  ['that is none', 'no key', undefined],
  ['of its account that is none', undefined, 'no key'],
])('a key %s ends nothing: it is told of in words that hold nothing of it', async (_kind, keyPem, accountKeyPem) => {
  const { certificate, key } = createCertificate('relay.example', Date.now())
  const { renewal, told, look } = renewalOf(urlOf(authority), { certificate, key: keyPem ?? key }, accountKeyPem)
  await look()
  renewal.close()
  const whose = accountKeyPem === undefined ? 'The certificate’s key' : 'The account’s key'
  expect(told).toEqual([`${whose} can’t be used to ask for a certificate: it is damaged, or neither RSA nor ECDSA.`])
  expect(renewal.failure).toBe(told[0])
})

/** An authority that asks for no proof, and gives this certificate (RFC 8555, as far as an order goes). */
function givingAuthority(chain: string): Server {
  const server = createServer((request, response) => {
    const at = urlOf(server)
    const answers: Readonly<Record<string, object>> = {
      '/': { newNonce: `${at}nonce`, newAccount: `${at}account`, newOrder: `${at}order` },
      '/account': { status: 'valid' },
      '/order': { status: 'ready', authorizations: [], finalize: `${at}finalize` },
      '/finalize': { status: 'valid', certificate: `${at}certificate` },
    }
    request.resume()
    const path = request.url ?? ''
    const isMade = path === '/account' || path === '/order'
    response.writeHead(isMade ? 201 : 200, {
      'Replay-Nonce': 'bm9uY2U',
      'Content-Type': path === '/certificate' ? 'application/pem-certificate-chain' : 'application/json',
      Location: `${at}${path.slice(1)}`,
    })
    response.end(path === '/certificate' ? chain : JSON.stringify(answers[path] ?? {}))
  })
  return server
}

describe('what an authority gives', () => {
  const own = createCertificate('relay.example', Date.now())
  const good = renewCertificate('relay.example', own.key, Date.now()).certificate
  async function given(chain: string) {
    const server = givingAuthority(chain)
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()))
    const { renewal, told, certificateFile, look } = renewalOf(urlOf(server), own)
    await look()
    renewal.close()
    server.close()
    return { told, kept: readFileSync(certificateFile, 'utf8') }
  }

  test('is taken where it is for the name and the key', async () => {
    expect(await given(good)).toEqual({ told: ['renewed'], kept: good })
  })

  test.each([
    ['is no certificate', 'no certificate', 'is not a PEM certificate'],
    ['is for another key', createCertificate('relay.example', Date.now()).certificate, 'the key does not belong'],
    ['is for another name', renewCertificate('other.example', own.key, Date.now()).certificate, 'is not for relay.example'],
    ['has a chain that breaks off', `${good}${good.slice(0, 200)}\n-----END CERTIFICATE-----\n`, 'its chain is damaged'],
  ])('and %s takes the place of none that works, and is told of', async (_what, chain, words) => {
    const { told, kept } = await given(chain)
    expect(told).toEqual([expect.stringContaining(words)])
    expect(kept).toBe(own.certificate)
  })
})

test('an authority that answers without end is given up, and told of', async () => {
  const { default: acme } = await import('acme-client')
  Object.assign(Reflect.get(acme.axios.defaults, 'acmeSettings'), { retryDefaultDelay: 0 })
  const server = createServer((_request, response) => {
    const talk = (): void =>
      void (response.destroyed || (response.write(' '.repeat(16_384)) ? setImmediate(talk) : response.once('drain', talk)))
    talk()
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()))
  const { renewal, told, look } = renewalOf(urlOf(server), createCertificate('relay.example', Date.now()))
  await look()
  renewal.close()
  server.close()
  expect(told).toEqual(['The authority gave no certificate: it gave no answer of use.'])
})

test('a failure while the clock was far ahead is no reason to wait until then, once it is right', async () => {
  let nowMs = Date.now() + 365 * 86_400_000
  const { renewal, told, look } = renewalOf(urlOf(authority), createCertificate('relay.example', Date.now()), 'no key', () => nowMs)
  await look()
  nowMs = Date.now()
  await look()
  expect(told).toHaveLength(2)
  await look()
  expect(told).toHaveLength(2)
  renewal.close()
})
