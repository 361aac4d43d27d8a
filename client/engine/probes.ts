// The light probes that control asks for, on Node. Each is one question, bounded in time and bytes, to a host of the invite or of the signed policy.
import { createSocket, type SocketOptions } from 'node:dgram'
import { get } from 'node:http'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Random } from '#protocol'
import { checkedLookup } from '#protocol/node'
import { isOfNetwork, isPublicAddress } from './askable.ts'
import { parseDate } from './carriers/site.ts'
import type { DialFault, Probe, ProbeResult } from './control/outcome.ts'
import { hostOf, type Place } from './control/way.ts'
import { faultOf } from './dial-way.ts'
import { probeRunLimits } from './limits.ts'
import { compareNames, type Knock } from './names.ts'
import { DialError } from './platform.ts'

/** How a site is asked: looks on the wire as the platform's carriers do. Both reject with a DialError. */
export interface Visitor {
  /** TLS with the endpoint, as of a visitor who changes their mind. */
  knock(endpoint: Place, signal: AbortSignal): Promise<void>
  /** Asks for a site's front page, where its name leads to the internet; resolves with its Date header. */
  visit(address: string, signal: AbortSignal): Promise<string | undefined>
}

export interface ProberOptions {
  readonly random: Random
  readonly visitor: Visitor
  /** Whether all goes through another proxy: what can't go through it is not asked. */
  readonly isProxied: boolean
}

/** Never rejects. */
export async function runProbe(probe: Probe, options: ProberOptions, stop: AbortSignal): Promise<ProbeResult> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(probeRunLimits.runMs)])
  switch (probe.kind) {
    case 'canary': {
      const { side, address } = probe
      const { fault, siteTimeS } = await visit(address, options, signal)
      const clockOffsetMs = siteTimeS === undefined ? undefined : siteTimeS * 1_000 - Date.now()
      return { kind: 'canary', side, address, fault, clockOffsetMs }
    }
    case 'way':
      return { kind: 'way', way: probe.way, failed: await knock(probe.way.endpoint, options, signal) }
    case 'udp':
      return {
        kind: 'udp',
        address: probe.address,
        answers: options.isProxied || (await answersQuic(probe.address, options.random, signal)),
      }
    case 'portal':
      return { kind: 'portal', found: options.isProxied ? 'none' : await findPortal(hostOf(probe.address), signal) }
    case 'dns': {
      const { way, resolver } = probe
      const knockAt = (address: string): ReturnType<Knock> =>
        knock(movedTo(address, way.endpoint), options, signal).then((failed) => failed?.fault)
      const found = options.isProxied ? 'unknown' : await compareNames(way.host, resolver, options.random, knockAt, signal)
      return { kind: 'dns', way, found }
    }
  }
}

function movedTo(address: string, endpoint: Place): Place {
  return { ...endpoint, address: address + endpoint.address.slice(endpoint.address.lastIndexOf(':')) }
}

async function knock(
  endpoint: Place,
  { visitor }: ProberOptions,
  signal: AbortSignal,
): Promise<Extract<ProbeResult, { readonly kind: 'way' }>['failed']> {
  const startedMs = performance.now()
  try {
    await visitor.knock(endpoint, signal)
    return undefined
  } catch (error) {
    if (!(error instanceof DialError)) throw error
    return { step: error.step, fault: faultOf(error), afterMs: performance.now() - startedMs }
  }
}

/** Of the answer only the Date header is read. */
async function visit(
  address: string,
  { visitor }: ProberOptions,
  signal: AbortSignal,
): Promise<{ readonly fault: DialFault | undefined; readonly siteTimeS: number | undefined }> {
  try {
    return { fault: undefined, siteTimeS: parseDate(await visitor.visit(address, signal)) }
  } catch (error) {
    if (!(error instanceof DialError)) throw error
    // A certificate that this computer does not know is no answer: a portal or a censor may have shown it.
    return { fault: faultOf(error), siteTimeS: undefined }
  }
}

