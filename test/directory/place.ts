// Authorities and relays of a network, by their real commands: keys, charter, certificates, and processes on ports that the system chose.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { charterHash, decodeCharter, decodeInvite, type Invite } from '#protocol'
import { certify, createRoot, signCharter, writeCharter } from '../../relay/directory/ceremony.ts'
import { installCertificate } from '../../relay/directory/folder.ts'
import { initAuthority, namePeers } from '../../relay/directory/init.ts'
import { initRelay } from '../../relay/init.ts'
import { Program } from '../e2e/program.ts'
import { event } from '../e2e/world.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const RELAY = join(ROOT, 'relay/main.ts')
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

export class Place {
  readonly folder: string
  readonly #programs: Program[] = []
  seats: readonly Seat[] = []
  networkId: Uint8Array = new Uint8Array()

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'culvert-directory-'))
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  run(argv: readonly string[]): Program {
    const program = new Program([process.execPath, ...argv], { folder: this.folder })
    this.#programs.push(program)
    return program
  }

  /** The whole ceremony, from root keys to folders that can be run. `more` goes into authority.json. In this process: a command takes a second each. */
  async found(count: number, threshold: number, more: Readonly<Record<string, string>>): Promise<void> {
    const names = Array.from({ length: count }, (_, n) => `authority-${n}`)
    const keys = names.map((name) => /charter: (\S+)/.exec(createRoot(this.path(`${name}.root`)))?.[1] ?? '')
    const charter = this.path('charter.bin')
    const authority = names.map((name, n) => `${name}=${keys[n]}`)
    const nowS = Date.now() / 1_000
    writeCharter({ name: 'net.example', threshold: `${threshold}`, authority, witness: [], witnessThreshold: '0', out: charter }, nowS)
    for (const name of names.slice(0, threshold)) signCharter(this.path(`${name}.root`), charter)
    this.networkId = charterHash(decodeCharter(new Uint8Array(readFileSync(charter))).body)
    const seats: Seat[] = []
    for (const name of names) seats.push(await this.#seat(name, charter, more))
    this.seats = seats
    const invites = seats.map(({ dir }) => join(dir, 'invite'))
    for (const { dir } of seats)
      namePeers(
        dir,
        invites.filter((one) => !one.startsWith(`${dir}/`)),
      )
  }

  async #seat(name: string, charter: string, more: Readonly<Record<string, string>>): Promise<Seat> {
    const [dir, root] = [this.path(name), this.path(`${name}.root`)]
    await initAuthority({ dir, charter, member: name, domain: `${name}.example`, listen: '127.0.0.1:0' })
    certify(root, join(dir, 'signing-request'), '365', '1', join(dir, 'made.bin'), Date.now() / 1_000)
    installCertificate(new Uint8Array(readFileSync(join(dir, 'made.bin'))), dir)
    const file = join(dir, 'authority.json')
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...more }))
    return { name, dir, root, invite: decodeInvite(readFileSync(join(dir, 'invite'), 'utf8')) }
  }

  /** Starts an authority; `harm`: as one that does this. */
  async open({ dir }: Seat, harm?: string): Promise<Program> {
    const program = this.run(harm === undefined ? [RELAY, 'directory', 'run', '--dir', dir, '--json'] : [HOSTILE, dir, harm])
    await event(program, (said) => said['event'] === 'ready')
    return program
  }

  /** A relay that takes part, running; resolves once so many authorities have taken it in. */
  async relay(code: string, authorities: number, host = '127.0.0.1'): Promise<RunningRelay> {
    const dir = this.path(`relay-${randomBytes(4).toString('hex')}`)
    await initRelay({ dir, domain: 'relay.example', listen: `${host}:0`, join: code }, Date.now())
    const program = this.run([RELAY, 'run', '--dir', dir, '--json', '--allow-destination', '127.0.0.0/8'])
    await event(program, (said) => said['event'] === 'registered' && Number(said['authorities']) >= authorities)
    const inviteFile = join(dir, 'invite')
    return { program, dir, code, inviteFile, invite: decodeInvite(readFileSync(inviteFile, 'utf8')) }
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}
