// An authority, relays and people, as real processes, in a country that blocks a relay for those who live there and for nobody else: a proxy stands for its
// border. Nobody reports the block but those whom it hits, and one of them lies.
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  type Asks,
  decodeInvite,
  decodeNetworkInvite,
  encodeHex,
  HANDING_TARGET,
  type Invite,
  sealQuestion,
  seenMark,
} from '#protocol'
import { nodeCrypto, nodeRandom } from '#protocol/node'
import { createCertificate } from '../../relay/certificate.ts'
import { askOnce } from '../../relay/directory/ask.ts'
import { makeNetworkInvite } from '../../relay/directory/handing-commands.ts'
import { makeJoinCode } from '../../relay/directory/init.ts'
import { Program } from '../e2e/program.ts'
import { Upstream } from '../e2e/upstream-socks.ts'
import { event } from '../e2e/world.ts'
import { Place, type Seat } from './place.ts'

const CLIENT = join(resolve(import.meta.dirname, '../..'), 'client/engine/cli.ts')
/** Tests of relays and epochs a few seconds apart. */
const FAST = { testS: 6, epochS: 5 }
const ABROAD = 'abroad.example'

const place = new Place()
const border = new Upstream('serves')
const { certificate, key } = createCertificate(ABROAD, Date.now())
const abroad: Server = createServer({ cert: certificate, key }, (_, response) => response.end())
const programs: Program[] = []
let authority: Program
let seat: Seat

const nowS = (): number => Math.floor(Date.now() / 1_000)
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port

beforeAll(async () => {
  for (const server of [abroad, border.server]) await once(server.listen(0, '127.0.0.1'), 'listening')
  writeFileSync(place.path('abroad.pem'), certificate)
  const canaries = { domestic: [], foreign: [`${ABROAD}:${portOf(abroad)}`], udp: [] }
  const policy = { country: 'IR', ...canaries, resolvers: [], rotateBytes: '1000000-2000000', rotateSeconds: '600-1200' }
  await place.found(1, 1, FAST)
  seat = place.seats[0] as Seat
  const settings = join(seat.dir, 'authority.json')
  writeFileSync(settings, JSON.stringify({ ...JSON.parse(readFileSync(settings, 'utf8')), policies: [policy] }))
  authority = await place.open(seat)
  const code = makeJoinCode(seat.dir, 30, 4)
  await Promise.all(['127.4.0.1', '127.5.0.1', '127.6.0.1', '127.7.0.1'].map((host) => place.relay(code, 1, host)))
  await event(authority, (said) => said['event'] === 'directory' && said['relays'] === 4)
}, 120_000)
afterAll(async () => {
  await Promise.all(programs.map((program) => program.kill()))
  for (const server of [abroad, border.server]) server.close()
  await place.close()
})

const newInvite = async (): Promise<string> =>
  (await makeNetworkInvite({ dir: seat.dir, people: '1', days: '30', door: [] }, Date.now() / 1_000)).trim()

/** Someone with the app, behind the border. */
class Person {
  readonly #name: string
  readonly program: Program

  constructor(name: string, invite: string) {
    this.#name = name
    const by = ['--country', 'IR', '--upstream', `socks5://127.0.0.1:${portOf(border.server)}`]
    const argv = [process.execPath, CLIENT, 'connect', '--invite', invite, '--dir', place.path(name), '--json', ...by]
    this.program = new Program(argv, { folder: place.folder, env: { NODE_EXTRA_CA_CERTS: place.path('abroad.pem') } })
    programs.push(this.program)
  }

  get relays(): readonly Invite[] {
    return this.#membership.relays.map(decodeInvite)
  }

