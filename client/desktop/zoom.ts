// Larger and smaller letters by the keys and the wheel that browsers have for it: a window without a menu knows none of them.
import type { Input, WebContents } from 'electron'
import { zoomLimits } from './limits.ts'

export function followZoomKeys(contents: WebContents): void {
  const zoom = (change: Change): void => contents.setZoomLevel(levelAfter(change, contents.getZoomLevel()))
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
  const next = level + (change === 'in' ? zoomLimits.step : -zoomLimits.step)
  return Math.min(zoomLimits.most, Math.max(zoomLimits.least, next))
}
