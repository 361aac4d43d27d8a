// Each recipe does to an unprotected client what its sentence says, over IPv4 and IPv6, while it is applied and not a moment longer.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Program } from '../e2e/program.ts'
import { needs } from '../needs.ts'
import { addressesOf, NAMES } from './atlas.ts'
import { type Country, raise } from './country.ts'
import type { Recipe } from './recipe.ts'
import { blackout, cutoff, ipBlock, ipReset, udpOff } from './recipes/addresses.ts'
import { RECIPES, recipeNamed } from './recipes/all.ts'
import { dnsLie, randomFirstPacket, sniReset } from './recipes/content.ts'
import { flowKill, freeze, throttle, tlsFlowLimit } from './recipes/flows.ts'
import { captivePortal } from './recipes/portal.ts'

/** curl(1), EXIT CODES. */
const CURL = { ok: 0, noAccess: 7, tooLate: 28, tlsBroken: 35, cut: 56, wrongCertificate: 60 } as const
const ECHO_PORT = 7
const LETTERS_FIRST = Buffer.from('hello there').toString('hex')
/** What a fully encrypted protocol might begin with: bytes that cannot be printed. */
const RANDOM_FIRST = 'f19a03c7e28b550d9ee4'
const TARGET = `https://${NAMES.target}/page`
const FAMILIES = ['-4', '-6'] as const

const isWanted = needs('namespaces', 'curl')
let country: Country

beforeAll(async () => {
  if (!isWanted) return
  country = await raise()
  const echo = country.target.startNode(`${import.meta.dirname}/servers/echo.ts`, String(ECHO_PORT))
  await echo.line((line) => (line === 'READY' ? true : undefined))
})
beforeEach(() => country?.censor.lift())
afterAll(() => country?.close())

/** A flow from inside that sends a few bytes at a time to an echo abroad, for as long as the test runs. */
function pulse(kind: 'tcp' | 'udp', firstHex = LETTERS_FIRST): Program {
  return country.client.startNode(`${import.meta.dirname}/servers/pulse.ts`, kind, addressesOf('target').v4, String(ECHO_PORT), firstHex)
}

/** Resolves when a flow says this, from now on or since it had said so many lines: what a recipe does to it may be over before the recipe is in place. */
function says(flow: Program, word: RegExp, since: number = flow.lineCount): Promise<string> {
  return flow.line((line) => (word.test(line) ? line : undefined), since)
}
const ECHO = /^\d+$/

/** Applies a recipe between two downloads that must go well, and returns the curl codes of the same download under it, IPv4 first. */
async function under(recipe: Recipe, url = TARGET): Promise<{ readonly codes: unknown[]; readonly bytes: number[] }> {
  const all = () => Promise.all(FAMILIES.map((family) => country.download(url, { more: [family], timeoutS: 2 })))
  expect((await all()).map(({ code }) => code)).toEqual([CURL.ok, CURL.ok])
  await country.censor.apply(recipe)
  const during = await all()
  await country.censor.lift(recipe)
  expect((await all()).map(({ code }) => code)).toEqual([CURL.ok, CURL.ok])
  return { codes: during.map(({ code }) => code), bytes: during.map(({ bytes }) => bytes) }
}

