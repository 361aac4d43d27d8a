// Takes a picture of every screen in light, dark, right-to-left and at 360 pixels, to be looked at: node test/ui/pictures.ts [part of a name].
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
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
}

const [, , wanted = ''] = process.argv
mkdirSync(PICTURES, { recursive: true })
const stage = await Stage.open()
for (const [name, look] of Object.entries(LOOKS)) {
  const wantedHere = scenes(Date.now()).filter((scene) => `${scene.name}-${name}`.includes(wanted))
  const [first] = wantedHere
  if (first === undefined) continue
  const { page, context, errors } = await stage.show(first, look)
  for (const scene of wantedHere) {
    await stage.go(page, scene)
    await page.screenshot({ path: join(PICTURES, `${scene.name}-${name}.png`), fullPage: true })
    if (errors.length > 0) console.log(scene.name, name, errors.splice(0))
  }
  await context.close()
}
await stage.close()
console.log(`Pictures are in ${PICTURES}.`)
