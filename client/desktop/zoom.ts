// Larger and smaller letters by the keys and the wheel that browsers have for it: a window without a menu knows none of them. Kept for the next start, since
// whoever needs them needs them each time.
import { readFileSync, rmSync } from 'node:fs'
import type { Input, WebContents } from 'electron'
import { writeDurably } from '../folder/write-file.ts'
import { zoomLimits } from './limits.ts'

/** `file`: where the level is kept. */
export function followZoomKeys(contents: WebContents, file: string): void {
  contents.on('dom-ready', () => contents.setZoomLevel(loadLevel(file)))
  const zoom = (change: Change): void => {
    const level = levelAfter(change, contents.getZoomLevel())
    contents.setZoomLevel(level)
    keepLevel(file, level)
  }
  contents.on('before-input-event', (event, input) => {
    const change = changeOf(input)
    if (change === undefined) return
    event.preventDefault()
    zoom(change)
  })
  contents.on('zoom-changed', (_event, direction) => zoom(direction))
}

type Change = 'in' | 'out' | 'reset'

/** By the letter first, as plus and minus are on another key in each country; by the place of the key where that has other digits. */
export function changeOf({
  type,
  control,
  meta,
  alt,
  key,
  code,
}: Pick<Input, 'type' | 'control' | 'meta' | 'alt' | 'key' | 'code'>): Change | undefined {
  if (type !== 'keyDown' || !(control || meta) || alt) return
  if (key === '+' || key === '=') return 'in'
  if (key === '-' || key === '_') return 'out'
  return key === '0' || code === 'Digit0' || code === 'Numpad0' ? 'reset' : undefined
}

function levelAfter(change: Change, level: number): number {
  if (change === 'reset') return 0
  return within(level + (change === 'in' ? zoomLimits.step : -zoomLimits.step))
}

function within(level: number): number {
  return Math.min(zoomLimits.most, Math.max(zoomLimits.least, level))
}

/** The usual one where none is kept, or no number. */
export function loadLevel(file: string): number {
  try {
    return within(Number(readFileSync(file, 'utf8')) || 0)
  } catch {
    return 0
  }
}

export function keepLevel(file: string, level: number): void {
  try {
    if (level === 0) rmSync(file, { force: true })
    else writeDurably(file, String(level))
  } catch {
    // A disk that is full costs the memory of it.
  }
}