describe.runIf(isWanted)('a client without protection', () => {
  const places = ['target'] as const

  test.each([
    ['gets no answer from an address that is blocked', ipBlock({ places }), CURL.tooLate],
    ['is reset when it dials an address that is reset', ipReset({ places }), CURL.noAccess],
    ['is reset when it says a name', sniReset({ places }), CURL.tlsBroken],
    ['is led to another machine by a lie', dnsLie({ places }), CURL.wrongCertificate],
    ['reaches no one abroad in a cutoff', cutoff(), CURL.tooLate],
    ['reaches no one abroad when only new flows are cut', cutoff({ established: 'survive' }), CURL.tooLate],
    ['reaches no one in a blackout', blackout(), CURL.tooLate],
    ['is turned away by a captive portal', captivePortal(), CURL.noAccess],
  ])('%s', async (_, recipe, code) => {
    expect((await under(recipe)).codes).toEqual([code, code])
  })

  test.each([12, 16, 20])('gets no more than %d KiB of a page under a freeze', async (afterKib) => {
    const { codes, bytes } = await under(freeze({ afterKib }))
    expect(codes).toEqual([CURL.tooLate, CURL.tooLate])
    expect(Math.max(...bytes)).toBeLessThanOrEqual(afterKib * 1024)
  })

  test('gets a part of a page under a throttle, since the rest comes too slowly', async () => {
    const { codes, bytes } = await under(throttle())
    expect(codes).toEqual([CURL.tooLate, CURL.tooLate])
    expect(Math.min(...bytes)).toBeGreaterThan(0)
  })

  test.each([
    ipBlock({ places: ['relayA'] }),
    sniReset({ places: ['relayA'] }),
    dnsLie({ places: ['relayA'] }),
    udpOff(),
    randomFirstPacket(),
  ])('meets nothing of $name on its way to other sites', async (recipe) => {
    expect((await under(recipe)).codes).toEqual([CURL.ok, CURL.ok])
  })

  test('finds the sites of its own country in a cutoff, and none in a blackout', async () => {
    const home = `https://${NAMES.domestic}/page`
    expect((await under(cutoff(), home)).codes).toEqual([CURL.ok, CURL.ok])
    expect((await under(blackout(), home)).codes).toEqual([CURL.tooLate, CURL.tooLate])
  })

  test('is reset at the same address and port for a while after it said a name, whatever it says then', async () => {
    const { v4 } = addressesOf('target')
    const harmless = () => country.download(`https://${NAMES.canary}/page`, { more: ['--resolve', `${NAMES.canary}:443:${v4}`, '-4'] })
    await country.censor.apply(sniReset({ places, residualS: 30 }))
    expect((await harmless()).code).toBe(CURL.ok)
    expect((await country.download(TARGET, { more: ['-4'] })).code).toBe(CURL.tlsBroken)
    expect((await harmless()).code).toBe(CURL.noAccess)
  })

  test('learns the truth by DNS over HTTPS under a lie', async () => {
    await country.censor.apply(dnsLie({ places }))
    const more = ['--doh-url', `https://${NAMES.doh}/dns-query`]
    expect((await country.download(TARGET, { more })).code).toBe(CURL.ok)
  })

  test('may open so many TLS flows and no more', async () => {
    await country.censor.apply(tlsFlowLimit({ flows: 3 }))
    const codes: unknown[] = []
    for (let flow = 0; flow < 4; flow++) codes.push((await country.download(TARGET, { more: ['-4'], timeoutS: 1 })).code)
    expect(codes).toEqual([CURL.ok, CURL.ok, CURL.ok, CURL.tooLate])
    await country.censor.lift()
    expect((await country.download(TARGET)).code).toBe(CURL.ok)
  })

  test('is led to the sign-in page of a captive portal', async () => {
    await country.censor.apply(captivePortal())
    const { stdout } = await country.client.run(['curl', '-s', '-o', '/dev/null', '-w', '%{redirect_url}', `http://${NAMES.target}/`])
    expect(stdout).toBe(`http://${NAMES.domestic}/sign-in`)
  })
})

describe.runIf(isWanted)('a flow in progress', () => {
  test.each([
    ['falls silent in a cutoff', cutoff(), /silent/],
    ['falls silent when its address is blocked', ipBlock({ places: ['target'] }), /silent/],
    ['falls silent in a blackout', blackout(), /silent/],
    ['goes on when only new flows are cut', cutoff({ established: 'survive' }), ECHO],
  ])('%s, and goes on when that is over', async (_, recipe, word) => {
    const flow = pulse('tcp')
    await says(flow, ECHO)
    await country.censor.apply(recipe)
    await says(flow, word)
    await country.censor.lift(recipe)
    await says(flow, ECHO)
    await flow.kill()
  })

  test.each([
    ['is reset when its address is', ipReset({ places: ['target'] }), /reset/],
    ['is reset when it has become too old', flowKill({ afterS: 1 }), /reset/],
    ['falls silent when it has become too old, where the censor prefers that', flowKill({ afterS: 1, by: 'silence' }), /silent/],
  ])('%s', async (_, recipe, word) => {
    const flow = pulse('tcp')
    await says(flow, ECHO)
    const before = flow.lineCount
    await country.censor.apply(recipe)
    await says(flow, word, before)
    await flow.kill()
  })

  test('of UDP falls silent when UDP is off', async () => {
    const flow = pulse('udp')
    await says(flow, ECHO)
    const before = flow.lineCount
    await country.censor.apply(udpOff())
    await says(flow, /silent/, before)
    await flow.kill()
  })

  test('that begins with random bytes is blocked, and one that begins with letters after it', async () => {
    const recipe = randomFirstPacket({ probability: 1 })
    await country.censor.apply(recipe)
    const plain = pulse('tcp')
    await says(plain, ECHO)
    const random = pulse('tcp', RANDOM_FIRST)
    await says(random, /silent/)
    await says(pulse('tcp'), /silent/)
    await country.censor.lift(recipe)
    await says(random, ECHO)
  })
})

test('every recipe has a name of its own, by which it is found', () => {
  expect(RECIPES.map(({ name }) => recipeNamed(name))).toEqual(RECIPES)
})
