// The screens with a status that is set by hand: axe-core finds nothing in any screen and state, in both themes and both directions, wide and narrow; nothing is cut off at 360 pixels or at 200 %.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { toBuffer } from 'qrcode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LANGUAGES } from '../../client/contract/settings.ts'
import { loadTexts } from '../../client/words/words.ts'
import { needs } from '../needs.ts'
import { scenes } from './scenes.ts'
import { type Look, Stage } from './stage.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const NOW = Date.now()

/** Between them: both themes, both directions, wide and narrow. */
const LOOKS: readonly (readonly [string, Look])[] = [
  ['light, wide', { language: 'en', theme: 'light', width: 1100, height: 780 }],
  ['dark, right-to-left, 360 pixels', { language: 'fa', theme: 'dark', width: 360, height: 740 }],
]

/** What is narrow for its words: half of a window of 1280 pixels is what 200 % leaves. */
const TIGHT: readonly (readonly [string, Look])[] = [
  ['Burmese at 200 %', { language: 'my', theme: 'light', width: 640, height: 480 }],
  ['Russian at 360 pixels', { language: 'ru', theme: 'light', width: 360, height: 740 }],
]

describe.runIf(needs('chromium'))('every screen', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open()
  })
  afterAll(() => stage?.close())

  test.each(LOOKS)('is accessible and whole: %s', async (_, look) => {
    const [first, ...others] = scenes(NOW)
    if (first === undefined) throw new Error('there are scenes')
    const { page, context, errors } = await stage.show(first, look)
    // Through the debugger, as the page's own policy lets no script of others in.
    await page.evaluate(AXE)
    const found = { [first.name]: await faults(page) }
    for (const scene of others) {
      await stage.go(page, scene)
      found[scene.name] = await faults(page)
    }
    expect(Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0))).toEqual({})
    expect(errors).toEqual([])
    await context.close()
  })

  test.each(LANGUAGES)('has few choices side by side, or each in a row of its own: %s', async (language) => {
    const settings = scenes(NOW).find(({ name }) => name === 'settings')
    if (settings === undefined) throw new Error('there are settings')
    const { page, context } = await stage.show(settings, { language, theme: 'light', width: 360, height: 740 })
    const rows = await page.evaluate(() =>
      [...document.querySelectorAll('.segments-row')].map(({ children }) => {
        const tops = [...children].map((child) => child.getBoundingClientRect().top)
        return { choices: tops.length, rows: new Set(tops).size }
      }),
    )
    expect(rows.length).toBe(2)
    expect(rows.filter(({ choices, rows }) => rows !== 1 && rows !== choices)).toEqual([])
    await context.close()
  })

  test.each(LANGUAGES)('has a menu with no word broken, whichever is current: %s', async (language) => {
    const [first, ...others] = scenes(NOW).filter(({ name }) => ['off', 'network', 'share', 'settings', 'help'].includes(name))
    if (first === undefined) throw new Error('there are such scenes')
    const { page, context } = await stage.show(first, { language, theme: 'light', width: 360, height: 740 })
    const broken: string[] = []
    for (const scene of [first, ...others]) {
      await stage.go(page, scene)
      broken.push(...(await page.evaluate(brokenLabels)))
    }
    expect(broken).toEqual([])
    await context.close()
  })

  test.each(TIGHT)('fits: %s', async (_, look) => {
    const [first, ...others] = scenes(NOW)
    if (first === undefined) throw new Error('there are scenes')
    const { page, context } = await stage.show(first, look)
    const wide: string[] = []
    for (const scene of [first, ...others]) {
      await stage.go(page, scene)
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) wide.push(scene.name)
    }
    expect(wide).toEqual([])
    await context.close()
  })

  // Half of a small window is what 200 % leaves of it; 320 by 256 is what 400 % leaves of one of 1280 by 1024 (WCAG 2.2, 1.4.10 and 2.4.11).
  test.each([
    [460, 340],
    [320, 256],
  ])('shows what the keyboard has come to, in %i by %i pixels', async (width, height) => {
    const [first, ...others] = scenes(NOW).filter(({ name }) => ['settings', 'share', 'invite', 'connected-browser'].includes(name))
    if (first === undefined) throw new Error('there are such scenes')
    const { page, context } = await stage.show(first, { language: 'en', theme: 'light', width, height })
    const covered: string[] = []
    for (const scene of [first, ...others]) {
      await stage.go(page, scene)
      for (let index = 0; index < 25; index++) {
        await page.keyboard.press('Tab')
        const hidden = await page.evaluate(coveredFocus)
        if (hidden !== undefined) covered.push(`${scene.name}: ${hidden}`)
      }
    }
    expect(covered).toEqual([])
    await context.close()
  })

  test('is not drawn while nobody sees it, and shows what holds once somebody does', async () => {
    const [off, connected] = ['off', 'connected'].map((name) => scenes(NOW).find((scene) => scene.name === name))
    if (off === undefined || connected === undefined) throw new Error('there are such scenes')
    const look = { language: 'en', theme: 'light', width: 1100, height: 780 } as const
    const { page, context } = await stage.show(off, look)
    const seen = await stage.show(off, look)
    const title = (): Promise<string> => page.locator('h1').innerText()
    const set = (hidden: boolean): Promise<void> =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { value, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      }, hidden)
    const before = await title()
    await set(true)
    await stage.go(page, connected)
    await seen.page.getByRole('heading', { name: 'Connected', exact: true }).waitFor()
    expect(await title()).toBe(before)
    await set(false)
    await page.getByRole('heading', { name: 'Connected', exact: true }).waitFor()
    await context.close()
    await seen.context.close()
  })

  test('everything on Home is reached and done by the keyboard alone', async () => {
    const scene = scenes(NOW).find(({ name }) => name === 'off')
    if (scene === undefined) throw new Error('there is such a scene')
    const { page, context } = await stage.show(scene, { language: 'en', theme: 'light', width: 1100, height: 780 })
    const reached = new Set<string>()
    for (let index = 0; index < 9; index++) {
      await page.keyboard.press('Tab')
      reached.add(await page.evaluate(() => document.activeElement?.textContent || document.activeElement?.getAttribute('role') || ''))
    }
    expect([...reached]).toEqual([
      'Skip to the content',
      'Home',
      'Network',
      'Give',
      'Settings',
      'Help',
      'Connect',
      'switch',
      expect.anything(),
    ])
    await page.getByRole('button', { name: 'Connect' }).focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => stage.asked.map(([name]) => name), { timeout: 15_000 }).toContain('connect')
    await context.close()
  })

  test('what is on, chosen or done is told apart where the person’s own colours take the place of all others', async () => {
    const scene = scenes(NOW).find(({ name }) => name === 'settings')
    if (scene === undefined) throw new Error('there is such a scene')
    const { page, context } = await stage.show(scene, { language: 'en', theme: 'light', width: 1100, height: 780 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ forcedColors: 'active', colorScheme })
      const back = (name: string, selector: string, part?: string): Promise<string> =>
        page
          .getByRole(name === 'switch' ? 'switch' : 'group', { name: selector, exact: true })
          .evaluate((element, part) => getComputedStyle(element, part).backgroundColor, part)
      const [on, off] = ['Use Culvert for this computer', 'Kill switch']
      for (const name of [on, off]) expect(await back('switch', name as string)).not.toBe(await back('switch', name as string, '::before'))
      expect(await back('switch', on as string)).not.toBe(await back('switch', off as string))
      const choices = page.getByRole('group', { name: 'Look' }).locator('span')
      const [chosen, other] = await choices.evaluateAll((all) => all.map((one) => getComputedStyle(one).backgroundColor))
      expect(chosen).not.toBe(other)
    }
    await context.close()
  })

  test('a switch is called by its title, and what explains it is said once', async () => {
    const scene = scenes(NOW).find(({ name }) => name === 'settings')
    if (scene === undefined) throw new Error('there is such a scene')
    const { page, context } = await stage.show(scene, { language: 'en', theme: 'light', width: 1100, height: 780 })
    const debug = await context.newCDPSession(page)
    await debug.send('Accessibility.enable')
    const { nodes } = await debug.send('Accessibility.getFullAXTree')
    const switches = nodes.filter(({ role }) => role?.value === 'switch').map(({ name, description }) => [name?.value, description?.value])
    expect(switches.length).toBeGreaterThan(5)
    expect(switches.filter(([name, description]) => description !== '' && name.includes(description))).toEqual([])
    await context.close()
  })

  test('the focus goes back to where it was when a dialog that the core opened is over', async () => {
    const [off, offer] = ['off', 'offer'].map((name) => scenes(NOW).find((scene) => scene.name === name))
    if (off === undefined || offer === undefined) throw new Error('there are such scenes')
    const { page, context } = await stage.show(off, { language: 'en', theme: 'light', width: 1100, height: 780 })
    const connect = page.getByRole('button', { name: 'Connect', exact: true })
    await connect.focus()
    await stage.go(page, offer)
    await page.getByRole('dialog').waitFor()
    await stage.go(page, off)
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await connect.evaluate((element) => element === document.activeElement)).toBe(true)
    await context.close()
  })

  test('what comes up on Home comes up in a place that a screen reader already watches', async () => {
    const [off, waiting] = ['off', 'waiting'].map((name) => scenes(NOW).find((scene) => scene.name === name))
    if (off === undefined || waiting === undefined) throw new Error('there are such scenes')
    const { page, context } = await stage.show(off, { language: 'en', theme: 'light', width: 1100, height: 780 })
    const watched = await page.locator('main [role=status]').elementHandles()
    await stage.go(page, waiting)
    const warned = await page.getByText('Nothing goes out').elementHandle()
    const isWatched = await Promise.all(watched.map((place) => place.evaluate((place, warned) => place.contains(warned), warned)))
    expect(isWatched).toContain(true)
    await context.close()
  })

  // Between the first picture and the first listener there is a moment, which lasts on a slow machine.
  test('a link that is pressed as soon as it is there is followed', async () => {
    const scene = scenes(NOW).find(({ name }) => name === 'off')
    if (scene === undefined) throw new Error('there is such a scene')
    const { page, context } = await stage.show(scene, { language: 'en', theme: 'light', width: 1100, height: 780 })
    await page.addInitScript(() => {
      const pressing = new MutationObserver(() => {
        if (document.querySelector('a[href="#help"]') === null) return
        pressing.disconnect()
        location.hash = 'help'
      })
      pressing.observe(document, { childList: true, subtree: true })
    })
    await page.reload()
    await page.locator('a[href="#help"][aria-current="page"]').waitFor()
    await context.close()
  })

  test('an invite that is dropped or pasted anywhere on its screen is taken, and what is pasted into the field stays there', async () => {
    const scene = scenes(NOW).find(({ name }) => name === 'invite')
    if (scene === undefined) throw new Error('there is such a scene')
    const { page, context } = await stage.show(scene, { language: 'en', theme: 'light', width: 1100, height: 780 })
    stage.asked.length = 0
    const give = (where: string, kind: 'drop' | 'paste', what: 'file' | 'text'): Promise<void> =>
      page.locator(where).evaluate(
        (element, [kind, what]) => {
          const given = new DataTransfer()
          if (what === 'file') given.items.add(new File(['culvert:FILE'], 'friend.culvert'))
          else given.setData('text/plain', 'culvert:TEXT')
          const more = { bubbles: true, cancelable: true }
          element.dispatchEvent(
            kind === 'drop'
              ? new DragEvent('drop', { dataTransfer: given, ...more })
              : new ClipboardEvent('paste', { clipboardData: given, ...more }),
          )
        },
        [kind, what] as const,
      )
    await give('h1', 'drop', 'file')
    await expect.poll(() => stage.asked, { timeout: 15_000 }).toEqual([['addInvite', { text: 'culvert:FILE' }]])
    await give('textarea', 'paste', 'text')
    await give('main', 'paste', 'text')
    await expect
      .poll(() => stage.asked, { timeout: 15_000 })
      .toEqual([
        ['addInvite', { text: 'culvert:FILE' }],
        ['addInvite', { text: 'culvert:TEXT' }],
      ])
    await context.close()
  })

  test('while the programs of this computer do not use Culvert, “Connected” is not all that Home says, and one button changes it', async () => {
    const scene = scenes(NOW).find(({ name }) => name === 'connected-unused')
    if (scene === undefined) throw new Error('there is such a scene')
    const { page, context } = await stage.show(scene, { language: 'en', theme: 'light', width: 1100, height: 780 })
    stage.asked.length = 0
    await page.getByText('Your programs do not use Culvert yet').waitFor()
    await page.getByRole('button', { name: 'Use Culvert for this computer' }).click()
    await expect.poll(() => stage.asked, { timeout: 15_000 }).toEqual([['useSystemProxy', { isOn: true }]])
    await context.close()
  })

  test('who has no invite yet copies words to ask for one', async () => {
    const scene = scenes(NOW).find(({ name }) => name === 'invite')
    if (scene === undefined) throw new Error('there is such a scene')
    const { page, context } = await stage.show(scene, { language: 'fa', theme: 'light', width: 1100, height: 780 })
    await context.grantPermissions(['clipboard-write'])
    const { inviteAskWords, copied, copy } = await loadTexts('fa')
    await page.getByRole('button', { name: copy }).click()
    await page.getByText(copied, { exact: true }).waitFor()
    await page.locator('textarea').focus()
    await page.keyboard.press('Control+V')
    await expect.poll(() => page.locator('textarea').inputValue(), { timeout: 15_000 }).toBe(inviteAskWords)
    await context.close()
  })

  test('a port is taken in the digits of the person’s keyboard', async () => {
    const scene = scenes(NOW).find(({ name }) => name === 'settings')
    if (scene === undefined) throw new Error('there is such a scene')
    const { page, context } = await stage.show(scene, { language: 'fa', theme: 'light', width: 1100, height: 780 })
    await page.locator('summary').click()
    stage.asked.length = 0
    await page.getByLabel('SOCKS5').fill('۴۱۰۸۰')
    await page.getByLabel('HTTP').fill('٤١٠٨١')
    await page.locator('details .button').first().click()
    const ports = { socks: 41_080, http: 41_081, hasPassword: false }
    await expect.poll(() => stage.asked, { timeout: 15_000 }).toEqual([['changeSettings', { ports }]])
    await context.close()
  })

  test('who can only go out through another proxy says which', async () => {
    const scene = scenes(NOW).find(({ name }) => name === 'settings')
    if (scene === undefined) throw new Error('there is such a scene')
    const { page, context } = await stage.show(scene, { language: 'ar', theme: 'light', width: 360, height: 780 })
    const { upstream, save } = await loadTexts('ar')
    await page.locator('summary').click()
    stage.asked.length = 0
    await page.getByLabel(upstream).fill(' http://192.0.2.1:8080 ')
    await page.locator('details').getByRole('button', { name: save, exact: true }).click()
    await expect.poll(() => stage.asked, { timeout: 15_000 }).toEqual([['changeSettings', { upstream: 'http://192.0.2.1:8080' }]])
    await context.close()
  })

  test('that nothing is left is said once everything was forgotten', async () => {
    const scene = scenes(NOW).find(({ name }) => name === 'settings')
    if (scene === undefined) throw new Error('there is such a scene')
    const { page, context } = await stage.show(scene, { language: 'en', theme: 'light', width: 1100, height: 780 })
    await page.getByRole('button', { name: 'Forget everything' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Forget everything' }).click()
    await page.getByText('Everything was deleted.').waitFor()
    await context.close()
  })

  test('a QR code in a picture is found, large or a small part of a screen, and one that is no invite is said to be none', async () => {
    const scene = scenes(NOW).find(({ name }) => name === 'invite')
    if (scene === undefined) throw new Error('there is such a scene')
    const { page, context, errors } = await stage.show(scene, { language: 'en', theme: 'light', width: 1100, height: 780 })
    const give = async (text: string, width: number): Promise<void> => {
      const buffer = await toBuffer(text, { width, margin: 4 })
      await page.locator('input[type=file]').setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer })
    }
    const invite = `culvert:${'A'.repeat(240)}`
    for (const width of [240, 1_900]) {
      stage.asked.length = 0
      await give(invite, width)
      await expect.poll(() => stage.asked, { timeout: 15_000 }).toEqual([['addInvite', { text: invite }]])
    }
    await give('https://site.example/', 300)
    await page.getByText('This QR code is not an invite.').waitFor()
    expect(errors).toEqual([])
    await context.close()
  })
})

