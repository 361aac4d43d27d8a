// A network end to end: five authorities, six relays, three edges, users in two countries with censors of their own; all of them real processes.
import { readdirSync, readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../needs.ts'
import { NAMES, NEIGHBOUR, NETWORK, NETWORK_AUTHORITIES, NETWORK_RELAYS, PLACES } from './atlas.ts'
import { blocked, LabNetwork, type Side, type User } from './network.ts'
import { within } from './scenarios/stage.ts'

const HOUR_S = 3_600
/** The bucket that most users have: relays 0 to 2. */
const BUCKET = [0, 1, 2]
const LAST = NETWORK_RELAYS - 1
/** The authority that lets people in: it has an edge, and is not seized. */
const HOST = 2

describe.runIf(needs('namespaces', 'root', 'curl', 'nginx', 'varnish'))('a network', () => {
  let network: LabNetwork
  /** With invites of relays: one here, two abroad. */
  let users: readonly User[]
  /** With invites of the network: two here, so that neither alone can have given their relay away, and one abroad. */
  let members: readonly User[]
  let file: string

  beforeAll(async () => {
    network = await LabNetwork.found()
    file = network.place.path('directory.bin')
  }, 300_000)
  afterAll(() => network?.close(), 60_000)

  const shown = async (user: Pick<User, 'side' | 'dir'>, laterS = 0): Promise<string> =>
    (await network.culvert(user.side, ['directory', 'show', '--dir', user.dir], laterS)).stdout

  test('gives its users the directory: by file, by an invite of the network, by the session of a relay, and by edges where all authorities are blocked', async () => {
    // In the neighbouring country neither an authority nor the last relay can be reached but by an edge.
    const authorities = Array.from({ length: NETWORK_AUTHORITIES }, (_, n) => NETWORK.authority(n).v4)
    await network.country.neighbour?.censor.apply(blocked(...authorities, NETWORK.relay(LAST).v4))
    await network.operator(['directory', 'export', '--dir', network.seat(1).dir, '--out', file])
    const [one, two, three] = [network.folder(), network.folder(), network.folder()]
    const run = async (side: Side, ...argv: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await network.culvert(side, ['directory', ...argv])
      expect({ argv, code, stderr }).toEqual({ argv, code: 0, stderr: '' })
      return stdout
    }
    const [last] = network.invites([LAST]) as [string]
    const [imported, bySession] = await Promise.all([
      run('here', 'import', file, '--dir', one),
      run('neighbour', 'fetch', '--dir', three, '--network', network.id, '--invite', last, '--json'),
      run('neighbour', 'import', file, '--dir', two),
    ])
    expect(imported).toMatch(/It is in force now.\nDirectory \d+: 6 relays; fresh for 2[34]\.\d hours/)
    expect(JSON.parse(bySession)).toMatchObject({ asked: 1, answered: 1, younger: true, refused: [], relays: NETWORK_RELAYS })

    const byEdges = run('neighbour', 'fetch', '--dir', two, '--json')
    const second = byEdges.then(() => network.user('neighbour', network.invites(BUCKET), two))
    const first = network.user('here', network.invites(BUCKET), one)
    const third = network.user('neighbour', [last], three)
    members = await Promise.all([network.member('here', HOST), network.member('here', HOST), network.member('neighbour', HOST)])
    users = await Promise.all([first, second, third])
    expect(JSON.parse(await byEdges)).toMatchObject({ asked: NETWORK_AUTHORITIES, answered: 2, refused: [], relays: NETWORK_RELAYS })
    for (const member of members) expect(await shown(member)).toMatch(/^Directory \d+: 6 relays/)
    for (const user of [...users, ...members]) expect(await user.exit()).toBeTypeOf('number')
  })

  test('moves who uses a relay that is blocked in their country when the next epoch begins, and leaves the others where they are', async () => {
    const [here, ...abroad] = users as [User, User, User]
    const [member, friend, stranger] = members as [User, User, User]
    const before = await Promise.all([here, member, friend].map((user) => network.moved(user, [])))
    const elsewhere = await network.moved(stranger, [])
    await network.country.censor.apply(blocked(...new Set(before.map((n) => NETWORK.relay(n).v4))))
    for (const relay of new Set(before)) await network.report(relay, 'here', HOST)
    const { epoch } = network
    // Who has invites of other relays waits for no epoch.
    await within(60_000, 'to move to another relay of one’s own', network.moved(here, before))
    for (const user of [member, friend]) await within(120_000, 'to move to a relay that was handed out', network.moved(user, before))
    expect(network.lastGiven('here', HOST)).toBeLessThanOrEqual(epoch + 1)
    expect(await network.moved(stranger, [])).toBe(elsewhere)
    for (const user of abroad) await within(60_000, 'for a page', network.moved(user, []))
  })

  test('goes on when k − 1 authorities are seized, and nobody takes what those sign', async () => {
    await network.seize(1)
    const forger = await network.seize(0, 'forge', network.seat(1).dir)
    const forged = join(network.seat(0).dir, 'forged.bin')
    await network.nextDirectory(HOST, ({ relays }) => relays === NETWORK_RELAYS)
    const [one] = users as [User]
    const imported = await network.culvert('here', ['directory', 'import', forged, '--dir', one.dir])
    expect(imported).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('Too few authorities have signed this directory'),
    })
    const saidBefore = forger?.lineCount ?? 0
    const fetched = await network.culvert('here', ['directory', 'fetch', '--dir', one.dir, '--json'])
    expect({ code: fetched.code, ...JSON.parse(fetched.stdout) }).toMatchObject({
      code: 0,
      asked: NETWORK_AUTHORITIES,
      answered: NETWORK_AUTHORITIES - 1,
      younger: true,
      refused: ['directory-unsigned'],
      relays: NETWORK_RELAYS,
    })
    expect(forger?.lineCount).toBeGreaterThan(saidBefore)
    // A relay that starts now asks the forger first.
    await network.restartRelay(LAST, 3)
    for (const user of [...users, ...members]) await within(60_000, 'for a page', network.moved(user, []))
  })

  test('serves its users until 72 hours are over when nobody signs any more', async () => {
    const [, user] = users as [User, User]
    await Promise.all([0, 1, 2, 3, 4].map((n) => network.seize(n)))
    await user.client.program.kill()
    const told = await shown(user)
    const hours = Number(/valid for (\d+\.\d) hours/.exec(told)?.[1])
    expect(hours).toBeGreaterThan(71.5)
    const [stillS, overS] = [(hours - 0.2) * HOUR_S, (hours + 0.2) * HOUR_S].map(Math.round) as [number, number]
    await network.restartRelay(1, 0, stillS)
    const still = await network.user('neighbour', network.invites([1]), user.dir, [], stillS)
    expect(await still.exit()).toBe(1)
    expect(await shown(user, stillS)).toMatch(/^Directory \d+: 6 relays; not fresh any more, valid for 0\.\d hours/)
    await still.client.program.kill()
    const over = await network.culvert('neighbour', ['directory', 'show', '--dir', user.dir], overS)
    expect(over).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('has expired') })
    const forged = join(network.seat(0).dir, 'forged.bin')
    const imported = await network.culvert('neighbour', ['directory', 'import', forged, '--dir', user.dir], overS)
    expect(imported).toMatchObject({ code: 1, stderr: expect.stringContaining('Too few authorities have signed this directory') })
  })

  test('leaves no address of a user and no destination in any file or database of a relay or an authority', () => {
    const names = [PLACES.client, NEIGHBOUR].flatMap(({ v4, v6 }) => [v4, v6])
    const wanted = [...names, PLACES.target.v4, NAMES.target]
    const folders = readdirSync(network.place.folder).filter((name) => /^(?:relay|authority)-\d+$/.test(name))
    expect(folders).toHaveLength(NETWORK_RELAYS + NETWORK_AUTHORITIES)
    const found = folders.flatMap((folder) =>
      filesIn(network.place.path(folder)).flatMap((file) => {
        const bytes = readFileSync(file)
        // A database may hold an address as four bytes.
        const packed = file.includes('.db')
          ? names.filter((name) => isIPv4(name) && bytes.includes(Buffer.from(name.split('.').map(Number))))
          : []
        return [...wanted.filter((name) => bytes.includes(name)), ...packed].map((name) => `${file}: ${name}`)
      }),
    )
    expect(found).toEqual([])
  })
})

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
}
