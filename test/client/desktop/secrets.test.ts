import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { stateLimits } from '../../../client/contract/limits.ts'
import { APP_FILES, forgetEverything } from '../../../client/desktop/app-files.ts'
import { type Keyring, SecretFile } from '../../../client/desktop/secrets.ts'

/** Without a digest of its own, as Chromium's on Linux. */
class FakeKeyring implements Keyring {
  isThere = true
  backend: string | undefined
  readonly #key = randomBytes(32)

  isEncryptionAvailable(): boolean {
    return this.isThere
  }
  encryptString(text: string): Uint8Array {
    const cipher = createCipheriv('aes-256-ctr', this.#key, Buffer.alloc(16))
    return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  }
  decryptString(bytes: Buffer): string {
    if (!this.isThere) throw new Error('the keyring is locked')
    const decipher = createDecipheriv('aes-256-ctr', this.#key, Buffer.alloc(16))
    return Buffer.concat([decipher.update(bytes), decipher.final()]).toString('utf8')
  }
  getSelectedStorageBackend(): string {
    return this.backend ?? 'gnome_libsecret'
  }
}

const TEXT = '{"invites":["culvert:secret"],"language":"fa"}'
let folder: string
let file: string
let keyring: FakeKeyring
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'culvert-secrets-'))
  file = join(folder, APP_FILES.state)
  keyring = new FakeKeyring()
})
afterEach(() => rmSync(folder, { recursive: true }))
const secrets = (): SecretFile => new SecretFile(folder, keyring)

describe('secrets', () => {
  test('are opened as they were sealed, and the file tells nothing', () => {
    expect(secrets().load()).toEqual({ kind: 'none' })
    expect(secrets().save(TEXT, 'sealed')).toBe(true)
    expect(secrets().load()).toEqual({ kind: 'sealed', text: TEXT })
    expect(readFileSync(file, 'latin1')).not.toContain('culvert:secret')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual([APP_FILES.state])
  })

  test('are not written in clear text where there is no keyring, and leave what was there', () => {
    secrets().save(TEXT, 'sealed')
    const before = readFileSync(file)
    keyring.isThere = false
    expect(secrets().canSeal).toBe(false)
    expect(secrets().save('new', 'sealed')).toBe(false)
    expect(readFileSync(file)).toEqual(before)
  })

  test('count as unsealable where the only key is one that everybody knows', () => {
    keyring.backend = 'basic_text'
    expect(secrets().canSeal).toBe(false)
    expect(secrets().save(TEXT, 'sealed')).toBe(false)
  })

  test('are written in clear text when the person agreed, for their user’s eyes only', () => {
    keyring.isThere = false
    expect(secrets().save(TEXT, 'plain')).toBe(true)
    expect(secrets().load()).toEqual({ kind: 'plain', text: TEXT })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('that are damaged anywhere are unreadable, whatever the keyring makes of them', () => {
    for (const manner of ['sealed', 'plain'] as const) {
      secrets().save(TEXT, manner)
      const whole = readFileSync(file)
      for (let index = 0; index < whole.length; index++) {
        const damaged = Buffer.from(whole)
        damaged[index] = (damaged[index] as number) ^ 1
        writeFileSync(file, damaged)
        expect([index, secrets().load().kind]).toEqual([index, 'unreadable'])
        writeFileSync(file, whole.subarray(0, index))
        expect([index, secrets().load().kind]).toEqual([index, 'unreadable'])
      }
      rmSync(file)
    }
  })

  test('that can’t be opened now are kept beside what is written next', () => {
    secrets().save(TEXT, 'sealed')
    const other = new FakeKeyring()
    const opened = new SecretFile(folder, other)
    expect(opened.load()).toEqual({ kind: 'unreadable' })
    expect(opened.save('new', 'sealed')).toBe(true)
    expect(opened.load()).toEqual({ kind: 'sealed', text: 'new' })
    rmSync(file)
    writeFileSync(file, readFileSync(join(folder, APP_FILES.unreadableState)))
    expect(secrets().load()).toEqual({ kind: 'sealed', text: TEXT })
  })

  test('are kept as long as the app core may make them, whatever their letters', () => {
    const longest = '€'.repeat(stateLimits.textMax)
    expect(secrets().save(longest, 'sealed')).toBe(true)
    expect(secrets().load()).toEqual({ kind: 'sealed', text: longest })
  })

  test('that are too many, or have no place, are not saved and harm nothing', () => {
    secrets().save(TEXT, 'sealed')
    expect(secrets().save('x'.repeat(stateLimits.textMax + 1), 'sealed')).toBe(false)
    expect(new SecretFile(join(folder, 'nowhere'), keyring).save(TEXT, 'sealed')).toBe(false)
    expect(secrets().load()).toEqual({ kind: 'sealed', text: TEXT })
    rmSync(file)
    mkdirSync(file)
    expect(secrets().load()).toEqual({ kind: 'unreadable' })
  })
})

describe('forgetting everything', () => {
  test('removes every file of the app, after the system’s proxy is put back', async () => {
    secrets().save(TEXT, 'sealed')
    for (const name of ['Cookies', 'link.json', APP_FILES.unreadableState, `${APP_FILES.systemProxy}.damaged`])
      writeFileSync(join(folder, name), 'x')
    mkdirSync(join(folder, APP_FILES.updates))
    writeFileSync(join(folder, APP_FILES.updates, 'half'), 'x')
    const order: string[] = []
    const step = (name: string) => async (): Promise<boolean> => order.push(`${name} ${readdirSync(folder).length}`) > 0
    const clear = step('sessions')
    expect(await forgetEverything({ folder, repair: step('proxy'), clearSessions: async () => void (await clear()) })).toBe(true)
    expect(order).toEqual(['proxy 6', 'sessions 2'])
    expect(readdirSync(folder)).toEqual([])
  })

  // As it does where the disk is full.
  test('waits for no Chromium that never ends, and does not call that done', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    secrets().save(TEXT, 'sealed')
    writeFileSync(join(folder, 'Cookies'), 'x')
    const forgotten = forgetEverything({ folder, repair: async () => true, clearSessions: () => new Promise(() => undefined) })
    await vi.runAllTimersAsync()
    expect(await forgotten).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  })

  test('keeps the journal, and says so, where the system’s proxy could not be put back', async () => {
    writeFileSync(join(folder, APP_FILES.systemProxy), 'journal')
    secrets().save(TEXT, 'sealed')
    expect(await forgetEverything({ folder, repair: async () => false, clearSessions: async () => undefined })).toBe(false)
    expect(readdirSync(folder)).toEqual([APP_FILES.systemProxy])
  })
})
