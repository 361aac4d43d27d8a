import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeJournal, encodeJournal, JOURNAL_FILE } from '../../../../client/desktop/system-proxy/journal.ts'
import { DEAD_PORT, recover } from '../../../../client/desktop/system-proxy/recover.ts'
import { MARK, SystemProxyError } from '../../../../client/desktop/system-proxy/settings.ts'
import { LOCK, SystemProxy } from '../../../../client/desktop/system-proxy/system-proxy.ts'
import { lockNow } from '../../../../client/folder/lock.ts'
import { FileAdapter } from './file-adapter.ts'

const NOTHING = new Map<string, string | undefined>([
  ['ignore', undefined],
  ['host', undefined],
  ['port', undefined],
  ['mode', undefined],
])
const COMPANY = new Map([
  ['ignore', 'intranet'],
  ['host', 'proxy.example'],
  ['port', '3128'],
  ['mode', 'manual'],
])
const WISH = { httpPort: 4001, direct: [] }
const KEEP = { hold: false }

let folder: string
let adapter: FileAdapter
let proxy: SystemProxy
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-proxy-'))
  adapter = new FileAdapter(join(folder, 'settings.json'))
  adapter.replace(COMPANY)
  proxy = reopened()
})
afterEach(() => rmSync(folder, { recursive: true }))

/** As a new process would. */
function reopened(): SystemProxy {
  return new SystemProxy({ folder, adapters: [adapter] })
}

function isJournalled(): boolean {
  return readdirSync(folder).includes(JOURNAL_FILE)
}

describe('the system’s proxy', () => {
  test('is set, and put back as it was, and nothing is left of it', async () => {
    await proxy.apply(WISH, KEEP)
    expect(adapter.settings.get('port')).toBe('4001')
    expect(await proxy.check()).toBe('ours')
    expect(await proxy.restore()).toBe('restored')
    expect(adapter.settings).toEqual(COMPANY)
    expect(readdirSync(folder)).toEqual(['settings.json'])
    expect(await proxy.restore()).toBe('nothing')
  })

  test('is written down before anything is changed, for its user’s eyes only', async () => {
    const seen: unknown[] = []
    adapter.onWrite = () => seen.push([isJournalled(), statSync(join(folder, JOURNAL_FILE)).mode & 0o777])
    await proxy.apply(WISH, KEEP)
    expect(seen).toEqual(seen.map(() => [true, 0o600]))
  })

  test('is moved to another port and still put back as it was', async () => {
    await proxy.apply(WISH, KEEP)
    await reopened().apply({ ...WISH, httpPort: 5001 }, KEEP)
    expect(await reopened().restore()).toBe('restored')
    expect(adapter.settings).toEqual(COMPANY)
  })

  test('is put back when it can’t be set whole', async () => {
    for (const failing of ['ignore', 'host', 'port']) {
      let isFirst = true
      adapter.onWrite = (name) => {
        if (name === failing && isFirst) {
          isFirst = false
          throw new SystemProxyError('refused', 'no')
        }
      }
      await expect(proxy.apply(WISH, KEEP)).rejects.toMatchObject({ code: 'refused' })
      expect(adapter.settings).toEqual(COMPANY)
      expect(isJournalled()).toBe(false)
    }
  })

  test('keeps its journal while putting back fails, and ends once that works', async () => {
    await proxy.apply(WISH, KEEP)
    adapter.onWrite = () => {
      throw new SystemProxyError('refused', 'no')
    }
    await expect(proxy.restore()).rejects.toMatchObject({ code: 'refused' })
    expect(isJournalled()).toBe(true)
    adapter.onWrite = () => undefined
    expect(await reopened().restore()).toBe('restored')
    expect(adapter.settings).toEqual(COMPANY)
  })

  test('is not changed where the journal can’t be written', async () => {
    rmSync(folder, { recursive: true })
    await expect(proxy.apply(WISH, KEEP)).rejects.toMatchObject({ code: 'journal' })
    folder = mkdtempSync(join(tmpdir(), 'culvert-proxy-'))
  })

  test('is told to be not taken where another program decides', async () => {
    const genuine = adapter.set.bind(adapter)
    adapter.set = (name, value) => genuine(name, name === 'mode' && value === 'manual' ? 'none' : value)
    adapter.replace(NOTHING)
    await expect(proxy.apply(WISH, KEEP)).rejects.toMatchObject({ code: 'not-taken' })
  })
})

