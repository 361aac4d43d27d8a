// What `check` says of what the operator chose. Ports, files and addresses are real; the clock is the test's own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { USAGE_FILE } from '../../relay/caps/clock.ts'
import type { Finding } from '../../relay/check/finding.ts'
import { thisMachine } from '../../relay/check/machine.ts'
import { checkSettings, isResting } from '../../relay/check/settings.ts'
import { loadConfig, type RelayConfig } from '../../relay/config.ts'
import { initRelay } from '../../relay/init.ts'
import { changeSettings, type SetOptions } from '../../relay/set-command.ts'

const NOON_MS = Date.parse('2026-11-28T12:00:00Z')
const machine = { ...thisMachine(NOON_MS), addresses: ['127.0.0.1', '198.51.100.7'] }
const base = mkdtempSync(join(tmpdir(), 'culvert-check-settings-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
let count = 0

async function made(options: Partial<SetOptions> = {}): Promise<{ readonly dir: string; readonly config: RelayConfig }> {
  const dir = join(base, `relay-${count++}`)
  await initRelay({ dir, domain: 'relay.example', listen: '127.0.0.1:0' }, NOON_MS)
  changeSettings({ dir, ...options })
  return { dir, config: loadConfig(dir) }
}

async function findings(options: Partial<SetOptions>, usedBytes?: number): Promise<readonly Finding[]> {
  const { dir, config } = await made(options)
  if (usedBytes !== undefined) writeFileSync(join(dir, USAGE_FILE), JSON.stringify({ month: '2026-11', bytes: usedBytes }))
  return checkSettings(dir, config, machine)
}

describe('check', () => {
  test('says nothing of what was not chosen', async () => {
    expect(await findings({})).toEqual([])
  })

  test('tells that it rests out of its hours, and then admits nobody to ask about', async () => {
    expect(await findings({ hours: '18:00-06:00' })).toMatchObject([
      { level: 'warning', subject: 'caps', says: expect.stringMatching(/18:00 to 06:00 UTC, and it is 12:00 now/) },
    ])
    const { dir, config } = await made({ hours: '18:00-06:00' })
    expect([isResting(dir, config, NOON_MS), isResting(dir, config, NOON_MS + 8 * 3_600_000)]).toEqual([true, false])
    expect(await findings({ hours: '06:00-18:00' })).toMatchObject([{ level: 'ok', subject: 'caps' }])
  })

  test('tells how much of a month is used, and when all is', async () => {
    expect(await findings({ month: '2T' }, 5e11)).toMatchObject([{ level: 'ok', says: expect.stringMatching(/^25 % of this month/) }])
    expect(await findings({ month: '2T' }, 2e12)).toMatchObject([{ level: 'warning', says: expect.stringMatching(/are used up/) }])
  })

  test('misses an address to leave by that the machine has not', async () => {
    expect(await findings({ from: '198.51.100.7' })).toMatchObject([{ level: 'ok', subject: 'leaving by' }])
    expect(await findings({ from: '198.51.100.8' })).toMatchObject([
      { level: 'error', says: expect.stringMatching(/no address 198\.51\.100\.8/) },
    ])
  })

  test('reads the list of closed destinations', async () => {
    const file = join(base, 'closed')
    writeFileSync(file, '192.0.2.0/24\nbad.example\n')
    const { dir, config } = await made({ blocked: file })
    expect(await checkSettings(dir, config, machine)).toMatchObject([{ level: 'ok', says: '2 destinations are closed.' }])
    writeFileSync(file, 'no such thing/99\n')
    expect(await checkSettings(dir, config, machine)).toMatchObject([{ level: 'error', subject: 'closed list' }])
  })

  test('says who has port 80, where a certificate is renewed by it', async () => {
    const { dir, config } = await made()
    const at = (port: number): RelayConfig => {
      const acme = { directoryUrl: 'https://ca.example/', email: undefined, listen: { host: '127.0.0.1', port } }
      return { ...config, tls: config.tls && { ...config.tls, acme } }
    }
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    expect(await checkSettings(dir, at(port), machine)).toMatchObject([{ level: 'ok', says: expect.stringMatching(/answers on/) }])
    await new Promise((resolve) => server.close(resolve))
    expect(await checkSettings(dir, at(port), machine)).toMatchObject([{ level: 'ok', says: expect.stringMatching(/is free/) }])
  })

  test('asks the store that hosts share, and tells nothing of where it is', async () => {
    const [finding] = await findings({ store: 'redis://user:secret@127.0.0.1:1', peer: '127.0.0.1:9000' })
    expect(finding).toMatchObject({ level: 'error', subject: 'store' })
    expect(JSON.stringify(finding)).not.toMatch(/secret|127\.0\.0\.1/)
  })
})
