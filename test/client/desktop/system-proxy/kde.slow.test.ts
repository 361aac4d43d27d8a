import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKde } from '../../../../client/desktop/system-proxy/kde.ts'
import { SystemProxy } from '../../../../client/desktop/system-proxy/system-proxy.ts'
import { needs } from '../../../needs.ts'
import { DesktopSession } from './session-bus.ts'

const BEFORE =
  '[$Version]\nupdate_info=kioslave.upd:kde2.2/r1\n\n[Proxy Settings]\nAuthMode=0\nProxy Config Script=http://192.0.2.1/a.pac\nProxyType=2\nhttpProxy=http://proxy.example 3128\n'

describe.runIf(needs('dbus', 'kconfig'))('on Plasma the proxy', () => {
  let session: DesktopSession
  let proxy: SystemProxy
  let file: string
  beforeAll(async () => {
    session = await DesktopSession.open('KDE')
    file = join(session.env['XDG_CONFIG_HOME'] as string, 'kioslaverc')
    const folder = join(session.folder, 'app')
    mkdirSync(folder)
    proxy = new SystemProxy({ folder, adapters: [createKde(session.run, session.env)] })
  })
  afterAll(() => session.close())

  test('is set in the genuine configuration, and put back to the letter', async () => {
    writeFileSync(file, BEFORE)
    await proxy.apply({ httpPort: 4001, socksPort: 4002, direct: ['example.com', '*.example.com'] }, { hold: false })
    const set = readFileSync(file, 'utf8')
    expect(set).toContain('ProxyType=1\n')
    expect(set).toContain('httpsProxy=http://127.0.0.1 4001\n')
    expect(set).toMatch(/^NoProxyFor=localhost,.*,example\.com,\.example\.com,/m)
    expect(await proxy.check()).toBe('ours')
    expect(await proxy.restore()).toBe('restored')
    expect(readFileSync(file, 'utf8')).toBe(BEFORE)
  })

  test('is left where a person switched it off', async () => {
    writeFileSync(file, BEFORE)
    await proxy.apply({ httpPort: 4001, direct: [] }, { hold: false })
    await session.run('kwriteconfig5', ['--file', 'kioslaverc', '--group', 'Proxy Settings', '--key', 'ProxyType', '0'])
    expect(await proxy.restore()).toBe('left')
    expect(readFileSync(file, 'utf8')).toBe(BEFORE.replace('ProxyType=2', 'ProxyType=0'))
  })

  test('is none of ours under another desktop', async () => {
    expect(await createKde(session.run, { ...session.env, XDG_CURRENT_DESKTOP: 'XFCE' }).isHere()).toBe(false)
  })
})
