// Whether a document may be believed, and what it offers this app.
//
//   1 the keys     from those built into the app through each change, signed by as many of the old as they asked for, and of the new
//   2 the release  signed by as many of the last keys
//   3 its number   not below the newest that was ever seen: nobody can roll back
//   4 its time     not expired: nobody can keep an old release up as the newest for long
//   5 its version  not below the one that runs
import { createHash } from 'node:crypto'
import type { UpdateFault } from '../../contract/app-status.ts'
import { compareVersions, decodeDocument, decodeKeySet, decodeRelease, type Release, type ReleaseFile } from './metadata.ts'
import { isSignedBy, type KeySet, type Signed } from './signed.ts'

/** What is remembered of the newest document. */
export interface Known {
  readonly keys: KeySet
  readonly number: number
  readonly version: string
  readonly madeAt: number
  /** SHA-256 of the release's text, in hexadecimal: one number stands for one release. */
  readonly release: string
}

export interface Circumstances {
  /** Built into the app. */
  readonly firstKeys: KeySet
  readonly known: Known | undefined
  /** Of the app that runs. */
  readonly version: string
  readonly target: string
  /** Seconds since 1970. */
  readonly nowS: number
  /** When this app was built: no clock is believed that says less. */
  readonly builtAtS: number
}

export type Judgement =
  /** `file`: for this computer; left out where the release has none. `isNewer`: than what runs. */
  | { readonly ok: true; readonly known: Known; readonly release: Release; readonly file?: ReleaseFile; readonly isNewer: boolean }
  | { readonly ok: false; readonly fault: Extract<UpdateFault, 'damaged' | 'not-signed' | 'expired' | 'older'> }

export function judge(json: string, { firstKeys, known, version, target, nowS, builtAtS }: Circumstances): Judgement {
  const document = decodeDocument(json)
  if (document === undefined) return { ok: false, fault: 'damaged' }
  const keys = followRotations(known?.keys ?? firstKeys, document.rotations)
  const release = decodeRelease(document.release.text)
  if (keys === undefined || release === undefined || !isSignedBy(keys, 'release', document.release))
    return { ok: false, fault: 'not-signed' }

  const digest = createHash('sha256').update(document.release.text).digest('hex')
  if (known !== undefined && release.number < known.number) return { ok: false, fault: 'older' }
  if (known !== undefined && release.number === known.number && digest !== known.release) return { ok: false, fault: 'not-signed' }
  if (known !== undefined && compareVersions(release.version, known.version) < 0) return { ok: false, fault: 'older' }
  if (Math.max(nowS, builtAtS, known?.madeAt ?? 0) > release.expires) return { ok: false, fault: 'expired' }
  if (compareVersions(release.version, version) < 0) return { ok: false, fault: 'older' }

  const { number, madeAt } = release
  const file = release.files.find((one) => one.target === target)
  return {
    ok: true,
    known: { keys, number, version: release.version, madeAt, release: digest },
    release,
    ...(file === undefined ? {} : { file }),
    isNewer: compareVersions(release.version, version) > 0,
  }
}

/** Those that count after all changes, or undefined where one is not signed as it must be. Changes that are known are skipped. */
function followRotations(first: KeySet, rotations: readonly Signed[]): KeySet | undefined {
  let keys = first
  for (const rotation of rotations) {
    const next = decodeKeySet(rotation.text)
    if (next === undefined) return undefined
    if (next.number <= keys.number) continue
    const isNext = next.number === keys.number + 1
    if (!isNext || !isSignedBy(keys, 'keys', rotation) || !isSignedBy(next, 'keys', rotation)) return undefined
    keys = next
  }
  return keys
}
