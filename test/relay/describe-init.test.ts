// What a volunteer is told to do next.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { describeInit } from '../../relay/describe-init.ts'
import { initRelay } from '../../relay/init.ts'

const base = mkdtempSync(join(tmpdir(), 'culvert-describe-init-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

test('a relay is said to need port 80 too where an authority will ask there', async () => {
  const said = async (acme: boolean): Promise<string> =>
    describeInit(await initRelay({ dir: join(base, `relay-${acme}`), domain: 'www.red-kettle.example', acme }, Date.now()))
  expect(await said(false)).toContain('Let port 443 reach this machine')
  expect(await said(true)).toContain('Let ports 443 and 80 reach this machine')
})
