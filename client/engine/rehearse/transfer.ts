// What is carried while ways are taken away: small requests to the relay itself, a steady few of them; or a download from anywhere, again and again.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { ProtocolError, parseTarget } from '#protocol'
import { UsageError } from '../arguments.ts'
import { type DrillLimits, policyLimits } from '../limits.ts'
import type { Link } from '../link.ts'
import { LinkOutlet } from '../outlet.ts'
import { readPolicy } from '../policy-fetch.ts'

export interface Transfer {
  /** Whether everything that was open at a moment has been answered, or still lives after data came again. */
  keptSince(ms: number): boolean
  stop(): void
}

export type StartTransfer = (link: Link, onBytes: (count: number) => void) => Transfer

/** The relay's policy, some times a second. It needs no third party, and every relay has one. */
export function requestsToRelay(limits: DrillLimits): StartTransfer {
  return (link, onBytes) => {
    /** When each that is open began. */
    const open = new Set<{ readonly startedMs: number }>()
    const lost: number[] = []
    const ask = async (): Promise<void> => {
      const { drive } = link
      if (drive === undefined || open.size >= limits.requestsMax) return
      const one = { startedMs: performance.now() }
      open.add(one)
      const answer = await readPolicy(drive, { ...policyLimits, answerMs: limits.answerMs }, onBytes)
      open.delete(one)
      if (answer === undefined) lost.push(one.startedMs)
    }
    const timer = setInterval(() => void ask(), limits.requestMs)
    return {
      keptSince: (ms) => ![...open].some(({ startedMs }) => startedMs < ms) && !lost.some((startedMs) => startedMs < ms),
      stop: () => clearInterval(timer),
    }
  }
}

/** One URL, from its begin to its end, and then again. Throws UsageError where it is none that can be fetched. */
export function downloadsOf(text: string, limits: DrillLimits): StartTransfer {
  const url = parseUrl(text)
  return (link, onBytes) => {
    const outlet = new LinkOutlet(link, false)
    const lost: number[] = []
    const stop = new AbortController()
    const run = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const startedMs = performance.now()
        try {
          await download(url, (await outlet.open(targetOf(url))) as Duplex, stop.signal, onBytes)
        } catch {
          lost.push(startedMs)
          await new Promise((resolve) => setTimeout(resolve, limits.downloadAgainMs))
        }
      }
    }
    void run()
    return { keptSince: (ms) => !lost.some((startedMs) => startedMs < ms), stop: () => stop.abort() }
  }
}

/** Resolves at the end of the answer's body, whatever its status. */
function download(url: URL, stream: Duplex, signal: AbortSignal, onBytes: (count: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const isSecure = url.protocol === 'https:'
    const socket = isSecure ? connectTls({ socket: stream, servername: url.hostname }) : stream
    stream.on('error', reject)
    socket.on('error', reject)
    const request = (isSecure ? requestHttps : requestHttp)(url, { createConnection: () => socket, signal, agent: false }, (response) => {
      response.on('data', (bytes: Uint8Array) => onBytes(bytes.length))
      response.on('end', resolve).on('error', reject)
      response.on('close', () => stream.destroy())
    })
    request.on('error', reject).end()
  })
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new UsageError('--url wants an address such as https://example.org/file.')
  targetOf(url)
  return url
}

function targetOf(url: URL): ReturnType<typeof parseTarget> {
  const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port)
  try {
    return parseTarget(url.hostname.replace(/^\[|\]$/g, ''), port)
  } catch (error) {
    throw error instanceof ProtocolError ? new UsageError('--url names a host that cannot be dialled.') : error
  }
}
