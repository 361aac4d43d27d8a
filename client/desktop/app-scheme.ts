// The scheme under which the screens are served: this app's own files, read once, and nothing else. No path of a request ever reaches the disk.
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { protocol, type Session } from 'electron'

const SCHEME = 'culvert-app'
export const APP_ORIGIN: string = `${SCHEME}://screens`
export const APP_PAGE: string = `${APP_ORIGIN}/index.html`

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** Only what lies in the app's own files; no request to anywhere, no script or style within the page. `blob:` is what the camera's picture is read from. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "media-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self), display-capture=(self), geolocation=(), microphone=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

/** Must run before Electron is ready. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }])
}

/** Serves the files of `folder` to the pages of this session. */
export function serveScreens(session: Session, folder: string): void {
  const names = readdirSync(folder).filter((name) => extname(name) in TYPES)
  const files = new Map(names.map((name) => [`${APP_ORIGIN}/${name}`, readFileSync(join(folder, name))]))
  session.protocol.handle(SCHEME, ({ url, method }) => {
    const bytes = method === 'GET' ? files.get(url) : undefined
    if (bytes === undefined) return new Response('', { status: 404 })
    return new Response(new Uint8Array(bytes), { headers: { ...HEADERS, 'Content-Type': TYPES[extname(url)] as string } })
  })
}

/** Whether a frame shows one of our own files. */
export function isAppUrl(url: string): boolean {
  return url.startsWith(`${APP_ORIGIN}/`)
}
