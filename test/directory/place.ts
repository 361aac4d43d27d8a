// Authorities and relays of a network, by their real commands: keys, charter, certificates, and processes on ports that the system chose.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { charterHash, decodeCharter, decodeInvite, type Invite } from '#protocol'
import { certify, createRoot, signCharter, writeCharter } from '../../relay/directory/ceremony.ts'
import { installCertificate } from '../../relay/directory/folder.ts'
import { initAuthority, namePeers } from '../../relay/directory/init.ts'
import { initRelay } from '../../relay/init.ts'
import { replaceFile } from '../../relay/replace-file.ts'
import { Program } from '../e2e/program.ts'
import { event } from '../e2e/world.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const RELAY = join(ROOT, 'relay/main.ts')
/** From here on a machine counts as slow: each authority of several took so long to load. */
const START_S = 1
const PHASE_S_MAX = 3
/** What an authority becomes that does harm. */
export const HOSTILE: string = join(import.meta.dirname, 'hostile-main.ts')

export interface Seat {
  readonly name: string
  readonly dir: string
  readonly root: string
  readonly invite: Invite
}

export interface RunningRelay {
  readonly program: Program
  readonly dir: string
  readonly code: string
  readonly inviteFile: string
  readonly invite: Invite
}

/** Where somebody stands: on this machine and a port that the system chose, or on a host of the lab. */
export interface Stand {
  readonly listen: string
  readonly address?: string
  readonly start: (argv: readonly string[], env?: Readonly<Record<string, string>>) => Program
}

export interface PlaceOptions {
  readonly folder?: string
  /** By name: authority-0 and so on, relay-0 and so on. */
  readonly standOf?: (name: string) => Stand
  /** What relays let their guests reach. */
  readonly destinations?: readonly string[]
}

export interface Pace {
  readonly epochS?: number
  /** Of a relay, again and again; else often enough. */
  readonly testS?: number
}

export class Place {
  readonly folder: string
  readonly #options: PlaceOptions
  readonly #programs: Program[] = []
  seats: readonly Seat[] = []
  networkId: Uint8Array = new Uint8Array()
  /** The first moment of the first epoch, seconds since 1970. */
  foundedS = 0

