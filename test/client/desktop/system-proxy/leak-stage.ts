// What a genuine Chromium lets out beside the system's proxy: run inside a network namespace of its own (leaks.slow.test.ts), whose only way out leads
// nowhere and is listened to. Prints one JSON object: for each scene what the page saw, and which packets left.
import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium, type Page } from 'playwright-core'
import { WebSocketServer } from 'ws'
import { MachineProxy } from '../../../../client/desktop/system-proxy/machine-proxy.ts'
import { createHttpProxy } from '../../../../client/engine/proxy/http.ts'
import { createSocks5Proxy } from '../../../../client/engine/proxy/socks5.ts'
import { findProgram } from '../../../programs.ts'
import { FakeOutlet } from '../../proxy/fakes.ts'
import { DesktopSession } from './session-bus.ts'

const OUTSIDE = '198.51.100.1'
const RESOLVER = '198.51.100.53'
const STUN = '198.51.100.77'
const SENTINEL = '198.51.100.254'
/** Of half a minute on two idle cores. The test waits longer, so that it can say what was not reached. */
const STAGE_MS = 150_000

/** An interface with addresses of both kinds and a way to everywhere, behind which there is nobody. */
function layOutNetwork(folder: string): void {
  const ip = (...args: string[]): unknown => execFileSync(findProgram('ip') as string, args)
  ip('link', 'set', 'lo', 'up')
  ip('link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'nobody')
  for (const name of ['out', 'nobody']) ip('link', 'set', name, 'up')
  ip('addr', 'add', '198.51.100.2/24', 'dev', 'out')
  ip('addr', 'add', '2001:db8::2/64', 'dev', 'out', 'nodad')
  for (const address of [OUTSIDE, RESOLVER, SENTINEL, STUN, '2001:db8::1'])
    ip('neigh', 'add', address, 'lladdr', '02:00:00:00:00:01', 'dev', 'out', 'nud', 'permanent')
  ip('route', 'add', 'default', 'via', OUTSIDE)
  ip('-6', 'route', 'add', 'default', 'via', '2001:db8::1', 'dev', 'out')
  writeFileSync(join(folder, 'resolv.conf'), `nameserver ${RESOLVER}\n`)
  execFileSync('mount', ['--bind', join(folder, 'resolv.conf'), '/etc/resolv.conf'])
}

/** Packets that left, as tcpdump tells them; those that find neighbours are of no interest. */
class Capture {
  readonly #lines: string[] = []
  readonly #watchers = new Set<() => void>()
  #port = 20_000

  static async open(): Promise<Capture> {
    const capture = new Capture()
    const args = ['-Z', 'root', '-i', 'out', '-n', '-l', '-p', '-Q', 'out', 'not arp and not icmp6 and not multicast']
    const child = spawn(findProgram('tcpdump') as string, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    process.once('exit', () => child.kill('SIGKILL'))
    createInterface(child.stdout).on('line', (line) => {
      capture.#lines.push(line)
      for (const watcher of capture.#watchers) watcher()
    })
    for await (const line of createInterface(child.stderr)) if (line.startsWith('listening')) break
    return capture
  }

  /** All since the last call: a packet of ours, seen, says that what left before it has been seen. */
  async take(): Promise<readonly string[]> {
    const mark = `${SENTINEL}.${++this.#port}`
    const socket = createSocket('udp4')
    socket.send('mark', this.#port, SENTINEL)
    const packets = await this.takeUntil(mark)
    socket.close()
    return packets
  }

  /** All since the last call, to the first that holds this text. */
  async takeUntil(text: string): Promise<readonly string[]> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.#lines.some((line) => line.includes(text))) return
        this.#watchers.delete(look)
        resolve()
      }
      this.#watchers.add(look)
      look()
    })
    return this.#lines.splice(0).filter((line) => !line.includes(SENTINEL))
  }
}

const SITE = `<!doctype html><title>the site</title><link rel="dns-prefetch" href="//prefetched.example"><link rel="preconnect" href="http://preconnected.example">
<img src="http://other.example/x"><img src="http://[2001:db8::77]/x"><img src="http://203.0.113.7/x"><script>
globalThis.socket = new Promise((resolve) => {
  const socket = new WebSocket('ws://' + location.host + '/')
  socket.onmessage = ({ data }) => resolve(data)
  socket.onerror = () => resolve('no')
})
globalThis.gather = async () => {
  const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:${STUN}:3478' }] })
  peer.createDataChannel('x')
  const gathered = new Promise((resolve) => { peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && resolve() })
  await peer.setLocalDescription(await peer.createOffer())
  await gathered
  return peer.localDescription.sdp.split('\\n').filter((line) => line.startsWith('a=candidate')).join('\\n')
}
</script>`

