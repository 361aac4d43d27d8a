// Updates from hearing of one to a verified installer: through the session, or from the folder that a friend gave.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { UpdateStatus } from '../../contract/app-status.ts'
import { writeDurably } from '../../folder/write-file.ts'
import { APP_FILES } from '../app-files.ts'
import { type UpdateLimits, updateLimits } from '../limits.ts'
import { download, type Fetch, isWhole, settle, UpdateError } from './download.ts'
import { type Judgement, judge, type Known } from './judge.ts'
import { loadKnown, saveKnown } from './known.ts'
import type { ReleaseFile } from './metadata.ts'
import type { KeySet } from './signed.ts'

export interface UpdatesOptions {
  /** The app's own folder. */
  readonly folder: string
  /** Built into the app; undefined in a copy that nobody released, which then knows no updates. */
  readonly firstKeys: KeySet | undefined
  /** Where the document and the files lie; ends in a slash. */
  readonly baseUrl: string
  readonly version: string
  readonly target: string
  readonly builtAtS: number
  readonly nowS: () => number
  readonly onStatus: (status: UpdateStatus) => void
  readonly limits?: UpdateLimits
}

/** A verified installer with the document that it is verified by. */
export interface Installer {
  readonly path: string
  readonly file: ReleaseFile
  readonly version: string
  /** Text of the document. */
  readonly document: string
  /** Newer than what runs. */
  readonly isNewer: boolean
}

/** The document's name: at `baseUrl`, beside an installer, and in our folder. */
export const DOCUMENT_NAME = 'culvert.update'
/** How the name of a copy ends that is still to be verified. */
const GIVEN = '.given'

type Good = Extract<Judgement, { readonly ok: true }> & { readonly document: string }

export class Updates {
  readonly #options: UpdatesOptions
  readonly #limits: UpdateLimits
  readonly #folder: string
  #offered: Good | undefined
  #fetch: Fetch | undefined
  #fetching: AbortController | undefined

  constructor(options: UpdatesOptions) {
    this.#options = options
    this.#limits = options.limits ?? updateLimits
    this.#folder = join(options.folder, APP_FILES.updates)
  }

