import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFolderStore, type EngineState, FRESH_STATE } from '../../client/engine/state.ts'

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
  writeFileSync(join(dir, 'link.json'), '{"endpointIndex":2,"clockOffsetS":60}')
  expect(createFolderStore(dir).load()).toEqual({ ...FRESH_STATE, clockOffsetS: 60 })
})

test('a folder that became unwritable costs the memory, not the caller', () => {
  const store = createFolderStore(join(dir, 'gone'))
  rmSync(join(dir, 'gone'), { recursive: true })
  expect(() => store.save(STATE)).not.toThrow()
})
