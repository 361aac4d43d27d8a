// Fetching by Chromium's own stack through the app's own proxy, whose password the standard call has no place for.
import { Readable } from 'node:stream'
import { type Certificate, type IncomingMessage, net, session } from 'electron'
import type { OwnProxy } from '../../contract/shell.ts'
import type { Fetch } from './download.ts'

/** What setCertificateVerifyProc's callback takes. */
const [ACCEPT, AS_CHROMIUM_FINDS] = [0, -3]
/** Of several faults Chromium names the gravest, and this is among the least: no authority, name, key or revocation is wrong besides. */
const DATE_ALONE = 'net::ERR_CERT_DATE_INVALID'

/**
 * Of `fetch` what updates use: a GET with a few headers and a signal. Rejects as fetch does. A certificate is judged by `nowS`, the relays' clock, where this
 * computer's is all that speaks against it: what is fetched is believed for its signatures alone.
 */
export async function fetchThrough({ port, password }: OwnProxy, nowS: () => number): Promise<Fetch> {
  const updates = session.fromPartition('updates')
  await updates.setProxy({ proxyRules: `http://127.0.0.1:${port}`, proxyBypassRules: '<-loopback>' })
  updates.setCertificateVerifyProc(({ certificate, verificationResult }, answer) => {
    const isOfAnotherTime = !isGoodAt(certificate, Date.now() / 1_000) && isGoodAt(certificate, nowS())
    answer(verificationResult === DATE_ALONE && isOfAnotherTime ? ACCEPT : AS_CHROMIUM_FINDS)
  })
  return (url, { headers, signal } = {}) =>
    new Promise((resolve, reject) => {
      const request = net.request({ url: String(url), session: updates, useSessionCookies: false, cache: 'no-store' })
      const abort = (): void => {
        request.abort()
        reject(new DOMException('The request was aborted.', 'AbortError'))
      }
      if (signal?.aborted === true) return abort()
      signal?.addEventListener('abort', abort, { once: true })
      for (const [name, value] of new Headers(headers)) request.setHeader(name, value)
      let isAsked = false
      request.on('login', ({ isProxy }, answer) => {
        // Asked again, it was the wrong one: the engine has started anew meanwhile.
        if (isProxy && password !== undefined && !isAsked) answer('culvert', password)
        else answer()
        isAsked = true
      })
      request.on('response', (response) => {
        try {
          resolve(responseOf(response))
        } catch (error) {
          // A status or a header that no response may have: thrown in Chromium's event, it would end the app.
          request.abort()
          reject(error)
        }
      })
      request.on('error', reject)
      request.end()
    })
}

function responseOf(message: IncomingMessage): Response {
  const headers = Object.entries(message.headers).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  )
  return new Response(Readable.toWeb(message as unknown as Readable) as ReadableStream, { status: message.statusCode, headers })
}

function isGoodAt({ validStart, validExpiry }: Certificate, timeS: number): boolean {
  return validStart <= timeS && timeS <= validExpiry
}