  /** For the app's start: what was brought and verified earlier. */
  async start(): Promise<void> {
    if (this.#options.firstKeys === undefined) return this.#options.onStatus({ state: 'unsupported' })
    this.#dropGiven()
    const kept = await this.installer()
    this.#options.onStatus(kept?.isNewer === true ? { state: 'ready', version: kept.version } : { state: 'unknown' })
  }

  /** Never rejects, as all of these: how it went is a status. */
  async check(fetch: Fetch): Promise<void> {
    this.#fetch = fetch
    await this.#tell('checking', async () => this.#offer(await this.#fetchDocument(fetch)))
  }

  async bring(fetch: Fetch): Promise<void> {
    this.#fetch = fetch
    await this.#tell(undefined, async () => {
      this.#offered ??= this.#judge(await this.#fetchDocument(fetch))
      return this.#bringOffered(fetch)
    })
  }

  /** Before the app's files are wiped, or the app ends: what was brought so far is gone on with later. */
  stop(): void {
    this.#fetching?.abort()
  }

  /** `path`: the document; the installer lies beside it. It is copied before it is verified, so that nobody can change it in between. */
  async open(path: string): Promise<void> {
    await this.#tell('checking', async () => {
      const good = this.#judge(readText(path, this.#limits.documentBytesMax))
      const { file } = good
      if (file === undefined || !good.isNewer) return { state: 'current' }
      const part = join(this.#folder, `${file.sha256}${GIVEN}`)
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      copyGiven(join(dirname(path), file.name), part, file)
      await settle(part, file, this.#folder)
      return this.#keep(good, file)
    })
  }

  /** What was brought last, verified anew. */
  async installer(): Promise<Installer | undefined> {
    try {
      const document = readText(join(this.#folder, DOCUMENT_NAME), this.#limits.documentBytesMax)
      const { file, release, isNewer } = this.#judge(document, { isKept: true })
      if (file === undefined) return undefined
      const path = join(this.#folder, file.name)
      return (await isWhole(path, file)) ? { path, file, version: release.version, document, isNewer } : undefined
    } catch {
      return undefined
    }
  }

  /** For a friend: what was brought last, else the newest that can be had through the session. Undefined where there is neither. */
  async installerToGive(): Promise<Installer | undefined> {
    const kept = await this.installer()
    if (kept !== undefined || this.#fetch === undefined || this.#options.firstKeys === undefined) return kept
    await this.bring(this.#fetch)
    return this.installer()
  }

  async #bringOffered(fetch: Fetch): Promise<UpdateStatus> {
    const good = this.#offered as Good
    const { file, release } = good
    if (file === undefined) return { state: 'current' }
    const { version } = release
    const fetching = new AbortController()
    this.#fetching = fetching
    let toldMs = 0
    await download({
      fetch,
      url: this.#options.baseUrl + file.name,
      file,
      folder: this.#folder,
      signal: fetching.signal,
      limits: this.#limits,
      onProgress: (doneBytes) => {
        if (Date.now() - toldMs < this.#limits.progressMs) return
        toldMs = Date.now()
        this.#options.onStatus({ state: 'fetching', version, bytes: file.bytes, doneBytes })
      },
    })
    return this.#keep(good, file)
  }

  /** The newest alone is kept: it is what is installed, and what is given to friends. */
  #keep({ document, release, isNewer }: Good, file: ReleaseFile): UpdateStatus {
    writeDurably(join(this.#folder, DOCUMENT_NAME), document)
    const kept = [DOCUMENT_NAME, file.name]
    for (const name of readdirSync(this.#folder))
      if (!kept.includes(name)) rmSync(join(this.#folder, name), { recursive: true, force: true })
    return isNewer ? { state: 'ready', version: release.version } : { state: 'current' }
  }

  /** Copies that nobody verified, since the app was killed over them; what was brought half is gone on with. */
  #dropGiven(): void {
    try {
      for (const name of readdirSync(this.#folder)) if (name.endsWith(GIVEN)) rmSync(join(this.#folder, name), { force: true })
    } catch {
      // There is no folder yet.
    }
  }

  async #offer(document: string): Promise<UpdateStatus> {
    const good = this.#judge(document)
    const { file, release, isNewer } = good
    this.#offered = good
    // The same file signed anew, for later: what was brought stays good.
    if (file !== undefined && (await isWhole(join(this.#folder, file.name), file))) return this.#keep(good, file)
    return isNewer && file !== undefined ? { state: 'available', version: release.version, bytes: file.bytes } : { state: 'current' }
  }

  /** `isKept`: it was believed when it was brought, and its time is past without harm. Throws UpdateError. */
  #judge(document: string, { isKept = false } = {}): Good {
    const { firstKeys, folder, version, target, builtAtS, nowS } = this.#options
    if (firstKeys === undefined) throw new UpdateError('failed')
    const known = loadKnown(folder, firstKeys)
    const judgement = judge(document, {
      firstKeys,
      known: isKept ? withoutTime(known) : known,
      version,
      target,
      nowS: isKept ? 0 : nowS(),
      builtAtS: isKept ? 0 : builtAtS,
    })
    if (!judgement.ok) throw new UpdateError(judgement.fault)
    if (!isKept) saveKnown(folder, judgement.known)
    return { ...judgement, document }
  }

  async #fetchDocument(fetch: Fetch): Promise<string> {
    try {
      const signal = AbortSignal.timeout(this.#limits.documentMs)
      const response = await fetch(this.#options.baseUrl + DOCUMENT_NAME, { signal, cache: 'no-store' })
      if (response.status !== 200) throw new UpdateError('unreachable')
      const chunks: Uint8Array[] = []
      let bytes = 0
      for await (const chunk of response.body ?? []) {
        bytes += chunk.length
        if (bytes > this.#limits.documentBytesMax) throw new UpdateError('damaged')
        chunks.push(chunk)
      }
      return Buffer.concat(chunks).toString('utf8')
    } catch (error) {
      throw error instanceof UpdateError ? error : new UpdateError('unreachable', { cause: error })
    }
  }

  async #tell(first: 'checking' | undefined, work: () => Promise<UpdateStatus>): Promise<void> {
    if (this.#options.firstKeys === undefined) return this.#options.onStatus({ state: 'unsupported' })
    if (first !== undefined) this.#options.onStatus({ state: first })
    try {
      this.#options.onStatus(await work())
    } catch (error) {
      this.#options.onStatus({ state: 'failed', fault: error instanceof UpdateError ? error.fault : 'failed' })
    }
  }
}

function withoutTime(known: Known | undefined): Known | undefined {
  return known === undefined ? undefined : { ...known, madeAt: 0 }
}

function readText(path: string, bytesMax: number): string {
  try {
    const stat = statSync(path)
    // Whoever reads a pipe waits for its writer.
    if (!stat.isFile() || stat.size > bytesMax) throw new UpdateError('damaged')
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw error instanceof UpdateError ? error : new UpdateError('unreachable', { cause: error })
  }
}

/** Throws UpdateError. */
function copyGiven(from: string, to: string, file: ReleaseFile): void {
  try {
    if (statSync(from).size !== file.bytes) throw new UpdateError('damaged')
    copyFileSync(from, to)
  } catch (error) {
    if (error instanceof UpdateError) throw error
    const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC'
    throw new UpdateError(isFull ? 'no-space' : 'unreachable', { cause: error })
  }
}
