import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { whileSeen } from '../../../client/ui/while-seen.ts'

/** As much of a page as it looks at; counts who listens. */
class FakePage extends EventTarget {
  hidden = false
  listeners = 0

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listeners++
    super.addEventListener(...args)
  }

  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.listeners--
    super.removeEventListener(...args)
  }

  become(hidden: boolean): void {
    this.hidden = hidden
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

let page: FakePage
beforeEach(() => {
  page = new FakePage()
  vi.stubGlobal('document', page)
})
afterEach(() => vi.unstubAllGlobals())

test('what comes while the page is hidden is shown once it is seen again, the last alone, and the first at once', () => {
  const taken: number[] = []
  page.hidden = true
  const { take } = whileSeen<number>((value) => taken.push(value))
  for (const value of [1, 2, 3]) take(value)
  expect(taken).toEqual([1])
  page.become(false)
  expect(taken).toEqual([1, 3])
  take(4)
  expect(taken).toEqual([1, 3, 4])
})

test('once it is stopped nothing is passed on and nobody listens', () => {
  const taken: number[] = []
  const { take, stop } = whileSeen<number>((value) => taken.push(value))
  take(1)
  page.become(true)
  take(2)
  stop()
  page.become(false)
  take(3)
  expect(taken).toEqual([1])
  expect(page.listeners).toBe(0)
})
