// What a genuine Chromium makes of our PAC file: the reason why only Windows is given one, and with a fixed proxy behind it.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPac, PacServer } from '../../../client/desktop/pac.ts'
import { needs } from '../../needs.ts'
import { findProgram } from '../../programs.ts'

describe.runIf(needs('chromium'))('Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'culvert-pac-'))
  const servers: Server[] = []
  let pac: PacServer
  let directPort: number
  let text: string
  beforeAll(async () => {
    const proxyPort = await serve('through the proxy')
    directPort = await serve('direct')
    pac = await PacServer.listen()
    text = createPac(proxyPort, ['*.ir'])
  })
  afterAll(() => {
    for (const server of servers) server.close()
    pac.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function serve(title: string): Promise<number> {
    const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(`<title>${title}</title>`))
    servers.push(server.listen(0, '127.0.0.1'))
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  /** How a site abroad and one of the country are reached. */
  async function waysWith(pacUrl: string): Promise<readonly string[]> {
    const context = await chromium.launchPersistentContext(mkdtempSync(join(folder, 'profile-')), {
      executablePath: findProgram('chromium') as string,
      // Every name is here, so that going direct leads somewhere.
      args: [
        '--no-sandbox',
        `--proxy-pac-url=${pacUrl}`,
        `--host-resolver-rules=MAP *.example 127.0.0.1:${directPort}, MAP *.ir 127.0.0.1:${directPort}`,
      ],
    })
    const page = await context.newPage()
    const titles: string[] = []
    for (const site of ['http://site.example/', 'http://newspaper.ir/']) {
      await page.goto(site)
      titles.push(await page.title())
    }
    await context.close()
    return titles
  }

  test('follows the file that is served on loopback', async () => {
    expect(await waysWith(pac.publish(text))).toEqual(['through the proxy', 'direct'])
  })

  test('lets all out where the file can’t be fetched, or is one on the disk', async () => {
    writeFileSync(join(folder, 'rules.pac'), text)
    for (const url of ['http://127.0.0.1:1/rules.pac', `file://${join(folder, 'rules.pac')}`])
      expect(await waysWith(url)).toEqual(['direct', 'direct'])
  })
})
