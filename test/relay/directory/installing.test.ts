// What is put into an authority's folder by hand, from files that lie side by side with others': nothing of another's takes the place of its own.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { certify, createRoot, signCharter, writeCharter } from '../../../relay/directory/ceremony.ts'
import { installCertificate, loadMandate } from '../../../relay/directory/folder.ts'
import { initAuthority, namePeers } from '../../../relay/directory/init.ts'

const base = mkdtempSync(join(tmpdir(), 'culvert-installing-'))
afterAll(() => rmSync(base, { recursive: true }))
const NAMES = ['a', 'b', 'c'] as const
const nowS = Date.now() / 1_000
const path = (name: string): string => join(base, name)
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(path(name)))

beforeAll(async () => {
  const authority = NAMES.map((name) => `${name}=${/charter: (\S+)/.exec(createRoot(path(`${name}.root`)))?.[1]}`)
  const charter = path('charter.bin')
  writeCharter({ name: 'net.example', threshold: '2', authority, witness: [], witnessThreshold: '0', out: charter }, nowS)
  for (const name of ['a', 'b']) signCharter(path(`${name}.root`), charter)
  for (const name of NAMES) {
    await initAuthority({ dir: path(name), charter, member: name, domain: `${name}.example`, listen: '127.0.0.1:0' })
    certify(path(`${name}.root`), join(path(name), 'signing-request'), '365', '1', path(`${name}.certificate`), nowS)
  }
})

test('another authority’s certificate is refused, and so is one that has expired; its own stays', () => {
  installCertificate(bytesOf('a.certificate'), path('a'), nowS)
  expect(() => installCertificate(bytesOf('b.certificate'), path('a'), nowS)).toThrow('The certificate is not one of a')
  expect(() => installCertificate(bytesOf('a.certificate'), path('a'), nowS + 366 * 86_400)).toThrow('has expired')
  expect(loadMandate(path('a')).certificate).toEqual(bytesOf('a.certificate'))
})

test('an authority that is named its own invite among others meets the others only', () => {
  const invites = NAMES.map((name) => join(path(name), 'invite'))
  expect(namePeers(path('a'), invites)).toBe(2)
  expect(namePeers(path('a'), invites)).toBe(2)
})
