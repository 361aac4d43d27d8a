// What the operator wants clients to be told, as it stands in config.json: hosts to ask whether the network works, further relays, how long carriers live.
import { decodeInvite, type Policy, ProtocolError } from '#protocol'
import { checked, type Fields } from './fields.ts'
import { formatHostPort, parseHostPort } from './host-port.ts'
import { policyLimits } from './limits.ts'
import { OperatorError } from './operator-error.ts'

export type PolicySettings = Pick<Policy, 'canaries' | 'resolvers' | 'relays' | 'rotation'>

/** Without a word from the operator no host is asked. A carrier lives as long as a film or a large file on an ordinary site. */
export const POLICY_DEFAULTS: PolicySettings = {
  canaries: { domestic: [], foreign: [], udp: [] },
  resolvers: [],
  relays: [],
  rotation: { bytesMin: 134_217_728, bytesMax: 1_073_741_824, secondsMin: 300, secondsMax: 1_800 },
}

/** The value of “policy” in config.json; parsePolicySettings reads it back to the same. */
export function encodePolicySettings({ canaries, resolvers, relays, rotation }: PolicySettings): unknown {
  return {
    ...canaries,
    resolvers,
    relays,
    rotateBytes: `${rotation.bytesMin}-${rotation.bytesMax}`,
    rotateSeconds: `${rotation.secondsMin}-${rotation.secondsMax}`,
  }
}

/** Throws OperatorError. No field at all: the defaults. */
export function parsePolicySettings(fields: Fields | undefined): PolicySettings {
  if (fields === undefined) return POLICY_DEFAULTS
  const list = <T>(name: string, parse: (texts: readonly string[]) => T): T => checked(`policy.${name}`, () => parse(fields.texts(name)))
  const text = <T>(name: string, parse: (text: string) => T): T => checked(`policy.${name}`, () => parse(fields.text(name)))
  const settings = {
    canaries: { domestic: list('domestic', parseCanaries), foreign: list('foreign', parseCanaries), udp: list('udp', parseCanaries) },
    resolvers: list('resolvers', parseResolvers),
    relays: list('relays', parseRelays),
    rotation: { ...text('rotateBytes', parseRotateBytes), ...text('rotateSeconds', parseRotateSeconds) },
  }
  fields.end()
  return settings
}

/** Each `host:port`. Throws OperatorError in words that fit after “--domestic ”; so do the others here. */
export function parseCanaries(texts: readonly string[]): readonly string[] {
  refuseMany(texts, policyLimits.hostsMax)
  return texts.map((text) => formatHostPort(parseHostPort(text, 1)))
}

/** Each an https URL. */
export function parseResolvers(texts: readonly string[]): readonly string[] {
  refuseMany(texts, policyLimits.hostsMax)
  return texts.map((text) => {
    const url = URL.parse(text)
    if (url === null || url.protocol !== 'https:' || url.username || url.hash || url.href.length > policyLimits.resolverBytesMax)
      throw new OperatorError(`must be an https URL such as https://dns.example/dns-query, but is “${text}”`)
    return url.href
  })
}

/** Each an invite of another relay. */
export function parseRelays(texts: readonly string[]): readonly string[] {
  refuseMany(texts, policyLimits.relaysMax)
  return texts.map((text) => {
    try {
      decodeInvite(text)
    } catch (error) {
      if (error instanceof ProtocolError) throw new OperatorError(`holds an invite that can’t be used: ${error.message.replace(/\.$/, '')}`)
      throw error
    }
    if (text.length > policyLimits.relayBytesMax) throw new OperatorError('holds an invite that is too long to be handed on')
    return text.trim()
  })
}

/** `FROM-TO`. */
export function parseRotateBytes(text: string): { readonly bytesMin: number; readonly bytesMax: number } {
  const [bytesMin, bytesMax] = parseSpan(text, policyLimits.rotateBytesMin, policyLimits.rotateBytesMax)
  return { bytesMin, bytesMax }
}

/** `FROM-TO`. */
export function parseRotateSeconds(text: string): { readonly secondsMin: number; readonly secondsMax: number } {
  const [secondsMin, secondsMax] = parseSpan(text, policyLimits.rotateSecondsMin, policyLimits.rotateSecondsMax)
  return { secondsMin, secondsMax }
}

function parseSpan(text: string, min: number, max: number): readonly [number, number] {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? []
  const span = [Number(from), Number(to)] as const
  if (from === undefined || span[0] < min || span[0] > span[1] || span[1] > max)
    throw new OperatorError(`must be FROM-TO between ${min} and ${max}, but is “${text}”`)
  return span
}

function refuseMany(texts: readonly string[], countMax: number): void {
  if (texts.length > countMax) throw new OperatorError(`may name ${countMax} at most`)
}
