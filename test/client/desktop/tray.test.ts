// What the tray says of each state, and what it offers there.
import { describe, expect, test } from 'vitest'
import type { AppStatus, LinkStatus } from '../../../client/contract/app-status.ts'
import { stateWords, type TrayStatus, trayItems } from '../../../client/desktop/tray-items.ts'
import { wordsOf } from '../../../client/desktop/words.ts'

const words = wordsOf('en', 'en-US')
const LINKS: Readonly<Record<LinkStatus['state'], LinkStatus>> = {
  off: { state: 'off' },
  connecting: { state: 'connecting', sinceMs: 0, attempts: [] },
  connected: { state: 'connected', sinceMs: 0, ways: [] },
  recovering: { state: 'recovering', sinceMs: 0, reason: 'silent', attempts: [] },
  waiting: { state: 'waiting', sinceMs: 0, reason: 'timeout', retryAtMs: 1, attempts: [] },
}

interface Told {
  readonly state?: LinkStatus['state']
  readonly proxy?: AppStatus['systemProxy']['state']
  readonly relays?: number
}

function status({ state = 'off', proxy = 'off', relays = 1 }: Told): TrayStatus {
  const relay = { number: 1, ageDays: 0, ways: [] }
  return { link: LINKS[state], systemProxy: { state: proxy }, relays: Array.from({ length: relays }, () => relay) }
}

/** Presses the item of that name; gives what that asked for. */
function press(told: Told, label: string): readonly string[] {
  const asked: string[] = []
  const actions = { open: () => asked.push('open'), send: (name: string) => asked.push(name), quit: () => asked.push('quit') }
  const item = trayItems(status(told), words, actions).find((one) => one.label === label)
  ;(item?.click as (() => void) | undefined)?.()
  return asked
}

function labels(told: Told): readonly (string | undefined)[] {
  const actions = { open: () => undefined, send: () => undefined, quit: () => undefined }
  return trayItems(status(told), words, actions).flatMap(({ label, type, enabled }) =>
    type === 'separator' || enabled === false ? [] : [label],
  )
}

describe('the tray', () => {
  test.each([
    ['off', 'Not connected'],
    ['connecting', 'Connecting …'],
    ['connected', 'Connected'],
    ['recovering', 'Finding another way …'],
    ['waiting', 'No way works now. It is tried again.'],
  ] as const)('says of %s: %s', (state, sentence) => {
    expect(stateWords(status({ state }), words)).toBe(sentence)
  })

  test('says that nothing goes out where the kill switch holds, and not once there is a line', () => {
    for (const state of ['off', 'connecting', 'recovering', 'waiting'] as const)
      expect(stateWords(status({ state, proxy: 'refusing' }), words)).toBe('Nothing goes out.')
    expect(stateWords(status({ state: 'connected', proxy: 'refusing' }), words)).toBe('Connected')
  })

  test('offers to connect with an invite, and not without', () => {
    expect(labels({})).toEqual(['Open Culvert', 'Connect', 'Repair my Internet', 'Quit'])
    expect(labels({ relays: 0 })).toEqual(['Open Culvert', 'Repair my Internet', 'Quit'])
    expect(press({}, 'Connect')).toEqual(['connect'])
  })

  test('offers to cancel what is being tried, and to end what stands', () => {
    expect(press({ state: 'connecting' }, 'Cancel')).toEqual(['disconnect'])
    for (const state of ['connected', 'recovering', 'waiting'] as const) expect(press({ state }, 'Disconnect')).toEqual(['disconnect'])
  })

  test('repairs the Internet in every state, and does not speak of it where the system’s proxy can’t be set', () => {
    for (const state of Object.keys(LINKS) as LinkStatus['state'][])
      expect(press({ state }, 'Repair my Internet')).toEqual(['repairInternet'])
    expect(labels({ proxy: 'unsupported' })).not.toContain('Repair my Internet')
  })

  test('opens the window and quits', () => {
    expect([press({}, 'Open Culvert'), press({}, 'Quit')]).toEqual([['open'], ['quit']])
  })
})
