// Questions of members, as far as they must be remembered so that none counts twice: who passes one on can't read it, and can show it again, today or in a week.
//
// A question says how much of the log its member knows, and that only grows. So one that knows less than the member's last is an old one, and of those that
// know as much a few are told apart by the key that was drawn for each.
import { encodeHex } from '#protocol'

/** A member asks once a day, and a little more where nothing answers: beyond so many that know the same, nothing new is taken in. */
const KEYS_MAX = 16

export class Replays {
  readonly #last = new Map<string, { readonly size: number; readonly keys: Set<string> }>()

  /** False: it was put before, or is older than one that was. In memory only: after a start each member's next question is its first. */
  isNew(member: string, size: number, questionKey: Uint8Array): boolean {
    const last = this.#last.get(member)
    if (last === undefined || size > last.size) {
      this.#last.set(member, { size, keys: new Set([encodeHex(questionKey)]) })
      return true
    }
    if (size < last.size || last.keys.size >= KEYS_MAX || last.keys.has(encodeHex(questionKey))) return false
    last.keys.add(encodeHex(questionKey))
    return true
  }
}
