// Going out through another proxy, where nothing else leads out of a network or a person wants one before the relay: SOCKS5 by the socks package, and HTTP's
// CONNECT (RFC 9110 §9.3.6) by Node. The relay's name is resolved there, not here.
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { SocksClient } from 'socks'
import { linkLimits } from './limits.ts'
import { DialError } from './platform.ts'

export interface Upstream {
  /** Rejects with DialError('upstream') or ('timeout'). */
  dial(host: string, port: number, signal: AbortSignal): Promise<Socket>
}

/** Where the proxy is, and who asks. */
interface Proxy {
  readonly host: string
  readonly port: number
  readonly user: { readonly name: string; readonly password: string } | undefined
}

type Dial = (proxy: Proxy, host: string, port: number, signal: AbortSignal) => Promise<Socket>

const KINDS: Readonly<Record<string, { readonly port: number; readonly dial: Dial }>> = {
  'socks5:': { port: 1080, dial: dialSocks },
  'socks5h:': { port: 1080, dial: dialSocks },
  'http:': { port: 80, dial: dialHttp },
}

/** Throws an Error with words for people when it is no address of a proxy. */
export function parseUpstream(text: string): Upstream {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const kind = KINDS[url?.protocol ?? '']
  if (url === undefined || kind === undefined || url.hostname === '') {
    throw new Error('--upstream wants a SOCKS5 or HTTP proxy, such as socks5://127.0.0.1:9050 or http://192.0.2.1:8080')
  }
  const name = unescaped(url.username)
  const proxy: Proxy = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port === '' ? kind.port : url.port),
    user: name === '' ? undefined : { name, password: unescaped(url.password) },
  }
  return {
    async dial(host, port, signal) {
      const socket = await kind.dial(proxy, host, port, signal).catch(() => {
        throw new DialError('upstream', undefined, 'tcp')
      })
      if (!signal.aborted) return socket.setNoDelay(true)
      socket.destroy()
      throw new DialError('timeout', undefined, 'tcp')
    },
  }
}

/** What a person has set: none where it is empty. A text that is no proxy's leads nowhere, rather than around the proxy that was meant. */
export function upstreamOf(text: string): Upstream | undefined {
  if (text === '') return undefined
  return isUpstream(text) ? parseUpstream(text) : { dial: () => Promise.reject(new DialError('upstream', undefined, 'tcp')) }
}

/** Whether `upstreamOf` has sense of it. */
export function isUpstream(text: string): boolean {
  try {
    return text === '' || parseUpstream(text) !== undefined
  } catch {
    return false
  }
}

async function dialSocks({ host: at, port: atPort, user }: Proxy, host: string, port: number): Promise<Socket> {
  const { socket } = await SocksClient.createConnection({
    proxy: { host: at, port: atPort, type: 5, ...(user && { userId: user.name, password: user.password }) },
    command: 'connect',
    destination: { host, port },
    timeout: linkLimits.dialMs,
  })
  return socket
}

/** Rejects for whatever is not the proxy's yes. */
function dialHttp({ host: at, port: atPort, user }: Proxy, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const words = user && Buffer.from(`${user.name}:${user.password}`).toString('base64')
  const headers = { Host: authority, ...(words !== undefined && { 'Proxy-Authorization': `Basic ${words}` }) }
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const asked = request({ host: at, port: atPort, method: 'CONNECT', path: authority, headers, agent: false })
  const giveUp = (): void => void asked.destroy(new Error('given up'))
  asked.on('error', reject)
  asked.once('response', giveUp)
  asked.once('connect', ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
    // TLS begins at this end, so nothing comes before it.
    if (statusCode >= 200 && statusCode < 300 && head.length === 0) return resolve(socket)
    socket.destroy()
    reject(new Error('refused'))
  })
  asked.end()
  if (signal.aborted) giveUp()
  else signal.addEventListener('abort', giveUp)
  return promise.finally(() => signal.removeEventListener('abort', giveUp))
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('--upstream wants %25 for each % of its user and password')
  }
}
