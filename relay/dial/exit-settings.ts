// What a relay's operator lets people reach through it, as it stands in config.json: ports, a list of blocked destinations, and by which addresses they leave.
import { isIP } from 'node:net'
import { checked, type Fields } from '../fields.ts'
import { exitLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'

export interface ExitSettings {
  /** Empty: every port but 25. */
  readonly ports: readonly PortRange[]
  /** File with destinations that nobody reaches; read again when it changes. */
  readonly blockedFile: string | undefined
  /** This machine's addresses that dials leave by, one of each family at most; those of a family that has none leave as the system chooses. */
  readonly from: readonly string[]
}

export interface PortRange {
  readonly first: number
  readonly last: number
}

export const OPEN_EXIT: ExitSettings = { ports: [], blockedFile: undefined, from: [] }

/** Throws OperatorError. No field at all: everything that the relay would dial. */
export function parseExit(fields: Fields | undefined, within: (name: string) => string): ExitSettings {
  if (fields === undefined) return OPEN_EXIT
  const blocked = fields.optionalText('blocked')
  const settings = {
    ports: checked('exit.ports', () => parsePorts(fields.texts('ports'))),
    blockedFile: blocked === undefined ? undefined : within(blocked),
    from: checked('exit.from', () => parseFrom(fields.texts('from'))),
  }
  fields.end()
  return settings
}

/** The value of “exit” in config.json; parseExit reads it back to the same. undefined: nothing is set. */
export function encodeExit({ ports, blockedFile, from }: ExitSettings, name: (file: string) => string): unknown {
  const fields = {
    ...(ports.length > 0 && { ports: ports.map(formatPorts) }),
    ...(blockedFile !== undefined && { blocked: name(blockedFile) }),
    ...(from.length > 0 && { from }),
  }
  return Object.keys(fields).length === 0 ? undefined : fields
}

/** Each a port or a range. Throws OperatorError in words that fit after “--ports ”. */
export function parsePorts(texts: readonly string[]): readonly PortRange[] {
  if (texts.length > exitLimits.portRangesMax) throw new OperatorError(`may name ${exitLimits.portRangesMax} ranges at most`)
  return texts.map((text) => {
    const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
    const range = { first: Number(from), last: Number(to) }
    if (from === undefined || range.first < 1 || range.first > range.last || range.last > 65_535)
      throw new OperatorError(`must be ports such as 443 or 8000-8999, but holds “${text}”`)
    return range
  })
}

export function formatPorts({ first, last }: PortRange): string {
  return first === last ? `${first}` : `${first}-${last}`
}

/** Throws OperatorError in words that fit after “--from ”. */
export function parseFrom(texts: readonly string[]): readonly string[] {
  const odd = texts.find((text) => isIP(text) === 0 || text.includes('%'))
  if (odd !== undefined) throw new OperatorError(`must be addresses of this machine, but holds “${odd}”`)
  for (const family of [4, 6])
    if (texts.filter((text) => isIP(text) === family).length > 1) throw new OperatorError(`may hold one IPv${family} address only`)
  return texts
}