  constructor(options: PlaceOptions = {}) {
    this.#options = options
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), 'culvert-directory-'))
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** Runs one of our programs, where whoever has this name stands. */
  run(argv: readonly string[], name = '', env: Readonly<Record<string, string>> = {}): Program {
    const program = this.#standOf(name).start([process.execPath, ...argv], env)
    this.#programs.push(program)
    return program
  }

  #standOf(name: string): Stand {
    const here: Stand = { listen: '127.0.0.1:0', start: (argv, env = {}) => new Program(argv, { folder: this.folder, env }) }
    return this.#options.standOf?.(name) ?? here
  }

  /**
   * The whole ceremony, from root keys to folders that can be run; `before` they hand their invites to each other, what else is to be done with them. In this
   * process: a command takes a second each. Meetings are so near that a test can attend some: in the world they are six hours apart.
   */
  async found(
    count: number,
    threshold: number,
    { epochS = 86_400, testS }: Pace = {},
    before: (seats: readonly Seat[]) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const names = Array.from({ length: count }, (_, n) => `authority-${n}`)
    const keys = names.map((name) => /charter: (\S+)/.exec(createRoot(this.path(`${name}.root`)))?.[1] ?? '')
    const charter = this.path('charter.bin')
    const authority = names.map((name, n) => `${name}=${keys[n]}`)
    const phaseS = await this.#phaseS(names)
    const times = { period: `${8 * phaseS}`, phase: `${phaseS}`, epoch: `${epochS}` }
    const options = { name: 'net.example', threshold: `${threshold}`, authority, witness: [], witnessThreshold: '0', out: charter }
    writeCharter({ ...options, ...times }, Date.now() / 1_000)
    for (const name of names.slice(0, threshold)) signCharter(this.path(`${name}.root`), charter)
    const signed = decodeCharter(new Uint8Array(readFileSync(charter)))
    this.networkId = charterHash(signed.body)
    this.foundedS = signed.charter.issuedS
    const seats: Seat[] = []
    for (const name of names) seats.push(await this.#seat(name, charter, testS ?? 20 * phaseS))
    await before(seats)
    this.seats = seats.map((seat) => ({ ...seat, invite: readInvite(seat.dir) }))
    const invites = seats.map(({ dir }) => join(dir, 'invite'))
    for (const { dir } of seats) namePeers(dir, invites)
  }

  async #seat(name: string, charter: string, testS: number): Promise<Seat> {
    const [dir, root] = [this.path(name), this.path(`${name}.root`)]
    const { listen, address } = this.#standOf(name)
    await initAuthority({ dir, charter, member: name, domain: `${name}.example`, listen, address })
    certify(root, join(dir, 'signing-request'), '365', '1', join(dir, 'made.bin'), Date.now() / 1_000)
    installCertificate(new Uint8Array(readFileSync(join(dir, 'made.bin'))), dir, Date.now() / 1_000)
    const file = join(dir, 'authority.json')
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), testSeconds: `${testS}` }))
    return { name, dir, root, invite: readInvite(dir) }
  }

  /** Starts an authority; `harm`: as one that does this. */
  async open({ name, dir }: Seat, ...harm: readonly string[]): Promise<Program> {
    const program = this.run(harm.length === 0 ? [RELAY, 'directory', 'run', '--dir', dir, '--json'] : [HOSTILE, dir, ...harm], name)
    await event(program, (said) => said['event'] === 'ready')
    return program
  }

  /** A second is enough on a machine that is not busy: how long authorities take to load that come to nothing, all at once, tells how slow this one is. */
  async #phaseS(names: readonly string[]): Promise<number> {
    const fromMs = performance.now()
    await Promise.all(names.map((name) => this.run([RELAY, 'directory', 'run', '--dir', this.path('nowhere')], name).ended))
    const eachS = (performance.now() - fromMs) / 1_000 / names.length
    return Math.min(PHASE_S_MAX, Math.max(1, Math.round(eachS / START_S)))
  }

  /** Starts all authorities at once. */
  openAll(): Promise<readonly Program[]> {
    return Promise.all(this.seats.map((seat) => this.open(seat)))
  }

  /** What all authorities write into authority.json by hand; they read it anew before each meeting. */
  decide(fields: Readonly<Record<string, string | readonly string[]>>): void {
    for (const { dir } of this.seats) {
      const file = join(dir, 'authority.json')
      replaceFile(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...fields }))
    }
  }

  /** A relay that takes part, running; resolves once so many authorities have taken it in. */
  async relay(code: string, authorities: number, host?: string): Promise<RunningRelay> {
    const name = `relay-${randomBytes(4).toString('hex')}`
    const dir = await this.initRelay(name, code, host)
    const program = await this.runRelay(name, authorities)
    return { program, dir, code, inviteFile: join(dir, 'invite'), invite: readInvite(dir) }
  }

  /** Makes the folder of a relay that takes part; returns it. */
  async initRelay(name: string, code: string, host?: string): Promise<string> {
    const stand = this.#standOf(name)
    const { listen, address } = host === undefined ? stand : { listen: `${host}:0`, address: undefined }
    const { dir } = await initRelay({ dir: this.path(name), domain: `${name}.example`, listen, address, join: code }, Date.now())
    return dir
  }

  /** Runs it; resolves once so many authorities have taken it in. */
  async runRelay(name: string, authorities: number, env: Readonly<Record<string, string>> = {}): Promise<Program> {
    const allowed = (this.#options.destinations ?? ['127.0.0.0/8']).flatMap((range) => ['--allow-destination', range])
    const program = this.run([RELAY, 'run', '--dir', this.path(name), '--json', ...allowed], name, env)
    await event(program, (said) => said['event'] === 'registered' && Number(said['authorities']) >= authorities)
    return program
  }

  /** In which epoch this authority last gave somebody of that country a relay that they didn't know. */
  lastGiven({ dir }: Seat, country: string): number {
    const database = new DatabaseSync(join(dir, 'directory.db'), { readOnly: true })
    const found = database.prepare('select max(since_epoch) as epoch from directory_groups where country = ?').get(country)
    database.close()
    return Number(found?.['epoch'])
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export function readInvite(dir: string): Invite {
  return decodeInvite(readFileSync(join(dir, 'invite'), 'utf8'))
}
