// `npm start`: a relay with its cover site, the app connected to it and a dashboard, on this machine; then what to try. Ctrl-C takes all of it away.
//
// 1. a folder in the system’s temporary one, a relay made in it; relay, app and dashboard started    start
//    (the app in a window; its screens in a browser where there is none; `--once`: no screens)   connect
// 2. a page of our own fetched through both, as a program would                                  prove
// 3. what to try, and news of the client until a signal comes                                     describe
// 4. children ended by their number, the folder removed                                           cleanUp
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, get, type RequestOptions, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { SocksClient } from 'socks'
import { demoLimits } from './limits.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const RELAY = join(ROOT, 'relay', 'main.ts')
const CLIENT = join(import.meta.dirname, 'cli.ts')
const WINDOW = join(ROOT, 'client', 'desktop', 'build', 'launch.ts')
const DOMAIN = 'relay.example'
const GREETING = 'This page came through Culvert: program, client, relay, page.\n'

/** What a person can read; a stack trace says nothing to whoever tries a demo. */
class DemoError extends Error {}

interface Running {
  readonly folder: string
  readonly page: string
  readonly relay: string
  readonly socks: string
  readonly http: string
  /** Where a browser finds the screens; left out where they are in a window, or nowhere. */
  readonly link?: string
  /** The public numbers, made up; left out with --once. */
  readonly dashboard?: string
}

type Client = Pick<Running, 'socks' | 'http' | 'link'>
type Event = Readonly<Record<string, string | number>>

const children: ChildProcess[] = []
/** What the app told last of itself, for the dashboard to show. */
const live = { isConnected: false, downBytes: 0, upBytes: 0 }
let dashboardChild: ChildProcess | undefined
const closers: (() => void)[] = []
let isEnding = false
let isShown = false
const isTerminal = process.stdout.isTTY === true
const isOnce = process.argv.includes('--once')

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0))
process.on('uncaughtException', (error) => void fail(error))
try {
  const running = await start()
  await step('a page fetched through client and relay', () => prove(running))
  process.stdout.write(describe(running))
  isShown = true
  if (isOnce) await end(0)
} catch (error) {
  await fail(error as Error)
}

async function start(): Promise<Running> {
  process.stdout.write('\nCulvert on this machine\n\n')
  const folder = mkdtempSync(join(tmpdir(), 'culvert-demo-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  const dir = join(folder, 'relay')
  await step('relay made: keys, certificate, cover site, invite', () => init(dir))
  const allowed = ['127.0.0.0/8', '::1/128'].flatMap((range) => ['--allow-destination', range])
  const relay = await step('relay and cover site running', () => ready('relay', [RELAY, 'run', '--dir', dir, ...allowed, '--json']))
  const numbers = isOnce ? undefined : ready('dashboard', [RELAY, 'observatory', 'run', '--demo-data', '--listen', '127.0.0.1:0', '--json'])
  const client = await step(isOnce ? 'client connected' : 'app connected', () => connect(join(dir, 'invite'), join(folder, 'app')))
  const dashboard = numbers === undefined ? undefined : await step('dashboard running, with a made-up year', () => numbers)
  showLive({})
  const server = createServer((_request, response) => response.setHeader('Connection', 'close').end(GREETING))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closers.push(() => closeServer(server))
  return {
    folder,
    page: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    relay: String(relay['listen']),
    ...client,
    ...(dashboard === undefined ? {} : { dashboard: `http://${dashboard['listen']}/` }),
  }
}

/** Says what is being done, and then how long it took. */
async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const beganMs = performance.now()
  if (isTerminal) process.stdout.write(`  … ${title}`)
  const result = await work()
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(2)
  process.stdout.write(`${isTerminal ? '\r' : ''}  ✓ ${title.padEnd(52)} ${seconds} s\n`)
  return result
}

async function init(dir: string): Promise<void> {
  const { child, said } = run('init', [RELAY, 'init', '--dir', dir, '--domain', DOMAIN, '--listen', '127.0.0.1:0'])
  child.stdout?.resume()
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new DemoError(`The relay could not be made. ${said()}`)
}

async function connect(invite: string, folder: string): Promise<Client> {
  if (isOnce) return whenConnected([CLIENT, 'connect', '--invite', invite, '--json'])
  const inWindow = await whenConnected([WINDOW, `--user-data-dir=${folder}`], { CULVERT_DEMO_INVITE: invite })
  return inWindow.isWindow ? inWindow : whenConnected([CLIENT, 'connect', '--ui', '--invite', invite, '--json'])
}

/** Both ready and connected, in whichever order. */
async function whenConnected(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Client & { isWindow: boolean }> {
  const connected = Promise.withResolvers<void>()
  let isWindow = true
  const served = Promise.withResolvers<string>()
  const onEvent = (event: Event): void => {
    if (event['event'] === 'ui') served.resolve(String(event['link']))
    if (event['event'] === 'no-window') {
      isWindow = false
      connected.resolve()
    }
    if (event['state'] === 'connected') connected.resolve()
    showLive(event)
    if (isShown) news(event)
  }
  const ports = await ready('client', args, onEvent, env)
  await inTime('The client found no way to the relay', connected.promise)
  const link = args.includes('--ui') ? await inTime('The screens were not served', served.promise) : undefined
  return { socks: String(ports['socks']), http: String(ports['http']), isWindow, ...(link === undefined ? {} : { link }) }
}

/** By a line that only the program which started the dashboard has: nobody else can tell it anything. */
function showLive(event: Event): void {
  if (event['event'] === 'status') live.isConnected = event['state'] === 'connected'
  if (event['event'] === 'traffic') Object.assign(live, { downBytes: event['downBytes'], upBytes: event['upBytes'] })
  if (dashboardChild?.connected === true) dashboardChild.send({ ...live }, () => undefined)
}

/** Starts what runs until the end; resolves with its `ready` event, or with word that it has no window to run in. */
function ready(
  name: string,
  args: readonly string[],
  onEvent?: (event: Event) => void,
  env: Readonly<Record<string, string>> = {},
): Promise<Event> {
  const { child, said } = run(name, args, env)
  const started = Promise.withResolvers<Event>()
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    // Chromium may have a word of its own to say.
    if (!line.startsWith('{')) return
    const event = JSON.parse(line) as Event
    onEvent?.(event)
    if (event['event'] === 'ready' || event['event'] === 'no-window') started.resolve(event)
  })
  child.once('close', (code) => {
    // The person has quit the app.
    if (isShown && code === 0) return void end(0)
    const failed = new DemoError(`The ${name} has ended. ${said()}`)
    started.reject(failed)
    if (isShown) void fail(failed)
  })
  return inTime(`The ${name} did not start`, started.promise)
}

