// One authority's test of one relay, from its own place in the world.
//
// 1. a stranger gets the cover site                          no-site
// 2. the relay's invite is admitted, and the key is right    unreachable, not-admitted, wrong-certificate, impostor, silent
// 3. the relay's policy is there and signed by it            no-policy
// 4. bytes come, and how fast                                too-slow
// 5. what it carries outward arrives: at our own site        no-exit
import { isIP } from 'node:net'
import { type Descriptor, decodePolicy, type Endpoint, type Invite, ProtocolError, parseTarget, type Target } from '#protocol'
import { checkedLookup, nodeCrypto } from '#protocol/node'
import { visit } from '../check/probe.ts'
import { type AddressPolicy, createAddressPolicy } from '../dial/policy.ts'
import { type HostPort, parseHostPort } from '../host-port.ts'
import { checkLimits } from '../limits.ts'
import { OperatorError } from '../operator-error.ts'
import { AskError, type Asking, openAsking } from './ask.ts'
import type { Tested } from './book.ts'
import { type AskLimits, askLimits, type ExamineLimits, examineLimits } from './limits.ts'

const POLICY_TARGET = parseTarget('policy.invalid', 1)
/** Bytes without meaning, to see how fast they come: who asks says how many (u32). */
export const LOAD_TARGET: Target = parseTarget('load.invalid', 1)
const WEIGHT_MAX = 1_000
const isPublic = createAddressPolicy([], [])

/**
 * Never rejects. A weight of 0, with a word for what failed, or how much the relay can carry. `permits`: whoever is let in names addresses, and an authority
 * that dialled any would ask the machines of its own network for them. `own`: our own site, where relays can reach it.
 */
export async function examine(
  { invite, capacityBytesPerS }: Descriptor,
  nowS: number,
  permits: AddressPolicy,
  own: Endpoint | undefined,
  asks: AskLimits = askLimits,
  limits: ExamineLimits = examineLimits,
): Promise<Tested> {
  const failed = (fault: string): Tested => ({ atS: nowS, weight: 0, fault })
  const endpoints = invite.endpoints.filter((endpoint) => mayDial(addressOf(endpoint), permits))
  const [direct] = endpoints
  const at = direct && addressOf(direct)
  if (direct === undefined || at === undefined || direct !== invite.endpoints[0]) return failed('unreachable')
  const lookup = checkedLookup(permits)
  const names = { serverName: direct.serverName, hostName: direct.hostName }
  const site = await visit(at, names, true, { ...checkLimits, questionMs: asks.openMs }, lookup)
  if (typeof site === 'string') return failed('unreachable')
  if (site.status >= 500 || site.body.length === 0) return failed('no-site')
  let asking: Asking
  try {
    asking = await openAsking({ ...invite, endpoints }, nowS, asks, lookup)
  } catch (error) {
    if (error instanceof AskError) return failed(error.fault)
    throw error
  }
  try {
    if (!isPolicy(await asking.ask(POLICY_TARGET, new Uint8Array()), invite.policyKey, nowS)) return failed('no-policy')
    const request = new Uint8Array(4)
    new DataView(request.buffer).setUint32(0, limits.loadBytes)
    const startedMs = performance.now()
    const bytes = await asking.ask(LOAD_TARGET, request)
    if (bytes?.length !== limits.loadBytes) return failed('too-slow')
    const bytesPerS = (bytes.length * 1_000) / Math.max(1, performance.now() - startedMs)
    const hasArrived = own === undefined || (await asking.carriesTo(own)) || !(await isThere(own, asks))
    if (!hasArrived) return failed('no-exit')
    const weight = Math.round(Math.min(bytesPerS, capacityBytesPerS) / limits.bytesPerWeight)
    return { atS: nowS, weight: Math.max(1, Math.min(WEIGHT_MAX, weight)), fault: '' }
  } finally {
    asking.close()
  }
}

/** Whether a site answers at all: where our own does not, as in a flood, that nothing arrives there is no relay's fault. */
async function isThere(site: Endpoint, asks: AskLimits): Promise<boolean> {
  const at = addressOf(site)
  const limits = { ...checkLimits, questionMs: asks.openMs }
  return at !== undefined && typeof (await visit(at, { serverName: site.serverName, hostName: site.hostName }, true, limits)) !== 'string'
}

/** undefined: it has the form of an address, and is none, such as `[::::]:443` or `1.2.3.4.5:443`. */
function addressOf({ address }: Endpoint): HostPort | undefined {
  try {
    return parseHostPort(address, 1)
  } catch (error) {
    if (error instanceof OperatorError) return undefined
    throw error
  }
}

/** A name is looked at where it is resolved. */
function mayDial(at: HostPort | undefined, permits: AddressPolicy): boolean {
  return at !== undefined && (isIP(at.host) === 0 || permits(at.host))
}

/** What an authority at `own` dials: what is public; where it is itself at no public address, all of the network in which it is tried. */
export function openTo(own: string): AddressPolicy {
  return isOpen(own) ? isPublic : () => true
}

/** The site of an authority, where all relays can reach it: in a network in which it is tried they need not. */
export function openSiteOf({ endpoints: [direct] }: Invite): Endpoint | undefined {
  const at = direct && addressOf(direct)
  return at !== undefined && isOpen(at.host) ? direct : undefined
}

function isOpen(host: string): boolean {
  return isIP(host) === 0 || isPublic(host)
}

function isPolicy(bytes: Uint8Array | undefined, policyKey: Uint8Array, nowS: number): boolean {
  try {
    return bytes !== undefined && decodePolicy(nodeCrypto, bytes, policyKey, nowS).issuedS > 0
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}
