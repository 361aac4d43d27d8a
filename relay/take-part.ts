// Which network a relay takes part in while it runs: that of the code in its folder, which `join` puts there and `leave` takes away.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { equalBytes } from '#protocol'
import { stampOf } from './changed.ts'
import { decodeJoinCode } from './directory/join-code.ts'
import { joinLimits } from './directory/limits.ts'
import { CODE_FILE, keepCode, Membership, type MembershipOptions, parseJoinCode } from './join.ts'
import { OperatorError } from './operator-error.ts'

/** Begins, and follows the code from then on. Returns what ends it. Throws OperatorError where the code that is there at first is damaged. */
export function takePart(options: MembershipOptions): () => void {
  const { lookMs } = options.limits ?? joinLimits
  const file = join(options.folder, CODE_FILE)
  let stamp = stampOf(file)
  let membership = Membership.begin(options)
  const follow = (): void => {
    const now = stampOf(file)
    if (now === stamp) return
    stamp = now
    membership?.stop()
    membership = undefined
    if (now === undefined) return options.tell({ event: 'left' }, 'This relay takes part in no network any more.')
    try {
      membership = Membership.begin(options)
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      options.tell({ event: 'not-registered' }, error.message)
    }
  }
  const timer = setInterval(follow, lookMs).unref()
  return () => {
    clearInterval(timer)
    membership?.stop()
  }
}

/** Takes part from now on, or by another code than before. Returns what to tell the operator. Throws OperatorError. */
export function joinNetwork(dir: string, text: string): string {
  const code = parseJoinCode(text)
  const before = networkIn(join(resolve(dir), CODE_FILE))
  if (before !== undefined && !equalBytes(before, decodeJoinCode(code).ticket.networkId))
    throw new OperatorError(
      `This code is of another network than the one that the relay takes part in. Leave that first: culvert-relay leave --dir '${dir}'`,
    )
  keepCode(code, dir)
  return `The relay takes part by this code: within ${joinLimits.lookMs / 1_000} seconds if it runs, else once it is started. Then culvert-relay status --dir '${dir}' says how it is taken in.\n`
}

/** Of the code that is there; undefined: there is none, or it is damaged, and another is what mends that. */
function networkIn(file: string): Uint8Array | undefined {
  if (!existsSync(file)) return undefined
  try {
    return decodeJoinCode(readFileSync(file, 'utf8')).ticket.networkId
  } catch (error) {
    if (error instanceof OperatorError) return undefined
    throw error
  }
}
