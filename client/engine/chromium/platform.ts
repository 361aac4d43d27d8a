// The engine's platform in the desktop app: carriers whose bytes on the wire are Chromium's own. `chromiumPlatform` takes one end of a MessagePort pair,
// whose other end the main process gave to `attachDialer` (client/desktop/chromium-dialer/attach.ts):
//
//   process.parentPort.once('message', ({ ports: [port] }) => {
//     const platform = chromiumPlatform(port)       // a Platform, for startEngine
//   })
//
// `platform.close()` once the engine has stopped.
//
// 1. a hidden window is taken for the carrier: one that served this endpoint before, or a new one          panes.ts
// 2. the window opens the WebSocket, or asks by fetch, with the cookie that it is given                      websocket.ts, requests.ts
// 3. its TLS comes to the hop on loopback, which dials the endpoint's address                                hop.ts, flow.ts
// 4. what failed is said by whoever saw it: the hop (name, TCP, TLS), the main process (certificate), or the site, which is asked as a visitor would
import type { Carrier } from '#protocol'
import { readCookie } from '../../contract/dialer-messages.ts'
import { beginHttp, firstAnswer } from '../carriers/http.ts'
import { refusalOf } from '../carriers/site.ts'
import type { Probe, ProbeResult } from '../control/outcome.ts'
import { hostOf, type Place } from '../control/way.ts'
import { isErrorPage } from '../dial-way.ts'
import { linkLimits } from '../limits.ts'
import { DialError, type DialRequest, type Platform } from '../platform.ts'
import { NodePlatform } from '../platform-node.ts'
import type { Visitor } from '../probes.ts'
import type { Upstream } from '../upstream.ts'
import { type Pane, Panes } from './panes.ts'
import type { Port } from './port.ts'
import { PaneRequests } from './requests.ts'
import { PaneWebSocket } from './websocket.ts'

export interface ChromiumPlatform extends Platform {
  /** From now on dials go out through this, or straight. */
  goThrough(upstream: Upstream | undefined): void
  /** Closes the windows; carriers end. */
  close(): void
}

export function chromiumPlatform(port: Port): ChromiumPlatform {
  const node = new NodePlatform()
  const panes = new Panes(port)
  const take: Take = (endpoint, signal) => panes.take(endpoint, (until) => node.connect(endpoint, until), signal)
  return {
    random: node.random,
    nowS: () => node.nowS(),
    dial: (request) => dial(request, take, node),
    probe: (probe: Probe, signal: AbortSignal): Promise<ProbeResult> => node.probeBy(paneVisitor(take), probe, signal),
    network: () => node.network(),
    goThrough: (upstream) => node.goThrough(upstream),
    close: () => panes.close(),
  }
}

type Take = (endpoint: Place, signal: AbortSignal) => Promise<Pane>

/** Knocks and visits are a page's request for a site's front page. */
function paneVisitor(take: Take): Visitor {
  const ask = async (endpoint: Place, signal: AbortSignal): Promise<string | undefined> => {
    const pane = await take(endpoint, signal)
    const requests = new PaneRequests(pane, '/')
    try {
      return (await firstAnswer(requests, { cookie: '', body: undefined }, signal)).date
    } catch (error) {
      throw error instanceof DialError ? await explain(error, pane) : error
    } finally {
      requests.destroy()
    }
  }
  return {
    knock: async (endpoint, signal) => {
      await ask(endpoint, signal).catch((error: unknown) => {
        // TLS was agreed, and that was the question.
        if (!(error instanceof DialError) || error.step !== 'upgrade') throw error
      })
    },
    visit: (address, signal) => {
      const serverName = hostOf(address)
      const site = {
        address,
        serverName,
        hostName: serverName,
        path: '/',
        pin: undefined,
        carriers: ['http'],
        isEdge: false,
        isPublic: true,
      } as const
      return ask(site, signal)
    },
  }
}

async function dial(request: DialRequest, take: Take, { random }: Pick<Platform, 'random'>): Promise<Carrier> {
  const { endpoint, carrier, signal } = request
  // HTTP/2 has the host's name in :authority, which Chromium lets nobody change.
  if (carrier === 'http' && endpoint.hostName !== endpoint.serverName) throw new DialError('fronting')
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(linkLimits.dialMs)])
  const pane = await take(endpoint, deadline)
  if (carrier === 'websocket') return openWebSocket(pane, request, deadline)
  try {
    return await beginHttp(new PaneRequests(pane, endpoint.path), request, random, deadline)
  } catch (error) {
    throw error instanceof DialError ? await explain(error, pane) : error
  }
}

async function openWebSocket(pane: Pane, { endpoint, cookie, events }: DialRequest, deadline: AbortSignal): Promise<Carrier> {
  const id = pane.newId()
  const beforeBytes = pane.passage.receivedBytes
  pane.tell({ kind: 'upgrade', id, path: endpoint.path, cookie: readCookie(cookie) })
  // Made at once: what the relay says first may come in the same turn.
  const outcome = await settled(pane, id, deadline, () => new PaneWebSocket(pane, id, beforeBytes, events))
  if (typeof outcome === 'object') return outcome
  pane.tell({ kind: 'end', id })
  const error = await explain(new DialError(outcome === 'late' ? 'timeout' : 'reset'), pane)
  // A page is not told how a site refused: it asks for the site itself, which has the time of day as well.
  const refusal = outcome === 'ended' && error.step === 'upgrade' ? await visit(pane, endpoint.path, deadline) : undefined
  pane.release()
  throw refusal ?? error
}

function settled(pane: Pane, id: number, deadline: AbortSignal, make: () => Carrier): Promise<Carrier | 'ended' | 'late'> {
  return new Promise((resolve) => {
    const finish = (outcome: Carrier | 'ended' | 'late'): void => {
      deadline.removeEventListener('abort', onAbort)
      resolve(outcome)
    }
    const onAbort = (): void => finish('late')
    pane.listen({
      onMessage: (message) => {
        if (!('id' in message) || message.id !== id) return
        if (message.kind === 'upgraded') finish(make())
        else if (message.kind === 'ended') finish('ended')
      },
      onGone: () => finish('ended'),
    })
    if (deadline.aborted) return onAbort()
    deadline.addEventListener('abort', onAbort)
  })
}

/** What the site says to a visitor without a cookie of ours; undefined: nothing. */
async function visit(pane: Pane, path: string, deadline: AbortSignal): Promise<DialError | undefined> {
  const requests = new PaneRequests(pane, path)
  const answer = await firstAnswer(requests, { cookie: '', body: undefined }, deadline).catch(() => undefined)
  requests.drop()
  return answer && refusalOf(answer.status, answer.date)
}

const CERTIFICATE_REASONS = { wrong: 'wrong-certificate', 'not-yet-valid': 'wrong-clock', expired: 'expired-certificate' } as const

/** Refines what a window can't tell: at which step it failed, and why. */
async function explain(error: DialError, pane: Pane): Promise<DialError> {
  if (error.reason === 'not-admitted' || isErrorPage(error)) return error
  const told = await pane.why()
  if (told?.certificate !== undefined) return new DialError(CERTIFICATE_REASONS[told.certificate], undefined, 'tls')
  const { latest } = pane.passage
  if (latest?.failure !== undefined) return latest.failure
  if (latest?.isConnected !== true) return new DialError(error.reason, undefined, 'tcp')
  if (latest.isSecure) return error
  return new DialError(latest.isEnded && error.reason === 'reset' ? 'carrier-closed' : error.reason, undefined, 'tls')
}
