// Processes that die at each step of bringing and installing an update: what starts afterwards is the old program or the new one, and the next run finishes.
import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { APP_FILES } from '../../../../client/desktop/app-files.ts'
import { bytesToSign, type KeySet } from '../../../../client/desktop/update/signed.ts'
import { DOCUMENT_NAME, Updates } from '../../../../client/desktop/update/updates.ts'
import { dropHalf, replaceProgram } from '../../../../client/folder/write-file.ts'
import { Program } from '../../../e2e/program.ts'
import type { Installing } from './installing.ts'

const INSTALLER = join(import.meta.dirname, 'installing.ts')
const NOW_S = 1_790_000_000
const TARGET = 'linux-x64-appimage'
const NAME = 'culvert-0.2.0.AppImage'
const STEPS_MAX = 200
const AT_ONCE = 4

/** Says its name, and is larger than what is copied at once. */
const programOf = (name: string): Buffer => Buffer.from(`#!/bin/sh\necho ${name}\nexit\n${'#'.repeat(2_500_000)}\n`)
const NEW = programOf('new')

const { privateKey } = generateKeyPairSync('ed25519')
const key = (privateKey.export({ format: 'jwk' }) as { readonly x: string }).x
const firstKeys: KeySet = { number: 1, threshold: 1, keys: [key] }

function documentText(): string {
  const file = { target: TARGET, name: NAME, bytes: NEW.length, sha256: createHash('sha256').update(NEW).digest('hex') }
  const text = JSON.stringify({ number: 1, version: '0.2.0', madeAt: NOW_S, expires: NOW_S + 86_400, files: [file] })
  const signature = sign(undefined, bytesToSign('release', text), privateKey).toString('base64url')
  return JSON.stringify({ rotations: [], release: { text, signatures: [{ key, signature }] } })
}

const server = createServer((request, response) => void response.end(request.url === `/${DOCUMENT_NAME}` ? documentText() : NEW))
let place: string
let baseUrl: string
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'culvert-installing-'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(() => {
  server.close()
  rmSync(place, { recursive: true, force: true })
})

/** `done`: how many steps there were, or undefined where it was killed. */
async function install(installing: Installing): Promise<number | undefined> {
  const one = new Program([process.execPath, INSTALLER, JSON.stringify(installing)], { env: {} })
  const { code, signal } = await one.ended
  if (signal === 'SIGKILL') return undefined
  if (code !== 0) throw new Error(`it failed: ${one.stderr}`)
  return Number(/^done (\d+)/.exec(one.stdout)?.[1])
}

/** What the next start does, here. */
async function finish({ program, ...rest }: Omit<Installing, 'stopAt'>): Promise<void> {
  const updates = new Updates({ ...rest, version: '0.1.0', builtAtS: NOW_S, nowS: () => NOW_S, onStatus: () => undefined })
  await updates.start()
  await updates.check(fetch)
  await updates.bring(fetch)
  replaceProgram(program, (await updates.installer())?.path ?? '')
}

/** Installs, dies at a step, is looked at, and installs again. */
async function killAt(stopAt: number): Promise<number | undefined> {
  const own = mkdtempSync(join(place, 'at-'))
  const [folder, home] = [join(own, 'app'), join(own, 'programs')]
  for (const one of [folder, home]) mkdirSync(one)
  const program = join(home, 'Culvert.AppImage')
  writeFileSync(program, programOf('old'), { mode: 0o755 })
  const installing = { folder, firstKeys, baseUrl, target: TARGET, nowS: NOW_S, program }
  const done = await install({ ...installing, stopAt })
  const started = execFileSync(program, { encoding: 'utf8' }).trim()
  expect(['old', 'new']).toContain(started)
  dropHalf(program)
  expect([stopAt, readdirSync(home)]).toEqual([stopAt, ['Culvert.AppImage']])
  await finish(installing)
  const left = [readdirSync(home), readdirSync(join(folder, APP_FILES.updates)).sort()]
  expect([stopAt, execFileSync(program, { encoding: 'utf8' }).trim(), left]).toEqual([
    stopAt,
    'new',
    [['Culvert.AppImage'], [NAME, DOCUMENT_NAME].sort()],
  ])
  rmSync(own, { recursive: true })
  return done
}

test('whoever is killed at any step of an update has a program that starts, and the next run installs and leaves nothing over', async () => {
  for (let first = 1; first < STEPS_MAX; first += AT_ONCE) {
    const done = await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => killAt(first + index)))
    const steps = done.find((one) => one !== undefined)
    if (steps !== undefined) return expect(steps).toBeGreaterThan(20)
  }
  throw new Error('it never came to its end')
})
