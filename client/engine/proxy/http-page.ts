// The proxy's own answers: small pages for people, which name neither the program nor its version, since a site's script can read them.
import type { ServerResponse } from 'node:http'
import { ResetCode } from '#protocol'
import { directionOf } from '../../contract/settings.ts'
import { languageOf, PAGE_WORDS, type PageName } from './page-words.ts'

interface Page {
  readonly status: number
  readonly name: PageName
}

const PAGE_OF_RESET: Readonly<Record<ResetCode, Page>> = {
  [ResetCode.cancelled]: { status: 502, name: 'interrupted' },
  [ResetCode.refused]: { status: 502, name: 'refused' },
  [ResetCode.hostUnreachable]: { status: 502, name: 'unreachable' },
  [ResetCode.networkUnreachable]: { status: 502, name: 'unreachable' },
  [ResetCode.timeout]: { status: 504, name: 'silent' },
  [ResetCode.denied]: { status: 403, name: 'denied' },
  [ResetCode.nameNotFound]: { status: 502, name: 'unknown' },
  [ResetCode.broken]: { status: 502, name: 'broken' },
  [ResetCode.overload]: { status: 503, name: 'busy' },
  [ResetCode.goingAway]: { status: 503, name: 'leaving' },
  [ResetCode.internal]: { status: 502, name: 'failed' },
}
const PASSWORD_PAGE: Page = { status: 407, name: 'password' }

/** Says why there is no answer of the site. After the site's answer has begun only the socket's end can say so. */
export function sendResetPage(response: ServerResponse, code: ResetCode): void {
  sendPage(response, PAGE_OF_RESET[code], [])
}

export function sendPasswordPage(response: ServerResponse): void {
  sendPage(response, PASSWORD_PAGE, ['Proxy-Authenticate', 'Basic realm="proxy", charset="UTF-8"'])
}

/** For what no app set up for a proxy sends, but a web page does that reaches for this port: it gets no words, and the socket closes. */
export function sendRefusal(response: ServerResponse, status: 400 | 501): void {
  response.sendDate = false
  response.writeHead(status, ['Content-Length', '0', 'Connection', 'close']).end()
  response.req.resume()
}

function sendPage(response: ServerResponse, { status, name }: Page, headers: readonly string[]): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const language = languageOf(response.req.headers['accept-language'])
  const [title, words] = PAGE_WORDS[language][name]
  const body = Buffer.from(
    `<!doctype html><html lang="${language}" dir="${directionOf(language)}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>` +
      `<h1>${title}</h1><p>${words}</p></html>\n`,
  )
  const own = ['Content-Type', 'text/html; charset=utf-8', 'Content-Length', String(body.length), 'Cache-Control', 'no-store']
  response.sendDate = false
  response.writeHead(status, [...own, ...headers]).end(body)
  // The rest of the request's body, so that the app can send the next request behind it.
  response.req.resume()
}