/** A process group of its own: Ctrl-C at the terminal is for us, and we end our children in order. */
function run(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { child: ChildProcess; said: () => string } {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(name === 'dashboard' ? (['ipc'] as const) : [])],
    env: { ...process.env, ...env },
  })
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-demoLimits.errorTextMax)
  })
  child.on('error', (error) => void fail(new DemoError(`The ${name} could not be started: ${error.message}.`)))
  children.push(child)
  if (name === 'dashboard') dashboardChild = child
  return { child, said: () => text.trim() }
}

function inTime<T>(words: string, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new DemoError(`${words} within ${demoLimits.stepMs / 1000} s.`)), demoLimits.stepMs)
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer))
}

/** One request by each proxy. */
async function prove({ page, socks, http }: Running): Promise<void> {
  const { hostname, port } = new URL(page)
  const [host, proxyPort] = socks.split(':') as [string, string]
  const proxy = { host, port: Number(proxyPort), type: 5 as const }
  const { socket } = await SocksClient.createConnection({ proxy, command: 'connect', destination: { host: hostname, port: Number(port) } })
  const [httpHost, httpPort] = http.split(':') as [string, string]
  const ways = [read({ createConnection: () => socket, host: hostname, port }), read({ host: httpHost, port: httpPort, path: page })]
  const pages = await inTime('The page did not come', Promise.all(ways))
  if (pages.some((text) => text !== GREETING)) throw new DemoError('Something else than the page came through the proxy.')
}

function read(options: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get({ ...options, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text)).on('error', reject)
    })
    request.on('error', (error) => reject(new DemoError(`The page could not be fetched through the proxy (${error.message}).`)))
  })
}

function describe({ folder, page, relay, socks, http, link, dashboard }: Running): string {
  const port = relay.slice(relay.lastIndexOf(':') + 1)
  const invite = join(folder, 'relay', 'invite')
  const command = join('.', relative(process.cwd(), join(import.meta.dirname, 'culvert.mjs')))
  const screens = link === undefined ? '' : `\nThe app’s screens, in a browser on this computer (the link opens once):\n  ${link}\n`
  const numbers =
    dashboard === undefined ? '' : `\nWhat funders see, with made-up numbers, and above them what you carry now:\n  ${dashboard}\n`
  return `
It works.${screens}${numbers}
While this runs, programs can use
  SOCKS5  ${socks}
  HTTP    ${http}

Try, in another terminal:
  curl -x socks5h://${socks} ${page}
  curl -x socks5h://${socks} https://example.org/
  curl -x http://${http} https://example.org/
  git -c http.proxy=socks5h://${socks} clone https://github.com/git/git-scm.com.git --depth 1
  chromium --proxy-server=socks5://${socks} --user-data-dir=${join(folder, 'browser')} https://example.org/

What everyone without the invite finds at the relay, a web site:
  curl -k --resolve ${DOMAIN}:${port}:127.0.0.1 https://${DOMAIN}:${port}/

The invite, one line:  ${invite}
A second client:       ${command === 'culvert.mjs' ? './culvert.mjs' : `./${command}`} connect --invite ${invite}

Relay and app are both on this machine, so this hides nothing from anyone: it shows how the parts work. The relay goes to public addresses,
and, in this demo only, to this machine's own. How to run a relay for others: README.md.

Ctrl-C ends it and removes ${folder}.
`
}

/** The client's state, once it is not what the screen says any more. */
function news(event: Event): void {
  if (event['state'] === 'waiting') process.stdout.write(`App: ${event['sentence']} Trying again.\n`)
  if (event['state'] === 'off') process.stdout.write('App: disconnected.\n')
  if (event['state'] === 'connected') process.stdout.write('App: connected again.\n')
}

async function fail(error: Error): Promise<void> {
  if (isEnding) return
  const isForPeople = error instanceof DemoError || (error as NodeJS.ErrnoException).code !== undefined
  process.stderr.write(`${isTerminal && !isShown ? '\n' : ''}${isForPeople ? error.message : error.stack}\n`)
  await end(1)
}

async function end(code: number): Promise<void> {
  if (isEnding) return
  isEnding = true
  if (isTerminal) process.stdout.write('\nEnding …\n')
  // The client first: a relay without sessions has nothing to wait for.
  for (const child of children.reverse()) await endChild(child)
  for (const close of closers.reverse()) close()
  process.exit(code)
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  const late = setTimeout(() => child.kill('SIGKILL'), demoLimits.endMs)
  child.kill('SIGTERM')
  await gone
  clearTimeout(late)
}

function closeServer(server: Server): void {
  server.close()
  server.closeAllConnections()
}
