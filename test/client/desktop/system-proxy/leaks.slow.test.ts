// What a genuine Chromium that follows the system's proxy lets out beside it: every packet that leaves its network namespace is looked at.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Program } from '../../../e2e/program.ts'
import { IS_ROOT } from '../../../lab/spaces.ts'
import { needs } from '../../../needs.ts'

interface Scene {
  readonly packets: readonly string[]
}
interface Scenes {
  readonly careful: Scene & { readonly candidates: string }
  readonly through: Scene & { readonly title?: string; readonly socket: string }
  readonly webrtc: Scene
  readonly refusing: Scene & { readonly plain?: string; readonly secure?: string }
  readonly domestic: Scene & { readonly title?: string }
  readonly restored: Scene
  readonly targets: readonly string[]
}

describe.runIf(needs('namespaces', 'chromium', 'dbus', 'gsettings', 'dconf', 'tcpdump'))('Chromium behind the system’s proxy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'culvert-leaks-'))
  let scenes: Scenes
  beforeAll(async () => {
    const unshare = ['unshare', ...(IS_ROOT ? [] : ['--user', '--map-root-user']), '--net', '--mount']
    const stage = new Program([...unshare, process.execPath, join(import.meta.dirname, 'leak-stage.ts'), folder])
    const { code } = await stage.ended
    if (code !== 0) throw new Error(`the stage failed: ${stage.stderr}`)
    scenes = JSON.parse(stage.stdout) as Scenes
  }, 180_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  test('loads a page, its parts and a WebSocket, and lets no packet out: no DNS query, no IPv6, no QUIC', () => {
    expect(scenes.through).toEqual({ title: 'the site', socket: 'hello', packets: [] })
    expect(scenes.targets).toEqual(expect.arrayContaining(['site.example', 'other.example', '203.0.113.7', '2001:db8::77']))
  })

  test('lets WebRTC ask around the proxy, as THREATS.md says', () => {
    expect(scenes.webrtc.packets.join('\n')).toContain('198.51.100.77.3478: UDP')
  })

  test('that is told to keep WebRTC behind the proxy lets no packet of it out, and tells a page no address', () => {
    expect(scenes.careful).toEqual({ candidates: '', packets: [] })
  })

  test('gets nothing out while the kill switch refuses, by HTTP or HTTPS', () => {
    expect(scenes.refusing).toEqual({ plain: 'Not connected', packets: [] })
  })

  test('asks the network’s own name server for sites of the country that go direct, and for no other', () => {
    expect(scenes.domestic.title).toBe('the site')
    expect(scenes.domestic.packets.filter((line) => !line.includes('newspaper.ir'))).toEqual([])
  })

  test('goes its old way once the proxy is put back, which shows that these packets would have been seen', () => {
    expect(scenes.restored.packets.join('\n')).toContain(' A? direct.example.')
  })
})
