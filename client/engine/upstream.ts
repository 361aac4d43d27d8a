// Going out through another SOCKS5 proxy (`--upstream`), by the socks package. The relay's name is resolved there, not here.
import type { Socket } from 'node:net'
import { SocksClient } from 'socks'
import { linkLimits } from './limits.ts'
import { DialError } from './platform.ts'

export interface Upstream {
  /** Rejects with DialError('upstream') or ('timeout'). */
  dial(host: string, port: number, signal: AbortSignal): Promise<Socket>
}

/** Throws an Error with words for people when it is not a socks5:// address. */
export function parseUpstream(text: string): Upstream {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^socks5h?:$/.test(url.protocol) || url.hostname === '') {
    throw new Error('--upstream wants a SOCKS5 proxy, such as socks5://127.0.0.1:9050')
  }
  const userId = unescaped(url.username)
  const user = userId === '' ? {} : { userId, password: unescaped(url.password) }
  const proxy = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port === '' ? '1080' : url.port), type: 5 as const, ...user }
  return {
    async dial(host, port, signal) {
      try {
        const { socket } = await SocksClient.createConnection({
          proxy,
          command: 'connect',
          destination: { host, port },
          timeout: linkLimits.dialMs,
        })
        if (signal.aborted) {
          socket.destroy()
          throw new DialError('timeout', undefined, 'tcp')
        }
        return socket.setNoDelay(true)
      } catch (error) {
        throw error instanceof DialError ? error : new DialError('upstream', undefined, 'tcp')
      }
    },
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('--upstream wants %25 for each % of its user and password')
  }
}
