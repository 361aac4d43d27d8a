// What the commands are given, read and checked. A fault is one sentence that a person can do something with.
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { type AnyInvite, decodeAnyInvite, type Invite, type NetworkInvite, ProtocolError } from '#protocol'
import { readInvites as findInvites, plainOf } from './app/invites.ts'
import type { LocalAddress } from './engine.ts'
import { isLoopback } from './proxy/local.ts'
import type { EngineState } from './state.ts'

/** A fault that the person can mend; shown as one sentence. */
export class UsageError extends Error {}

/** Invites of relays, and at most one of a network; each as it is, or as a file. Throws UsageError. */
export function readInvites(
  texts: readonly string[],
  nowS: number,
): { readonly invites: readonly Invite[]; readonly network: NetworkInvite | undefined } {
  const all = texts.flatMap(readAnyInvites)
  const networks = all.flatMap((one) => (one.kind === 'network' ? [one.invite] : []))
  const [network] = networks
  if (networks.length > 1) throw new UsageError('These are invites of several networks, and a client takes part in one. Give one of them.')
  if (network !== undefined && network.untilS <= nowS)
    process.stderr.write(
      `This invite expired on ${new Date(network.untilS * 1_000).toISOString().slice(0, 10)}: who has not begun with it can’t any more.\n`,
    )
  return { invites: all.flatMap((one) => (one.kind === 'relay' ? [one.invite] : [])), network }
}

/** As readInvites, with the relays that a network has handed out, as the folder remembers them. Throws UsageError. */
export function readKnownRelays(texts: readonly string[], { membership }: EngineState, nowS: number): readonly Invite[] {
  const { invites, network } = readInvites(texts, nowS)
  const handed = membership?.relays ?? []
  if (network !== undefined && handed.length === 0)
    throw new UsageError('This is an invite of a network. Connect with it once, with --dir FOLDER, and give that folder here too.')
  return [...invites, ...handed]
}

/** One, or as many as a message holds. */
function readAnyInvites(given: string): readonly AnyInvite[] {
  const text = plainOf(inviteText(given))
  try {
    return [decodeAnyInvite(text)]
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    // By no clock: one that has expired is told of above, and may still be of use.
    const found = findInvites(text, 0)
    if (typeof found === 'string') throw new UsageError(error.message)
    return found.map(({ any }) => any)
  }
}

/** The text of an invite that was given as it is, or as a file. Throws UsageError, whose words hold nothing of what was given. */
export function inviteText(given: string): string {
  return /culvert:/i.test(plainOf(given)) && !existsSync(given) ? given : readInviteFile(given)
}

/** `host:port`, IPv6 in brackets; `isOpen`: one that other machines can reach is all right. Throws UsageError. */
export function parseLocal(option: string, text: string, isOpen: boolean): LocalAddress {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:]+)):(\d{1,5})$/.exec(text)
  if (match === null || Number(match[3]) > 65535) throw new UsageError(`${option} wants an address and a port, such as 127.0.0.1:1080.`)
  const host = (match[1] ?? match[2]) as string
  if (isIP(host) === 0) throw new UsageError(`${option} wants the address in numbers, such as 127.0.0.1:${match[3]}.`)
  if (!isOpen && !isLoopback(host))
    throw new UsageError(
      `Other machines can reach the address given with ${option}. If they are meant to, add --beyond-loopback and a --password.`,
    )
  return { host, port: Number(match[3]) }
}

/** ISO 3166, in capitals. Throws UsageError. */
export function parseCountry(text: string): string {
  if (!/^[a-z]{2}$/i.test(text)) throw new UsageError('--country wants two letters, such as IR.')
  return text.toUpperCase()
}

/** A number of seconds between two bounds, in milliseconds. Throws UsageError. */
export function parseSeconds(option: string, text: string, min: number, max: number): number {
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (!(seconds >= min && seconds <= max)) throw new UsageError(`${option} wants a number of seconds from ${min} to ${max}.`)
  return seconds * 1000
}

function readInviteFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new UsageError('The file of the invite can’t be read. Give its path, or the invite itself: it begins with “culvert:”.')
  }
}
