// `culvert doctor` and `culvert rehearse` in the censored country: kinds of blocking are told apart in words, and a healthy network survives the drill.
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { needs } from '../needs.ts'
import { NAMES } from './atlas.ts'
import { type Country, raise } from './country.ts'
import type { Recipe } from './recipe.ts'
import { cutoff, ipBlock } from './recipes/addresses.ts'
import { sniReset } from './recipes/content.ts'
import { freeze } from './recipes/flows.ts'

const ROOT = join(import.meta.dirname, '../..')
const [RELAY, CLIENT] = [join(ROOT, 'relay/main.ts'), join(ROOT, 'client/engine/cli.ts')]

const isWanted = needs('namespaces', 'nginx')
let country: Country
let invite: string

beforeAll(async () => {
  if (!isWanted) return
  country = await raise()
  const { relayA, edges } = country
  await relayA.serve()
  const canaries = ['--domestic', `${NAMES.domestic}:443`, '--foreign', `${NAMES.target}:443,${NAMES.canary}:443`]
  const { code, stderr } = await relayA.host.run([process.execPath, RELAY, 'policy', '--dir', join(country.folder, 'relayA'), ...canaries])
  if (code !== 0) throw new Error(`policy failed: ${stderr}`)
  await Promise.all([edges.nginx.serve(relayA), edges.workerd.serve(relayA)])
  invite = country.invite(relayA, { edges: [edges.nginx, edges.workerd] })
})
beforeEach(() => country?.censor.lift())
afterAll(() => country?.close())

/** A command of the client inside the country, where the lab's authorities are known. */
function run(command: string, ...args: readonly string[]): ReturnType<Country['client']['run']> {
  const env = ['env', `NODE_EXTRA_CA_CERTS=${country.trust}`]
  return country.client.run([...env, process.execPath, CLIENT, command, '--invite', invite, '--json', ...args])
}

interface Told {
  readonly verdict: string
  readonly sentences: readonly string[]
  /** Without what a dial took. */
  readonly ways: readonly string[]
}

async function diagnose(recipe?: Recipe): Promise<Told> {
  if (recipe !== undefined) await country.censor.apply(recipe)
  const { stdout, stderr } = await run('doctor')
  if (stdout === '') throw new Error(stderr)
  const { verdict, sentences, ways } = JSON.parse(stdout)
  return { verdict, sentences, ways: ways.map(({ sentence }: { sentence: string }) => sentence.replace(/, \d+ ms.*/, '')) }
}

const EDGES_WORK = ['edge 1 by WebSocket', 'edge 1 by requests', 'edge 2 by WebSocket', 'edge 2 by requests'].map((way) => `${way}: works`)

describe.runIf(isWanted)('doctor', () => {
  test('finds nothing wrong where nothing is', async () => {
    expect(await diagnose()).toEqual({
      verdict: 'open',
      sentences: ['Nothing stands in the way here.'],
      ways: ['direct WebSocket: works', 'direct requests: works', ...EDGES_WORK],
    })
  })

  test('tells a name that is reset', async () => {
    const { verdict, sentences, ways } = await diagnose(sniReset())
    expect(verdict).toBe('interfered')
    expect(sentences.join('\n')).toMatch(/are cut right after its name is sent/)
    expect(ways).toEqual(['direct WebSocket: cut after its name is sent', 'direct requests: cut after its name is sent', ...EDGES_WORK])
  })

  test('from an address that is blocked', async () => {
    const { verdict, sentences, ways } = await diagnose(ipBlock())
    expect(verdict).toBe('interfered')
    expect(sentences.join('\n')).toMatch(/Nothing comes back from the address of this relay, while others answer/)
    expect(ways).toEqual([
      'direct WebSocket: nothing comes back from its address',
      'direct requests: nothing comes back from its address',
      ...EDGES_WORK,
    ])
  })

  test('from flows that are frozen', async () => {
    const { verdict, ways } = await diagnose(freeze({ places: ['relayA'] }))
    expect(verdict).toBe('interfered')
    expect(ways[0]).toMatch(/^direct WebSocket: falls silent after about \d+ kB$/)
    expect(ways.slice(2)).toEqual(EDGES_WORK)
  })

  test('and all of these from a cutoff', async () => {
    const { verdict, sentences, ways } = await diagnose(cutoff())
    expect(verdict).toBe('cutoff')
    expect(sentences).toEqual(
      expect.arrayContaining([
        'This network is cut off from abroad: only sites that are allowed still answer.',
        'Well-known sites abroad do not answer.',
        'Sites of this country answer.',
      ]),
    )
    expect(ways.slice(2)).toEqual(EDGES_WORK)
  })
})

test.runIf(isWanted)('a rehearsal with two edges on a healthy network survives every step', async () => {
  const { code, stdout } = await run('rehearse')
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}')
  expect(report).toMatchObject({ event: 'report', survived: true, missing: [], advice: [] })
  expect(report.steps.map(({ kind, outcome, kept }: Record<string, unknown>) => [kind, outcome, kept])).toEqual(
    [
      'websocket-reset',
      'websocket-silent',
      'direct-silent',
      'all-websockets-silent',
      'edge-silent',
      'edge-silent',
      'all-but-edge-silent',
      'all-but-edge-silent',
      'all-silent',
    ].map((kind) => [kind, 'survived', true]),
  )
  expect(code).toBe(0)
})