/** Finishes TLS with an endpoint. Rejects with a DialError. */
export type Secure = (endpoint: Pick<Place, 'address' | 'serverName' | 'pin' | 'isPublic'>, signal: AbortSignal) => Promise<TLSSocket>

/** A visitor on Node's own TLS. */
export function nodeVisitor(secure: Secure): Visitor {
  return {
    knock: async (endpoint, signal) => void (await secure(endpoint, signal)).destroy(),
    visit: async (address, signal) => {
      const serverName = hostOf(address)
      const socket = await secure({ address, serverName, pin: undefined, isPublic: true }, signal)
      const head = await ask(socket, `HEAD / HTTP/1.1\r\nHost: ${serverName}\r\nConnection: close\r\n\r\n`, signal)
      if (head === undefined) throw new DialError('timeout')
      return /^date:\s*(.+?)\r?$/im.exec(head)?.[1]
    },
  }
}

/** The answer's head, or what of it came; undefined: nothing. The socket is destroyed. */
function ask(socket: TLSSocket, request: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = ''
    const finish = (): void => {
      signal.removeEventListener('abort', finish)
      socket.destroy()
      resolve(text === '' ? undefined : text)
    }
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      if (text.includes('\r\n\r\n') || text.length > probeRunLimits.headBytesMax) finish()
    })
    socket.on('error', finish).on('close', finish)
    signal.addEventListener('abort', finish)
    socket.write(request)
  })
}

/** A packet of a version that is reserved for this (RFC 9000 §15): whoever speaks QUIC answers with the versions that it has (§6). */
function answersQuic(address: string, random: Random, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const host = hostOf(address)
    const socket = createSocket({ type: isIP(host) === 6 ? 'udp6' : 'udp4', lookup: lookUpForUdp })
    const finish = (answers: boolean): void => {
      signal.removeEventListener('abort', onNothing)
      clearTimeout(late)
      // Of a name that is looked up for longer than we wait the error comes later still, and no socket is closed twice.
      socket
        .off('message', onMessage)
        .off('error', onNothing)
        .on('error', () => undefined)
        .close()
      resolve(answers)
    }
    const onMessage = (): void => finish(true)
    const onNothing = (): void => finish(false)
    const late = setTimeout(onNothing, probeRunLimits.udpMs)
    socket.on('message', onMessage).on('error', onNothing)
    signal.addEventListener('abort', onNothing)
    const packet = new Uint8Array(1_200)
    packet.set([0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, ...random(8), 8, ...random(8)])
    socket.send(packet, Number(address.slice(address.lastIndexOf(':') + 1)), host)
  })
}

/** Is asked of addresses as well, and by number only of which family. */
const lookUpForUdp: NonNullable<SocketOptions['lookup']> = (name, _options, done) => {
  if (isIP(name) !== 0) done(null, name, isIP(name))
  else checkedLookup(isPublicAddress)(name, { family: 4 }, (error, address) => done(error, String(address), 4))
}

/** Sites answer a plain request with themselves or with their own secure address; a portal sends one elsewhere. */
function findPortal(host: string, signal: AbortSignal): Promise<'portal' | 'none' | 'nothing'> {
  return new Promise((resolve) => {
    const request = get({ host, path: '/', signal, headers: { Host: host }, lookup: checkedLookup(isOfNetwork) }, (response) => {
      const { statusCode = 0, headers } = response
      response.destroy()
      const target = URL.canParse(headers.location ?? '') ? new URL(headers.location as string).hostname : host
      const isElsewhere = statusCode >= 300 && statusCode < 400 && target.replace(/^www\./, '') !== host.replace(/^www\./, '')
      resolve(isElsewhere || statusCode === 511 ? 'portal' : 'none')
    })
    request.on('error', () => undefined)
    // Also where another protocol was answered, which Node ends without an error.
    request.on('close', () => resolve('nothing'))
  })
}
