// A Cloudflare Worker that forwards a site to a relay: an edge. It holds no key, keeps nothing and knows no path, cookie or method of the relay's; what the
// relay does not admit is answered by the relay's cover site. Set-up, limits and what Cloudflare sees: docs/EDGES.md.

export interface Env {
  /** Where the relay is: https, no path. */
  readonly ORIGIN: string
}

export interface Edge {
  fetch(request: Request, env: Env): Promise<Response>
}

/** Says who the visitor is or was before other proxies; Expect is answered on this side already. */
const LEFT_OUT = /^(?:cf-.*|x-forwarded-.*|x-client-ip|true-client-ip|forwarded|via|expect)$/

/**
 * To an origin of the same zone Cloudflare tells the visitor's address from this header, which alone a Worker can change: so it names nobody.
 * An address of RFC 3849, for documentation.
 */
const NOBODY = '2001:db8::1'

const edge: Edge = {
  async fetch(request: Request, { ORIGIN }: Env): Promise<Response> {
    const { pathname, search } = new URL(request.url)
    const { method, body } = request
    // An upgrade's 101 comes back with its WebSocket in it and is passed through as it is, so that messages have no size limit here.
    const options = { method, body, headers: headersFor(request.headers), redirect: 'manual', cache: 'no-store' } as const
    try {
      return withoutOrigin(await fetch(ORIGIN + pathname + search, options), ORIGIN)
    } catch {
      return new Response('Bad gateway\n', { status: 502, headers: { 'Content-Type': 'text/plain' } })
    }
  },
}

function headersFor(received: Headers): Headers {
  const headers = new Headers(received)
  for (const name of received.keys()) if (LEFT_OUT.test(name)) headers.delete(name)
  headers.set('X-Real-IP', NOBODY)
  return headers
}

/** A redirect within the site must not tell visitors the relay's own name. */
function withoutOrigin(response: Response, origin: string): Response {
  const location = response.headers.get('Location')
  if (location === null || !`${location}/`.startsWith(`${origin}/`)) return response
  const headers = new Headers(response.headers)
  headers.set('Location', location.slice(origin.length) || '/')
  return new Response(response.body, { status: response.status, headers })
}

// biome-ignore lint/style/noDefaultExport: this is how the runtime finds a Worker.
export default edge