  /** As their folder remembers it. */
  get #membership(): { readonly relays: readonly string[]; readonly askAtS: number } {
    const file = join(place.path(this.#name), 'link.json')
    const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
    return kept.membership ?? { relays: [], askAtS: 0 }
  }

  /** Resolves once the program has asked in another epoch than now. */
  async nextEpoch(): Promise<void> {
    const { askAtS } = this.#membership
    await this.#until(() => this.#membership.askAtS > askAtS)
  }

  async handed(accept: (relays: readonly Invite[]) => boolean): Promise<void> {
    await this.#until(() => accept(this.relays))
  }

  async #until(isTrue: () => boolean): Promise<void> {
    for await (const _ of watch(place.path(this.#name), { signal: AbortSignal.timeout(120_000) })) if (isTrue()) return
    throw new Error('the folder is gone')
  }
}

/** Someone who asks by a program of his own, and says what he likes. */
class Liar {
  readonly #invite: string
  readonly #member = nodeRandom(16)
  readonly #country: string
  relays: readonly Invite[] = []

  constructor(invite: string, country: string) {
    this.#invite = invite
    this.#country = country
  }

  async ask(): Promise<void> {
    const { secret } = decodeNetworkInvite(this.#invite)
    this.relays = (await this.#put({ wants: 'relays', invite: secret })).relays.map(({ invite }) => invite)
  }

  async say(state: 'answers' | 'silent'): Promise<void> {
    const seen = this.relays.map((invite) => ({ mark: seenMark(invite), state }))
    expect((await this.#put({ wants: 'renewal', seen })).word).toBe('given')
  }

  async #put(asks: Asks): Promise<Answer> {
    const question = { ...asks, member: this.#member, country: this.#country, size: 0 }
    const asked = sealQuestion(nodeCrypto, nodeRandom, decodeNetworkInvite(this.#invite).authorityKey, question)
    const bytes = await askOnce(seat.invite, HANDING_TARGET, asked.question, nowS())
    return asked.open(bytes ?? new Uint8Array())
  }
}

const names = (invites: readonly Invite[]): readonly string[] => invites.map(({ relayKey }) => encodeHex(relayKey))

describe('of three people who share a relay', () => {
  let people: readonly [Person, Person]
  let liar: Liar
  let elsewhere: Liar
  let shared: Invite

  test('one who says that it is silent, epoch after epoch, moves nobody', async () => {
    const invites = await Promise.all(Array.from({ length: 4 }, newInvite))
    const [a, b, c, d] = invites as [string, string, string, string]
    people = [new Person('one', a), new Person('other', b)]
    liar = new Liar(c, 'IR')
    elsewhere = new Liar(d, 'BY')
    await Promise.all(people.map(({ program }) => event(program, ({ state }) => state === 'connected')))
    await Promise.all([liar.ask(), elsewhere.ask()])
    shared = people[0].relays[0] as Invite
    for (const who of [...people, liar]) expect(names(who.relays)).toEqual(names([shared]))
    for (let epochs = 0; epochs < 2; epochs++) {
      await liar.say('silent')
      await people[0].nextEpoch()
    }
    await liar.ask()
    for (const who of [...people, liar]) expect(names(who.relays)).toContain(names([shared])[0])
    expect(spent()).toEqual([])
  })

  test('two who are cut off from it get another, by what their programs say, whatever the third says; elsewhere nothing changes', async () => {
    const [before] = names(elsewhere.relays)
    const moved = people.map(async (who) => {
      const from = who.program.lineCount
      await who.handed((now) => now.length > 0 && !names(now).includes(encodeHex(shared.relayKey)))
      await event(who.program, ({ state }) => state === 'connected', from)
    })
    const { address = '' } = shared.endpoints[0] ?? {}
    border.block(address.slice(0, address.lastIndexOf(':')))
    await liar.say('answers')
    await Promise.all(moved)
    await elsewhere.ask()
    expect(names(elsewhere.relays)[0]).toBe(before)
    expect(spent()).toEqual([{ country: 'IR', relay: encodeHex(shared.policyKey) }])
  })
})

/** Relays that are used up, and where. */
function spent(): readonly unknown[] {
  const database = new DatabaseSync(join(seat.dir, 'directory.db'), { readOnly: true })
  const rows = database.prepare('select country, relay from directory_spent').all()
  database.close()
  return rows.map((row) => ({ ...row }))
}
