import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SystemProxyStatus } from '../../../../client/contract/app-status.ts'
import { LoginRepair } from '../../../../client/desktop/system-proxy/login-repair.ts'
import { MachineProxy } from '../../../../client/desktop/system-proxy/machine-proxy.ts'
import { DEAD_PORT } from '../../../../client/desktop/system-proxy/recover.ts'
import type { Run } from '../../../../client/desktop/system-proxy/run.ts'
import { FakeMac } from './fake-mac.ts'

const THROUGH = {
  mode: 'through',
  httpPort: 4001,
  socksPort: 4002,
  domestic: { isDirect: true, country: 'IR', hosts: [] },
  killSwitch: false,
} as const

let home: string
let folder: string
let mac: FakeMac
let statuses: SystemProxyStatus[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'culvert-machine-'))
  folder = join(home, 'app')
  mkdirSync(folder)
  mac = new FakeMac()
  statuses = []
})
afterEach(() => rmSync(home, { recursive: true }))

function open(platform: NodeJS.Platform = 'darwin', run: Run = mac.run): MachineProxy {
  const repairCommand = ['true', 'a & b']
  return new MachineProxy({ folder, platform, env: { HOME: home }, run, repairCommand, onStatus: (status) => statuses.push(status) })
}
const web = (): string => {
  const { isOn, host, port } = mac.services.get('Wi-Fi')?.web ?? {}
  return isOn === true ? `${host}:${port}` : 'off'
}
const agent = (): string => join(home, 'Library', 'LaunchAgents', 'culvert.repair.plist')

describe('the machine’s proxy', () => {
  test('goes through, refuses and is put back, and each is said', async () => {
    const machine = open()
    expect(await machine.recover()).toBe('nothing')
    expect(await machine.set(THROUGH)).toBeUndefined()
    expect([web(), statuses.at(-1)]).toEqual(['127.0.0.1:4001', { state: 'on' }])
    expect(mac.services.get('Wi-Fi')?.bypass).toContain('*.ir')
    expect(await machine.set({ mode: 'refusing' })).toBeUndefined()
    expect(statuses.at(-1)).toEqual({ state: 'refusing' })
    const socket = connect(Number(web().split(':')[1]), '127.0.0.1', () => socket.write('CONNECT example.com:443 HTTP/1.1\r\n\r\n'))
    expect(String(await new Promise((resolve) => socket.once('data', resolve)))).toContain(' 503 ')
    socket.destroy()
    expect(await machine.close()).toBeUndefined()
    expect([web(), statuses.at(-1)]).toEqual(['off', { state: 'off' }])
    expect(readdirSync(folder)).toEqual([])
  })

  test('is repaired at the next login as well, while it is set and no longer', async () => {
    const machine = open()
    await machine.set(THROUGH)
    expect(readFileSync(agent(), 'utf8')).toContain('<string>a &amp; b</string>')
    await machine.close()
    expect(existsSync(agent())).toBe(false)
  })

  test('that a crash left is put back at the next start, or held by the kill switch until it is released', async () => {
    await open().set(THROUGH)
    expect(await open().recover()).toBe('restored')
    await open().set({ ...THROUGH, killSwitch: true })
    const next = open()
    expect(await next.recover()).toBe('held')
    expect([web(), statuses.at(-1)]).toEqual([`127.0.0.1:${DEAD_PORT}`, { state: 'refusing' }])
    expect(await next.repair()).toBeUndefined()
    expect(web()).toBe('off')
    await next.close()
  })

  test('that somebody changed is told of, and left', async () => {
    const machine = open()
    await machine.set(THROUGH)
    for (const kind of ['web', 'secure'] as const)
      Object.assign(mac.services.get('Wi-Fi')?.[kind] ?? {}, { host: 'other.example', port: '8080' })
    await machine.check()
    expect(statuses.at(-1)).toEqual({ state: 'off', fault: 'changed-by-others' })
    expect(await machine.close()).toBe('changed-by-others')
    expect(web()).toBe('other.example:8080')
  })

  test('that somebody changed and put back is told of as ours again', async () => {
    const machine = open()
    await machine.set(THROUGH)
    const web = mac.services.get('Wi-Fi')?.web
    const ours = { ...web }
    Object.assign(web ?? {}, { host: 'other.example' })
    await machine.check()
    Object.assign(web ?? {}, ours)
    await machine.check()
    expect(statuses.at(-1)).toEqual({ state: 'on' })
    await machine.close()
  })

  test('covers an adapter that comes up later', async () => {
    const machine = open()
    await machine.set(THROUGH)
    const wifi = mac.services.get('Wi-Fi')
    mac.services.delete('Wi-Fi')
    if (wifi !== undefined) mac.services.set('Wi-Fi 2', { ...wifi, web: { isOn: false, host: '', port: '0', hasPassword: false } })
    await machine.check()
    expect(mac.services.get('Wi-Fi 2')?.web).toMatchObject({ isOn: true, port: '4001' })
    await machine.close()
  })

  test('that can’t be set says why, and nothing is changed', async () => {
    mac.interfere = ([command = '']) =>
      command.startsWith('-set') ? { stdout: '** Error: Command requires admin privileges.' } : undefined
    const machine = open()
    expect(await machine.set(THROUGH)).toBe('refused')
    expect(web()).toBe('off')
    const none = open('linux', async () => ({ code: undefined, stdout: '', stderr: '' }))
    expect(await none.isSupported()).toBe(false)
    expect(await none.set(THROUGH)).toBe('failed')
    expect(statuses.at(-1)).toEqual({ state: 'unsupported', fault: 'failed' })
  })
})

describe('repairing at login', () => {
  test('is an autostart entry whose words are no more than words, or a value that Windows runs once', async () => {
    const commands: string[][] = []
    const run: Run = async (file, args) => {
      commands.push([file, ...args])
      return { code: 0, stdout: '', stderr: '' }
    }
    const command = ['/opt/My "App" $HOME/100%', '--repair-internet']
    const entry = join(home, '.config', 'autostart', 'culvert-repair.desktop')
    const linux = new LoginRepair({ command, platform: 'linux', env: { HOME: home }, run })
    await linux.arm()
    expect(readFileSync(entry, 'utf8')).toContain('\nTryExec=/opt/My "App" $HOME/100%\n')
    expect(readFileSync(entry, 'utf8')).toContain('\nExec="/opt/My \\\\"App\\\\" \\\\$HOME/100%%" "--repair-internet"\n')
    await linux.disarm()
    expect(existsSync(entry)).toBe(false)
    const windows = new LoginRepair({ command: ['C:\\Culvert\\Culvert.exe', '--repair-internet'], platform: 'win32', env: {}, run })
    await windows.arm()
    await windows.disarm()
    expect(commands.map(([file, verb]) => [file, verb])).toEqual([
      ['C:\\Windows\\System32\\reg.exe', 'add'],
      ['C:\\Windows\\System32\\reg.exe', 'delete'],
    ])
    expect(commands[0]).toContain('"C:\\Culvert\\Culvert.exe" "--repair-internet"')
  })

  test('is left out where the home can’t be written to', async () => {
    const nowhere = new LoginRepair({ command: ['x'], platform: 'linux', env: { HOME: import.meta.filename }, run: mac.run })
    await nowhere.arm()
    await nowhere.disarm()
  })
})
