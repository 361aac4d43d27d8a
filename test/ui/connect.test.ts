// The screens in a browser on the real engine and a real relay: a person's first day, with real Chromium for the screens and for browsing.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COUNTRIES } from '../../client/contract/countries.ts'
import { event, NAME, World } from '../e2e/world.ts'
import { needs } from '../needs.ts'
import { findProgram } from '../programs.ts'
import { attack, CARELESS, isNothing } from './attacker.ts'

const world = new World()
const page = 'A page from far away'
let invite: string
let origin: string

beforeAll(async () => {
  const relay = await world.relay()
  invite = readFileSync(relay.inviteFile, 'utf8').trim()
  origin = `http://${NAME}:${await world.serve(createServer((_request, response) => response.end(page)))}/`
})
afterAll(() => world.close())

async function open(args: readonly string[] = []): Promise<string> {
  const program = world.connect(['--ui', '--json', ...args])
  return String((await event(program, ({ event }) => event === 'ui'))['link'])
}

function browser(name: string, ...args: readonly string[]): Promise<BrowserContext> {
  return chromium
    .launchPersistentContext(join(world.folder, name), {
      executablePath: findProgram('chromium') as string,
      args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', ...args],
      locale: 'en-US',
    })
    .then((context) => {
      world.defer(() => context.close())
      return context
    })
}

describe.runIf(needs('chromium'))('the screens in a browser', () => {
  let screens: Page
  beforeAll(async () => {
    const context = await browser('screens', ...CARELESS)
    screens = await context.newPage()
    await screens.goto(await open(['--dir', join(world.folder, 'kept')]))
  })

  test('a person adds an invite, connects, browses and disconnects', async () => {
    await screens.getByText('To begin, you need an invite').waitFor()
    await screens.getByRole('button', { name: 'Add an invite' }).click()
    await screens.getByRole('textbox').fill('nothing of the kind')
    await screens.getByRole('button', { name: 'Add', exact: true }).click()
    await screens.getByText('There is no invite in this').waitFor()
    await screens.getByRole('textbox').fill(`Hello, this is for you:\n${invite}\n`)
    await screens.getByRole('button', { name: 'Add', exact: true }).click()
    await screens.getByRole('button', { name: 'Connect', exact: true }).click()
    await screens.getByRole('heading', { name: 'Connected', exact: true }).waitFor()
    await screens.getByText('Direct (WebSocket)').waitFor()
    const proxy = await screens.locator('.copy-field code').first().textContent()
    const context = await browser('browsing', `--proxy-server=http://${proxy}`, '--proxy-bypass-list=<-loopback>')
    const tab = await context.newPage()
    await tab.goto(origin)
    expect(await tab.textContent('body')).toBe(page)
    await screens.getByRole('button', { name: 'Disconnect' }).click()
    await screens.getByRole('heading', { name: 'Not connected' }).waitFor()
    await expect(tab.goto(origin)).rejects.toThrow(/ERR_PROXY_CONNECTION_FAILED/)
  })

  test('a hostile page in the same browser, which has the cookie, reads none of it and changes nothing', async () => {
    await screens.getByRole('button', { name: 'Connect', exact: true }).click()
    await screens.getByRole('heading', { name: 'Connected', exact: true }).waitFor()
    // Another port of the same address is the same site to a browser, so the cookie goes along.
    const home = origin.replace(NAME, '127.0.0.1')
    const loot = await attack(screens.context(), { home, port: Number(new URL(screens.url()).port), wanted: origin })
    expect(Object.entries(loot).filter(([, what]) => !isNothing(what))).toEqual([])
    await screens.getByRole('heading', { name: 'Connected', exact: true }).waitFor()
    await screens.getByRole('button', { name: 'Disconnect' }).click()
    await screens.getByRole('heading', { name: 'Not connected' }).waitFor()
  })

  test('another language is there at once, mirrored where it is written so', async () => {
    await screens.getByRole('link', { name: 'Settings' }).click()
    await screens.getByRole('combobox', { name: 'Language' }).selectOption('fa')
    await screens.locator('html[lang="fa"][dir="rtl"]').waitFor()
    await screens.getByRole('combobox').first().selectOption('en')
    await screens.locator('html[lang="en"][dir="ltr"]').waitFor()
  })

  test('whoever is asked for their country is offered the same as in the desktop app, and what a browser can’t do is not offered', async () => {
    const countries = screens.getByRole('combobox', { name: 'My country' })
    const offered = await countries.locator('option').evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value))
    expect([offered[0], offered.slice(1).sort()]).toEqual(['', [...COUNTRIES].sort()])
    await countries.selectOption('IR')
    await screens.getByRole('switch', { name: 'Connect at once when started' }).click()
    await screens.getByRole('switch', { name: 'Connect at once when started', checked: true }).waitFor()
    await screens.reload()
    await screens.getByRole('switch', { name: 'Connect at once when started', checked: true }).waitFor()
    expect(await countries.inputValue()).toBe('IR')
    for (const name of [/repair/i, /whole computer/i, /log in/i, /update/i, /kill switch/i])
      expect(await screens.getByRole('button', { name }).or(screens.getByRole('switch', { name })).count()).toBe(0)
    await screens.getByRole('link', { name: 'Give' }).click()
    await screens.getByText('Only the desktop app can do this.').waitFor()
  })

  test('the doctor looks, and the report is shown before it is saved', async () => {
    await screens.getByRole('link', { name: 'Network' }).click()
    await screens.getByRole('button', { name: 'Look', exact: true }).click()
    await screens.getByText('Ways to the relays').waitFor()
    await screens.getByRole('link', { name: 'Help' }).click()
    await screens.getByRole('button', { name: 'Show the report' }).click()
    const shown = await screens.locator('dialog pre').textContent()
    const download = screens.waitForEvent('download')
    await screens.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    const saved = readFileSync(await (await download).path(), 'utf8')
    expect(saved.trim()).toBe(shown?.trim())
    expect(saved).not.toMatch(/127\.0\.0\.1|relay\.example|culvert:/)
  })
})
