import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFolderStore, type EngineState, FRESH_STATE } from '../../client/engine/state.ts'
import { holdSeveral, makeNetwork } from '../protocol/directory/network.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'culvert-state-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const KEY = 'A'.repeat(43)
const ID = 'A'.repeat(16)
const STATE: EngineState = {
  clockOffsetS: -86_400,
  memory: { key: KEY, networks: [{ id: ID, ways: [{ id: ID, dialMs: 120, bytes: 16_000 }] }] },
  policies: { '00ff': Uint8Array.of(1, 2, 3) },
}

test('what was saved is loaded by the next run, and only its user can read it', () => {
  const folder = join(dir, 'state')
  createFolderStore(folder).save(STATE)
  expect(createFolderStore(folder).load()).toEqual(STATE)
  expect(statSync(join(folder, 'link.json')).mode & 0o077).toBe(0)
})

test('a fresh folder and a damaged file count as nothing remembered', () => {
  const store = createFolderStore(dir)
  expect(store.load()).toEqual(FRESH_STATE)
  for (const text of ['', '{', 'null', '[]', '{"clockOffsetS":"x"}', '{"memory":[],"policies":7}', `"${'x'.repeat(2 ** 20)}"`]) {
    writeFileSync(join(dir, 'link.json'), text)
    expect(store.load()).toEqual(FRESH_STATE)
  }
})

test('a part that is damaged costs itself only', () => {
  const store = createFolderStore(dir)
  const policies = { a: '!', b: 'AQID', c: 7 }
  writeFileSync(join(dir, 'link.json'), JSON.stringify({ clockOffsetS: 30, memory: { key: KEY, networks: [{ id: 'short' }] }, policies }))
  expect(store.load()).toEqual({ clockOffsetS: 30, memory: { key: KEY, networks: [] }, policies: { b: Uint8Array.of(1, 2, 3) } })
})

test('the file of an older version is read for what it has', () => {
  writeFileSync(join(dir, 'link.json'), '{"clockOffsetS":60}')
  expect(createFolderStore(dir).load()).toEqual({ ...FRESH_STATE, clockOffsetS: 60 })
})

test('what a later version has put there is there for it again, whatever is saved meanwhile', () => {
  const [file, later] = [join(dir, 'link.json'), { rooms: { a: [1] }, lastWay: 'x' }]
  writeFileSync(file, JSON.stringify({ ...later, clockOffsetS: 60 }))
  const store = createFolderStore(dir)
  store.save({ ...store.load(), clockOffsetS: 7 })
  store.save({ policies: {} })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ ...later, clockOffsetS: 7 })
})

test('who saves a part leaves the others as they are, and an older directory takes no younger one’s place', () => {
  const network = makeNetwork('state')
  const [first, second] = holdSeveral(network, 2).map(({ bundle }) => ({ networkId: network.networkId, bundle }))
  const [client, beside] = [createFolderStore(dir), createFolderStore(dir)]
  client.save({ ...STATE, directory: first })
  beside.save({ directory: second })
  client.save({ ...STATE, clockOffsetS: 7, directory: first })
  expect(client.load()).toEqual({ ...STATE, clockOffsetS: 7, directory: second })
  client.save({ ...STATE, directory: undefined })
  expect(beside.load().directory).toEqual(second)
  const other = { networkId: new Uint8Array(32).fill(1), bundle: new Uint8Array() }
  client.save({ directory: other })
  expect(client.load().directory).toEqual(other)
})

test('programs that save at once lose nothing of each other’s, though one was killed while it wrote', async () => {
  writeFileSync(join(dir, 'link.json.lock'), '')
  const saving = (part: string): Promise<unknown> => {
    const state = new URL('../../client/engine/state.ts', import.meta.url)
    const code = `import { createFolderStore } from ${JSON.stringify(state.href)}
      const store = createFolderStore(${JSON.stringify(dir)})
      for (let n = 1; n <= 100; n++) store.save(${part})`
    return once(spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' }), 'exit')
  }
  const ended = await Promise.all([
    saving('{ clockOffsetS: n }'),
    saving('{ policies: { a: Uint8Array.of(n) } }'),
    saving('{ membership: { authorityKey: new Uint8Array(32), member: new Uint8Array(16), relays: [], askAtS: n } }'),
  ])
  expect(ended).toEqual([
    [0, null],
    [0, null],
    [0, null],
  ])
  const { clockOffsetS, policies, membership } = createFolderStore(dir).load()
  expect([clockOffsetS, policies['a'], membership?.askAtS]).toEqual([100, Uint8Array.of(100), 100])
})

test('a folder that became unwritable costs the memory, not the caller', () => {
  const store = createFolderStore(join(dir, 'gone'))
  rmSync(join(dir, 'gone'), { recursive: true })
  expect(() => store.save(STATE)).not.toThrow()
})
