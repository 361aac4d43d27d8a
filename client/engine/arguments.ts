// What the commands are given, read and checked. A fault is one sentence that a person can do something with.
import { readFileSync } from 'node:fs'
import { decodeInvite, type Invite, ProtocolError } from '#protocol'
import type { LocalAddress } from './engine.ts'

/** A fault that the person can mend; shown as one sentence. */
export class UsageError extends Error {}

/** An invite, or the path of a file that holds one. Throws UsageError. */
export function readInvite(text: string): Invite {
  try {
    return decodeInvite(inviteText(text))
  } catch (error) {
    throw error instanceof ProtocolError ? new UsageError(error.message) : error
  }
}

/** The text of an invite that was given as it is, or as a file. Throws UsageError. */
export function inviteText(text: string): string {
  return /^culvert:/i.test(text) ? text : readInviteFile(text)
}

/** `host:port`, IPv6 in brackets. Throws UsageError. */
export function parseLocal(option: string, text: string): LocalAddress {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:]+)):(\d{1,5})$/.exec(text)
  if (match === null || Number(match[3]) > 65535) throw new UsageError(`${option} wants an address and a port, such as 127.0.0.1:1080.`)
  return { host: (match[1] ?? match[2]) as string, port: Number(match[3]) }
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
    throw new UsageError(`The invite file ${path} can’t be read. Give its path, or the invite itself.`)
  }
}
