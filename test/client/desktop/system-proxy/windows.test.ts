import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Run, RunResult } from '../../../../client/desktop/system-proxy/run.ts'
import { SystemProxyError } from '../../../../client/desktop/system-proxy/settings.ts'
import { SystemProxy } from '../../../../client/desktop/system-proxy/system-proxy.ts'
import { createWindows } from '../../../../client/desktop/system-proxy/windows.ts'
import { WININET_SCRIPT } from '../../../../client/desktop/system-proxy/windows-script.ts'

const ENV = { SystemRoot: 'C:\\Windows' }
const text = (value: string): string => (value === '' ? '-' : Buffer.from(value).toString('base64'))

/** WinINET as the script shows it. */
class FakeWindows {
  flags = '9'
  server = ''
  bypass = ''
  pac = ''
  writes = 0
  interfere: (input: string) => Partial<RunResult> | undefined = () => undefined

  readonly run: Run = async (file, args, input = '') => {
    expect(file).toBe('C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe')
    expect(Buffer.from(args.at(-1) ?? '', 'base64').toString('utf16le')).toBe(WININET_SCRIPT)
    const interfered = this.interfere(input)
    if (interfered !== undefined) return { code: 0, stdout: '', stderr: '', ...interfered }
    const [verb, ...lines] = input.trim().split('\n')
    if (verb === 'read') return { code: 0, stdout: this.said('\r\n'), stderr: '' }
    this.writes++
    for (const line of lines) {
      const [name = '', value = ''] = line.split(' ')
      Object.assign(this, { [name]: value === '-' ? '' : Buffer.from(value, 'base64').toString('utf8') })
    }
    return { code: 0, stdout: '', stderr: '' }
  }

  said(lineEnd: string): string {
    return (['flags', 'server', 'bypass', 'pac'] as const).map((name) => `${name} ${text(this[name])}${lineEnd}`).join('')
  }
}

let folder: string
let windows: FakeWindows
let proxy: SystemProxy
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-windows-'))
  windows = new FakeWindows()
  proxy = new SystemProxy({ folder, adapters: [createWindows(windows.run, ENV)] })
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('on Windows the proxy', () => {
  test('is set in one call, what finds a proxy by itself is off, and all is put back', async () => {
    await proxy.apply({ httpPort: 4001, socksPort: 4002, direct: [] }, { hold: false })
    expect(windows).toMatchObject({ flags: '3', server: '127.0.0.1:4001', pac: '', writes: 1 })
    expect(windows.bypass.split(';')).toContain('192.168.*')
    expect(await proxy.check()).toBe('ours')
    expect(await proxy.restore()).toBe('restored')
    expect(windows).toMatchObject({ flags: '9', server: '', bypass: '', pac: '' })
  })

  test('lets sites go direct by a PAC file, with the fixed proxy behind it for when that can’t be fetched', async () => {
    const pacUrl = 'http://127.0.0.1:4003/secret/1.pac'
    await proxy.apply({ httpPort: 4001, direct: ['*.example'], pacUrl }, { hold: false })
    expect(windows).toMatchObject({ flags: '7', server: '127.0.0.1:4001', pac: pacUrl })
    await proxy.restore()
    expect(windows).toMatchObject({ flags: '9', server: '', pac: '' })
  })

  test('of a company comes back in any script that its name has', async () => {
    const company = {
      flags: '7',
      server: 'پروکسی.example:3128',
      bypass: '<local>;*.компания.example',
      pac: 'http://例え.example/パック.pac',
    }
    Object.assign(windows, company)
    await proxy.apply({ httpPort: 4001, direct: [] }, { hold: false })
    await proxy.restore()
    expect(windows).toMatchObject(company)
  })

  test('that a person set meanwhile stays, with its switch and its PAC file', async () => {
    await proxy.apply({ httpPort: 4001, direct: [] }, { hold: false })
    Object.assign(windows, { server: 'other.example:8080' })
    expect(await proxy.restore()).toBe('left')
    expect(windows).toMatchObject({ flags: '3', server: 'other.example:8080' })
  })

  test('is as before when writing fails', async () => {
    windows.interfere = (input) => (input.startsWith('write') ? { code: 1 } : undefined)
    await expect(proxy.apply({ httpPort: 4001, direct: [] }, { hold: false })).rejects.toMatchObject({ code: 'refused' })
    expect(windows).toMatchObject({ flags: '9', server: '', writes: 0 })
  })

  test('is not read from what makes no sense, such as a message in the system’s language', async () => {
    const hostile = [
      '',
      'Доступ запрещён.\r\n',
      'flags\r\nserver\r\nbypass\r\npac\r\n',
      windows.said('\n').replace('flags ', 'flags !'),
      'flags -\nserver -\nbypass -\npac -\n',
    ]
    for (const stdout of hostile) {
      windows.interfere = () => ({ stdout })
      await expect(proxy.apply({ httpPort: 4001, direct: [] }, { hold: false })).rejects.toMatchObject({ code: 'unreadable' })
    }
    await fc.assert(
      fc.asyncProperty(fc.string(), async (stdout) => {
        windows.interfere = () => ({ stdout })
        await createWindows(windows.run, ENV)
          .read()
          .catch((error: unknown) => expect(error).toBeInstanceOf(SystemProxyError))
      }),
    )
  })

  test('is asked for by a command that Windows takes: under 32,767 letters', () => {
    expect(Buffer.from(WININET_SCRIPT, 'utf16le').toString('base64').length).toBeLessThan(32_000)
  })
})
