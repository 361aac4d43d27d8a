// Bringing an installer, through whatever fetches: gone on with where it broke off, never longer than was signed, and whole before it has a name.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { UpdateFault } from '../../contract/app-status.ts'
import { type UpdateLimits, updateLimits } from '../limits.ts'
import type { ReleaseFile } from './metadata.ts'

export type Fetch = typeof globalThis.fetch

/** Why an update can't be had; the words are the screens'. */
export class UpdateError extends Error {
  readonly fault: UpdateFault

  constructor(fault: UpdateFault, options?: ErrorOptions) {
    super(`no update: ${fault}`, options)
    this.name = 'UpdateError'
    this.fault = fault
  }
}

export interface Download {
  readonly fetch: Fetch
  readonly url: string
  readonly file: ReleaseFile
  /** Made where it is not there. */
  readonly folder: string
  readonly onProgress: (doneBytes: number) => void
  readonly signal: AbortSignal
  readonly limits?: UpdateLimits
}

/** The path of the verified file. Throws UpdateError. */
export async function download(options: Download): Promise<string> {
  const { file, folder, limits = updateLimits } = options
  const part = join(folder, `${file.sha256}.part`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    // What an earlier run left may be spoilt: then it is brought once more, from the start.
    const isFresh = (await sizeOf(part)) === 0
    await bring(part, options, limits)
    if (!(await isWhole(part, file))) {
      await rm(part, { force: true })
      if (isFresh) throw new UpdateError('damaged')
      await bring(part, options, limits)
    }
    return await settle(part, file, folder)
  } catch (error) {
    const fault = error instanceof UpdateError ? error : new UpdateError(faultOf(error), { cause: error })
    // Going on from there later is worth less than that the app can still store what the person decides.
    if (fault.fault === 'no-space') await rm(part, { force: true })
    throw fault
  }
}

/** Whether a file is the one that was signed, to the last byte. */
export async function isWhole(path: string, file: ReleaseFile): Promise<boolean> {
  if ((await sizeOf(path)) !== file.bytes) return false
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex') === file.sha256
}

/** Gives a verified file its name. Throws UpdateError('damaged') and removes it where it is not what was signed. */
export async function settle(part: string, file: ReleaseFile, folder: string): Promise<string> {
  if (!(await isWhole(part, file))) {
    await rm(part, { force: true })
    throw new UpdateError('damaged')
  }
  const path = join(folder, file.name)
  await rename(part, path)
  return path
}

async function bring(part: string, options: Download, limits: UpdateLimits): Promise<void> {
  const { file, signal } = options
  let idleTries = 0
  for (let done = await sizeOf(part); done !== file.bytes; ) {
    if (done > file.bytes) await rm(part, { force: true })
    const before = await sizeOf(part)
    const failure = await bringSome(part, before, options, limits).catch((error: unknown) => error)
    signal.throwIfAborted()
    done = await sizeOf(part)
    if (failure instanceof UpdateError || isFull(failure)) throw failure
    idleTries = done > before ? 0 : idleTries + 1
    if (idleTries >= limits.idleTriesMax) throw new UpdateError('unreachable', { cause: failure })
    if (idleTries > 0) await pause(limits.againMs, undefined, { signal })
  }
}

/** One request: the rest where the server goes on from there, or all of it anew. Throws what the network or the disk says. */
async function bringSome(
  part: string,
  from: number,
  { fetch, url, file, signal, onProgress }: Download,
  limits: UpdateLimits,
): Promise<void> {
  const stalling = new Stall(limits.stallMs, signal)
  try {
    const response = await fetch(url, { headers: from > 0 ? { Range: `bytes=${from}-` } : {}, signal: stalling.signal, cache: 'no-store' })
    const goesOn = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${from}-`) === true
    if (!goesOn && response.status !== 200) throw new Error(`the server answered ${response.status}`)
    const handle = await open(part, goesOn ? 'a' : 'w', 0o600)
    try {
      await write(response, handle, goesOn ? from : 0, file.bytes, (done) => {
        stalling.live()
        onProgress(done)
      })
    } finally {
      await handle.close()
    }
  } finally {
    stalling.end()
  }
}

async function write(
  response: Response,
  handle: FileHandle,
  from: number,
  bytesMax: number,
  onDone: (done: number) => void,
): Promise<void> {
  let done = from
  for await (const chunk of response.body ?? []) {
    done += chunk.length
    // More than was signed can only be something else; it is not even kept.
    if (done > bytesMax) throw new UpdateError('damaged')
    await handle.writeFile(chunk)
    onDone(done)
  }
  await handle.sync()
}

/** Aborts a request that has brought nothing for a while, or that nobody wants any more. */
class Stall {
  readonly #controller = new AbortController()
  readonly #stallMs: number
  readonly #outer: AbortSignal
  #timer: NodeJS.Timeout | undefined

  constructor(stallMs: number, outer: AbortSignal) {
    this.#stallMs = stallMs
    this.#outer = outer
    outer.addEventListener('abort', this.#abort)
    this.live()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  live(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#abort, this.#stallMs)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#outer.removeEventListener('abort', this.#abort)
    this.#controller.abort()
  }

  readonly #abort = (): void => this.#controller.abort()
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

function isFull(error: unknown): boolean {
  return error instanceof Error && ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')
}

function faultOf(error: unknown): UpdateFault {
  return isFull(error) ? 'no-space' : 'failed'
}
