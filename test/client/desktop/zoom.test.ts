// The keys that enlarge and shrink, on keyboards of several countries; and what is kept of that.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { changeOf, keepLevel, loadLevel } from '../../../client/desktop/zoom.ts'

const press = (key: string, code: string, more: object = {}): ReturnType<typeof changeOf> =>
  changeOf({ type: 'keyDown', control: true, meta: false, alt: false, key, code, ...more })

describe('the keys for larger and smaller letters', () => {
  test('are plus, minus and nought wherever a keyboard has them', () => {
    expect([press('=', 'Equal'), press('+', 'Equal'), press('+', 'BracketRight'), press('+', 'NumpadAdd')]).toEqual([
      'in',
      'in',
      'in',
      'in',
    ])
    expect([press('-', 'Minus'), press('-', 'Slash'), press('-', 'NumpadSubtract')]).toEqual(['out', 'out', 'out'])
    // Persian digits, and the key where the French have à.
    expect([press('0', 'Digit0'), press('۰', 'Digit0'), press('à', 'Digit0'), press('0', 'Numpad0')]).toEqual(Array(4).fill('reset'))
    expect(press('+', 'Equal', { control: false, meta: true })).toBe('in')
  })

  test('are left to the page without the key that makes a command of them, with one more, and when they are let go', () => {
    expect(press('+', 'Equal', { control: false })).toBeUndefined()
    // AltGr, by which some keyboards write other letters.
    expect(press('-', 'Minus', { alt: true })).toBeUndefined()
    expect(press('-', 'Minus', { type: 'keyUp' })).toBeUndefined()
    expect(press('v', 'KeyV')).toBeUndefined()
  })
})

test('how large they are is kept, and whatever stands there gives letters that can be read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'culvert-zoom-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'zoom')
  expect(loadLevel(file)).toBe(0)
  keepLevel(file, 1.5)
  expect(loadLevel(file)).toBe(1.5)
  keepLevel(file, 0)
  expect(loadLevel(file)).toBe(0)
  for (const [text, level] of [
    ['9e9', 7.5],
    ['-99', -3],
    ['NaN', 0],
    ['large', 0],
    ['', 0],
  ] as const) {
    writeFileSync(file, text)
    expect(loadLevel(file)).toBe(level)
  }
  keepLevel(join(folder, 'none', 'zoom'), 1)
})