/** What axe finds, and what sticks out of the window. */
async function faults(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as { axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    ).axe.run({ resultTypes: ['violations'] })
    const wide = document.documentElement.scrollWidth > innerWidth ? [`wider than the window: ${document.documentElement.scrollWidth}`] : []
    return [...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`)), ...wide]
  })
}

/** What has the focus, if something lies over its middle. */
function coveredFocus(): string | undefined {
  const focused = document.activeElement
  if (focused === null || focused === document.body) return
  const { left, top, width, height } = (focused.closest('label') ?? focused).getBoundingClientRect()
  const over = document.elementFromPoint(left + width / 2, top + height / 2)
  const isSeen = over !== null && (focused.contains(over) || over.closest('label')?.contains(focused) === true)
  return isSeen ? undefined : focused.getAttribute('aria-label') || focused.textContent || focused.id
}

/** Runs in the page: the menu's names that take more lines than they have words. */
function brokenLabels(): string[] {
  return [...document.querySelectorAll<HTMLElement>('.menu a span')].flatMap((label) => {
    const range = document.createRange()
    range.selectNodeContents(label)
    const lines = new Set([...range.getClientRects()].map(({ top }) => top)).size
    return lines > label.innerText.trim().split(/\s+/).length ? [label.innerText] : []
  })
}