describe('what others changed meanwhile', () => {
  test('is left: a proxy of their own, switched on', async () => {
    await proxy.apply(WISH, KEEP)
    adapter.set('host', 'other.example')
    adapter.set('port', '8080')
    expect(await proxy.check()).toBe('changed')
    expect(await proxy.restore()).toBe('left')
    expect(Object.fromEntries(adapter.settings)).toMatchObject({ host: 'other.example', port: '8080', mode: 'manual' })
  })

  test('is left: a proxy switched off', async () => {
    await proxy.apply(WISH, KEEP)
    adapter.set('mode', 'none')
    await proxy.restore()
    expect(adapter.settings).toEqual(new Map([...COMPANY, ['mode', 'none']]))
  })

  test('is left where it is only an exception, and the proxy that leads nowhere goes', async () => {
    adapter.replace(NOTHING)
    await proxy.apply(WISH, KEEP)
    adapter.set('ignore', `${MARK},printer`)
    expect(await proxy.restore()).toBe('left')
    expect(adapter.settings).toEqual(new Map([...NOTHING, ['ignore', `${MARK},printer`]]))
  })

  test('counts as what was before when the proxy is set again', async () => {
    await proxy.apply(WISH, KEEP)
    for (const [name, value] of [
      ['host', 'other.example'],
      ['port', '8080'],
    ] as const)
      adapter.set(name, value)
    await proxy.apply({ ...WISH, httpPort: 5001 }, KEEP)
    await proxy.restore()
    expect(Object.fromEntries(adapter.settings)).toMatchObject({ host: 'other.example', port: '8080', mode: 'manual' })
  })

  test('is never overwritten, and what nobody changed is as before, whatever comes in which order', async () => {
    const action = fc.oneof(
      fc.constant('restore' as const),
      fc.integer({ min: 4001, max: 4003 }),
      fc.tuple(fc.constantFrom('ignore', 'host', 'port', 'mode'), fc.constantFrom('x', 'y')),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
        adapter.replace(COMPANY)
        const theirs = new Map<string, string | undefined>(COMPANY)
        for (const one of actions) {
          if (one === 'restore') await proxy.restore()
          else if (typeof one === 'number') await proxy.apply({ ...WISH, httpPort: one }, KEEP)
          else {
            adapter.set(one[0], one[1])
            theirs.set(one[0], one[1])
          }
        }
        await proxy.restore()
        const now = adapter.settings
        // The switch goes with the proxy that it switches on.
        for (const name of ['ignore', 'host', 'port']) expect(now.get(name)).toBe(theirs.get(name))
        expect([theirs.get('mode'), 'manual']).toContain(now.get('mode'))
      }),
      { numRuns: 150 },
    )
  })
})

describe('a journal', () => {
  test('that is lost leaves settings that are known by their mark, and they go', async () => {
    await proxy.apply(WISH, KEEP)
    rmSync(join(folder, JOURNAL_FILE))
    expect(await reopened().restore()).toBe('restored')
    expect(adapter.settings).toEqual(NOTHING)
  })

  test('that is lost and follows a new one does not make our own port the one to go back to', async () => {
    await proxy.apply(WISH, KEEP)
    rmSync(join(folder, JOURNAL_FILE))
    await reopened().apply({ ...WISH, httpPort: 5001 }, KEEP)
    await reopened().restore()
    expect(adapter.settings).toEqual(NOTHING)
  })

  test('that is damaged is put aside, and what is known by its mark goes', async () => {
    await proxy.apply(WISH, KEEP)
    writeFileSync(join(folder, JOURNAL_FILE), readFileSync(join(folder, JOURNAL_FILE), 'utf8').slice(0, 40))
    expect(await reopened().restore()).toBe('restored')
    expect(adapter.settings).toEqual(NOTHING)
    expect(readdirSync(folder).sort()).toEqual(['settings.json', `${JOURNAL_FILE}.damaged`])
  })

  test('is read as it was written', () => {
    const value = fc.option(fc.string(), { nil: undefined })
    const entry = fc.record({ name: fc.string(), before: value, ours: fc.array(value, { maxLength: 3 }) })
    const part = fc.array(entry, { maxLength: 4 })
    const parts = fc.dictionary(fc.constantFrom('gnome', 'kde', 'windows', 'macos'), part)
    fc.assert(
      fc.property(fc.boolean(), parts, (hold, given) => {
        expect(decodeJournal(encodeJournal({ hold, parts: given }))).toEqual({ hold, parts: { ...given } })
      }),
    )
  })

  test('that says anything else is none', () => {
    const spoilt = ['', '{}', '[]', 'null', '{"version":2,"hold":false,"parts":{}}', '{"version":1,"hold":0,"parts":{}}']
    const parts = [
      '{"vista":[]}',
      '{"gnome":{}}',
      '{"gnome":[["a"]]}',
      '{"gnome":[["a",[1],[]]]}',
      '{"gnome":[["a",["b","c"],[]]]}',
      '{"gnome":[["a",[],[],0]]}',
    ]
    const texts = [...spoilt, ...parts.map((part) => `{"version":1,"hold":false,"parts":${part}}`)]
    expect(texts.filter((text) => decodeJournal(text) !== undefined)).toEqual([])
    fc.assert(fc.property(fc.json(), (text) => void decodeJournal(text)))
  })
})

describe('what outlived the app', () => {
  test('is put back at the next start', async () => {
    await proxy.apply(WISH, KEEP)
    expect(await recover(reopened())).toBe('restored')
    expect(adapter.settings).toEqual(COMPANY)
  })

  test('with the kill switch on lets nothing out, until it is released', async () => {
    await proxy.apply(WISH, { hold: true })
    expect(await recover(reopened())).toBe('held')
    expect(await recover(reopened())).toBe('held')
    expect(adapter.settings.get('port')).toBe(String(DEAD_PORT))
    expect(await reopened().restore()).toBe('restored')
    expect(adapter.settings).toEqual(COMPANY)
  })

  test('holds nothing up: a lock whose process is gone, and what an older version left in its place', async () => {
    const lock = join(folder, LOCK)
    writeFileSync(lock, String(process.pid))
    expect(await proxy.restore()).toBe('nothing')
    mkdirSync(lock)
    writeFileSync(join(lock, '999999999-00'), '')
    expect(await proxy.restore()).toBe('nothing')
  })

  test('waits for a process that is at it', async () => {
    const held = lockNow(join(folder, LOCK))
    let isOver = false
    const waiting = proxy.restore().then(() => {
      isOver = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(isOver).toBe(false)
    held.release()
    await waiting
  })
})
