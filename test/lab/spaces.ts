// The namespaces themselves: opened by warden.sh, entered with nsenter, gone with this process however it ends.
// Root makes them as it is; anybody else inside a user namespace, where they are root over nothing but these.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Program, type ProgramOptions } from '../e2e/program.ts'
import { findProgram, PROGRAMS, type ProgramName } from '../programs.ts'
import { HOSTS, type HostName, NETWORK_HOSTS, type NetworkHost, PLACES } from './atlas.ts'

/** Programs without which no country can be raised. */
const NEEDED = ['ip', 'nft', 'iptables', 'nsenter', 'dnsmasq', 'nginx', 'openssl'] as const satisfies readonly ProgramName[]

/** An ordinary user's PATH lacks the sbin folders. */
export const SEARCHED = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`

/** Root makes namespaces as it is; anybody else becomes root over nothing but these. */
export const IS_ROOT = process.getuid?.() === 0
const NEW_USER = IS_ROOT ? [] : ['--user', '--map-root-user']

/** Why this machine can't hold a country, as a sentence; undefined where it can. */
export function refusalOf(): string | undefined {
  const lacking = lackingOf()
  if (lacking !== undefined) return lacking
  const { status, stderr, error, signal } = spawnSync('unshare', [...NEW_USER, '--net', '--mount', 'true'], { encoding: 'utf8' })
  if (status === 0) return undefined
  const why = error?.message ?? signal ?? stderr.trim().replace(/^unshare: /, '')
  return `The lab gets no network namespace of this kernel (${why})${IS_ROOT ? '' : '; root may get one'}.`
}

function lackingOf(): string | undefined {
  if (process.platform !== 'linux') return 'The lab needs Linux: its hosts are network namespaces.'
  const missing = NEEDED.filter((name) => findProgram(name) === undefined).map((name) => PROGRAMS[name].debianPackage)
  if (missing.length > 0) return `The lab needs programs that are not here (apt-get install ${[...new Set(missing)].join(' ')}).`
  return undefined
}

/** Root in a user namespace is the only user there, and no program can become another: a namespace within makes it one that is not root. */
const NOBODY = IS_ROOT ? [] : ['unshare', '--user', '--map-user=65534', '--map-group=65534']

/** One host: somewhere to run programs. */
export class Host {
  readonly name: HostName | NetworkHost
  /** Of the process that holds its namespaces. */
  readonly pid: number
  /** What makes a command run there, becoming the program under its own process id: for those who start programs themselves. */
  readonly prefix: readonly string[]
  /** The same, with power over the host's network. */
  readonly #rootPrefix: readonly string[]
  readonly #folder: string

  constructor(name: Host['name'], pid: number, folder: string) {
    this.name = name
    this.pid = pid
    this.#folder = folder
    const user = IS_ROOT ? [] : ['--user', '--preserve-credentials']
    this.#rootPrefix = ['nsenter', `--target=${pid}`, ...user, '--net', '--mount', `--wdns=${folder}`, '--']
    this.prefix = [...this.#rootPrefix, ...NOBODY]
  }

  /** Starts a script of ours there, on the Node that runs us. */
  startNode(script: string, ...args: readonly string[]): Program {
    return this.start([process.execPath, script, ...args])
  }

  /** Starts a program there; it ends with this process at the latest. */
  start(argv: readonly string[], options: StartOptions = {}): Program {
    return this.#spawn([...this.prefix, ...argv], options)
  }

  /** As start, for what changes the host's network. */
  startAsRoot(argv: readonly string[], options: StartOptions = {}): Program {
    return this.#spawn([...this.#rootPrefix, ...argv], options)
  }

  /** Runs a program there to its end. */
  async run(argv: readonly string[], options: StartOptions = {}): Promise<Outcome> {
    const program = this.start(argv, options)
    const { code } = await program.ended
    return { code, stdout: program.stdout, stderr: program.stderr }
  }

  /** The text of a shell's command that runs one with power over the host's network. */
  asRoot(command: string): string {
    return `${this.#rootPrefix.join(' ')} ${command}`
  }

  /** Runs a command with power over the host's network. What fails throws with what was said; resolves with what was printed. */
  async order(argv: readonly string[], input?: string): Promise<string> {
    const program = this.startAsRoot(argv, input === undefined ? {} : { input })
    const { code } = await program.ended
    if (code !== 0) throw new Error(`on ${this.name}, ${argv.slice(0, 6).join(' ')} failed: ${program.stderr || program.stdout}`)
    return program.stdout
  }

  #spawn(argv: readonly string[], options: StartOptions): Program {
    return new Program(argv, { ...options, env: { HOME: this.#folder, PATH: SEARCHED, ...options.env } })
  }
}

type StartOptions = Omit<ProgramOptions, 'folder'>

export interface Outcome {
  /** undefined: ended by a signal. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface Spaces {
  readonly folder: string
  readonly hosts: Readonly<Record<HostName, Host>>
  /** undefined where no network was asked for. */
  readonly network: Readonly<Record<NetworkHost, Host>> | undefined
  /** Ends every program in the namespaces, then the namespaces and the folder. */
  close(): Promise<void>
}

/** Opens a namespace for every host, those of a network too if they are asked for. Throws an Error whose message is a sentence where that can't be. */
export async function openSpaces(hasNetwork = false): Promise<Spaces> {
  const lacking = lackingOf()
  if (lacking !== undefined) throw new Error(lacking)
  const folder = mkdtempSync(join(tmpdir(), 'culvert-lab-'))
  chmodSync(folder, 0o711)
  const servers = [PLACES.dns.v4, PLACES.dns.v6].map((address) => `nameserver ${address}\n`)
  writeFileSync(join(folder, 'resolv.conf'), `${servers.join('')}options timeout:1 attempts:2\n`)
  writeFileSync(join(folder, 'hosts'), '127.0.0.1 localhost\n::1 localhost\n')
  const names = hasNetwork ? [...HOSTS, ...NETWORK_HOSTS] : HOSTS
  const warden = startWarden(folder, names)
  const pids = await readPids(warden, names.length).catch((error: Error) => {
    throw new Error(refusalOf() ?? error.message)
  })
  const hostsOf = <Name extends Host['name']>(some: readonly Name[]): Readonly<Record<Name, Host>> =>
    Object.fromEntries(some.map((name) => [name, new Host(name, pids.get(name) as number, folder)])) as Record<Name, Host>
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      if (warden.exitCode !== null || warden.signalCode !== null) return resolve()
      warden.once('close', () => resolve())
      warden.stdin?.end()
    })
  return { folder, hosts: hostsOf(HOSTS), network: hasNetwork ? hostsOf(NETWORK_HOSTS) : undefined, close }
}

/** In a process group of its own: Ctrl-C at a terminal is for us, and the warden sweeps after us. */
function startWarden(folder: string, names: readonly string[]): ChildProcess {
  const argv = [...NEW_USER, '--mount', 'sh', join(import.meta.dirname, 'warden.sh'), folder, ...names]
  const warden = spawn('unshare', argv, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  warden.stdin.on('error', () => undefined)
  return warden
}

function readPids(warden: ChildProcess, count: number): Promise<ReadonlyMap<string, number>> {
  return new Promise((resolve, reject) => {
    const pids = new Map<string, number>()
    let said = ''
    warden.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      // A host that could not be set up never answers; nothing is said on stderr otherwise.
      warden.stdin?.end()
    })
    warden.once('error', (error) => reject(new Error(`The lab could not start unshare: ${error.message}.`)))
    warden.once('close', () => reject(new Error(`The lab got no namespaces from this kernel: ${said.trim()}.`)))
    createInterface({ input: warden.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const [name = '', pid] = line.split(' ')
      pids.set(name, Number(pid))
      if (pids.size === count) resolve(pids)
    })
  })
}
