// A relay that can't ask for its next certificate serves on with the one that it has, and its operator is told why.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Renewal } from '../../relay/acme/renewal.ts'
import { createCertificate } from '../../relay/certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'culvert-renewal-'))
const authority = createServer((_request, response) => response.end('{}'))
beforeAll(() => new Promise<void>((resolve) => void authority.listen(0, '127.0.0.1', () => resolve())))
afterAll(() => {
  authority.close()
  rmSync(folder, { recursive: true })
})

const ED25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

test.each([
  ['of a kind that no authority takes', ED25519, undefined],
  ['that is damaged', ED25519.replace('MC4', 'MC5'), undefined],
  ['that is none', 'no key', undefined],
  ['of its account that is none', undefined, 'no key'],
])('a key %s ends nothing: it is told of in words that hold nothing of it', async (_kind, keyPem, accountKeyPem) => {
  const { certificate, key } = createCertificate('relay.example', Date.now())
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const accountKeyFile = join(folder, 'account.key')
  rmSync(accountKeyFile, { force: true })
  if (accountKeyPem !== undefined) file('account.key', accountKeyPem)
  const told: string[] = []
  const proofs = new Map<string, string>()
  const renewal = new Renewal(
    {
      domain: 'relay.example',
      files: { certificateFile: file('relay.pem', certificate), keyFile: file('relay.key', keyPem ?? key), made: true, acme: undefined },
      settings: {
        directoryUrl: `http://127.0.0.1:${(authority.address() as AddressInfo).port}/`,
        email: undefined,
        listen: { host: '127.0.0.1', port: 0 },
      },
      accountKeyFile,
      nowMs: Date.now,
      onRenewed: () => told.push('renewed'),
      onFailed: (words) => told.push(words),
    },
    proofs,
  )
  await renewal.look(proofs)
  renewal.close()
  const whose = accountKeyPem === undefined ? 'The certificate’s key' : 'The account’s key'
  expect(told).toEqual([`${whose} can’t be used to ask for a certificate: it is damaged, or neither RSA nor ECDSA.`])
  expect(renewal.failure).toBe(told[0])
})
