// Whom this copy of the app takes updates from: what `sign.ts trust` wrote into trusted.json before the app was built. A copy that nobody releases has
// nobody there, and knows no updates.
import { fields, integer, list, text } from '../../contract/check.ts'
import { updateLimits } from '../limits.ts'
import { decodeKeySet } from './metadata.ts'
import { KEY_TEXT, type KeySet } from './signed.ts'
import trustedJson from './trusted.json' with { type: 'json' }

export interface Trusted {
  /** Where the document and the files lie; ends in a slash. */
  readonly url: string
  readonly keys: KeySet
  /** Seconds since 1970. */
  readonly builtAt: number
}

export const UPDATE_URL: RegExp = /^https:\/\/[a-z0-9.-]+(?::\d+)?\/(?:[A-Za-z0-9._~-]+\/)*$/

const checkTrusted = fields({
  url: text(200, UPDATE_URL),
  keys: fields({
    number: integer(1, 2 ** 31),
    threshold: integer(1, updateLimits.keysMax),
    keys: list(text(43, KEY_TEXT), updateLimits.keysMax),
  }),
  builtAt: integer(1, 2 ** 40),
})

/** undefined: whom to trust is not said. */
export function decodeTrusted(value: unknown): Trusted | undefined {
  const trusted = checkTrusted(value)?.value
  return trusted !== undefined && decodeKeySet(JSON.stringify(trusted.keys)) !== undefined ? trusted : undefined
}

export const trusted: Trusted | undefined = decodeTrusted(trustedJson)
