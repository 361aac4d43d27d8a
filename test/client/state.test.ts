import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFolderStore, FRESH_STATE } from '../../client/engine/state.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'culvert-state-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('what was saved is loaded by the next run, and only its user can read it', () => {
  const folder = join(dir, 'state')
  createFolderStore(folder).save({ endpointIndex: 2, clockOffsetS: -86_400 })
  expect(createFolderStore(folder).load()).toEqual({ endpointIndex: 2, clockOffsetS: -86_400 })
  expect(statSync(join(folder, 'link.json')).mode & 0o077).toBe(0)
})

test('a fresh folder and a damaged file count as nothing remembered', () => {
  const store = createFolderStore(dir)
  expect(store.load()).toEqual(FRESH_STATE)
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"endpointIndex":-1,"clockOffsetS":0}',
    '{"endpointIndex":0,"clockOffsetS":"x"}',
    'x'.repeat(9_999),
  ]) {
    writeFileSync(join(dir, 'link.json'), text)
    expect(store.load()).toEqual(FRESH_STATE)
  }
})

test('a folder that became unwritable costs the memory, not the caller', () => {
  const store = createFolderStore(join(dir, 'gone'))
  rmSync(join(dir, 'gone'), { recursive: true })
  expect(() => store.save(FRESH_STATE)).not.toThrow()
})

test('the file holds two numbers and nothing else', () => {
  createFolderStore(dir).save({ endpointIndex: 1, clockOffsetS: 30 })
  expect(Object.keys(JSON.parse(readFileSync(join(dir, 'link.json'), 'utf8')) as object)).toEqual(['endpointIndex', 'clockOffsetS'])
})
