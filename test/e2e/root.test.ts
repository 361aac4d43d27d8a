// A relay that root has started is not root when it serves, and serves all the same.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { needs } from '../needs.ts'
import { DOMAIN, type Relay, status, World } from './world.ts'

const world = new World()
afterAll(() => world.close())

function visit({ port }: Relay, path: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      servername: DOMAIN,
      headers: { host: DOMAIN },
      rejectUnauthorized: false,
      agent: false,
    }
    get(options, async (response) => {
      resolve({ status: response.statusCode, body: (await response.setEncoding('utf8').toArray()).join('') })
    }).on('error', reject)
  })
}

function privateFolder(): string {
  const folder = join(world.folder, 'private')
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, 'index.html'), 'mine')
  return folder
}

describe.runIf(needs('root'))('a relay that root has started', () => {
  test('runs as nobody, and still serves its site and its guests from a folder that only root may reach', async () => {
    const dir = await world.init()
    const file = (name: string): string => readFileSync(join(dir, 'site', name), 'utf8')
    const [home, missing] = [file('index.html'), file('404.html')]
    chmodSync(world.folder, 0o700)
    const relay = await world.relay(dir)
    const uids = /^Uid:\s+(.*)$/m.exec(readFileSync(`/proc/${relay.program.pid}/status`, 'utf8'))?.[1]?.split(/\s+/)
    const nobody = /^nobody:[^:]*:(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1]
    expect(uids).toEqual([nobody, nobody, nobody, nobody])
    expect(await visit(relay, '/')).toEqual({ status: 200, body: home })
    expect(await visit(relay, '/none')).toEqual({ status: 404, body: missing })
    await status(await world.client(relay.inviteFile), 'connected')
  })

  test.each([
    ['may not become another user', () => [], ['--user', 'root'], /does not run as root/],
    ['can’t read its site as nobody', () => ['--cover', privateFolder()], [], /may not read its cover site/],
  ] as const)('ends with a sentence when it %s', async (_, cover, args, words) => {
    const relay = world.startRelay(await world.init(...cover()), ...args)
    expect(await relay.ended).toEqual({ code: 1, signal: undefined })
    expect(relay.stdout).toBe('')
    expect(relay.stderr).toMatch(words)
    expect(relay.stderr).not.toMatch(/^\s+at /m)
  })
})

test('a relay whose site is gone says so, and what to do', async () => {
  const dir = await world.init()
  rmSync(join(dir, 'site'), { recursive: true })
  const relay = world.startRelay(dir)
  expect(await relay.ended).toEqual({ code: 1, signal: undefined })
  expect(relay.stderr).toBe(
    `The cover site’s folder ${join(dir, 'site')} does not exist. Put the site there again, or name another in config.json (“cover”).\n`,
  )
})
