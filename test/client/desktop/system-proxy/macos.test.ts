import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMacos } from '../../../../client/desktop/system-proxy/macos.ts'
import { SystemProxyError } from '../../../../client/desktop/system-proxy/settings.ts'
import { SystemProxy } from '../../../../client/desktop/system-proxy/system-proxy.ts'
import { FakeMac, freshService } from './fake-mac.ts'

const WISH = { httpPort: 4001, socksPort: 4002, direct: ['*.example'] }

let folder: string
let mac: FakeMac
let proxy: SystemProxy
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-mac-'))
  mac = new FakeMac()
  proxy = new SystemProxy({ folder, adapters: [createMacos(mac.run)] })
})
afterEach(() => rmSync(folder, { recursive: true }))

const state = (): string => JSON.stringify([...mac.services])

describe('on macOS the proxy', () => {
  test('of every service that is switched on is set, what finds a proxy by itself is off, and all is put back', async () => {
    const wifi = { ...freshService(), pac: { isOn: true, url: 'http://192.0.2.1/a.pac' }, discovery: true, bypass: ['*.local', 'intranet'] }
    Object.assign(wifi.web, { isOn: true, host: 'proxy.example', port: '3128' })
    Object.assign(wifi.socks, { host: 'old.example', port: '1080' })
    mac.services.set('Wi-Fi', wifi)
    const before = state()
    await proxy.apply(WISH, { hold: false })
    expect(await proxy.check()).toBe('ours')
    for (const { web, secure, socks, pac, discovery, bypass } of mac.services.values()) {
      expect([web, secure].map(({ isOn, host, port }) => `${isOn} ${host}:${port}`)).toEqual(['true 127.0.0.1:4001', 'true 127.0.0.1:4001'])
      expect([socks.isOn, pac.isOn, discovery]).toEqual([false, false, false])
      expect(bypass).toContain('*.example')
    }
    expect(await proxy.restore()).toBe('restored')
    // What was never set before names our port still, switched off: networksetup has no word to clear it.
    expect(state().replaceAll('"host":"127.0.0.1","port":"4001"', '"host":"","port":"0"')).toBe(before)
    expect(mac.commands.filter((command) => command.includes('Thunderbolt'))).toEqual([])
  })

  test('is put back when one of the commands is refused, whichever it is', async () => {
    const before = state()
    for (let refusing = 1; refusing <= 6; refusing++) {
      let count = 0
      mac.interfere = ([command = '']) =>
        command.startsWith('-set') && ++count === refusing ? { stdout: '** Error: Command requires admin privileges.\n' } : undefined
      await expect(proxy.apply(WISH, { hold: false })).rejects.toMatchObject({ code: 'refused' })
      expect(state().replaceAll('"host":"127.0.0.1","port":"4001"', '"host":"","port":"0"')).toBe(before)
    }
  })

  test('with a password is not touched, since it could not be put back', async () => {
    Object.assign(mac.services.get('Wi-Fi')?.web ?? {}, { isOn: true, host: 'proxy.example', port: '3128', hasPassword: true })
    await expect(proxy.apply(WISH, { hold: false })).rejects.toMatchObject({ code: 'password' })
    expect(mac.commands).toEqual([])
  })

  test('of an adapter that was pulled out is nobody’s, and one that was plugged in is told of', async () => {
    await proxy.apply(WISH, { hold: false })
    mac.services.set('iPhone USB', freshService())
    expect(await proxy.check()).toBe('incomplete')
    await proxy.apply(WISH, { hold: false })
    expect(await proxy.check()).toBe('ours')
    mac.services.delete('USB 10/100/1000 LAN')
    expect(await proxy.restore()).toBe('restored')
    expect([...mac.services.values()].some(({ web, secure }) => web.isOn || secure.isOn)).toBe(false)
  })

  test('counts as changed where a VPN has the last word', async () => {
    await proxy.apply(WISH, { hold: false })
    mac.interfere = (args) =>
      args[0] === '--proxy' ? { stdout: '<dictionary> {\n  HTTPSEnable : 1\n  HTTPSProxy : vpn.example\n}\n' } : undefined
    expect(await proxy.check()).toBe('changed')
  })

  test('that a person has changed stays, and what belongs to it', async () => {
    mac.services.set('Wi-Fi', { ...freshService(), pac: { isOn: true, url: 'http://192.0.2.1/a.pac' } })
    await proxy.apply(WISH, { hold: false })
    for (const kind of ['web', 'secure'] as const) {
      Object.assign(mac.services.get('Wi-Fi')?.[kind] ?? {}, { isOn: true, host: 'other.example', port: '8080' })
    }
    expect(await proxy.restore()).toBe('left')
    expect(mac.services.get('Wi-Fi')).toMatchObject({ web: { isOn: true, host: 'other.example' }, pac: { isOn: false }, bypass: [] })
  })

  test('is not read from what makes no sense, and nothing is changed then', async () => {
    const hostile = ['', '\0', 'Enabled: Maybe\n', '** Error: Unable to commit changes', 'Enabled:  Yes\nServer: a b c\n']
    for (const stdout of hostile) {
      mac.interfere = ([command]) => (command === '-getwebproxy' ? { stdout } : undefined)
      await expect(proxy.apply(WISH, { hold: false })).rejects.toMatchObject({ code: 'unreadable' })
    }
    mac.interfere = ([command]) =>
      command === '-listallnetworkservices' ? { stdout: `remark\n${'service\n'.repeat(100_000)}` } : undefined
    await expect(proxy.apply(WISH, { hold: false })).rejects.toMatchObject({ code: 'unreadable' })
    mac.interfere = () => ({ code: undefined })
    await expect(proxy.apply(WISH, { hold: false })).rejects.toMatchObject({ code: 'unreadable' })
    expect(mac.commands).toEqual([])
  })

  test('is read, or refused with a code, whatever the programs say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (stdout) => {
        mac.interfere = () => ({ stdout })
        await createMacos(mac.run)
          .read()
          .catch((error: unknown) => expect(error).toBeInstanceOf(SystemProxyError))
      }),
    )
  })
})
