// Real relays and clients, by their real commands, on ports that the system chose, in a folder that goes away with them.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'
import { decodeInvite, type Invite } from '#protocol'
import { IS_ROOT } from '../lab/spaces.ts'
import { Program, type ProgramOptions } from './program.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const RELAY = join(ROOT, 'relay/main.ts')
const CLIENT = join(ROOT, 'client/engine/cli.ts')
/** Any folder that there is everywhere and that our programs need nothing of. */
const ELSEWHERE = '/mnt'
const NOBODY = 65_534
export const DOMAIN = 'relay.example'
/** Without a name server, these are what a relay can look up: RFC 6761 has them mean this machine. */
export const NAME = 'site.localhost'

export type Event = Readonly<Record<string, string | number>>

export interface Relay {
  readonly program: Program
  readonly dir: string
  readonly inviteFile: string
  readonly invite: Invite
  readonly port: number
}

export interface Client {
  readonly program: Program
  /** host:port */
  readonly socks: string
  readonly http: string
  readonly socksPort: number
  readonly httpPort: number
}

export class World {
  readonly folder: string
  readonly #programs: Program[] = []
  /** Of the product: what they say must tell nothing. */
  readonly #discreet: Program[] = []
  readonly #servers: Server[] = []
  readonly #closers: (() => unknown)[] = []

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'culvert-e2e-'))
    // A relay that has given root up, or nginx's workers, must still get through.
    chmodSync(this.folder, 0o711)
  }

  run(argv: readonly string[], options: ProgramOptions = {}): Program {
    const program = new Program(argv, { folder: this.folder, ...options })
    this.#programs.push(program)
    return program
  }

  /** Makes a relay's folder; `args` are more options of init. Resolves with the folder. */
  async init(...args: readonly string[]): Promise<string> {
    const dir = join(this.folder, `relay-${randomBytes(4).toString('hex')}`)
    const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']
    const init = this.run([process.execPath, RELAY, 'init', '--dir', dir, '--domain', DOMAIN, ...listen, ...args])
    const { code } = await init.ended
    if (code !== 0) throw new Error(`init failed: ${init.stderr}`)
    return dir
  }

  /** Runs the relay of a folder, a new one when none is given, and waits until it is ready. */
  async relay(given?: string, ...args: readonly string[]): Promise<Relay> {
    return this.relayWith({}, given ?? (await this.init()), ...args)
  }

  /** The same, in this environment. */
  async relayWith(env: Readonly<Record<string, string>>, dir: string, ...args: readonly string[]): Promise<Relay> {
    const program = this.#startRelay(env, dir, args)
    this.#discreet.push(program)
    const { listen } = await event(program, ({ event }) => event === 'ready')
    const inviteFile = join(dir, 'invite')
    const port = Number(String(listen).split(':').at(-1))
    return { program, dir, inviteFile, invite: decodeInvite(readFileSync(inviteFile, 'utf8')), port }
  }

  /** Starts the relay of a folder; it lets clients reach this machine. */
  startRelay(dir: string, ...args: readonly string[]): Program {
    return this.#startRelay({}, dir, args)
  }

  #startRelay(env: Readonly<Record<string, string>>, dir: string, args: readonly string[]): Program {
    const allowed = ['127.0.0.0/8', '::1/128'].flatMap((range) => ['--allow-destination', range])
    return this.run(openToAll([process.execPath, RELAY, 'run', '--dir', dir, ...allowed, '--json', ...args]), { env })
  }

  /** Runs a client; resolves once it has its ports, which may be before it is connected. */
  async client(invite: string, ...args: readonly string[]): Promise<Client> {
    const program = this.connect(['--invite', invite, '--json', ...args])
    this.#discreet.push(program)
    const { socks, http } = await event(program, ({ event }) => event === 'ready')
    const port = (address: unknown): number => Number(String(address).split(':').at(-1))
    return { program, socks: String(socks), http: String(http), socksPort: port(socks), httpPort: port(http) }
  }

  /** Starts a client as it is, without waiting for anything. */
  connect(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    return this.run([process.execPath, CLIENT, 'connect', ...args], { env })
  }

  /** Starts a server on this machine; resolves with its port. */
  async serve(server: Server, host = '127.0.0.1'): Promise<number> {
    this.#servers.push(server)
    await once(server.listen(0, host), 'listening')
    return (server.address() as AddressInfo).port
  }

  /** What else is to be undone at the end. */
  defer(close: () => unknown): void {
    this.#closers.push(close)
  }

  /** Ends everything, and then checks that neither relay nor client has told where anyone went. */
  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close()
    await Promise.all(this.#programs.map((program) => program.kill()))
    for (const server of this.#servers) {
      server.close()
      if ('closeAllConnections' in server) (server.closeAllConnections as () => void)()
    }
    rmSync(this.folder, { recursive: true, force: true })
    for (const { stdout, stderr } of this.#discreet) expect(indiscretions(stdout + stderr)).toEqual([])
  }
}

/** A command of this checkout, for programs that give root up and start others: where only root may enter it, as in root's home, it lies elsewhere for them. */
function openToAll(argv: readonly string[]): readonly string[] {
  if (!IS_ROOT || spawnSync('test', ['-r', RELAY], { uid: NOBODY, gid: NOBODY }).status === 0) return argv
  const moved = argv.map((word) => (word.startsWith(ROOT) ? ELSEWHERE + word.slice(ROOT.length) : word))
  return ['unshare', '--mount', 'sh', '-c', `mount --bind "$0" ${ELSEWHERE} && exec "$@"`, ROOT, ...moved]
}

/** The first event said since line `from` that `accept` takes. */
export function event(program: Program, accept: (event: Event) => boolean, from = 0): Promise<Event> {
  return program.line((line) => {
    const event = JSON.parse(line) as Event
    return accept(event) ? event : undefined
  }, from)
}

/** Resolves with the client's first status since line `from` that has this state. */
export function status(client: Client, state: string, from = 0): Promise<Event> {
  return event(client.program, (event) => event['state'] === state, from)
}

/** Names, addresses, keys and stack traces in what a program has said. A program may say where it listens itself: that is no one's secret. */
export function indiscretions(text: string): string[] {
  const own = text.replace(/"(?:listen|socks|http)":"[^"]*"/g, '')
  const patterns = [
    /\b\d{1,3}(?:\.\d{1,3}){3}\b/g,
    /[0-9a-f]*::[0-9a-f]*/gi,
    /\b[\w-]+\.(?:localhost|example|test|org|com)\b/gi,
    /\blocalhost\b/gi,
    /[A-Za-z0-9+/_-]{32,}={0,2}/g,
    /^\s+at .*$/gm,
  ]
  return patterns.flatMap((pattern) => own.match(pattern) ?? [])
}
