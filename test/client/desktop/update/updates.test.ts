import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { UpdateStatus } from '../../../../client/contract/app-status.ts'
import { APP_FILES } from '../../../../client/desktop/app-files.ts'
import { type UpdateLimits, updateLimits } from '../../../../client/desktop/limits.ts'
import { bytesToSign, type KeySet } from '../../../../client/desktop/update/signed.ts'
import { DOCUMENT_NAME, Updates } from '../../../../client/desktop/update/updates.ts'
import { needs } from '../../../needs.ts'

const NAME = 'culvert-0.2.0.deb'
const TARGET = 'linux-x64-deb'
const NOW_S = 1_790_000_000
const LIMITS: UpdateLimits = { ...updateLimits, progressMs: 0, againMs: 1 }
const INSTALLER = randomBytes(300_000)

const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
const key = createPrivateKey(pem)
const publicText = (key.export({ format: 'jwk' }) as { readonly x: string }).x
const firstKeys: KeySet = { number: 1, threshold: 1, keys: [publicText] }

function documentOf(over: object = {}, bytes: Uint8Array = INSTALLER): string {
  const file = { target: TARGET, name: NAME, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  const text = JSON.stringify({ number: 1, version: '0.2.0', madeAt: NOW_S, expires: NOW_S + 86_400, files: [file], ...over })
  const signature = sign(undefined, bytesToSign('release', text), key).toString('base64url')
  return JSON.stringify({ rotations: [], release: { text, signatures: [{ key: publicText, signature }] } })
}

let folder: string
let kept: string
let server: Server
let document: string
/** Serves the installer; tests put their own in its place. */
let serve: (request: IncomingMessage, response: ServerResponse) => void
let statuses: UpdateStatus[]
let asked: (string | undefined)[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-updates-'))
  kept = join(folder, APP_FILES.updates)
  document = documentOf()
  statuses = []
  asked = []
  serve = serveRange
  server = createServer((request, response) => {
    if (request.url === `/${DOCUMENT_NAME}`) response.end(document)
    else serve(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.close()
  server.closeAllConnections()
  rmSync(folder, { recursive: true })
})

function serveRange(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array = INSTALLER): void {
  const { range } = request.headers
  asked.push(range)
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
  const part = bytes.subarray(from)
  if (range === undefined) response.writeHead(200, { 'Content-Length': part.length }).end(part)
  else
    response
      .writeHead(206, { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`, 'Content-Length': part.length })
      .end(part)
}

/** Sends so much of the rest, and then the line is cut. */
function cutAfter(count: number): typeof serve {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    asked.push(request.headers.range)
    const rest = INSTALLER.subarray(from)
    response.writeHead(from > 0 ? 206 : 200, {
      'Content-Length': rest.length,
      ...(from > 0 ? { 'Content-Range': `bytes ${from}-${INSTALLER.length - 1}/${INSTALLER.length}` } : {}),
    })
    response.write(rest.subarray(0, count), () => response.socket?.end())
  }
}

function updates(over: Partial<ConstructorParameters<typeof Updates>[0]> = {}): Updates {
  return new Updates({
    folder,
    firstKeys,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    version: '0.1.0',
    target: TARGET,
    builtAtS: NOW_S - 1_000,
    nowS: () => NOW_S + 10,
    onStatus: (status) => statuses.push(status),
    limits: LIMITS,
    ...over,
  })
}
const last = (): UpdateStatus | undefined => statuses.at(-1)

describe('an update', () => {
  test('is heard of, brought with its progress, and ready when every byte is verified', async () => {
    const one = updates()
    await one.start()
    expect(last()).toEqual({ state: 'unknown' })
    await one.check(fetch)
    expect(last()).toEqual({ state: 'available', version: '0.2.0', bytes: INSTALLER.length })
    await one.bring(fetch)
    expect(last()).toEqual({ state: 'ready', version: '0.2.0' })
    const doneBytes = statuses.flatMap((status) => (status.state === 'fetching' ? [status.doneBytes] : []))
    expect(doneBytes.length).toBeGreaterThan(0)
    expect(doneBytes).toEqual([...doneBytes].sort((a, b) => a - b))
    const installer = await one.installer()
    expect(readFileSync(installer?.path ?? '')).toEqual(INSTALLER)
    expect(readdirSync(kept).sort()).toEqual([NAME, DOCUMENT_NAME].sort())
    expect(statSync(kept).mode & 0o777).toBe(0o700)
    const next = updates()
    await next.start()
    expect(last()).toEqual({ state: 'ready', version: '0.2.0' })
  })

  test('is gone on with where the line was cut, as often as it is', async () => {
    serve = cutAfter(70_000)
    // On a busy machine a cut swallows all that came before it, several times in a row.
    await updates({ limits: { ...LIMITS, idleTriesMax: 1_000 } }).bring(fetch)
    expect(last()).toEqual({ state: 'ready', version: '0.2.0' })
    expect(asked.length).toBeGreaterThan(3)
    // A cut may swallow what came just before it; nothing is asked for that had been kept.
    const from = asked.map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? 'bytes=0-')?.[1]))
    expect(from).toEqual([...from].sort((a, b) => a - b))
    expect(from.at(-1)).toBeGreaterThan(INSTALLER.length / 2)
  })

  test('is gone on with after a restart', async () => {
    mkdirSync(kept)
    writeFileSync(join(kept, `${createHash('sha256').update(INSTALLER).digest('hex')}.part`), INSTALLER.subarray(0, 100_000))
    await updates().bring(fetch)
    expect(last()).toEqual({ state: 'ready', version: '0.2.0' })
    expect(asked).toEqual(['bytes=100000-'])
  })

  test('is brought anew where what was there is spoilt', async () => {
    mkdirSync(kept)
    writeFileSync(join(kept, `${createHash('sha256').update(INSTALLER).digest('hex')}.part`), Buffer.alloc(100_000))
    await updates().bring(fetch)
    expect(last()).toEqual({ state: 'ready', version: '0.2.0' })
    expect(asked).toEqual(['bytes=100000-', undefined])
  })

  test('is brought from a server that can’t go on, and from one that says it does and begins anew', async () => {
    mkdirSync(kept)
    const part = join(kept, `${createHash('sha256').update(INSTALLER).digest('hex')}.part`)
    writeFileSync(part, INSTALLER.subarray(0, 100_000))
    serve = (_, response) => void response.end(INSTALLER)
    await updates().bring(fetch)
    expect(last()).toEqual({ state: 'ready', version: '0.2.0' })
    rmSync(kept, { recursive: true })
    mkdirSync(kept)
    writeFileSync(part, INSTALLER.subarray(0, 100_000))
    serve = (_, response) =>
      void response.writeHead(206, { 'Content-Range': `bytes 0-${INSTALLER.length - 1}/${INSTALLER.length}` }).end(INSTALLER)
    await updates().bring(fetch)
    expect(last()).toEqual({ state: 'failed', fault: 'unreachable' })
  })

  test('of other bytes is refused and not kept, and one that never ends is cut at the signed length', async () => {
    const other = Buffer.from(INSTALLER)
    other[1000] = (other[1000] as number) ^ 1
    serve = (request, response) => serveRange(request, response, other)
    await updates().bring(fetch)
    expect(last()).toEqual({ state: 'failed', fault: 'damaged' })
    serve = (_, response) => {
      response.writeHead(200)
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(more))
      }
      more()
    }
    await updates().bring(fetch)
    expect(last()).toEqual({ state: 'failed', fault: 'damaged' })
    expect(readdirSync(kept).filter((name) => name === NAME || name === DOCUMENT_NAME)).toEqual([])
    expect(await updates().installer()).toBeUndefined()
  })

  test('that does not come is given up, and says so', async () => {
    serve = (_, response) => void response.writeHead(404).end()
    await updates().bring(fetch)
    expect(last()).toEqual({ state: 'failed', fault: 'unreachable' })
    serve = () => undefined
    await updates({ limits: { ...LIMITS, stallMs: 30 } }).bring(fetch)
    expect(last()).toEqual({ state: 'failed', fault: 'unreachable' })
    document = ' '.repeat(updateLimits.documentBytesMax + 1)
    await updates().check(fetch)
    expect(last()).toEqual({ state: 'failed', fault: 'damaged' })
    await updates({ baseUrl: 'http://127.0.0.1:1/' }).check(fetch)
    expect(last()).toEqual({ state: 'failed', fault: 'unreachable' })
  })

  test('is not rolled back once a newer one was heard of, nor held up by one that expired', async () => {
    const old = document
    document = documentOf({ number: 2, version: '0.3.0' })
    await updates().check(fetch)
    document = old
    await updates().check(fetch)
    expect(last()).toEqual({ state: 'failed', fault: 'older' })
    await updates({ nowS: () => NOW_S + 200_000 }).check(fetch)
    expect(last()).toEqual({ state: 'failed', fault: 'older' })
    document = documentOf({ number: 2, version: '0.3.0' })
    await updates({ nowS: () => NOW_S + 200_000 }).check(fetch)
    expect(last()).toEqual({ state: 'failed', fault: 'expired' })
  })

  test('stays ready when the same file is signed anew for later', async () => {
    await updates().bring(fetch)
    document = documentOf({ number: 2, expires: NOW_S + 900_000 })
    const later = updates({ nowS: () => NOW_S + 200_000 })
    await later.check(fetch)
    expect(last()).toEqual({ state: 'ready', version: '0.2.0' })
    expect((await later.installer())?.document).toBe(document)
  })

  test('is taken from a friend’s folder, and only whole', async () => {
    const given = join(folder, 'given')
    mkdirSync(given)
    writeFileSync(join(given, DOCUMENT_NAME), document)
    await updates().open(join(given, DOCUMENT_NAME))
    expect(last()).toEqual({ state: 'failed', fault: 'unreachable' })
    writeFileSync(join(given, NAME), Buffer.alloc(INSTALLER.length))
    await updates().open(join(given, DOCUMENT_NAME))
    expect(last()).toEqual({ state: 'failed', fault: 'damaged' })
    writeFileSync(join(given, NAME), INSTALLER)
    await updates().open(join(given, DOCUMENT_NAME))
    expect(last()).toEqual({ state: 'ready', version: '0.2.0' })
    expect(asked).toEqual([])
    await updates().open(join(given, NAME))
    expect(last()).toEqual({ state: 'failed', fault: 'damaged' })
  })

  // Nobody ever writes to it: whoever waits for that, waits for ever.
  test('is not waited for where it is a pipe that has its name', async () => {
    execFileSync('mkfifo', [join(folder, DOCUMENT_NAME)])
    await updates().open(join(folder, DOCUMENT_NAME))
    expect(last()).toEqual({ state: 'failed', fault: 'damaged' })
  })

  test('that changed on the disk after it was verified is not used', async () => {
    const one = updates()
    await one.bring(fetch)
    copyFileSync(join(kept, DOCUMENT_NAME), join(kept, NAME))
    expect(await one.installer()).toBeUndefined()
  })

  test('is unsupported in a copy that nobody released', async () => {
    const one = updates({ firstKeys: undefined })
    await one.start()
    await one.check(fetch)
    expect(statuses).toEqual([{ state: 'unsupported' }, { state: 'unsupported' }])
  })
})

describe.runIf(needs('root'))('on a disk that is too small for it', () => {
  beforeEach(() => execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'none', folder]))
  afterEach(() => execFileSync('umount', [folder]))

  test.each(['fetched', 'given'])('what was %s in vain leaves the room that the app needs for what the person decides', async (manner) => {
    const stick = mkdtempSync(join(tmpdir(), 'culvert-stick-'))
    writeFileSync(join(stick, NAME), INSTALLER)
    writeFileSync(join(stick, DOCUMENT_NAME), document)
    const one = updates()
    await (manner === 'given' ? one.open(join(stick, DOCUMENT_NAME)) : one.bring(fetch))
    expect(last()).toEqual({ state: 'failed', fault: 'no-space' })
    writeFileSync(join(folder, 'state'), INSTALLER.subarray(0, 100_000))
    rmSync(stick, { recursive: true })
  })
})
