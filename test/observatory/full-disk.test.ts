// A collector whose disk fills up: what it acknowledged stays, the rest is sent again, its operator is told once in words, and it needs nothing but room.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { dayOf } from '../../relay/observatory/spans.ts'
import { OBSERVATORY, type ObservatoryTables } from '../../relay/observatory/tables.ts'
import { openStore } from '../../relay/store/store.ts'
import { Program } from '../e2e/program.ts'
import { needs } from '../needs.ts'
import { newIdentity, place, signedDay } from './relays.ts'

const isRoot = needs('root')
const RELAY = resolve(import.meta.dirname, '../../relay/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'culvert-full-'))
const disk = join(folder, 'disk')
const [store, ballast] = [join(disk, 'observatory.db'), join(disk, 'ballast')]
const COUNTRIES = ['DE', 'FR', 'IR', 'CN', 'RU', 'US', 'GB', 'TR', 'MM', 'EG']

afterAll(() => {
  if (isRoot) execFileSync('umount', ['--lazy', disk])
  rmSync(folder, { recursive: true, force: true })
})

test.runIf(isRoot)(
  'a collector on a full disk loses nothing that it acknowledged, says so once, and goes on when there is room',
  async () => {
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', disk])
    const relay = newIdentity()
    const seeding = await openStore<ObservatoryTables>(store, OBSERVATORY)
    await seeding.db.insertInto('roll_relays').values({ relay: relay.publicKey, since: '2026-01-01', until: '' }).execute()
    await seeding.close()
    const args = ['observatory', 'collect', '--store', store, '--listen', '127.0.0.1:0', '--report-key', join(folder, 'key.pem')]
    const program = new Program([process.execPath, RELAY, ...args], { folder })
    const listen = await program.line((line) => /ready on (\S+)\. /.exec(line)?.[1])
    const days = Array.from({ length: 200 }, () =>
      signedDay(
        relay,
        dayOf(Date.now()),
        COUNTRIES.map((country) => place(country, 1)),
      ),
    )
    let acknowledged = 0
    /** Those that are to be sent again. */
    const post = async (texts: readonly string[]): Promise<readonly string[]> => {
      const left: string[] = []
      for (const body of texts) {
        const { status } = await fetch(`http://${listen}/v1/relay-day`, { method: 'POST', body })
        expect([200, 503]).toContain(status)
        if (status === 200) acknowledged++
        else left.push(body)
      }
      return left
    }
    expect(await post(days.slice(0, 20))).toEqual([])
    expect(() => writeFileSync(ballast, Buffer.alloc(16_777_216))).toThrow('ENOSPC')
    const left = await post(days.slice(20))
    expect(left.length).toBeGreaterThan(100)
    rmSync(ballast)
    expect(await post(left)).toEqual([])
    program.signal('SIGTERM')
    expect((await program.ended).code).toBe(0)
    expect(program.stdout.match(/^Something .*$/gm)).toEqual([
      'Something can’t be kept or released (ENOSPC), and relays send it again. The disk is full: make room. Failures since the start: 1.',
    ])
    const reading = await openStore<ObservatoryTables>(store, OBSERVATORY)
    const { sum } = await reading.db
      .selectFrom('raw_relay_days')
      .select(({ fn }) => fn.sum<number>('sessions').as('sum'))
      .executeTakeFirstOrThrow()
    await reading.close()
    expect([acknowledged, sum]).toEqual([days.length, days.length * COUNTRIES.length])
  },
)
