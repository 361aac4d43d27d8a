// The app where it is for: in a country that blocks a site, and then cuts itself off while a page of that site is being loaded. A genuine Chromium goes by the
// system's proxy, which the app has set; nobody tells it of the app.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Program } from '../e2e/program.ts'
import { NAMES } from '../lab/atlas.ts'
import { type Country, raise } from '../lab/country.ts'
import { cutoff, ipBlock } from '../lab/recipes/addresses.ts'
import { MOBILE } from '../lab/scenarios/stage.ts'
import type { Page } from '../lab/servers/sites.ts'
import { needs } from '../needs.ts'
import { openStage, STAGE_MS, type Stage } from './app.ts'

const SITE = `https://${NAMES.target}/`
/** Six seconds of the line, so that the wall goes up in the middle of it. */
const PAGE_BYTES = 12_000_000

let country: Country
let stage: Stage
let page: Page
let citizen: Program

/** The person's next word of this kind. */
function heard(name: string): Promise<Record<string, unknown>> {
  return citizen.line((line) => {
    const said = JSON.parse(line) as Record<string, unknown>
    return said['event'] === name ? said : undefined
  })
}

describe.runIf(needs('electron', 'chromium', 'namespaces', 'root', 'cc', 'nginx', 'dbus', 'gsettings', 'dconf'))(
  'the app in a country',
  () => {
    beforeAll(async () => {
      ;[stage, country] = await Promise.all([openStage(), raise({ cables: MOBILE })])
      const { relayA, edges, censor } = country
      await relayA.serve()
      await relayA.setPolicy(['--domestic', `${NAMES.domestic}:443`], ['--foreign', `${NAMES.canary}:443`])
      await edges.nginx.serve(relayA)
      await censor.apply(ipBlock({ places: ['target'] }))
      page = country.publish('long', PAGE_BYTES)
      const invite = join(country.folder, 'friend.culvert')
      writeFileSync(invite, country.invite(relayA, { edges: [edges.nginx] }))
      const words = [stage.executable, stage.folder, stage.display.name, invite, SITE, page.path]
      citizen = country.client.startNode(join(import.meta.dirname, 'citizen.ts'), ...words)
    }, STAGE_MS)
    afterAll(async () => {
      await citizen?.kill()
      await country?.close()
      await stage?.display.close()
      if (stage) rmSync(join(stage.folder, '..'), { recursive: true, force: true })
    })

    test('takes a browser that follows the system’s proxy to a site that is blocked there', async () => {
      expect((await country.download(SITE)).code).toBe(28)
      expect(await heard('browsing')).toMatchObject({ title: 'A site', ways: expect.arrayContaining(['direct']) })
    })

    test('moves to the CDN when the country is cut off, says so, and a page that was being loaded comes whole', async () => {
      await heard('under-way')
      await country.censor.apply(cutoff())
      await heard('moved')
      await heard('explained')
      expect(await heard('whole')).toMatchObject({ sha256: page.sha256 })
    })

    test('says the same once its engine has crashed and is connected again, and never that this computer is offline', async () => {
      expect(await heard('told-again')).toMatchObject({ verdict: 'cutoff' })
    })

    test('leaves the system’s proxy as it was when it is quit', async () => {
      expect(await heard('over')).toMatchObject({ code: 0, isProxyBack: true })
    })
  },
)
