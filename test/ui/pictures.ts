// Takes a picture of every screen in light, dark, right-to-left and at 360 pixels, to be looked at: node test/ui/pictures.ts [part of a name].
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { scenes } from './scenes.ts'
import { type Look, PICTURES, Stage } from './stage.ts'

const WIDE = { width: 1100, height: 780 }
const NARROW = { width: 360, height: 740 }

const LOOKS: Readonly<Record<string, Look>> = {
  light: { language: 'en', theme: 'light', ...WIDE },
  dark: { language: 'en', theme: 'dark', ...WIDE },
  narrow: { language: 'en', theme: 'light', ...NARROW },
  'rtl-fa': { language: 'fa', theme: 'light', ...NARROW },
  'rtl-ar-wide': { language: 'ar', theme: 'dark', ...WIDE },
  my: { language: 'my', theme: 'light', ...NARROW },
  zh: { language: 'zh', theme: 'dark', ...NARROW },
  ru: { language: 'ru', theme: 'light', ...NARROW },
  fr: { language: 'fr', theme: 'light', ...NARROW },
  es: { language: 'es', theme: 'dark', ...NARROW },
  tr: { language: 'tr', theme: 'light', ...NARROW },
  'tr-wide': { language: 'tr', theme: 'dark', ...WIDE },
  'en-zoom': { language: 'en', theme: 'light', ...WIDE, zoom: 2 },
  'fa-zoom': { language: 'fa', theme: 'dark', ...WIDE, zoom: 2 },
  'ru-zoom': { language: 'ru', theme: 'light', ...WIDE, zoom: 2 },
}
/** Whatever may be wrong with an invite. */
const FAULTS = [
  ...(['invite-empty', 'invite-none', 'invite-too-long', 'invite-letters', 'invite-damaged', 'invite-old'] as const),
  ...(['invite-new', 'invite-unusable', 'invite-known', 'invite-too-many', 'bad-command', 'unreachable'] as const),
]

/** The invite's screen with each fault, one picture for all. */
async function takeFaults(page: Page, stage: Stage, name: string): Promise<void> {
  await page.evaluate(() => (location.hash = 'invite'))
  for (const fault of FAULTS) {
    if (!`${fault}-${name}`.includes(wanted)) continue
    stage.inviteFault = fault
    const field = page.locator('textarea')
    await field.fill('')
    await field.fill('culvert:AAAA')
    await page.locator('form button').click()
    await page.locator('.fault:not(:empty)').waitFor()
    await page.screenshot({ path: join(PICTURES, `${fault}-${name}.png`) })
  }
}

const [, , wanted = ''] = process.argv
mkdirSync(PICTURES, { recursive: true })
const stage = await Stage.open()
for (const [name, look] of Object.entries(LOOKS)) {
  const all = scenes(Date.now())
  const wantedHere = all.filter((scene) => `${scene.name}-${name}`.includes(wanted))
  const first = wantedHere[0] ?? all.find(({ place }) => place === 'invite')
  if (first === undefined || (wantedHere.length === 0 && !FAULTS.some((fault) => `${fault}-${name}`.includes(wanted)))) continue
  const { page, context, errors } = await stage.show(first, look)
  for (const scene of wantedHere) {
    await stage.go(page, scene)
    await page.screenshot({ path: join(PICTURES, `${scene.name}-${name}.png`), fullPage: true })
    if (errors.length > 0) console.log(scene.name, name, errors.splice(0))
  }
  await takeFaults(page, stage, name)
  await context.close()
}
await stage.close()
console.log(`Pictures are in ${PICTURES}.`)
