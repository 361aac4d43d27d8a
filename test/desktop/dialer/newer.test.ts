// What the windows ask of the hop, asked by a page in a newer Chromium than the tests' Electron has: one that lets no page of the internet reach this computer
// without leave, which nobody would give in a hidden window. By a proxy it may; should that change, the app's next Electron can't have these bodies.
import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { type Browser, chromium, type LaunchOptions } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bodyUrl } from '../../../client/contract/dialer-messages.ts'
import { Hop, Passage } from '../../../client/engine/chromium/hop.ts'
import { needs } from '../../needs.ts'
import { findProgram } from '../../programs.ts'
import { HOST } from '../../relay/probes/corpus.ts'
import { makeFixture } from '../../relay/probes/fixtures.ts'

const BODY = Buffer.alloc(900_000, 'sealed')
const BODY_ID = 7

describe.runIf(needs('chromium'))('a page of an https site in a newer Chromium', () => {
  let site: Server
  let browser: Browser | undefined
  beforeEach(async () => {
    site = createServer(makeFixture(), (_request, response) => {
      response.setHeader('Content-Type', 'text/html')
      response.end('<!DOCTYPE html><title>A site</title>')
    })
    await once(site.listen(0, '127.0.0.1'), 'listening')
  })
  afterEach(async () => {
    await browser?.close()
    site.close()
  })

  /** Asks as the windows do; resolves with the length of what came, or with -1. */
  async function ask(options: LaunchOptions, page: string, url: string): Promise<number> {
    const args = ['--no-sandbox', '--disable-quic', '--disable-background-networking', ...(options.args ?? [])]
    browser = await chromium.launch({ ...options, executablePath: findProgram('chromium') as string, args })
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const tab = await context.newPage()
    await tab.goto(page)
    return tab.evaluate(`new Promise((resolve) => {
      const request = new XMLHttpRequest()
      request.open('GET', '${url}')
      request.responseType = 'blob'
      request.onload = () => resolve(request.response.size)
      request.onerror = () => resolve(-1)
      request.send()
    })`)
  }

  test('gets a body by the hop, and is asked for no leave', async () => {
    const { port: sitePort } = site.address() as AddressInfo
    const passage = new Passage(`${HOST}:443`, async () => {
      const socket = connect(sitePort, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    })
    const hop = new Hop()
    const { port, user, password } = await hop.admit('pane1', passage)
    passage.bodies.set(BODY_ID, BODY)
    const proxy = { server: `http://127.0.0.1:${port}`, username: user, password, bypass: '<-loopback>' }
    expect(await ask({ proxy }, `https://${HOST}/`, bodyUrl(port, BODY_ID))).toBe(BODY.length)
    hop.close()
  })

  test('gets nothing of this computer without it', async () => {
    const other = createHttp((_request, response) => response.setHeader('Access-Control-Allow-Origin', '*').end(BODY))
    await once(other.listen(0, '127.0.0.1'), 'listening')
    const { port } = other.address() as AddressInfo
    const { port: sitePort } = site.address() as AddressInfo
    const args = [`--host-resolver-rules=MAP ${HOST} 127.0.0.1`, `--ip-address-space-overrides=127.0.0.1:${sitePort}=public`]
    expect(await ask({ args }, `https://${HOST}:${sitePort}/`, bodyUrl(port, BODY_ID))).toBe(-1)
    other.close()
  })
})
