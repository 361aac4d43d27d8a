// The proxy's own answers: small pages for people, which name neither the program nor its version, since a site's script can read them.
import type { ServerResponse } from 'node:http'
import { ResetCode } from '#protocol'

interface Page {
  readonly status: number
  readonly title: string
  readonly words: string
}

const PAGE_OF_RESET: Readonly<Record<ResetCode, Page>> = {
  [ResetCode.cancelled]: { status: 502, title: 'Interrupted', words: 'The request was interrupted on its way. Please try again.' },
  [ResetCode.refused]: {
    status: 502,
    title: 'The site refused',
    words: 'The site is there, but nothing answers at this address and port.',
  },
  [ResetCode.hostUnreachable]: { status: 502, title: 'The site cannot be reached', words: 'There is no way to the site at the moment.' },
  [ResetCode.networkUnreachable]: {
    status: 502,
    title: 'The site cannot be reached',
    words: 'There is no way to the network of the site.',
  },
  [ResetCode.timeout]: { status: 504, title: 'The site does not answer', words: 'The site took too long to answer.' },
  [ResetCode.denied]: { status: 403, title: 'Not allowed', words: 'The relay does not go to this address or port.' },
  [ResetCode.nameNotFound]: { status: 502, title: 'No such site', words: 'There is no site of this name. Please check its spelling.' },
  [ResetCode.broken]: {
    status: 502,
    title: 'Interrupted',
    words: 'The site ended the exchange before it answered, or its answer makes no sense.',
  },
  [ResetCode.overload]: { status: 503, title: 'Too busy', words: 'The relay has too much to do. Please try again in a moment.' },
  [ResetCode.goingAway]: { status: 503, title: 'Please try again', words: 'The relay is shutting down; another one takes over.' },
  [ResetCode.internal]: { status: 502, title: 'Something went wrong', words: 'The request failed on its way. Please try again.' },
}
const PASSWORD_PAGE: Page = { status: 407, title: 'Password needed', words: 'This proxy asks for a password.' }

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

function sendPage(response: ServerResponse, { status, title, words }: Page, headers: readonly string[]): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = Buffer.from(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>` +
      `<h1>${title}</h1><p>${words}</p></html>\n`,
  )
  const own = ['Content-Type', 'text/html; charset=utf-8', 'Content-Length', String(body.length), 'Cache-Control', 'no-store']
  response.sendDate = false
  response.writeHead(status, [...own, ...headers]).end(body)
  // The rest of the request's body, so that the app can send the next request behind it.
  response.req.resume()
}
