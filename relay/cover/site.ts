// The cover site from a folder: what everyone who is not admitted meets. It serves HTTP/1.1 and HTTP/2 alike and knows nothing of the relay.
import { readFileSync, statSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { join } from 'node:path'
import send from 'send'
import { coverLimits } from './limits.ts'

export type SiteRequest = IncomingMessage | Http2ServerRequest
export type SiteResponse = ServerResponse | Http2ServerResponse
/** Answers one request, whatever it is. Never throws and never touches the socket. */
export type Site = (request: SiteRequest, response: SiteResponse) => void

/** Serves the files of `folder`: index.html, ranges, validators, no listings, no dotfiles; its 404.html, read once, for what is not there. */
export function folderSite(folder: string): Site {
  const missing = readMissingPage(folder)
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      answer(request, response, 405)
      return
    }
    // send() is declared for streams, and takes either kind of response.
    send(request, pathOf(request.url ?? '/'), { root: folder, dotfiles: 'ignore' })
      .on('error', (error: { status?: number; headers?: Record<string, string> }) => {
        for (const [name, value] of Object.entries(error.headers ?? {})) response.setHeader(name, value)
        answer(request, response, error.status ?? 500, error.status === 404 ? missing : undefined)
      })
      .pipe(response)
  }
}

/** Answers with a whole page: `page`, or a small one that names the status. */
export function answer(request: SiteRequest, response: SiteResponse, status: number, page?: Buffer): void {
  const words = `${status} ${STATUS_CODES[status] ?? 'Error'}`
  const body = page ?? Buffer.from(`<!DOCTYPE html>\n<html><head><title>${words}</title></head>\n<body><h1>${words}</h1></body></html>\n`)
  response.statusCode = status
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Content-Length', body.length)
  if (request.method === 'HEAD') response.end()
  else response.end(body)
}

/** The still escaped path of a request target, which may be in absolute form (RFC 9112 §3.2.2). */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  return path.startsWith('/') ? path : `/${path}`
}

function readMissingPage(folder: string): Buffer | undefined {
  const file = join(folder, '404.html')
  const size = statSync(file, { throwIfNoEntry: false })?.size
  return size === undefined || size > coverLimits.missingPageBytesMax ? undefined : readFileSync(file)
}
