// What maintainers sign: who may sign from now on, and what the newest release is. Read strictly: a document with anything more or less is none.
import { type Check, fields, integer, list, text } from '../../contract/check.ts'
import { updateLimits } from '../limits.ts'
import { checkSigned, KEY_TEXT, type KeySet, type Signed } from './signed.ts'

/** What is fetched, or lies beside an installer that a friend gave. */
export interface UpdateDocument {
  /** Changes of the keys since the first, in their order. Each is signed by those before and by its own. */
  readonly rotations: readonly Signed[]
  readonly release: Signed
}

export interface Release {
  /** Counts up with each document, also where only the time is new. */
  readonly number: number
  readonly version: string
  /** Seconds since 1970. After `expires` it is no news any more: maintainers sign anew before. */
  readonly madeAt: number
  readonly expires: number
  readonly files: readonly ReleaseFile[]
}

export interface ReleaseFile {
  /** Operating system, processor and kind of package, such as `linux-x64-deb`. */
  readonly target: string
  /** A plain file name. */
  readonly name: string
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
}

const count = integer(1, 2 ** 31)
const time = integer(1, 2 ** 40)
export const VERSION: RegExp = /^(?:0|[1-9]\d{0,4})\.(?:0|[1-9]\d{0,4})\.(?:0|[1-9]\d{0,4})$/
export const TARGET: RegExp = /^[a-z0-9]+(?:-[a-z0-9]+){2}$/
/** No folder, no hidden file, nothing that a shell or a disk reads as more than a name. */
export const FILE_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

const checkDocument: Check<UpdateDocument> = fields({ rotations: list(checkSigned, updateLimits.rotationsMax), release: checkSigned })
const checkKeySet: Check<KeySet> = fields({
  number: count,
  threshold: integer(1, updateLimits.keysMax),
  keys: list(text(43, KEY_TEXT), updateLimits.keysMax),
})
const checkRelease: Check<Release> = fields({
  number: count,
  version: text(17, VERSION),
  madeAt: time,
  expires: time,
  files: list(
    fields({
      target: text(64, TARGET),
      name: text(100, FILE_NAME),
      bytes: integer(1, updateLimits.fileBytesMax),
      sha256: text(64, /^[0-9a-f]{64}$/),
    }),
    updateLimits.filesMax,
  ),
})

/** undefined: this is no such document. */
export function decodeDocument(json: string): UpdateDocument | undefined {
  return json.length <= updateLimits.documentBytesMax ? parse(json, checkDocument) : undefined
}

export function decodeKeySet(json: string): KeySet | undefined {
  const set = parse(json, checkKeySet)
  return set !== undefined && new Set(set.keys).size === set.keys.length && set.threshold <= set.keys.length ? set : undefined
}

export function decodeRelease(json: string): Release | undefined {
  const release = parse(json, checkRelease)
  if (release === undefined || release.expires <= release.madeAt) return undefined
  return new Set(release.files.map(({ target }) => target)).size === release.files.length ? release : undefined
}

/** Below zero: `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]]
  const index = left.findIndex((part, at) => part !== right[at])
  return index === -1 ? 0 : (left[index] as number) - (right[index] as number)
}

function parse<T>(json: string, check: Check<T>): T | undefined {
  try {
    return check(JSON.parse(json))?.value
  } catch {
    return undefined
  }
}
