// Where `culvert-relay init` has a relay listen, by the addresses of the machine.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadConfig } from '../../relay/config.ts'
import { initRelay } from '../../relay/init.ts'

const base = mkdtempSync(join(tmpdir(), 'culvert-init-addresses-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
let count = 0

test('listens on every address of IPv6 where the machine has no other, also where its certificate’s authority asks', async () => {
  const listens = async (...addresses: string[]): Promise<unknown> => {
    const dir = join(base, `relay-${count++}`)
    await initRelay({ dir, domain: 'www.red-kettle.example', acme: true }, Date.now(), addresses)
    const { listen, tls } = loadConfig(dir)
    return [listen, tls?.acme?.listen].map((at) => at?.host)
  }
  expect(await listens('127.0.0.1', '::1', '2001:db8::7', 'fe80::7')).toEqual(['::', '::'])
  for (const others of [['198.51.100.7', '2001:db8::7'], ['127.0.0.1', '::1', 'fe80::7'], []])
    expect(await listens(...others)).toEqual(['0.0.0.0', '0.0.0.0'])
})