async function serveSite(): Promise<number> {
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(SITE))
  new WebSocketServer({ server }).on('connection', (socket) => socket.send('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function openBrowser(session: DesktopSession, name: string, preferences: object): Promise<Page> {
  const profile = join(session.folder, name)
  mkdirSync(join(profile, 'Default'), { recursive: true })
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findProgram('chromium') as string,
    env: session.env as Record<string, string>,
    args: ['--no-sandbox'],
  })
  process.once('exit', () => void context.close())
  return context.newPage()
}

/** undefined: the page did not come. */
async function visit(page: Page, url: string): Promise<string | undefined> {
  try {
    await page.goto(url, { waitUntil: 'load', timeout: 15_000 })
    return await page.title()
  } catch {
    return undefined
  }
}

/** Visits until the browser has heard of a change: it takes a moment, and nothing says when. The title that came, or undefined for none. */
async function visitUntil(page: Page, url: string, wanted: string | undefined): Promise<string | undefined> {
  for (let tries = 1; tries < 50; tries++) {
    const title = await visit(page, url)
    if (title === wanted) return title
  }
  return visit(page, url)
}

/** What leaves, to the query for this host's IPv4 address, which need not be the first: visits it until then, since the browser may still be going its old way. */
async function leaveFor(page: Page, capture: Capture, host: string): Promise<readonly string[]> {
  const leaving = capture.takeUntil(` A? ${host}`)
  let hasLeft = false
  void leaving.then(() => (hasLeft = true))
  while (!hasLeft) await Promise.race([leaving, visit(page, `http://${host}/`)])
  return leaving
}

const folder = process.argv[2] as string
layOutNetwork(folder)
const session = await DesktopSession.open('GNOME')
const app = join(session.folder, 'app')
mkdirSync(app)
const proxy = new MachineProxy({
  folder: app,
  platform: 'linux',
  env: session.env,
  run: session.run,
  repairCommand: ['true'],
  onStatus: () => undefined,
})
const site = await serveSite()
const names = ['site.example', 'other.example', 'preconnected.example', 'again.example', 'last.example', '203.0.113.7', '2001:db8::77']
const outlet = new FakeOutlet(Object.fromEntries(names.map((name) => [name, site])))
const { port: httpPort } = await createHttpProxy({ host: '127.0.0.1', port: 0, outlet })
const { port: socksPort } = await createSocks5Proxy({ host: '127.0.0.1', port: 0, outlet })
const capture = await Capture.open()
const domestic = { isDirect: false, country: '', hosts: [] }
const through = { mode: 'through', httpPort, socksPort, domestic, killSwitch: true } as const
const scenes: Record<string, unknown> = {}
setTimeout(() => {
  process.stderr.write(`no end after these scenes: ${Object.keys(scenes).join(', ')}\n`)
  process.exit(1)
}, STAGE_MS).unref()

await proxy.set(through)
const careful = await openBrowser(session, 'careful', { webrtc: { ip_handling_policy: 'disable_non_proxied_udp' } })
await visit(careful, 'http://site.example/')
scenes['careful'] = { candidates: await careful.evaluate('gather()'), packets: await capture.take() }
await careful.context().close()

const page = await openBrowser(session, 'plain', {})
const title = await visit(page, 'http://site.example/')
scenes['through'] = { title, socket: await page.evaluate('socket'), packets: await capture.take() }

await page.evaluate('void gather()')
scenes['webrtc'] = { packets: await capture.takeUntil(`${STUN}.3478`) }

await page.goto('about:blank')
await capture.take()
await proxy.set({ mode: 'refusing' })
const plain = await visitUntil(page, 'http://last.example/', 'Not connected')
scenes['refusing'] = { plain, secure: await visit(page, 'https://last.example/'), packets: await capture.take() }

await proxy.set({ ...through, domestic: { isDirect: true, country: 'IR', hosts: [] } })
const again = await visitUntil(page, 'http://again.example/', 'the site')
scenes['domestic'] = { title: again, packets: await leaveFor(page, capture, 'newspaper.ir') }
await page.goto('about:blank').catch(() => undefined)

await proxy.set({ mode: 'restored' })
scenes['restored'] = { packets: await leaveFor(page, capture, 'direct.example') }

await page.context().close()
await proxy.close()
await session.close()
process.stdout.write(`${JSON.stringify({ ...scenes, targets: [...new Set(outlet.targets.map(({ host }) => host))] })}\n`)
process.exit(0)
